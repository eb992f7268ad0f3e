"""村: the villages a person sees, each figure opening its evidence."""

import pytest

from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def forum(people):
    county.add_activity("forum", "2026-05-10", village=people.village)


def test_a_branch_begins_with_its_own_village_and_what_is_still_owed(people, forum, signed_in):
    client = signed_in(people.branch)
    assert client.get("/").url == "/villages/"
    page = Page(client.get("/villages/?month=2026-05"))
    assert page.statement == "1 个村(社区)里有 1 个还差着"
    assert [row[0] for row in page.tables[0][1:]] == [people.village.name]
    assert page.tables[0][1][1:] == ["1 / 1 已完成", "0 / 2 未完成", "0 / 1 进行中"]


def test_each_figure_opens_its_evidence(people, forum, signed_in):
    client = signed_in(people.branch)
    page = Page(client.get("/villages/?month=2026-05"))
    evidence = Page(client.get(page.links["1 / 1 已完成"]))
    assert "计入 1 条" in evidence.words


def test_the_office_sees_every_village_and_a_cadre_none(people, signed_in):
    names = {row[0] for row in Page(signed_in(people.office).get("/villages/")).tables[0][1:]}
    assert names == {people.village.name, people.other_village.name}
    strange = {row[0] for row in Page(signed_in(people.stranger_branch).get("/villages/")).tables[0][1:]}
    assert strange == {people.other_village.name}
    assert signed_in(people.cadre).get("/villages/").status_code == 404


@pytest.mark.parametrize("address", ["/units/\0/", "/units/\0/export.xlsx", "/figures/trip_days/cadre/\0/"])
def test_an_address_with_a_null_character_is_not_there(people, signed_in, address):
    assert signed_in(people.office).get(address.replace("\0", "%00")).status_code == 404

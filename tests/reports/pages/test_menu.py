"""The menu: four places within the thumb's reach, the rest a page of its own."""

import re

import pytest

from tests import county

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def menu_of(client, address="/inbox/"):
    page = client.get(address).content.decode()
    bar = page[page.index('class="menu') : page.index("</nav>")]
    return re.findall(r'<a href="([^"]+)"( class="beyond")?', bar), bar


def test_a_cadre_needs_no_second_page(people, signed_in):
    links, bar = menu_of(signed_in(people.cadre))
    assert [beyond for _, beyond in links] == [""] * len(links)
    assert "更多" not in bar


def test_what_does_not_fit_the_phone_is_listed_under_more(people, signed_in):
    client = signed_in(people.office)
    links, bar = menu_of(client)
    assert [bool(beyond) for _, beyond in links] == [False] * 4 + [True] * (len(links) - 4)
    assert "更多" in bar
    page = client.get("/menu/").content.decode()
    main = page[page.index("<main") :]
    for address, _ in links:
        assert f'href="{address}"' in main

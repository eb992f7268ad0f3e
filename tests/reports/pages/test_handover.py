"""接替 by its pages: choose, read in words what will happen, done; the office files it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notice
from grievances.handover import open_matters_of
from lianhu.kit import clock
from registry.models import Cadre, Handover, Pairing
from tests import county
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案五(一)")]


@pytest.fixture
def client(people, signed_in):
    return signed_in(people.unit_liaison)


def address(people):
    return f"/handover/new/?cadre={people.cadre.code}"


def values(people, **changed):
    return {
        "households": [people.household.code],
        "successor": people.colleague.code,
        "on": "2026-06-20",
        "reason": "工作调动",
        "step": "confirm",
    } | changed


def test_from_the_list_to_the_end(people, client, signed_in):
    county.add_grievance(household=people.household, handler=people.cadre)
    assert "办过的接替会列在这里" in Page(client.get("/handover/")).words
    chosen = Page(client.get("/handover/new/")).links[people.cadre.name]
    assert chosen == f"?cadre={people.cadre.code}"
    form = Page(client.get(address(people)))
    assert "多吉" in form.words
    assert "1 件没办结" in form.words
    asked = Page(client.post(address(people), values(people)))
    assert asked.statement == "还没有办，请先看一眼"
    assert "泽仁初的 1 户，从 6月20日 (周六) 起由杨小燕（P1-colleague）结对" in asked.words
    assert "泽仁初的结对到 6月19日 (周五) 为止" in asked.words
    assert "1 件诉求，现在就转给杨小燕主办" in asked.words
    assert not Handover.objects.exists()
    done = client.post(address(people), values(people, step="do", draft="d-1"))
    made = Handover.objects.get()
    assert done.url == f"/handover/{made.pk}/"
    assert done.cookies["draft_taken"].value == "d-1"
    page = Page(client.get(done.url))
    assert page.statement == "泽仁初的 1 户由杨小燕接替"
    assert "待备案" in page.words
    assert page.links["打印杨小燕的联系卡"] == "/cards/?cadre=P1-colleague"
    assert Pairing.objects.get(cadre=people.colleague).handover == made
    [notice] = Notice.objects.filter(user=people.office.user)
    assert Page(signed_in(people.office).get(notice.url)).statement == page.statement


def test_a_cadre_named_in_the_address_is_begun_with(people, client):
    answer = client.get(f"/handover/?cadre={people.cadre.code}")
    assert answer.url == address(people)
    assert client.get(f"/handover/?cadre={people.stranger.code}").status_code == 404


def test_back_to_the_form_keeps_what_was_chosen(people, client):
    answer = client.post(address(people), values(people, step="edit"))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'value="{people.household.code}" checked' in text
    assert 'value="2026-06-20"' in text
    assert "工作调动" in text
    assert f'value="{people.colleague.code}" selected' in text


def test_all_takes_every_household_and_offers_the_matters_of_the_village(people, client):
    other = county.add_household("罗尔依", village=people.village)
    county.pair(people.cadre, other)
    matter = county.add_grievance(village=people.village, handler=people.cadre, title="路灯不亮")
    kept = county.add_grievance(village=people.village, handler=people.cadre, title="桥面破损")
    some = Page(client.post(address(people), values(people)))
    assert "路灯不亮" not in some.words
    asked = client.post(address(people), values(people, households=[], everything="是"))
    page = Page(asked)
    assert "泽仁初的 2 户" in page.words
    assert "路灯不亮" in page.words
    both = [people.household.code, other.code]
    client.post(address(people), values(people, households=both, matters=[matter.number], step="do"))
    assert list(open_matters_of(people.colleague)) == [matter]
    assert list(open_matters_of(people.cadre)) == [kept]


def test_of_a_family_that_one_does_not_see_only_the_number_is_offered(people, client):
    matter = county.add_grievance(household=people.other_household, handler=people.cadre, title="家里的事")
    page = Page(client.post(address(people), values(people)))
    assert matter.number in page.words
    assert "家里的事" not in page.words


FAULTS = {
    "nothing chosen": ({"households": []}, "请勾选要接替的户"),
    "no successor": ({"successor": ""}, "必填"),
    "nobody of that code": ({"successor": "P9"}, "没有这个工号的干部"),
    "of another unit": ({"successor": "P2-cadre"}, "不在同一单位"),
    "no reason": ({"reason": " "}, "必填"),
    "not a day": ({"on": "6月"}, "读不准"),
    "before the pairing": ({"on": "2019-01-01"}, "接替最早从 2020-01-02 起"),
}


@pytest.mark.parametrize("step", ["confirm", "do"])
@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_beside_its_field_and_every_value_stays(people, client, case, step):
    changed, told = FAULTS[case]
    answer = client.post(address(people), values(people, step=step) | changed)
    assert answer.status_code == 422
    page = Page(answer)
    assert told in page.words
    assert page.statement == "泽仁初的户由谁接替？"
    if "reason" not in changed:
        assert "工作调动" in answer.content.decode()
    if "households" not in changed:
        assert f'value="{people.household.code}" checked' in answer.content.decode()
    assert not Handover.objects.exists()


def test_the_second_of_two_windows_is_told_who_was_first(people, client, signed_in):
    client.post(address(people), values(people, step="do"))
    late = signed_in(people.unit_leader).post(address(people), values(people, step="do"))
    assert late.status_code == 422
    assert "多吉户已由赵敏在 06-15 10:00 办了接替" in Page(late).words
    assert Handover.objects.count() == 1


def test_all_stays_ticked_when_something_else_is_wrong(people, client):
    text = client.post(
        address(people), values(people, households=[], everything="是", reason="")
    ).content.decode()
    assert 'name="everything" value="是" checked' in text


def test_what_is_promised_already_is_not_offered_again(people, client):
    client.post(address(people), values(people, step="do"))
    assert "现在没有要接替的户" in Page(client.get(address(people))).words


def test_a_household_of_others_in_the_answer_is_not_there(people, client):
    answer = client.post(address(people), values(people, households=[people.other_household.code]))
    assert answer.status_code == 422
    assert "张秀英" not in Page(answer).words


def test_who_left_and_still_has_households_comes_first(people, client):
    Cadre.objects.filter(pk=people.cadre.pk).update(left_on="2026-06-01")
    page = Page(client.get("/handover/new/"))
    assert "泽仁初 工号 P1-cadre 1 户 已离岗 2026-06-01，这些户等人接替" in page.words
    assert page.words.index("泽仁初") < page.words.index("杨小燕")
    found = Page(client.get("/handover/new/?q=zrc"))
    assert "泽仁初" in found.words
    assert "杨小燕" not in found.words
    assert "没有找到" in Page(client.get("/handover/new/?q=李强")).words


def test_the_office_chooses_from_the_whole_county_by_code(people, signed_in):
    office = signed_in(people.office)
    assert "李强" in Page(office.get("/handover/new/")).words
    done = office.post(address(people), values(people, successor="P2-cadre", step="do"))
    assert "已备案" in Page(office.get(done.url)).words


def made(people, on="2026-06-15"):
    return Handover.objects.create(
        cadre=people.cadre,
        successor=people.colleague,
        on=on,
        reason="调动",
        recorded_at=clock.now(),
        recorded_by=people.unit_liaison.user,
    )


def test_the_office_files_one_or_many(people, signed_in):
    office, rows = signed_in(people.office), [made(people) for _ in range(3)]
    assert Page(office.get("/handover/")).statement == "有 3 次接替等您备案"
    assert office.post(f"/handover/{rows[0].pk}/file/").url == f"/handover/{rows[0].pk}/"
    office.post("/handover/file/", {"row": [rows[1].pk, rows[2].pk, "x", "9" * 30]})
    assert not Handover.objects.filter(filed_at__isnull=True).exists()
    assert "已备案 2 次接替" in Page(office.get("/handover/")).words
    office.post(f"/handover/{rows[0].pk}/file/")
    assert "刚刚已经备案" in Page(office.get("/handover/")).words
    assert "没有待备案的接替" in Page(office.get("/handover/?state=waiting")).words
    assert Page(office.get("/handover/?state=filed")).tables[0][1][1] == "2026-06-15"


def test_each_unit_sees_its_own(people, client, signed_in):
    made(people)
    assert "杨小燕" in Page(client.get("/handover/")).words
    for name in ("stranger_unit_liaison", "township_liaison"):
        assert "杨小燕" not in Page(signed_in(getattr(people, name)).get("/handover/")).words


def test_who_no_longer_sees_the_households_sees_how_many_they_were(people, client):
    client.post(address(people), values(people, step="do"))
    one = Handover.objects.get()
    Pairing.objects.filter(handover=one).update(cadre=people.stranger)
    page = Page(client.get(f"/handover/{one.pk}/"))
    assert "接替的户 1 户" in page.headings
    Pairing.objects.exclude(handover=one).filter(household=people.household).update(ends_on="2026-06-01")
    assert "这些户现在不在您能看的范围里" in Page(client.get(f"/handover/{one.pk}/")).words


@pytest.mark.parametrize("page", ["/handover/", "/handover/new/", "/handover/new/?cadre=P1-cadre", "confirm"])
def test_pages_cost_the_same_for_two_rows_and_for_fifty(people, client, page):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            if page == "confirm":
                answer = client.post(address(people), values(people, everything="是"))
            else:
                answer = client.get(page)
        assert answer.status_code == 200
        return len(queries)

    def grow(count):
        for _ in range(count):
            made(people)
            home = county.add_household(village=people.village)
            county.pair(people.cadre, home)
            county.add_grievance(household=home, handler=people.cadre)
            county.add_grievance(household=people.other_household, handler=people.cadre)
            county.pair(county.add_cadre(unit=people.unit), county.add_household(village=people.village))

    grow(2)
    few = cost()
    grow(48)
    assert cost() <= few


def test_the_menu_leads_there_for_whoever_runs_a_unit(people, signed_in):
    leads = {
        name
        for name, cadre in people.people.items()
        if "结对与接替" in Page(signed_in(cadre).get("/inbox/")).links
    }
    roles = {"unit_liaison", "unit_leader", "township_liaison"}
    assert leads == roles | {f"stranger_{role}" for role in roles} | {"office"}

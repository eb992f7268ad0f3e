"""Accounts that others keep: who sees which, who prints codes for whom, and what the system admin does."""

import datetime
import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import ActivationCode, AuditEntry, AuditKind, Notice, Session
from lianhu.kit import clock
from registry import accounts, activation
from registry.models import Household, RoleGrant
from registry.rights import accounts_with
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

CODE = re.compile(r"\b([2-9A-HJKMNP-Z]{5}) ([2-9A-HJKMNP-Z]{5})\b")
UNIT = {"cadre", "colleague", "unit_liaison", "unit_leader", "county_leader"}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def activate(cadre):
    cadre.user.activated_at = clock.now() - datetime.timedelta(days=1)
    cadre.user.set_password("Kitchen-table-2026")
    cadre.user.save()


def post_slips(client, *cadres, **more):
    return client.post("/activation-slips/", {"person": [cadre.code for cadre in cadres], **more})


def confirmed(answer):
    """What the confirmation page sends on."""
    return {"confirmed_at": re.search(r'name="confirmed_at" value="([^"]+)"', answer.content.decode())[1]}


# --- who sees which ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keeper", "seen"),
    [
        ("unit_liaison", UNIT),
        ("township_liaison", {"township_liaison", "branch"}),
        (
            "stranger_unit_liaison",
            {f"stranger_{name}" for name in UNIT - {"cadre", "colleague"}} | {"stranger"},
        ),
    ],
)
def test_a_liaison_keeps_the_accounts_of_their_own_people(people, keeper, seen, signed_in):
    found = accounts_with(getattr(people, keeper).user, "see_accounts")
    assert set(found) == {getattr(people, name).user for name in seen}
    rows = Page(signed_in(getattr(people, keeper)).get("/accounts/")).tables[0][1:]
    assert {row[2] for row in rows} == {getattr(people, name).code for name in seen}


def test_the_system_admin_keeps_all(people):
    assert accounts_with(people.admin.user, "see_accounts").count() == len(people.people)


@pytest.mark.parametrize("name", ["cadre", "branch", "unit_leader", "office", "county_leader", "auditor"])
def test_the_others_keep_none(people, name):
    assert not accounts_with(getattr(people, name).user, "see_accounts").exists()


def test_a_branch_of_the_township_is_kept_wherever_its_secretary_is_employed(people):
    elsewhere = county.add_cadre("王芳", unit=people.other_unit)
    county.grant(elsewhere, "village_branch", village=people.village)
    assert elsewhere.user in accounts_with(people.township_liaison.user, "see_accounts")


def test_who_went_to_another_unit_is_kept_there(people):
    county.add_term(people.cadre, "2026-06-15", unit=people.other_unit, rank="staff")
    assert people.cadre.user not in accounts_with(people.unit_liaison.user, "see_accounts")
    assert people.cadre.user in accounts_with(people.stranger_unit_liaison.user, "see_accounts")


def test_the_list_says_unit_roles_and_state_in_words(people, signed_in, on_day):
    activate(people.unit_leader)
    people.county_leader.user.is_active = False
    people.county_leader.user.save()
    client = signed_in(people.unit_liaison)
    post_slips(client, people.cadre)
    TOTPDevice.objects.create(user=people.unit_leader.user, confirmed=True)
    rows = {row[2]: row for row in Page(client.get("/accounts/")).tables[0][1:]}
    assert rows["P1-cadre"][3:] == ["教育局", "干部", "已打印激活条，到6月29日", "没有打开"]
    assert rows["P1-colleague"][5] == "没有激活"
    assert rows["P1-unit_leader"][4:] == ["单位负责人（教育局）", "已激活", "已打开"]
    assert rows["P1-county_leader"][5] == "已停用"
    on_day("2026-06-30")
    later = signed_in(people.unit_liaison).get("/accounts/")
    rows = {row[2]: row for row in Page(later).tables[0][1:]}
    assert rows["P1-cadre"][5] == "没有激活，激活条6月29日已过期"


def test_those_who_left_are_listed_when_asked_for(people, signed_in):
    people.cadre.left_on = datetime.date(2026, 6, 14)
    people.cadre.save()
    client = signed_in(people.unit_liaison)
    assert "P1-cadre" not in client.get("/accounts/").content.decode()
    [row] = Page(client.get("/accounts/?state=left")).tables[0][1:]
    assert (row[2], row[5]) == ("P1-cadre", "已离岗")


@pytest.mark.parametrize("words", ["泽仁", "ｐ１－ＣＡＤＲＥ", " 泽 仁初 ", "p1-cadre"])
def test_the_search_forgives(people, signed_in, words):
    answer = signed_in(people.unit_liaison).get("/accounts/", {"q": words})
    assert [row[2] for row in Page(answer).tables[0][1:]] == ["P1-cadre"]


@pytest.mark.parametrize("words", ["扎西·卓玛", "扎西卓玛", "扎西．卓玛", "扎西 卓玛"])
def test_the_search_does_not_mind_the_dots_of_a_name(people, signed_in, words):
    answer = signed_in(people.admin).get("/accounts/", {"q": words})
    assert [row[2] for row in Page(answer).tables[0][1:]] == ["P1-branch"]


@pytest.mark.parametrize("query", ["q=\x00", "unit=\x00", "state=x", "page=x", "page=99", "unit=U-NONE"])
def test_no_filter_breaks_the_list(people, signed_in, query):
    assert signed_in(people.admin).get(f"/accounts/?{query}").status_code == 200


def test_the_filter_by_unit_and_the_counts_of_the_states(people, signed_in):
    page = Page(signed_in(people.admin).get("/accounts/?unit=U-EDU"))
    assert {row[3] for row in page.tables[0][1:]} == {"教育局"}
    assert "在岗全部 5" in page.links
    assert "没有激活 5" in page.links
    assert "已停用 0" in page.links


def test_the_list_asks_no_more_of_the_database_for_more_people(people, signed_in):
    client = signed_in(people.admin)

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get("/accounts/").status_code == 200
        return len(found)

    asked()
    few = asked()
    for number in range(40):
        county.grant(county.add_cadre(unit=people.unit, code=f"N-{number:02}"), "cadre")
    assert asked() == few
    page = Page(client.get("/accounts/"))
    assert len(page.tables[0]) == 51
    assert "下一页" in page.links


# --- printing ------------------------------------------------------------------------------------


def test_each_slip_carries_what_its_owner_needs(people, signed_in):
    answer = post_slips(signed_in(people.unit_liaison), people.cadre, people.colleague)
    page = Page(answer)
    for said in ("泽仁初", "工号 P1-cadre", "教育局", "2026年6月29日", "/activate/"):
        assert said in page.words
    codes = ["".join(found) for found in CODE.findall(page.words)]
    assert len(set(codes)) == 2
    assert answer.content.decode().count("<svg") >= 2
    assert (
        Client().post(
            "/activate/",
            {
                "username": "P1-cadre",
                "code": codes[0],
                "new": "Kitchen-table-2026",
                "again": "Kitchen-table-2026",
            },
        )["Location"]
        == "/login/?n=P1-cadre"
    )


def test_codes_are_in_one_answer_that_nobody_keeps(people, signed_in):
    client = signed_in(people.unit_liaison)
    answer = post_slips(client, people.cadre)
    assert "no-store" in answer["Cache-Control"]
    [code] = ["".join(found) for found in CODE.findall(Page(answer).words)]
    for address in ("/accounts/", "/accounts/P1-cadre/"):
        assert code not in client.get(address).content.decode()
        assert code[:5] not in client.get(address).content.decode()


def test_each_code_issued_is_logged_without_the_code(people, signed_in):
    post_slips(signed_in(people.unit_liaison), people.cadre)
    entry = AuditEntry.objects.get(kind=AuditKind.CODE_ISSUED)
    assert (entry.subject_key, entry.actor_name) == ("P1-cadre", "P1-unit_liaison")
    assert entry.detail == '{"reset": false, "until": "2026-06-29"}'


def test_a_double_tap_asks_instead_of_leaving_dead_paper(people, signed_in):
    client = signed_in(people.unit_liaison)
    [code] = CODE.findall(Page(post_slips(client, people.cadre)).words)
    again = post_slips(client, people.cadre)
    page = Page(again)
    assert not CODE.search(page.words)
    assert "旧激活条作废" in page.words
    kept = ActivationCode.objects.get()
    assert bytes(kept.code_hash) == activation._hash(people.cadre.user_id, "".join(code))
    answer = Page(post_slips(client, people.cadre, **confirmed(again)))
    assert CODE.search(answer.words)
    assert "以前的激活条作废" in answer.words


def test_a_double_tap_on_the_confirmation_asks_too(people, signed_in, monkeypatch):
    client = signed_in(people.unit_liaison)
    post_slips(client, people.cadre)
    seen = confirmed(post_slips(client, people.cadre))
    later = clock.now() + datetime.timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert CODE.search(Page(post_slips(client, people.cadre, **seen)).words)
    assert not CODE.search(Page(post_slips(client, people.cadre, **seen)).words)


def test_a_reset_says_first_what_it_does_and_tells_the_person(people, signed_in):
    activate(people.cadre)
    client = signed_in(people.unit_liaison)
    first = post_slips(client, people.cadre)
    assert "现在的密码照常能用" in Page(first).words
    assert not ActivationCode.objects.exists()
    assert CODE.search(Page(post_slips(client, people.cadre, **confirmed(first))).words)
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.check_password("Kitchen-table-2026")
    notice = Notice.objects.get()
    assert notice.user == people.cadre.user
    assert "激活条" in notice.title


def test_nobody_is_told_of_a_first_slip(people, signed_in):
    post_slips(signed_in(people.unit_liaison), people.cadre)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("role", ["county_office", "system_admin", "auditor"])
@pytest.mark.parametrize("begins_on", ["2020-01-01", "2026-06-20"], ids=["today", "soon"])
def test_a_liaison_prints_none_for_who_holds_the_county_the_system_or_the_log(
    people, signed_in, role, begins_on
):
    county.grant(people.colleague, role, begins_on)
    answer = Page(post_slips(signed_in(people.unit_liaison), people.colleague))
    assert "由系统管理员打印" in answer.words
    assert not ActivationCode.objects.exists()
    assert CODE.search(Page(post_slips(signed_in(people.admin), people.colleague)).words)


def test_a_countywide_role_that_is_over_protects_no_more(people, signed_in):
    county.grant(people.colleague, "county_office", ends_on="2026-06-14")
    assert CODE.search(Page(post_slips(signed_in(people.unit_liaison), people.colleague)).words)


def test_a_liaison_prints_for_the_unit_leader(people, signed_in):
    assert CODE.search(Page(post_slips(signed_in(people.unit_liaison), people.unit_leader)).words)


@pytest.mark.parametrize("keeper", ["unit_liaison", "township_liaison", "admin"])
def test_nobody_prints_for_themself(people, signed_in, keeper):
    person = getattr(people, keeper)
    assert "不能给自己打印" in Page(post_slips(signed_in(person), person)).words
    assert not ActivationCode.objects.exists()


def test_nobody_prints_for_who_left_or_is_closed(people, signed_in):
    people.cadre.left_on = datetime.date(2026, 6, 14)
    people.cadre.save()
    people.colleague.user.is_active = False
    people.colleague.user.save()
    client = signed_in(people.admin)
    first = post_slips(client, people.cadre, people.colleague, people.unit_leader)
    page = Page(first)
    assert "已离岗" in page.words
    assert "已停用" in page.words
    assert not ActivationCode.objects.exists()
    # What may be printed still can.
    post_slips(client, people.unit_leader, **confirmed(first))
    assert ActivationCode.objects.get().user == people.unit_leader.user


def test_the_slip_of_somebody_elses_person_is_not_there(people, signed_in):
    client = signed_in(people.unit_liaison)
    assert post_slips(client, people.cadre, people.stranger).status_code == 404
    assert client.post("/activation-slips/", {"person": ["P9-nobody"]}).status_code == 404
    assert not ActivationCode.objects.exists()


def test_nothing_ticked_is_told(people, signed_in):
    answer = signed_in(people.unit_liaison).post("/activation-slips/", {}, follow=True)
    assert "请先勾选" in Page(answer).words


# --- what the system admin does -------------------------------------------------------------------


def act(client, cadre, name, reason="本人要求"):
    return client.post(f"/accounts/{cadre.code}/act/{name}/", {"reason": reason}, follow=True)


def test_closing_ends_sessions_and_codes_and_keeps_the_reason(people, signed_in):
    activate(people.cadre)
    inside = signed_in(people.cadre)
    admin = signed_in(people.admin)
    activation.issue_codes(["P1-cadre"], by=people.admin.user, confirmed_at=clock.now())
    assert "账号已停用" in Page(act(admin, people.cadre, "close", "调离待查")).words
    assert inside.get("/me/").status_code == 302
    assert not ActivationCode.objects.exists()
    assert not Session.objects.filter(user=people.cadre.user).exists()
    entry = AuditEntry.objects.get(kind=AuditKind.CHANGED, subject_key="P1-cadre", detail__contains="reason")
    assert "调离待查" in entry.detail
    assert entry.actor_name == people.admin.code
    assert "账号已启用" in Page(act(admin, people.cadre, "reopen")).words
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.is_active


def test_the_page_says_what_an_act_means_and_asks_for_a_reason(people, signed_in):
    admin = signed_in(people.admin)
    assert "随时可以启用" in Page(admin.get("/accounts/P1-cadre/act/close/")).words
    assert "请写明原因" in Page(act(admin, people.cadre, "close", "")).words
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.is_active
    assert admin.get("/accounts/P1-cadre/act/nothing/").status_code == 404


def test_no_system_admin_closes_themself(people, signed_in):
    admin = signed_in(people.admin)
    assert "不能停用自己的账号" in Page(act(admin, people.admin, "close")).words
    assert "停用账号" not in Page(admin.get(f"/accounts/{people.admin.code}/")).links


def test_sessions_are_counted_and_ended(people, signed_in):
    inside, admin = signed_in(people.cadre), signed_in(people.admin)
    signed_in(people.cadre)
    assert "正在登录2 处" in Page(admin.get("/accounts/P1-cadre/")).words.replace(" 2 处", "2 处")
    assert "所有登录已结束" in Page(act(admin, people.cadre, "end-sessions")).words
    assert inside.get("/me/").status_code == 302
    assert AuditEntry.objects.filter(kind=AuditKind.SESSION_ENDED).count() == 2


def test_the_second_factor_is_taken_away_with_a_reason(people, signed_in):
    TOTPDevice.objects.create(user=people.cadre.user, confirmed=True)
    inside, admin = signed_in(people.cadre), signed_in(people.admin)
    assert "两步验证已取消" in Page(act(admin, people.cadre, "second-factor", "手机丢失，已电话核实")).words
    assert not TOTPDevice.objects.exists()
    assert inside.get("/me/").status_code == 302
    entry = AuditEntry.objects.filter(kind=AuditKind.TWO_FACTOR, detail__contains="手机丢失").get()
    assert entry.subject_key == "P1-cadre"
    assert "没有开两步验证" in Page(act(admin, people.cadre, "second-factor")).words


def give(client, cadre, **fields):
    asked = {"role": "", "unit": "", "village": "", "begins_on": "2026-06-15", "ends_on": ""} | fields
    return client.post(f"/accounts/{cadre.code}/roles/", asked, follow=True)


def test_a_role_is_given_at_its_place_and_opens_it(people, signed_in):
    admin = signed_in(people.admin)
    answer = give(admin, people.colleague, role="unit_liaison", unit="U-AGRI")
    assert "已给单位联络员角色" in Page(answer).words
    assert signed_in(people.colleague).get("/units/U-AGRI/").status_code == 200
    assert AuditEntry.objects.filter(
        subject_table="registry_rolegrant", actor_name=people.admin.code
    ).exists()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"role": "unit_liaison"}, "要填单位编码"),
        ({"role": "village_branch"}, "要填村编码"),
        ({"role": "township", "unit": "U-EDU"}, "不是乡镇"),
        ({"role": ""}, "必填"),
        ({"role": "king"}, "不在列表里"),
        ({"role": "cadre"}, "这些天里已经有这个角色了"),
        ({"role": "unit_liaison", "unit": "U-NONE"}, "没有编码是"),
    ],
)
def test_a_role_without_its_place_is_refused_beside_the_field(people, signed_in, fields, why):
    before = RoleGrant.objects.count()
    assert why in Page(give(signed_in(people.admin), people.cadre, **fields)).words
    assert RoleGrant.objects.count() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "county_office"},
        {"role": "auditor"},
        {"role": "county_leader"},
        {"role": "unit_leader", "unit": "U-EDU"},
        {"role": "village_branch", "village": "513201200201"},
    ],
    ids=lambda fields: fields["role"],
)
def test_a_system_admin_gives_themself_no_role_that_opens_households(people, signed_in, fields):
    answer = give(signed_in(people.admin), people.admin, **fields)
    assert "不能给自己" in Page(answer).words
    assert people.admin.role_grants.count() == 1


def test_a_system_admin_gives_themself_no_view(people, signed_in):
    admin = signed_in(people.admin)
    answer = admin.post(f"/accounts/{people.admin.code}/views/", {"place": "unit:U-EDU"}, follow=True)
    assert "不能给自己授权" in Page(answer).words
    assert not Household.objects.visible_to(people.admin.user).exists()


def test_a_role_ends_on_a_day_and_stays_on_record(people, signed_in, on_day):
    grant = people.unit_liaison.role_grants.get()
    admin = signed_in(people.admin)
    address = f"/accounts/{people.unit_liaison.code}/roles/{grant.pk}/end/"
    assert "早" in Page(admin.post(address, {"ends_on": "2026-06-01"})).words
    assert "为止" in Page(admin.post(address, {"ends_on": "2026-06-15"}, follow=True)).words
    assert signed_in(people.unit_liaison).get("/accounts/").status_code == 200
    on_day("2026-06-16")
    assert signed_in(people.unit_liaison).get("/accounts/").status_code == 404
    later = signed_in(people.admin).get(f"/accounts/{people.unit_liaison.code}/")
    assert "已结束" in Page(later).words


def test_a_role_is_taken_back_at_once_by_ending_it_yesterday(people, signed_in):
    grant = people.unit_liaison.role_grants.get()
    address = f"/accounts/{people.unit_liaison.code}/roles/{grant.pk}/end/"
    signed_in(people.admin).post(address, {"ends_on": "2026-06-14"})
    assert signed_in(people.unit_liaison).get("/accounts/").status_code == 404


def test_no_system_admin_ends_their_own_role(people, signed_in):
    grant = people.admin.role_grants.get()
    address = f"/accounts/{people.admin.code}/roles/{grant.pk}/end/"
    answer = signed_in(people.admin).post(address, {"ends_on": "2026-06-15"})
    assert "不能结束自己的系统管理员角色" in Page(answer).words
    grant.refresh_from_db()
    assert grant.ends_on is None


def test_the_role_of_another_account_is_not_there(people, signed_in):
    grant = people.unit_liaison.role_grants.get()
    assert signed_in(people.admin).get(f"/accounts/P1-cadre/roles/{grant.pk}/end/").status_code == 404


@pytest.mark.parametrize(
    ("place", "opens"),
    [("unit:U-AGRI", "/units/U-AGRI/"), ("unit:T-2", "/villages/"), ("village:513202200201", "/villages/")],
)
def test_a_view_without_a_role_is_given_and_taken_back(people, signed_in, place, opens):
    admin, client = signed_in(people.admin), signed_in(people.colleague)
    assert client.get(opens).status_code == 404
    answer = admin.post("/accounts/P1-colleague/views/", {"place": place}, follow=True)
    assert "已授权查看" in Page(answer).words
    assert client.get(opens).status_code == 200
    admin.post("/accounts/P1-colleague/views/", {"place": place})  # twice is once
    answer = admin.post("/accounts/P1-colleague/views/take/", {"place": place}, follow=True)
    assert "已收回" in Page(answer).words
    assert client.get(opens).status_code == 404
    table = "registry_unitpermission" if place.startswith("unit") else "registry_villagepermission"
    logged = AuditEntry.objects.filter(subject_table=table, actor_name=people.admin.code)
    assert {entry.kind for entry in logged} == {"added", "removed"}


@pytest.mark.parametrize("place", ["", "unit:U-NONE", "x:y", "unit:\x00"])
def test_a_view_of_nothing_is_refused(people, signed_in, place):
    answer = signed_in(people.admin).post("/accounts/P1-colleague/views/", {"place": place})
    assert answer.status_code == 200


def test_a_liaison_sees_the_account_and_nothing_to_do_but_print(people, signed_in):
    page = Page(signed_in(people.unit_liaison).get("/accounts/P1-cadre/"))
    assert "打印激活条" in page.words
    for hidden in ("停用", "给一个角色", "另行授权", "正在登录", "结束所有登录"):
        assert hidden not in page.words


@pytest.mark.parametrize("name", ["unit_liaison", "township_liaison", "office", "auditor", "cadre"])
def test_the_services_ask_the_right_themselves(people, name):
    by, account = getattr(people, name).user, people.colleague.user
    grant = people.colleague.role_grants.get()
    values = {"role": "cadre", "unit": "", "village": "", "begins_on": clock.today(), "ends_on": None}
    tries = [
        *(lambda do=do.do: do(account, reason="x", by=by) for do in accounts.ACTS.values()),
        lambda: accounts.give_role(account, values=values, by=by),
        lambda: accounts.end_role(grant, ends_on=clock.today(), by=by),
        lambda: accounts.give_view(account, place=people.unit, by=by),
        lambda: accounts.take_view(account, place=people.unit, by=by),
        lambda: activation.issue_codes([people.stranger_branch.code], by=by),
    ]
    for one in tries:
        with pytest.raises(PermissionDenied):
            one()


def test_an_account_without_a_cadre_is_kept_by_the_system_admin(people, signed_in):
    from accounts.models import User

    machine = User.objects.create_user("machine", "接口")
    admin = signed_in(people.admin)
    assert "接口" in Page(admin.get("/accounts/machine/")).statement
    with pytest.raises(ValidationError):
        accounts.give_role(
            machine,
            values={
                "role": "cadre",
                "unit": "",
                "village": "",
                "begins_on": clock.today(),
                "ends_on": None,
            },
            by=people.admin.user,
        )
    assert (
        "账号已停用"
        in Page(admin.post("/accounts/machine/act/close/", {"reason": "停用接口"}, follow=True)).words
    )


def test_the_first_page_of_the_system_admin_is_the_accounts(people, signed_in):
    client = signed_in(people.admin)
    assert client.get("/")["Location"] == "/accounts/"
    assert {"账号", "系统"} <= set(Page(client.get("/accounts/")).links)
    assert "账号" in Page(signed_in(people.unit_liaison).get("/me/")).links
    assert "账号" not in Page(signed_in(people.unit_leader).get("/me/")).links

"""审计: what auditors see of the log, and what they do not."""

import json

import pytest

from accounts import audit
from accounts.models import AuditCheck, AuditEntry, AuditKind, Job
from lianhu.schedule import TASKS
from registry import audit_check
from tests import county
from tests.pages import Page
from tests.reports.exports.conftest import Sheet, content_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.AUDIT_DIR = tmp_path / "audit"


@pytest.fixture
def client(people, signed_in):
    return signed_in(people.auditor)


def table(answer):
    return Page(answer).tables[0][1:]


def newest(**filters):
    return AuditEntry.objects.filter(**filters).latest("id")


def test_the_newest_stands_first_with_who_what_and_where(people, client):
    audit.log(AuditKind.READ, people.household, by=people.office.user)
    audit.seal()
    entry = newest()
    row = table(client.get("/audit/"))[0]
    assert row[0] == str(entry.number)
    assert row[2:6] == ["查看户档案", "何静 P0-county_office", "", "户 HH-1"]


@pytest.mark.parametrize(
    "query",
    [
        "kind=read",
        "actor=何静",
        "actor=P0-county_office",
        "subject=HH-1&kind=read",
        "begins_on=2026-06-15&kind=read",
    ],
)
def test_filters_leave_what_was_asked_for(people, client, query):
    audit.log(AuditKind.READ, people.household, by=people.office.user)
    audit.log(AuditKind.EXPORT, key="other", by=people.cadre.user)
    rows = table(client.get(f"/audit/?{query}"))
    assert {row[2] for row in rows} == {"查看户档案"}


def test_a_filter_of_days_takes_both_days_in_the_countys_zone(people, client, on_day):
    on_day("2026-03-05")
    audit.log(AuditKind.READ, key="that day")
    assert "that day" in Page(client.get("/audit/?begins_on=2026-03-05&ends_on=2026-03-05")).words
    assert "that day" not in Page(client.get("/audit/?begins_on=2026-03-06")).words


def test_a_filter_that_is_not_understood_is_told_and_nothing_breaks(client):
    page = Page(client.get("/audit/?begins_on=yesterday&kind=nonsense&before=x&subject=%00"))
    assert page.status == 200
    assert "输入一个有效的日期" in page.words


def test_older_entries_are_a_page_on(people, client):
    for number in range(60):
        audit.log(AuditKind.READ, key=f"N-{number}")
    page = Page(client.get("/audit/?kind=read"))
    older = table(client.get("/audit/" + page.links["更早"]))
    assert older[0][5].endswith("N-9")


def test_a_change_tells_its_columns_by_their_names(people, client):
    people.household.people_count = 6
    people.household.kind = "town"
    people.household.save()
    page = Page(client.get(f"/audit/{newest(kind='changed').pk}/"))
    assert ["人口数", "4", "6"] in page.tables[0]
    assert ["户类型", "农村户", "城镇居民户"] in page.tables[0]


def test_what_it_says_of_a_family_is_shown_for_a_reason_that_is_logged(people, client):
    people.household.address = "canary-address"
    people.household.save()
    entry = newest(kind="changed")
    for address in ("/audit/", f"/audit/{entry.pk}/"):
        assert "canary-address" not in client.get(address).content.decode()
    assert "请写明原因" in client.post(f"/audit/{entry.pk}/reveal/", {"reason": ""}).content.decode()
    answer = client.post(f"/audit/{entry.pk}/reveal/", {"reason": "核查投诉"})
    assert ["地址", "—", "canary-address"] in Page(answer).tables[-1]
    assert "no-store" in answer["Cache-Control"]
    revealed = newest()
    assert (revealed.kind, revealed.actor, json.loads(revealed.detail)) == (
        "reveal", people.auditor.user, {"reason": "核查投诉"}
    )  # fmt: skip


def test_the_export_holds_the_filtered_list_and_nothing_of_families_and_is_logged(people, client):
    people.household.address = "canary-address"
    people.household.save()
    page = client.get("/audit/?kind=changed&before=99999999")
    assert 'action="/exports/audit_log/?kind=changed' in page.content.decode()
    changed = AuditEntry.objects.filter(kind="changed").count()
    sheet = Sheet(content_of(client.post("/exports/audit_log/?kind=changed&before=3")))
    assert sheet.columns[:3] == ["日志序号", "时间", "种类"]
    assert (set(sheet.column("种类")), len(sheet.rows)) == ({"修改"}, changed)
    assert "canary-address" not in sheet.words
    told = json.loads(newest().detail)
    assert (newest().kind, told["rows"], told["filter"]) == ("export", changed, {"kind": "changed"})


def test_the_chain_is_checked_on_demand_once_and_the_page_says_how_it_is(people, client, queue):
    assert "还没有核对过" in Page(client.get("/audit/")).words
    client.post("/audit/check/")
    client.post("/audit/check/")
    job = Job.objects.get(kind="check_audit")
    audit_check.run_check(job.pk)
    audit_check.run_check(job.pk)
    assert AuditCheck.objects.count() == 1
    assert "审计日志完好" in Page(client.get("/audit/")).words


def test_the_page_costs_a_fixed_number_of_queries(people, client, django_assert_max_num_queries):
    def few():
        with django_assert_max_num_queries(14):
            client.get("/audit/")

    few()
    for number in range(50):
        audit.log(
            AuditKind.READ, county.add_household(village=people.village), by=people.cadre.user, number=number
        )
    few()


def test_what_a_scheduled_task_does_is_logged_under_its_name(people):
    job = Job.objects.create(kind="check_audit_nightly", title="检查审计日志")
    TASKS["check_audit_nightly"].apply([job.pk]).get()
    assert newest(kind="checked").actor_name == "任务 check_audit_nightly"

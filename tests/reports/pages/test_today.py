"""今日: what needs the office, with the numbers of the pages that it leads to."""

import datetime
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import CalendarYear, Feedback, Job, JobState, Phone
from grievances.models import Filing
from lianhu.kit import clock
from registry.models import Handover, VillageLink
from tests import county
from tests.grievances import ledger
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def office(people, signed_in):
    return signed_in(people.office)


def lines(client):
    """Words of each line with its number and where it leads."""
    answer = client.get("/today/")
    return {item.words: (item.count, item.url) for group in answer.context["groups"] for item in group.items}


def backed_up(hours_ago=3):
    at = clock.now() - datetime.timedelta(hours=hours_ago)
    return Job.objects.create(kind="backup_nightly", title="备份", state=JobState.DONE, ended_at=at)


def add_waiting_things(people, count=1):
    """One, or more, of everything that the page tells."""
    for number in range(count):
        home = county.add_household(f"无人{number}", village=people.village)
        county.add_village(township=people.township)
        county.add_grievance(household=home, handler=people.cadre, registered_on="2026-05-01")
        ledger.matter(people, "closed", level="county")
        gone = county.add_cadre(unit=people.unit, left_on="2026-06-01")
        county.pair(gone, county.add_household(village=people.village))
        Handover.objects.create(
            cadre=people.cadre, successor=people.colleague, on="2026-06-10", reason="调动",
            recorded_at=clock.now(), recorded_by=people.unit_liaison.user,
        )  # fmt: skip
        Filing.objects.create(
            form_id=uuid.uuid4(), village=people.village, kind="livelihood", title="漏水", content="漏了三天。",
            query_code_hash=uuid.uuid4().bytes, filed_at=clock.now(),
        )  # fmt: skip
        Feedback.objects.create(author=people.cadre.user, text="字太小", created_at=clock.now())
        waiting = county.add_cadre(unit=people.unit)
        county.pair(waiting, county.add_household(village=people.village))
        Phone.objects.create(id=uuid.uuid4(), user=waiting.user, waiting=2, refused=0, contact_at=clock.now())
        report = county.add_quarterly_report(county.add_unit(), "2026Q1")
        report.state, report.submitted_at = "submitted", clock.now() - datetime.timedelta(days=70)
        report.save()


def test_each_line_has_the_number_of_the_page_it_leads_to(people, office):
    add_waiting_things(people, 2)
    found = lines(office)
    assert found["件诉求逾期"][0] == 2
    assert found["个村(社区)没有包联单位"][0] == 2
    assert found["户的结对干部已离岗"][0] == 2
    assert found["次接替待备案"][0] == 2
    assert found["条意见建议待答复"][0] == 2
    assert found["名干部有没上传的记录"][0] == 2
    assert found["件群众反映待挂号"][0] == 2
    assert [count for words, (count, _) in found.items() if words.endswith("报告待采纳")] == [2]
    for words, (count, url) in found.items():
        if not url:
            continue
        answer = office.get(url)
        assert answer.status_code == 200, url
        if "ledger" in url or "grievances" in url:
            assert answer.context["total"] == count, words
        elif "coverage" in url or "phones" in url:
            assert answer.context["page"].paginator.count == count, words
        elif "reports" in url:
            assert len(answer.context["lines"]) == count, words


def test_what_there_is_none_of_is_told_in_one_line(people, office):
    backed_up()
    CalendarYear.objects.get_or_create(year=2026)
    page = Page(office.get("/today/"))
    assert "没有：逾期诉求、" in page.words
    assert "过期的备份" in page.words
    assert "公示异议" in page.words


def test_a_day_with_nothing_to_do_is_calm(people, office, monkeypatch):
    backed_up()
    for name in ("matters", "people_and_homes", "quarterly", "system"):
        monkeypatch.setattr(f"reports.pages.today.{name}", lambda *args: [])
    assert Page(office.get("/today/")).statement == "今天没有要处理的事"


@pytest.mark.parametrize(
    ("hours", "told"), [(None, "从来没有备份过"), (20, ""), (35, ""), (50, "最近一次备份在 2 天前")]
)
def test_a_backup_that_is_missing_or_old_is_told(people, office, hours, told):
    if hours is not None:
        backed_up(hours)
    page = Page(office.get("/today/"))
    assert ("项备份要做" in page.words) == bool(told)
    assert told in page.words


def test_a_task_whose_last_run_failed_is_named_until_it_goes_well(people, office):
    runs = {"kind": "figures_nightly", "title": "重算数字", "ended_at": clock.now()}
    Job.objects.create(**runs, state=JobState.FAILED, slot=clock.now())
    assert lines(office)["项定时任务没有完成"][0] == 1
    assert "重算数字" in Page(office.get("/today/")).words
    Job.objects.create(**runs, state=JobState.DONE)
    assert "项定时任务没有完成" not in lines(office)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-06-30", "7月5日 (周日) 0 点定格2026年6月，还有 5 天"),
        ("2026-07-04", "7月5日 (周日) 0 点定格2026年6月，还有 1 天"),
        ("2026-07-05", ""),
        ("2026-06-29", ""),
        ("2026-12-31", "1月5日 (周二) 0 点定格2026年12月，还有 5 天"),
    ],
)
def test_the_freeze_is_told_while_something_can_still_be_mended(people, office, on_day, day, told):
    on_day(day)
    words = Page(office.get("/today/")).words
    assert told in words
    assert ("点定格" in words) == bool(told)


def test_the_office_begins_here(people, office):
    assert office.get("/").url == "/today/"
    VillageLink.objects.all().delete()
    assert lines(office)["个村(社区)没有包联单位"][0] == 2


def test_the_page_asks_as_much_for_fifty_as_for_two(people, office):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            office.get("/today/")
        return len(queries)

    add_waiting_things(people, 2)
    asked()
    before = asked()
    add_waiting_things(people, 10)
    assert asked() == before
    assert before <= 45

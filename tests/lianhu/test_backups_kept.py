"""Backups on the server: a night's, those by hand, the newest seven of each, and the page that shows them."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import jobs
from accounts.backups import BackupError, last_backup
from accounts.models import Job, JobState
from accounts.schedule import run_entry, tick
from lianhu.backup import keeping
from lianhu.backup.archive import Reader, Writer, written_whole
from lianhu.backup.making import Made
from lianhu.kit import clock
from lianhu.schedule import ENTRIES
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


def silent(step, percent):
    pass


@pytest.fixture
def place(settings, tmp_path, monkeypatch):
    """A folder of the test's own; what is in a backup is the drill's matter."""

    def small(target, *, made_by, say):
        say("正在备份数据库", 0)
        with written_whole(target) as file, Writer(file, target.parent) as writer:
            writer.close({"made_by": made_by})
        return Made(target, target.stat().st_size, 12, 3, [], [])

    settings.LIANHU_DATA = tmp_path
    monkeypatch.setattr(keeping, "make_backup", small)
    return tmp_path / "backups"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def nights(count, first=datetime.datetime(2026, 6, 1, 2, 30, tzinfo=clock.SHANGHAI)):
    for night in range(count):
        keeping.nightly(first + datetime.timedelta(days=night), silent)


def names(place):
    return sorted(path.name for path in place.iterdir())


def test_the_newest_seven_nights_stay(place):
    nights(9)
    assert names(place) == [f"lianhu-202606{day:02}-023000-night.zip" for day in range(3, 10)]
    assert place.stat().st_mode & 0o777 == 0o700


def test_those_by_hand_push_out_no_night(place, people, monkeypatch):
    nights(7)
    for minute in range(9):
        moment = datetime.datetime(2026, 6, 15, 9, minute, tzinfo=clock.SHANGHAI)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        keeping.run_backup(keeping.start_backup(by=people.admin.user).pk)
    assert sum("night" in name for name in names(place)) == 7
    assert sum("hand" in name for name in names(place)) == 7


def test_other_files_in_the_folder_are_left_alone(place):
    place.mkdir()
    (place / "note.txt").write_text("mine")
    nights(8)
    assert (place / "note.txt").read_text() == "mine"


def test_a_backup_that_failed_says_why_and_takes_none_away(place, people, monkeypatch):
    nights(7)

    def full(target, *, made_by, say):
        raise BackupError("备份没有做成：磁盘已满。原有的备份没有动。")

    monkeypatch.setattr(keeping, "make_backup", full)
    job = keeping.start_backup(by=people.admin.user)
    keeping.run_backup(job.pk)
    job.refresh_from_db()
    assert (job.state, job.step) == (JobState.FAILED, "备份没有做成：磁盘已满。原有的备份没有动。")
    assert len(names(place)) == 7
    assert last_backup() is None


def test_one_is_made_at_a_time_and_a_task_that_comes_twice_makes_one(place, people):
    job = keeping.start_backup(by=people.admin.user)
    assert keeping.start_backup(by=people.admin.user) is None
    keeping.run_backup(job.pk)
    keeping.run_backup(job.pk)
    assert len(names(place)) == 1
    assert Reader(place / names(place)[0]).manifest["made_by"] == people.admin.name
    assert last_backup() == clock.now()


def test_who_cancels_it_leaves_nothing_behind(place, people, monkeypatch):
    def asked(target, *, made_by, say):
        raise jobs.Cancelled

    monkeypatch.setattr(keeping, "make_backup", asked)
    job = keeping.start_backup(by=people.admin.user)
    keeping.run_backup(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_the_schedule_makes_one_a_night(place, on_day):
    on_day("2026-06-15")
    entry = ENTRIES["backup_nightly"]
    tick([entry], clock.now())
    tick([entry], clock.now())
    [job] = Job.objects.filter(kind="backup_nightly")
    run_entry(entry, job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert "12 行，3 个文件" in job.result["told"]
    assert last_backup() == job.ended_at


def test_the_page_lists_them_and_says_how_to_restore(place, people, signed_in):
    client = signed_in(people.admin)
    page = Page(client.get("/backups/"))
    assert page.statement == "还没有备份过"
    assert "今晚 2:30 自动做第一份" in page.words
    nights(2)
    client.post("/backups/new/")
    assert "正在备份" in Page(client.get("/backups/")).headings
    keeping.run_backup(Job.objects.get(kind="make_backup").pk)
    page = Page(client.get("/backups/"))
    assert page.statement.startswith("最近一次备份在今天")
    assert [row[:2] for row in page.tables[0][1:]] == [
        ["2026-06-15 10:00", people.admin.name],
        ["2026-06-02 02:30", "夜里自动"],
        ["2026-06-01 02:30", "夜里自动"],
    ]
    assert f"manage.py restore {place}/lianhu-20260615-100000-hand.zip --replace" in page.words
    assert not [link for link in page.links.values() if link and ".zip" in link]


def test_what_was_cancelled_or_went_wrong_is_told(place, people, signed_in):
    client = signed_in(people.admin)
    client.post("/backups/new/")
    answer = client.post("/backups/new/", follow=True)
    assert "已经在备份，没有再开始一次" in Page(answer).words
    job = Job.objects.get(kind="make_backup")
    assert "已要求取消" in Page(client.post(f"/backups/{job.pk}/cancel/", follow=True)).words
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, step="磁盘快满了")
    assert "上一次没有备份成。 磁盘快满了" in Page(client.get("/backups/")).words.replace("。磁", "。 磁")


def test_the_page_asks_as_much_for_seven_as_for_one(place, people, signed_in):
    client = signed_in(people.admin)

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/backups/")
        return len(queries)

    nights(1)
    asked()
    before = asked()
    nights(7)
    assert asked() == before

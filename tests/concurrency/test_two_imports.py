"""Two imports at once do not mix, and what others write meanwhile is told, never half mended."""

import datetime
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from accounts.models import Job
from lianhu.doors import workbook
from lianhu.kit.db import lock_for_transaction
from registry.models import Cadre, Household, Pairing
from tests.doors import books
from visits.models import Trip, Visit

pytestmark = pytest.mark.django_db
DAY = datetime.date


class Thread(threading.Thread):
    """Runs with a connection of its own; `result()` gives what it returned, or raises what it raised."""

    def __init__(self, work, *args):
        super().__init__(daemon=True)
        self._work, self._args, self._answer, self._error = work, args, None, None
        self.start()

    def run(self):
        try:
            self._answer = self._work(*self._args)
        except BaseException as error:
            self._error = error
        finally:
            connections.close_all()

    def result(self):
        self.join(120)
        assert not self.is_alive(), "still waiting"
        if self._error:
            raise self._error
        return self._answer


def waiting():
    """How many sessions wait for a lock, on this database: another worker's tests have their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
                 SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                 WHERE d.datname = current_database())"""
        )
        return cursor.fetchone()[0]


def until(condition):
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def imports_held_back():
    """No import gets further than its reading; inside, the ones begun wait for each other."""
    with transaction.atomic():
        lock_for_transaction("import")
        yield


def test_the_second_import_sees_what_the_first_wrote():
    rows = books.registry()
    with imports_held_back():
        first = Thread(books.import_, rows)
        until(lambda: waiting() == 1)
        second = Thread(books.import_, rows)
        until(lambda: waiting() == 2)
    counts = [thread.result()["counts"]["户"] for thread in (first, second)]
    assert counts == [{"new": 4, "changed": 0, "same": 0}, {"new": 0, "changed": 0, "same": 4}]


def test_of_two_files_that_contradict_each_other_one_is_told():
    assert books.import_(books.registry())["ok"]

    def pair(cadre):
        return books.import_({"结对": [{"工号": cadre, "户编码": "H1", "开始日期": DAY(2025, 6, 1)}]})

    Pairing.objects.filter(household__code="H1").delete()
    with imports_held_back():
        threads = [Thread(pair, "00001"), Thread(pair, "00002")]
        until(lambda: waiting() == 2)
    answers = [thread.result() for thread in threads]
    assert sorted(answer["ok"] for answer in answers) == [False, True]
    [refused] = [answer for answer in answers if not answer["ok"]]
    assert books.places(refused) == [("结对", 2, "工号")]
    assert Pairing.objects.filter(household__code="H1").count() == 1


def process(path):
    database = connection.settings_dict
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "lianhu.settings",
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ALLOWED_HOSTS": "localhost",
        "SECRET_KEY": settings.SECRET_KEY,
        "LIANHU_ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS,
        "LIANHU_HASH_KEY": settings.HASH_KEY,
        "LIANHU_AUDIT_KEY": settings.AUDIT_KEY,
    }
    command = [sys.executable, "manage.py", "import_registry", str(path), "--format", "json"]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once_write_one_county_and_print_only_their_answer():
    path = books.save(books.registry())
    connection.ensure_connection()
    with imports_held_back():
        running = [process(path), process(path)]
        until(lambda: waiting() == 2)
    outputs = [each.communicate(timeout=180) for each in running]
    assert [each.returncode for each in running] == [0, 0], outputs
    answers = [json.loads(out) for out, _ in outputs]
    assert sorted(answer["counts"]["户"]["new"] for answer in answers) == [0, 4]
    assert (Household.objects.count(), Cadre.objects.count(), Job.objects.count()) == (4, 4, 2)


SOMEBODY_ELSE = {
    "an overlapping pairing": (
        """INSERT INTO registry_pairing (cadre_id, household_id, begins_on)
           SELECT c.id, h.id, '2026-02-01' FROM registry_cadre c, registry_household h
           WHERE c.code = '00009' AND h.code = 'H9'""",
        {"户": [{"户编码": "H8", "村编码": books.V1, "户主": "甲", "人口数": 1, "户类型": "农村户"}],
         "结对": [{"工号": "00001", "户编码": "H9", "开始日期": DAY(2026, 1, 1)}]},
    ),
    "a household code": (
        f"""INSERT INTO registry_household
               (code, village_id, "group", head_name, pinyin, people_count, kind, is_party_member, is_village_cadre,
                is_registered_poor, is_hardship, hardship_reason, income_sources, address)
           SELECT 'H8', id, '', '乙', '|y', 1, 'rural', false, false, false, false, '', '', ''
           FROM registry_village WHERE code = '{books.V1}'""",
        {"户": [{"户编码": "H8", "村编码": books.V1, "户主": "甲", "人口数": 1, "户类型": "农村户"}]},
    ),
    "an overlapping trip": (
        f"""INSERT INTO visits_trip (cadre_id, village_id, begins_on, ends_on, backfilled, void_reason, recorded_at)
           SELECT c.id, v.id, '2026-05-01', '2026-05-03', false, '', now()
           FROM registry_cadre c, registry_village v WHERE c.code = '00002' AND v.code = '{books.V1}'""",
        {"驻村": [{"工号": "00009", "村编码": books.V1, "开始日期": DAY(2026, 5, 1), "结束日期": DAY(2026, 5, 2)},
                 {"工号": "00002", "村编码": books.V1, "开始日期": DAY(2026, 5, 2), "结束日期": DAY(2026, 5, 2)}],
         "走访": [{"工号": "00002", "户编码": "H1", "走访日期": DAY(2026, 5, 2), "存在困难": "无", "群众意见": "无"}]},
    ),
    "a matter's number": (
        """INSERT INTO grievances_grievance
               (number, kind, category_id, village_id, title, content, level, state, registered_on,
                outcome, satisfaction, void_reason, recorded_at)
           SELECT 'LH-2026-000099', 'livelihood', min(c.id), min(v.id), 't', 'c', 'village', 'registered',
                  '2026-01-01', '', '', '', now() FROM grievances_category c, registry_village v""",
        {"诉求": [{"诉求编号": "LH-2026-000099", "工号": "00002", "村编码": books.V1, "类型": "民生诉求",
                 "类别": "住房", "标题": "甲", "内容": "甲", "层级": "村", "挂号日期": DAY(2026, 3, 5)}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SOMEBODY_ELSE)
def test_what_somebody_else_writes_meanwhile_is_told_and_nothing_is_half_written(what):
    statement, rows = SOMEBODY_ELSE[what]
    registry = books.registry()
    registry["户"].append(registry["户"][1] | {"户编码": "H9"})
    assert books.import_(registry)["ok"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        importing = Thread(books.import_, rows)
        # It has checked and found nothing, and now waits for the row that it can't see yet.
        until(lambda: waiting() == 1)
    before = books.row_counts()
    answer = importing.result()
    assert not answer["ok"]
    assert books.codes(answer) == ["conflict"]
    assert books.row_counts() == before


def test_a_deadlock_is_tried_again(monkeypatch):
    """PostgreSQL gives up one of two transactions; that is nobody's fault (RELIABILITY)."""
    tries = []

    def deadlock_twice(self):
        tries.append(1)
        if len(tries) < 3:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = 'deadlock_detected'; END $$"
                )
        return write(self)

    write = workbook._Import._write
    monkeypatch.setattr(workbook._Import, "_write", deadlock_twice)
    assert books.import_(books.registry())["ok"]
    assert (len(tries), Household.objects.count()) == (3, 4)


def test_visits_are_not_lost_when_their_trip_goes_meanwhile():
    assert books.import_(books.registry())["ok"]
    rows = books.visits()
    visits = {"走访": rows.pop("走访")}
    assert books.import_(rows)["ok"]
    with transaction.atomic():
        Trip.objects.filter(cadre__code="00003").delete()
        importing = Thread(books.import_, visits)
        until(lambda: waiting() == 1)
    answer = importing.result()
    assert not answer["ok"]
    assert Visit.objects.count() == 0

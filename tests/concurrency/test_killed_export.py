"""kill -9 of a real worker in the middle of an export: no half file, and the repeated one is whole."""

import datetime
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import psutil
import pytest
from django.conf import settings
from django.db import connection

from accounts import downloads, jobs
from accounts.models import Job, JobState, Notice
from lianhu.embedded.supervisor import die_with_parent
from lianhu.kit import clock
from registry.models import Household
from reports.exports import making
from tests import county

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
HOMES = 6_000


class Worker:
    """Celery as in production: a parent with a child that works."""

    def __init__(self):
        names = {
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "LIANHU_TEST_DATABASE": connection.settings_dict["NAME"],
        }
        words = ["-m", "celery", "-A", "lianhu", "worker", "--concurrency", "1", "--loglevel", "ERROR"]
        with (settings.QUEUE_DATA / "killed-worker.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words, "--without-mingle", "--without-gossip"],
                cwd=ROOT,
                env=os.environ | names,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def kill(self):
        """All of it at once, as when the power goes."""
        root = psutil.Process(self.process.pid)
        for part in (root, *root.children(recursive=True)):
            os.kill(part.pid, signal.SIGKILL)
        self.process.wait(120)


@pytest.fixture
def workers(queue):
    made = []

    def start():
        made.append(Worker())
        return made[-1]

    yield start
    for worker in made:
        if worker.process.poll() is None:
            worker.kill()


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.002)
    return found


def test_a_killed_export_is_repeated_to_the_same_file_and_no_half_is_offered(workers, signed_in):
    people = county.build()
    there = {"village": people.village, "people_count": 3}
    Household.objects.bulk_create(
        Household(code=f"HX-{number:05}", head_name=f"户主{number}", kind="rural", **there)
        for number in range(HOMES)
    )
    office, folder = signed_in(people.office), Path(settings.MEDIA_ROOT) / "exports"
    address = office.post("/exports/households/")["Location"]
    job = Job.objects.get(kind=downloads.KIND, created_by=people.office.user)

    def half():
        return list(folder.glob(f".{job.params['file']}.*"))

    first = workers()
    # It was sent when the job began; there was no worker yet, and what an earlier test left may be before it.
    jobs._wake(job.kind, job.pk)
    wait_for(half)
    first.kill()
    job.refresh_from_db()
    assert (job.state, job.attempt, job.result) == (JobState.RUNNING, 1, None)
    assert half()
    assert not (folder / job.params["file"]).exists()
    assert office.get(f"{address}file/").status_code == 404

    # The time that the sweeper waits for a sign of life.
    Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now() - datetime.timedelta(minutes=3))
    workers()
    jobs.sweep(clock.now())
    wait_for(lambda: Job.objects.filter(pk=job.pk, state=JobState.DONE).exists())
    job.refresh_from_db()
    assert (job.attempt, job.result["file"], job.result["rows"]) == (2, job.params["file"], HOMES + 2)
    assert half() == []
    answer = office.get(f"{address}file/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)), read_only=True).active
    codes = [row[2] for row in sheet.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
    assert sorted(codes) == sorted(Household.objects.values_list("code", flat=True))
    assert Notice.objects.filter(user=people.office.user).count() == 1
    assert making.SHORT < HOMES

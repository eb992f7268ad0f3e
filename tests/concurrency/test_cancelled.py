"""The work and who asked for its end are in two processes: the heartbeat carries the word."""

import pytest

from accounts import jobs
from accounts.models import Job, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("how", ["asked", "taken"])
def test_the_work_hears_that_it_is_no_longer_wanted(monkeypatch, how):
    monkeypatch.setattr(jobs, "_BEAT_SECONDS", 0.01)
    owner = User.objects.create_user("P1", "何静")
    row = Job.objects.create(kind="export", title="户名单", created_by=owner)
    job = jobs.claim(row.pk)
    with jobs.Heartbeat(job) as heartbeat:
        heartbeat.say("写第 1 行", 1)
        heartbeat.check()
        if how == "asked":
            jobs.ask_cancel(job.pk, by=owner)
        else:
            Job.objects.filter(pk=job.pk).update(attempt=2)
        assert heartbeat._cancelled.wait(60)
        with pytest.raises(jobs.Cancelled):
            heartbeat.say("写第 2 行", 2)

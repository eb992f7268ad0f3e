"""The queue. The job table is the truth; the broker only wakes workers (docs/running.md)."""

import os
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianhu.settings")

from django.conf import settings

from accounts.acting import Acting, acting_as

VISIBILITY_SECONDS = 300


class NamedTask(Task):  # type: ignore[type-arg]
    """What a task writes is the task's, unless it works for a person (`accounts.jobs.acting_for`)."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        with acting_as(Acting(name=f"任务 {self.name}")):
            return super().__call__(*args, **options)


app = Celery("lianhu", broker=settings.REDIS_URL, task_cls=NamedTask)
app.conf.update(
    timezone=settings.TIME_ZONE,
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    # A task whose worker is killed runs again: both are needed (measured, see docs).
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_concurrency=int(os.environ.get("WORKER_CONCURRENCY") or 2),
    worker_hijack_root_logger=False,
    # A save does not wait for a broker that is gone: the job row is sent later by the sweeper.
    task_publish_retry=False,
    broker_connection_timeout=2,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        # Longer than any task (chunks stay under a minute), or it would run twice at once.
        "visibility_timeout": VISIBILITY_SECONDS,
        # Without these two a killed worker's task comes back up to 100 s later than it could.
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
    },
    # Written after every entry sent: its age tells whether beat lives.
    beat_sync_every=1,
    beat_schedule_filename=str(settings.LIANHU_DATA / "celerybeat-schedule"),
    # All else is in lianhu/schedule.py: the tick asks what is due, and each of it is a job with a row of its own.
    beat_schedule={
        "tick": {"task": "tick_schedule", "schedule": 30.0, "options": {"expires": 30}},
        "seal-audit": {"task": "accounts.tasks.seal_audit", "schedule": 5.0, "options": {"expires": 5}},
    },
)
app.autodiscover_tasks()

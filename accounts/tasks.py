"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from accounts import jobs
from lianhu.kit import clock


@shared_task(name="accounts.tasks.sweep_jobs")
def sweep_jobs() -> None:
    jobs.sweep(clock.now())

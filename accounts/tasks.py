"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from accounts import audit, jobs
from lianhu.kit import clock


@shared_task(name="accounts.tasks.sweep_jobs")
def sweep_jobs() -> None:
    jobs.sweep(clock.now())


@shared_task(name="accounts.tasks.seal_audit", ignore_result=True)
def seal_audit() -> None:
    audit.seal()

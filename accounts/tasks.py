"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from accounts import audit, jobs, lockout, phones
from accounts.sessions import SessionStore
from lianhu.kit import clock


@shared_task(name="accounts.tasks.sweep_jobs")
def sweep_jobs() -> None:
    jobs.sweep(clock.now())


@shared_task(name="accounts.tasks.seal_audit", ignore_result=True)
def seal_audit() -> None:
    audit.seal()


@shared_task(name="accounts.tasks.purge_sign_in", ignore_result=True)
def purge_sign_in() -> None:
    """Attempts and sessions that no longer count for anything."""
    lockout.purge(clock.now())
    SessionStore.clear_expired()


@shared_task(name="accounts.tasks.sweep_phones", ignore_result=True)
def sweep_phones() -> None:
    phones.forget_phones(clock.now())

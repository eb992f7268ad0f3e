"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from accounts import audit


@shared_task(name="accounts.tasks.seal_audit", ignore_result=True)
def seal_audit() -> None:
    audit.seal()

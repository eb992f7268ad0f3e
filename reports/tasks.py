"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from registry import audit_check
from reports.exports import making


@shared_task(name="check_audit")
def check_audit(job_id: int) -> None:
    audit_check.run_check(job_id)


@shared_task(name="export")
def export(job_id: int) -> None:
    making.make(job_id)

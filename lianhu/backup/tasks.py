"""Thin task of a backup by hand; the night's is the schedule's."""

from celery import shared_task

from lianhu.backup.keeping import run_backup


@shared_task(name="make_backup")
def make_backup(job_id: int) -> None:
    run_backup(job_id)

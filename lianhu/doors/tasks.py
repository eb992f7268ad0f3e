"""Thin tasks of the entrances."""

from celery import shared_task

from lianhu.doors.imports import run_import


@shared_task(name="import_registry")
def import_registry(job_id: int) -> None:
    run_import(job_id)


@shared_task(name="import_visits")
def import_visits(job_id: int) -> None:
    run_import(job_id)

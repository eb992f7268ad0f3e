"""Thin tasks: call one function, give the same rows each time."""

from celery import shared_task

from lianhu.kit import clock
from visits import partials, photos


@shared_task(name="sweep_photo_uploads", ignore_result=True)
def sweep_photo_uploads() -> None:
    partials.sweep_partials(clock.now())


@shared_task(name="remove_old_photos", ignore_result=True)
def remove_old_photos() -> None:
    photos.remove_old_photos(on=clock.today())


@shared_task(name="sweep_photo_files", ignore_result=True)
def sweep_photo_files() -> None:
    photos.sweep_files(clock.now())

"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from accounts import digests
from lianhu.kit import clock
from registry import retention
from registry.people import in_service


@shared_task(name="make_digests", ignore_result=True)
def make_digests() -> None:
    now = clock.now()
    digests.make(now, among=in_service(now.date()))


@shared_task(name="send_digests", ignore_result=True)
def send_digests() -> None:
    digests.send(clock.now())


@shared_task(name="remove_id_numbers", ignore_result=True)
def remove_id_numbers() -> None:
    retention.remove_id_numbers(on=clock.today())

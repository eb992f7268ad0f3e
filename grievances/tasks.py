"""Thin tasks: take ids, call one function, give the same rows each time."""

from celery import shared_task

from grievances import attachments, deadlines, escalation, family_reminders, public_files, sms
from lianhu.kit import clock


@shared_task(name="escalate_overdue", ignore_result=True)
def escalate_overdue() -> None:
    escalation.escalate_overdue(clock.today())


@shared_task(name="keep_dates", ignore_result=True)
def keep_dates() -> None:
    """A date for what has none; what was 暂定, once its year is known."""
    deadlines.fill_due()
    deadlines.reschedule()


@shared_task(name="remind_of_families", ignore_result=True)
def remind_of_families() -> None:
    family_reminders.remind(clock.today())


@shared_task(name="send_family_sms", ignore_result=True)
def send_family_sms() -> None:
    sms.send(clock.now())


@shared_task(name="remove_old_matter_photos", ignore_result=True)
def remove_old_matter_photos() -> None:
    attachments.remove_old(on=clock.today())


@shared_task(name="sweep_matter_files", ignore_result=True)
def sweep_matter_files() -> None:
    attachments.sweep_files(clock.now())
    public_files.sweep_files(clock.now())

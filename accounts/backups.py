"""Which backups were made: told by their jobs. Making one is the project's (`lianhu.backup`)."""

import datetime

from accounts.models import Job, JobState


class BackupError(Exception):
    """One sentence in Chinese that whoever runs the system can act on."""


# By the schedule, by a person on the page, and by the command.
NIGHTLY, BY_HAND, BY_COMMAND = KINDS = ("backup_nightly", "make_backup", "backup_command")


def last_backup() -> datetime.datetime | None:
    """When the newest one that is whole was done; None where there is none."""
    done = Job.objects.filter(kind__in=KINDS, state=JobState.DONE).order_by("-ended_at")
    return done.values_list("ended_at", flat=True).first()

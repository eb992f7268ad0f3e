"""Celery looks for tasks in installed apps; the top floor's live in `doors` and in the schedule."""

from lianhu.backup.tasks import make_backup
from lianhu.doors.tasks import import_registry, import_visits
from lianhu.schedule import TASKS, tick_schedule

__all__ = ["TASKS", "import_registry", "import_visits", "make_backup", "tick_schedule"]

"""Celery looks for tasks in installed apps; the top floor's live in `doors`."""

from lianhu.doors.tasks import import_registry, import_visits, sweep_import_uploads

__all__ = ["import_registry", "import_visits", "sweep_import_uploads"]

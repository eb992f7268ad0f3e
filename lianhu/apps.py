from django.apps import AppConfig


class LianhuConfig(AppConfig):
    name = "lianhu"
    verbose_name = "联户联情"

    def ready(self) -> None:
        # Makes the Celery app the current one, so that `shared_task.delay` finds the broker.
        from lianhu import celery, checks  # noqa: F401

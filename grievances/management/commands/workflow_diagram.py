from typing import Any

from django.core.management.base import BaseCommand

from grievances.diagram import document


class Command(BaseCommand):
    help = "Print docs/workflow.md as the workflow's table makes it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(document(), ending="")

"""The official working days of the years that are published (FORMATS d)."""

from typing import Any

from django.db import migrations

from accounts.audit import importing
from accounts.calendar import SOURCE, official_days

YEARS = (2024, 2025, 2026)


def load(apps: Any, schema_editor: Any) -> None:
    importing()
    known, special = apps.get_model("accounts", "CalendarYear"), apps.get_model("accounts", "CalendarDay")
    for year in YEARS:
        known.objects.bulk_create([known(year=year, source=SOURCE)], ignore_conflicts=True)
        days = (special(**day._asdict()) for day in official_days(year))
        special.objects.bulk_create(days, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_log_changes")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]

"""The default rules of contract section 6; the office changes them from a date on."""

from typing import Any

from django.db import migrations

from reports.quotas.rules import default_quotas


def seed(apps: Any, schema_editor: Any) -> None:
    quota = apps.get_model("reports", "Quota")
    quota.objects.bulk_create(quota(**values) for values in default_quotas())


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]

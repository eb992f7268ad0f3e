"""Changes of rules and reports are logged."""

from django.db import migrations

from accounts.audit.triggers import LogChanges


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_default_quotas"), ("accounts", "0003_log_changes")]
    operations = [LogChanges("reports_quota"), LogChanges("reports_quarterlyreport")]

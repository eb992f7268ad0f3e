"""Changes of the ledger are logged. Private is what a family may have blacked out."""

from django.db import migrations

from accounts.audit.triggers import LogChanges


class Migration(migrations.Migration):
    dependencies = [("grievances", "0002_events_append_only"), ("accounts", "0003_log_changes")]
    operations = [
        LogChanges("grievances_category"),
        LogChanges("grievances_grievance", private="title content void_reason"),
        LogChanges("grievances_grievanceevent", private="reason"),
    ]

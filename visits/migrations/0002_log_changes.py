"""Changes of trips, visits and activities are logged. Private is what a family may have blacked out."""

from django.db import migrations

from accounts.audit.triggers import LogChanges


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial"), ("accounts", "0003_log_changes")]
    operations = [
        LogChanges("visits_trip"),
        LogChanges("visits_visit", private="proxy_reason void_reason"),
        LogChanges("visits_visitrecord", private="income_sources difficulties opinions", pk="visit_id"),
        LogChanges("visits_activity", private="topic"),
        LogChanges("visits_participant"),
    ]

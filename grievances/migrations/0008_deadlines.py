"""Matters that were there before have their dates too: by the rule of their 挂号日期."""

from django.db import migrations

DUE = """
UPDATE grievances_grievance g SET
    reply_due_on = registered_on + coalesce(
        (SELECT s.value FROM accounts_setting s
         WHERE s.name = 'reply_days_' || g.level AND s.begins_on <= g.registered_on
         ORDER BY s.begins_on DESC LIMIT 1),
        CASE g.level WHEN 'village' THEN 7 WHEN 'township' THEN 15 ELSE 30 END)::int,
    held_since = registered_on,
    revisited_on = CASE WHEN satisfaction <> '' THEN replied_on END,
    revisit_waived = closed_on IS NOT NULL AND satisfaction = ''
WHERE reply_due_on IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("grievances", "0007_ledger"), ("accounts", "0006_bigrams_unlogged")]
    # What follows from the days that are there is no change by anybody: it is not logged row by row.
    operations = [
        migrations.RunSQL(
            "ALTER TABLE grievances_grievance DISABLE TRIGGER log_changed", migrations.RunSQL.noop
        ),
        migrations.RunSQL(DUE, migrations.RunSQL.noop),
        migrations.RunSQL(
            "ALTER TABLE grievances_grievance ENABLE TRIGGER log_changed", migrations.RunSQL.noop
        ),
    ]

"""The audit log's triggers: every change of a row is logged, and the log itself is only added to."""

from django.db import migrations

from accounts.audit.triggers import FUNCTION, GUARDS, LogChanges


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_accounts_and_audit"),
        ("otp_totp", "0003_add_timestamps"),
        ("otp_static", "0003_add_timestamps"),
    ]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION accounts_log_change()"),
        migrations.RunSQL(GUARDS, "DROP FUNCTION accounts_audit_is_append_only() CASCADE"),
        LogChanges("accounts_user"),
        LogChanges("accounts_setting"),
        LogChanges("accounts_calendaryear", pk="year"),
        LogChanges("accounts_calendarday"),
        LogChanges("accounts_feedback"),
        LogChanges("otp_totp_totpdevice"),
        LogChanges("otp_static_staticdevice"),
        LogChanges("otp_static_statictoken"),
    ]

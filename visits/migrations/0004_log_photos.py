"""A photo's key is no number: the log names it by its visit. Where a photo or a visit was may be blacked out."""

from django.db import migrations

from accounts.audit.triggers import FUNCTION, LogChanges

_WORDS = "proxy_reason void_reason"


class Migration(migrations.Migration):
    dependencies = [("visits", "0003_field_work")]

    operations = [
        migrations.RunSQL(
            FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1), migrations.RunSQL.noop
        ),
        migrations.RunSQL(LogChanges("visits_photo").reverse_sql, LogChanges("visits_photo").sql),
        LogChanges("visits_photo", private="longitude latitude", subject="visit_id"),
        migrations.RunSQL(LogChanges("visits_visit").reverse_sql, LogChanges("visits_visit", _WORDS).sql),
        LogChanges("visits_visit", private=f"{_WORDS} longitude latitude"),
    ]

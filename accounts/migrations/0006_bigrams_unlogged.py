"""What only machines read stays out of the log: the bigrams of a matter's words."""

from django.db import migrations

from accounts.audit.triggers import FUNCTION


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_field_work")]
    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]

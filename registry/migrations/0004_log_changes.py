"""Changes of the registry are logged. Private is what a family may have blacked out."""

from django.db import migrations

from accounts.audit.triggers import LogChanges

FAMILY = "head_name address group hardship_reason income_sources longitude latitude"


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_cover_and_permissions"),
        ("accounts", "0003_log_changes"),
    ]
    operations = [
        LogChanges("registry_unit"),
        LogChanges("registry_village"),
        LogChanges("registry_cadre"),
        LogChanges("registry_post"),
        LogChanges("registry_leave"),
        LogChanges("registry_cover"),
        LogChanges("registry_household", private=FAMILY),
        LogChanges("registry_villagelink"),
        LogChanges("registry_leaderlink"),
        LogChanges("registry_pairing"),
        LogChanges("registry_rolegrant"),
        LogChanges("registry_unitpermission"),
        LogChanges("registry_villagepermission"),
    ]

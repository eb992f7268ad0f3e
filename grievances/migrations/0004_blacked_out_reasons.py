"""A step's words may be blacked out with the family's other words, and nothing else of it may change."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION grievances_grievanceevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.reason = '已遮蔽' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' AND EXISTS (
            SELECT FROM grievances_grievance g JOIN registry_household h ON h.id = g.household_id
            WHERE g.id = OLD.grievance_id AND h.erased_at IS NOT NULL) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'grievances_grievanceevent is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION grievances_grievanceevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'grievances_grievanceevent is append-only' USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grievances", "0003_log_changes"),
        ("registry", "0003_cover_and_permissions"),
    ]
    operations = [migrations.RunSQL(FUNCTION, BEFORE)]

"""Whose figures a change touches, noted by the database whoever makes it; what is frozen stays."""

from typing import Any, NamedTuple

from django.db import migrations

from accounts.audit.triggers import LogChanges
from lianhu.kit.db import RefuseChange

EVER = "DATE '0001-01-01'", "DATE '9999-12-31'"
# Rows as they were and as they are; of an update only those that differ in what figures ask.
ROWS = {
    "INSERT": ("NEW TABLE AS new_rows", "SELECT n.* FROM new_rows n"),
    "UPDATE": (
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        """SELECT n.* FROM new_rows n JOIN old_rows o ON o.{pk} = n.{pk} WHERE ({n}) IS DISTINCT FROM ({o})
           UNION ALL
           SELECT o.* FROM new_rows n JOIN old_rows o ON o.{pk} = n.{pk} WHERE ({n}) IS DISTINCT FROM ({o})""",
    ),
    "DELETE": ("OLD TABLE AS old_rows", "SELECT o.* FROM old_rows o"),
}


class Touch(NamedTuple):
    """`source` over `r`, the rows; `only`: the events it is for."""

    kind: str
    subject: str
    sources: str
    first: str
    last: str
    source: str = "r"
    only: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")

    def sql(self) -> str:
        return f"""
        INSERT INTO reports_touched (subject_kind, subject_id, sources, first, last)
        SELECT '{self.kind}', subject, '{self.sources}', min(first), max(last)
        FROM (SELECT {self.subject} AS subject, {self.first} AS first, {self.last} AS last FROM {self.source}) t
        WHERE {"subject IS NOT NULL AND " if self.subject != "NULL::bigint" else ""}first IS NOT NULL
        GROUP BY subject"""


class NoteTouched(migrations.RunSQL):
    """Triggers of one table. An import notes nothing by row: it says once that everyone is touched."""

    def __init__(self, table: str, columns: str, touches: tuple[Touch, ...], pk: str = "id") -> None:
        sql, undo = [], []
        compared = {side: ", ".join(f"{side}.{name}" for name in columns.split()) for side in "no"}
        for event, (referencing, rows) in ROWS.items():
            wanted = [touch for touch in touches if event in touch.only]
            name = f"{table}_touch_{event.lower()}"
            rows = rows.format(pk=pk, **{side: f"ROW({names})" for side, names in compared.items()})
            # Each statement names the rows anew: a transition table cannot be kept.
            inserts = "".join(
                each.sql().replace(f"FROM {each.source})", f"FROM {_over(each.source, rows)})") + ";"
                for each in wanted
            )
            sql.append(f"""
                CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF current_setting('lianhu.importing', true) = 'on' THEN RETURN NULL; END IF;
                    {inserts}
                    RETURN NULL;
                END $$;
                CREATE TRIGGER touch_{event.lower()} AFTER {event} ON {table} REFERENCING {referencing}
                    FOR EACH STATEMENT EXECUTE FUNCTION {name}();""")
            undo.append(f"DROP FUNCTION {name}() CASCADE;")
        super().__init__("".join(sql), "".join(undo))

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "NoteTouched", [], {}


def _over(source: str, rows: str) -> str:
    head, space, joins = source.partition(" ")
    assert head == "r", source
    return f"({rows}) r{space}{joins}"


_SPAN = "r.begins_on", "coalesce(r.ends_on, DATE '9999-12-31')"
_LATER = ("UPDATE", "DELETE")
# The people of the units that a cadre held in those days: what one of them visits counts for all (rule 5).
_UNIT_OF_TRIP = "r JOIN registry_post_span s ON s.cadre_id = r.cadre_id AND s.days && daterange(r.begins_on, r.ends_on, '[]')"
_UNIT_OF_VISIT = """r JOIN registry_post_span s ON s.cadre_id = r.cadre_id AND s.days @> r.day
    JOIN registry_household h ON h.id = r.household_id
     AND (h.is_party_member OR h.is_village_cadre OR h.is_registered_poor OR h.is_hardship)"""
_MARKED = "(r.is_party_member OR r.is_village_cadre OR r.is_registered_poor OR r.is_hardship)"

TABLES = (
    NoteTouched(
        "visits_trip",
        "cadre_id village_id begins_on ends_on voided_at backfilled approved_at",
        (
            Touch("cadre", "r.cadre_id", "trip", "r.begins_on", "r.ends_on"),
            # A trip that is new has no visit yet.
            Touch("people", "s.unit_id", "home", "r.begins_on", "r.ends_on", _UNIT_OF_TRIP, _LATER),
        ),
    ),
    NoteTouched(
        "visits_visit",
        "cadre_id household_id trip_id day result policy_talk voided_at backfilled approved_at",
        (
            Touch("cadre", "r.cadre_id", "visit", "r.day", "r.day"),
            Touch("people", "s.unit_id", "home", "r.day", "r.day", _UNIT_OF_VISIT),
        ),
    ),
    NoteTouched(
        "visits_activity",
        "kind day unit_id village_id voided_at",
        (
            Touch("unit", "r.unit_id", "activity", "r.day", "r.day"),
            Touch("village", "r.village_id", "activity", "r.day", "r.day"),
            Touch(
                "cadre",
                "m.cadre_id",
                "activity",
                "r.day",
                "r.day",
                "r JOIN visits_participant m ON m.activity_id = r.id",
                ("UPDATE",),
            ),
        ),
    ),
    NoteTouched(
        "visits_participant",
        "activity_id cadre_id place",
        (
            Touch(
                "cadre",
                "r.cadre_id",
                "activity",
                "a.day",
                "a.day",
                "r JOIN visits_activity a ON a.id = r.activity_id",
            ),
        ),
    ),
    NoteTouched(
        "grievances_grievance",
        "handler_id outcome closed_on voided_at household_id",
        (Touch("cadre", "r.handler_id", "grievance", "r.closed_on", "r.closed_on"),),
    ),
    NoteTouched(
        "reports_quarterlyreport",
        "unit_id year quarter accepted_on",
        (
            Touch(
                "unit",
                "r.unit_id",
                "report",
                "make_date(r.year, r.quarter * 3, 1)",
                "make_date(r.year, r.quarter * 3, 1)",
            ),
        ),
    ),
    NoteTouched(
        "registry_pairing",
        "cadre_id household_id begins_on ends_on",
        (Touch("cadre", "r.cadre_id", "", *_SPAN),),
    ),
    NoteTouched("registry_leave", "cadre_id begins_on ends_on", (Touch("cadre", "r.cadre_id", "", *_SPAN),)),
    NoteTouched("registry_cadre", "joined_on left_on", (Touch("cadre", "r.id", "", *EVER),)),
    NoteTouched(
        "registry_post_span",
        "unit_id rank begins_on ends_on",
        (
            Touch("cadre", "r.cadre_id", "", "r.begins_on", "r.ends_on"),
            Touch("people", "r.unit_id", "home", "r.begins_on", "r.ends_on"),
        ),
        pk="key",
    ),
    NoteTouched(
        "registry_villagelink",
        "unit_id village_id begins_on ends_on",
        (
            Touch("people", "r.unit_id", "", *_SPAN),
            Touch(
                "cadre",
                "l.leader_id",
                "activity",
                *_SPAN,
                "r JOIN registry_leaderlink l ON l.unit_id = r.unit_id",
            ),
        ),
    ),
    NoteTouched(
        "registry_leaderlink",
        "leader_id unit_id begins_on ends_on",
        (Touch("cadre", "r.leader_id", "activity", *_SPAN),),
    ),
    NoteTouched(
        "registry_household",
        "village_id is_party_member is_village_cadre is_registered_poor is_hardship",
        (
            Touch(
                "people",
                "l.unit_id",
                "home",
                "l.begins_on",
                "coalesce(l.ends_on, DATE '9999-12-31')",
                f"r JOIN registry_villagelink l ON l.village_id = r.village_id AND {_MARKED}",
            ),
            # Moved to another village: where its holders' stays are linked.
            Touch(
                "cadre",
                "p.cadre_id",
                "",
                "p.begins_on",
                "coalesce(p.ends_on, DATE '9999-12-31')",
                "r JOIN registry_pairing p ON p.household_id = r.id",
                ("UPDATE",),
            ),
        ),
    ),
    NoteTouched("registry_unit", "type", (Touch("unit", "r.id", "", *EVER),)),
    NoteTouched(
        "registry_village",
        "type township_id",
        (
            Touch("village", "r.id", "", *EVER),
            Touch("", "NULL::bigint", "activity", *EVER, only=("UPDATE",)),
        ),
    ),
    NoteTouched(
        "reports_quota",
        "code binds period metric target params begins_on ends_on",
        (Touch("", "NULL::bigint", "", *EVER),),
    ),
)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_stored_figures"),
        ("visits", "0005_activities"),
        ("grievances", "0010_event_and_filing_indexes"),
        ("registry", "0007_name_stem"),
    ]
    operations = [
        *TABLES,
        RefuseChange("reports_frozenfigure"),
        RefuseChange("reports_reportevent"),
        LogChanges("reports_frozenperiod"),
        LogChanges("reports_reportevent"),
        LogChanges("reports_countysummary"),
    ]

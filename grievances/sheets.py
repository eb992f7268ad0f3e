"""Sheet 诉求 of the history workbook (contract, section 9)."""

from typing import Any

from grievances import forms, rules
from lianhu.kit.merge import Merge
from lianhu.kit.sheets import Sheet

# A matter stands where its filled dates say (contract, section 9).
_STATE = """CASE WHEN d.published_on IS NOT NULL THEN 'published' WHEN d.closed_on IS NOT NULL THEN 'closed'
                 WHEN d.satisfaction <> '' THEN 'revisited' WHEN d.replied_on IS NOT NULL THEN 'replied'
                 ELSE 'assigned' END"""

# One row a step the matter has taken. The revisit has no date of its own in the sheet: the reply's stands in.
_STEPS = """(VALUES ('register', '', 'registered', d.registered_on, 1),
                    ('assign', 'registered', 'assigned', d.registered_on, 2),
                    ('reply', 'assigned', 'replied', d.replied_on, 3),
                    ('revisit', 'replied', 'revisited',
                     CASE WHEN d.satisfaction <> '' THEN d.replied_on END, 4),
                    ('close', CASE WHEN d.satisfaction <> '' THEN 'revisited' ELSE 'replied' END, 'closed',
                     d.closed_on, 5),
                    ('publish', 'closed', 'published', d.published_on, 6))
            AS step (action, from_state, to_state, day, place)"""

_PLAIN = (
    "title",
    "content",
    "level",
    "registered_on",
    "replied_on",
    "outcome",
    "satisfaction",
    "closed_on",
    "published_on",
)
# The sheet has no day of the revisit: the reply's stands in.
_REVISITED = "CASE WHEN d.satisfaction <> '' THEN d.replied_on END"
_WAIVED = "d.closed_on IS NOT NULL AND d.satisfaction = ''"
_D_PLAIN = ", ".join(f"d.{name}" for name in _PLAIN)


def _one_place(row: dict[str, Any]) -> None:
    """A household's matter lies in the household's village, whether or not the sheet says so too."""
    if row["household"]:
        row["village"] = ""


GRIEVANCES = Sheet(
    title="诉求",
    form=forms.GrievanceForm,
    key=("number",),
    key_fault_at="number",
    refers={"handler": "cadre", "household": "household", "village": "village"},
    rules=(rules.matter_has_its_place, rules.category_exists, rules.steps_in_order, rules.no_step_skipped),
    hints=(rules.revisit_is_missing,),
    prepare=_one_place,
    merge=Merge(
        name="grievance",
        columns={
            "number": "text",
            "handler": "text",
            "household": "text",
            "village": "text",
            "kind": "text",
            "category": "text",
            "title": "text",
            "content": "text",
            "level": "text",
            "registered_on": "date",
            "replied_on": "date",
            "outcome": "text",
            "satisfaction": "text",
            "closed_on": "date",
            "published_on": "date",
        },
        key=("number",),
        keeps=True,
        existing=f"""
            SELECT g.id, g.number, c.code AS handler, coalesce(h.code, '') AS household,
                   CASE WHEN g.household_id IS NULL THEN v.code ELSE '' END AS village,
                   g.kind, t.name AS category, {", ".join(f"g.{name}" for name in _PLAIN)},
                   coalesce(g.recorded_at <= h.erased_at, false) OR EXISTS (
                       SELECT FROM grievances_grievanceevent e
                       WHERE e.grievance_id = g.id
                         AND NOT (e.value = '' AND e.reason IN ('导入的历史', '再次导入，内容有变化'))
                         AND e.action NOT IN ('hand_over', 'overdue', 'reschedule')) AS kept
            FROM grievances_grievance g JOIN grievances_category t ON t.id = g.category_id
            JOIN registry_village v ON v.id = g.village_id LEFT JOIN registry_cadre c ON c.id = g.handler_id
            LEFT JOIN registry_household h ON h.id = g.household_id""",
        writes=(
            f"""INSERT INTO grievances_grievance
                    (number, handler_id, household_id, village_id, kind, category_id, state,
                     {", ".join(_PLAIN)}, revisited_on, revisit_waived, void_reason, recorded_at, recorded_by_id)
                SELECT d.number, c.id, h.id, coalesce(h.village_id, v.id), d.kind, t.id, {_STATE},
                       {_D_PLAIN}, {_REVISITED}, {_WAIVED}, '', %(now)s, %(by)s
                FROM {{diff}} d JOIN registry_cadre c ON c.code = d.handler
                JOIN grievances_category t ON t.name = d.category
                LEFT JOIN registry_household h ON h.code = d.household
                LEFT JOIN registry_village v ON v.code = d.village
                WHERE d.verdict = 'new' ORDER BY d.registered_on""",
            f"""INSERT INTO grievances_grievanceevent
                    (grievance_id, action, from_state, to_state, "on", reason, level, handler_id, by_id, recorded_at)
                SELECT g.id, step.action, step.from_state, step.to_state, step.day, '导入的历史', d.level,
                       CASE WHEN step.action <> 'register' THEN c.id END, %(by)s, %(now)s
                FROM {{diff}} d JOIN grievances_grievance g ON g.number = d.number
                JOIN registry_cadre c ON c.code = d.handler
                CROSS JOIN LATERAL {_STEPS}
                WHERE d.verdict <> 'same' AND step.day IS NOT NULL
                  AND (d.verdict = 'new' OR NOT EXISTS (
                      SELECT FROM grievances_grievanceevent e
                      WHERE e.grievance_id = g.id AND e.action = step.action))
                ORDER BY g.id, step.place""",
            f"""INSERT INTO grievances_grievanceevent
                    (grievance_id, action, from_state, to_state, "on", reason, by_id, recorded_at)
                SELECT g.id, 'correct', g.state, {_STATE}, %(on)s, '再次导入，内容有变化', %(by)s, %(now)s
                FROM {{diff}} d JOIN grievances_grievance g ON g.id = d.existing_id
                WHERE d.verdict = 'changed'""",
            f"""UPDATE grievances_grievance g
                SET handler_id = c.id, household_id = h.id, village_id = coalesce(h.village_id, v.id),
                    kind = d.kind, category_id = t.id, state = {_STATE},
                    {", ".join(f"{name} = d.{name}" for name in _PLAIN)},
                    reply_due_on = NULL, revisited_on = {_REVISITED}, revisit_waived = {_WAIVED}
                FROM {{diff}} d JOIN registry_cadre c ON c.code = d.handler
                JOIN grievances_category t ON t.name = d.category
                LEFT JOIN registry_household h ON h.code = d.household
                LEFT JOIN registry_village v ON v.code = d.village
                WHERE g.id = d.existing_id AND d.verdict = 'changed'""",
            r"""INSERT INTO grievances_numbercounter (year, highest)
                SELECT part[1]::int, max(part[2]::int)
                FROM {diff} d CROSS JOIN LATERAL regexp_match(d.number, '-([12][0-9]{3})-([0-9]{1,9})$') AS part
                WHERE part IS NOT NULL GROUP BY part[1]
                ON CONFLICT (year) DO UPDATE
                SET highest = greatest(grievances_numbercounter.highest, excluded.highest)""",
        ),
    ),
)

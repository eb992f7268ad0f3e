"""A large county generated straight into the database: 6,000 cadres, 80,000 households, 24 months.

Every cadre goes out about four times a month (600,000 trips), mostly to linked villages, and enters
2 or 3 homes a trip (1.5 million visits), mostly of paired households.
"""

from collections.abc import Sequence

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

CADRES, HOUSEHOLDS, UNITS, VILLAGES, TRIPS = 6_000, 80_000, 200, 400, 600_000

# Trip i: cadre i % 6000, who goes out every 7.3 days, to one linked village and the other by turns.
_TRIP_DAY = "DATE '2025-01-01' + ((i / 6000) * 7.3)::int + (hashint4(i) & 3)"

_STATEMENTS = (
    f"""INSERT INTO registry_unit (id, code, name, type)
        SELECT i, 'U' || lpad(i::text, 3, '0'), '单位' || i,
               CASE WHEN i <= 20 THEN 'township' WHEN i <= 160 THEN 'county_department' ELSE 'enterprise' END
        FROM generate_series(1, {UNITS}) i""",
    f"""INSERT INTO registry_village (id, code, name, township_id, type)
        SELECT i, '513224' || (100 + i % 20)::text || (200 + i / 20)::text, '村' || i, 1 + i % 20, 'village'
        FROM generate_series(1, {VILLAGES}) i""",
    f"""INSERT INTO accounts_user (id, username, name, password, is_active, is_superuser, email, created_at)
        SELECT i, 'C' || lpad(i::text, 5, '0'), '干部' || i, '!', true, false, '', now()
        FROM generate_series(1, {CADRES}) i""",
    f"""INSERT INTO registry_cadre (id, code, user_id, name, pinyin, is_leadership, joined_on, left_on)
        SELECT i, 'C' || lpad(i::text, 5, '0'), i, '干部' || i, '|gb' || i, i % 10 = 0, '2020-01-01',
               CASE WHEN i % 50 = 0 THEN DATE '2026-03-15' END
        FROM generate_series(1, {CADRES}) i""",
    f"""INSERT INTO registry_post (cadre_id, unit_id, rank, kind)
        SELECT i, 1 + i % {UNITS},
               CASE WHEN i % 200 = 0 THEN 'county_leader' WHEN i % 12 = 0 THEN 'section_chief'
                    WHEN i % 6 = 1 THEN 'deputy_section_chief' ELSE 'staff' END, 'standing'
        FROM generate_series(1, {CADRES}) i""",
    f"""INSERT INTO registry_post (cadre_id, unit_id, rank, kind, begins_on, ends_on)
        SELECT i, 1 + (i + 7) % {UNITS}, 'staff', 'term', '2025-01-01', '2025-12-31'
        FROM generate_series(20, {CADRES}, 20) i""",
    f"""INSERT INTO registry_leave (cadre_id, begins_on, ends_on, reason)
        SELECT 1 + (i * 7) % {CADRES}, DATE '2025-01-01' + i % 700, DATE '2025-01-01' + i % 700 + 5 + i % 40, '事假'
        FROM generate_series(1, 6000) i""",
    f"""INSERT INTO registry_household (id, code, village_id, "group", head_name, pinyin, people_count, kind,
            is_party_member, is_village_cadre, is_registered_poor, is_hardship, hardship_reason,
            income_sources, address)
        SELECT i, 'H' || lpad(i::text, 6, '0'), 1 + i % {VILLAGES}, (i % 6 + 1) || '组', '户主' || i, '|hz' || i,
               1 + i % 6, 'rural', i % 9 = 0, i % 40 = 0, i % 6 = 0, i % 13 = 0, '', '务工', ''
        FROM generate_series(1, {HOUSEHOLDS}) i""",
    f"""INSERT INTO registry_villagelink (unit_id, village_id, begins_on)
        SELECT u, 1 + (u + k * 200) % {VILLAGES}, '2024-01-01'
        FROM generate_series(1, {UNITS}) u, generate_series(0, 1) k""",
    f"""INSERT INTO registry_leaderlink (leader_id, unit_id, begins_on)
        SELECT i, 1 + (i / 200 + k) % {UNITS}, '2024-01-01'
        FROM generate_series(200, {CADRES}, 200) i, generate_series(0, 3) k""",
    # Village w is linked to unit (w - 2) mod 200 + 1; its 200 households are shared out among the 30 cadres.
    f"""INSERT INTO registry_pairing (cadre_id, household_id, begins_on, ends_on)
        SELECT CASE WHEN unit = 0 AND share = 0 THEN {CADRES} ELSE unit + {UNITS} * share END, i, '2024-01-01',
               CASE WHEN i % 20 = 0 THEN DATE '2026-02-28' END
        FROM (SELECT i, (i % {VILLAGES} - 1 + {VILLAGES}) % {UNITS} AS unit, i / {VILLAGES} % 30 AS share
              FROM generate_series(1, {HOUSEHOLDS}) i) home""",
    f"""INSERT INTO registry_pairing (cadre_id, household_id, begins_on)
        SELECT 1 + (i * 11) % {CADRES}, i, '2026-03-01' FROM generate_series(20, {HOUSEHOLDS}, 20) i""",
    f"""INSERT INTO visits_trip (id, cadre_id, village_id, begins_on, ends_on, backfilled, approved_at,
                                 void_reason, recorded_at, voided_at)
        SELECT i, cadre, village, day, day + i % 4,
               i % 20 = 0, CASE WHEN i % 40 = 0 THEN now() END, '', now(), CASE WHEN i % 97 = 0 THEN now() END
        FROM (SELECT i, 1 + i % {CADRES} AS cadre, {_TRIP_DAY} AS day,
                     1 + (1 + (1 + i % {CADRES}) % {UNITS} + (i / {CADRES}) % 2 * 200
                          + CASE WHEN i % 31 = 0 THEN 3 ELSE 0 END) % {VILLAGES} AS village
              FROM generate_series(0, {TRIPS - 1}) i) trip""",
    f"""INSERT INTO visits_visit (cadre_id, household_id, trip_id, day, result, policy_talk,
                                  proxy_reason, void_reason, recorded_at)
        SELECT t.cadre_id, h.id, t.id, t.begins_on,
               CASE WHEN n % 19 = 0 THEN 'absent' ELSE 'met' END, n % 7 = 0, '', '', now()
        FROM visits_trip t CROSS JOIN generate_series(1, 2 + t.id % 2) n
        JOIN registry_household h ON h.id = 1 + (t.village_id - 2 + {HOUSEHOLDS} + {VILLAGES}
             * (t.cadre_id / {UNITS} % 30 + 30 * ((t.id / {CADRES} * 3 + n) % 6))) % {HOUSEHOLDS}
        ORDER BY t.begins_on""",
    f"""INSERT INTO grievances_grievance (number, kind, category_id, household_id, village_id, title, content,
            level, state, handler_id, registered_on, replied_on, outcome, satisfaction, closed_on,
            void_reason, recorded_at)
        SELECT 'LH-2026-' || lpad(i::text, 6, '0'), 'livelihood', (SELECT min(id) FROM grievances_category),
               CASE WHEN i % 5 > 0 THEN 1 + i % {HOUSEHOLDS} END, 1 + i % {VILLAGES}, '事项', '内容', 'village',
               'closed', 1 + (i * 13) % {CADRES}, DATE '2026-01-01' + i % 300, DATE '2026-01-03' + i % 300,
               CASE WHEN i % 6 = 0 THEN 'explained' ELSE 'solved' END, 'satisfied', DATE '2026-01-05' + i % 300,
               '', now()
        FROM generate_series(1, 20000) i""",
    f"""INSERT INTO visits_activity (id, kind, day, unit_id, village_id, topic, void_reason, recorded_at)
        SELECT i, (ARRAY['self_check','heart_talk','joint_activity','commendation','work_plan','talk_meeting',
                         'forum','night_school','consult'])[1 + i % 9],
               DATE '2026-01-01' + i % 330, 1 + i % {UNITS}, 1 + i % {VILLAGES}, '主题', '', now()
        FROM generate_series(1, 40000) i""",
    f"""INSERT INTO visits_participant (activity_id, cadre_id, place)
        SELECT i, 1 + (i * 6) % {CADRES}, 0 FROM generate_series(1, 40000) i""",
)

# What is there before anybody goes out: units to pairings.
REGISTRY = _STATEMENTS[: next(at for at, each in enumerate(_STATEMENTS) if "visits_trip" in each)]


def fill(statements: Sequence[str] = _STATEMENTS) -> None:
    """Into an empty, migrated database. Constraints and indexes are those of the product."""
    with connection.cursor() as cursor:
        # As an import does: rows that are added are not logged one by one.
        cursor.execute("SELECT set_config('lianhu.importing', 'on', false)")
        for statement in (*statements, *connection.ops.sequence_reset_sql(no_style(), apps.get_models())):
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")

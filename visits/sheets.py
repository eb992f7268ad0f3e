"""Sheets 驻村, 走访 and 活动 of the history workbook (contract, section 9)."""

from lianhu.kit.merge import Merge
from lianhu.kit.sheets import Sheet, ends_after_begin
from visits import forms, rules

TRIPS = Sheet(
    title="驻村",
    form=forms.TripForm,
    key=("cadre", "village", "begins_on"),
    key_fault_at="village",
    refers={"cadre": "cadre", "village": "village"},
    rules=(ends_after_begin(), rules.trip_keeps_its_visits),
    claims=(rules.one_trip_a_village_and_day,),
    merge=Merge(
        name="trip",
        columns={
            "cadre": "text",
            "village": "text",
            "begins_on": "date",
            "ends_on": "date",
            "backfilled": "bool",
        },
        key=("cadre", "village", "begins_on"),
        existing="""
            SELECT DISTINCT ON (t.cadre_id, t.village_id, t.begins_on)
                   t.id, c.code AS cadre, v.code AS village, t.begins_on, t.ends_on, t.backfilled
            FROM visits_trip t JOIN registry_cadre c ON c.id = t.cadre_id
            JOIN registry_village v ON v.id = t.village_id
            ORDER BY t.cadre_id, t.village_id, t.begins_on, t.voided_at NULLS FIRST""",
        writes=(
            """UPDATE visits_trip t SET ends_on = d.ends_on, backfilled = d.backfilled,
                      approved_at = CASE WHEN d.backfilled THEN coalesce(t.approved_at, %(now)s) END,
                      approved_by_id = CASE WHEN d.backfilled THEN coalesce(t.approved_by_id, %(by)s) END,
                      refused_at = NULL, refused_by_id = NULL
               FROM {diff} d WHERE t.id = d.existing_id AND d.verdict = 'changed'""",
            """INSERT INTO visits_trip (cadre_id, village_id, begins_on, ends_on, backfilled, approved_at,
                                        approved_by_id, void_reason, recorded_at, recorded_by_id)
               SELECT c.id, v.id, d.begins_on, d.ends_on, d.backfilled,
                      CASE WHEN d.backfilled THEN %(now)s END, CASE WHEN d.backfilled THEN %(by)s::bigint END,
                      '', %(now)s, %(by)s
               FROM {diff} d JOIN registry_cadre c ON c.code = d.cadre
               JOIN registry_village v ON v.code = d.village
               WHERE d.verdict = 'new' ORDER BY d.begins_on""",
        ),
    ),
)

VISITS = Sheet(
    title="走访",
    form=forms.VisitForm,
    key=("cadre", "household", "day"),
    key_fault_at="household",
    refers={"cadre": "cadre", "household": "household"},
    rules=(rules.visit_lies_in_a_trip,),
    merge=Merge(
        name="visit",
        columns={
            "cadre": "text",
            "household": "text",
            "day": "date",
            "result": "text",
            "policy_talk": "bool",
            "talk_topic": "text",
            "income_sources": "text",
            "difficulties": "text",
            "opinions": "text",
            "solved_on_spot": "bool",
        },
        key=("cadre", "household", "day"),
        keeps=True,
        existing="""
            SELECT DISTINCT ON (w.cadre_id, w.household_id, w.day)
                   w.id, c.code AS cadre, h.code AS household, w.day, w.result, w.policy_talk,
                   coalesce(r.talk_topic, '') AS talk_topic, coalesce(r.income_sources, '') AS income_sources,
                   coalesce(r.difficulties, '') AS difficulties, coalesce(r.opinions, '') AS opinions,
                   coalesce(r.solved_on_spot, false) AS solved_on_spot,
                   coalesce(w.recorded_at <= h.erased_at, false) AS kept
            FROM visits_visit w LEFT JOIN visits_visitrecord r ON r.visit_id = w.id
            JOIN registry_cadre c ON c.id = w.cadre_id JOIN registry_household h ON h.id = w.household_id
            ORDER BY w.cadre_id, w.household_id, w.day, w.voided_at NULLS FIRST""",
        writes=(
            # A trip that was voided since is better than none: the visit counts with the trip it lies in.
            """INSERT INTO visits_visit (cadre_id, household_id, trip_id, day, result, policy_talk,
                                         proxy_reason, void_reason, recorded_at, recorded_by_id)
               SELECT DISTINCT ON (d.day, c.id, h.id)
                      c.id, h.id, t.id, d.day, d.result, d.policy_talk, '', '', %(now)s, %(by)s
               FROM {diff} d JOIN registry_cadre c ON c.code = d.cadre
               JOIN registry_household h ON h.code = d.household
               JOIN visits_trip t ON t.cadre_id = c.id AND t.village_id = h.village_id
                    AND d.day BETWEEN t.begins_on AND t.ends_on
               WHERE d.verdict = 'new'
               ORDER BY d.day, c.id, h.id, t.voided_at DESC NULLS FIRST""",
            """INSERT INTO visits_visitrecord
                   (visit_id, talk_topic, income_sources, difficulties, opinions, solved_on_spot)
               SELECT w.id, d.talk_topic, d.income_sources, d.difficulties, d.opinions, d.solved_on_spot
               FROM {diff} d JOIN registry_cadre c ON c.code = d.cadre
               JOIN registry_household h ON h.code = d.household
               JOIN visits_visit w ON w.cadre_id = c.id AND w.household_id = h.id AND w.day = d.day
                    AND w.voided_at IS NULL
               WHERE d.verdict = 'new'""",
            # A companion's visit (同行) has no record until its own is brought.
            """INSERT INTO visits_visitrecord
                   (visit_id, talk_topic, income_sources, difficulties, opinions, solved_on_spot)
               SELECT d.existing_id, '', '', '', '', false FROM {diff} d
               WHERE d.verdict = 'changed'
                 AND NOT EXISTS (SELECT FROM visits_visitrecord r WHERE r.visit_id = d.existing_id)""",
            """UPDATE visits_visit w SET result = d.result, policy_talk = d.policy_talk, accompanies_id = NULL
               FROM {diff} d WHERE w.id = d.existing_id AND d.verdict = 'changed'""",
            """UPDATE visits_visitrecord r SET talk_topic = d.talk_topic, income_sources = d.income_sources,
                      difficulties = d.difficulties, opinions = d.opinions, solved_on_spot = d.solved_on_spot
               FROM {diff} d WHERE r.visit_id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

ACTIVITIES = Sheet(
    title="活动",
    form=forms.ActivityForm,
    key=("kind", "day", "unit", "village", "cadres", "topic"),
    key_fault_at="cadres",
    refers={"unit": "unit", "village": "village", "cadres": "cadre"},
    rules=(rules.activity_is_somebodys,),
    merge=Merge(
        name="activity",
        columns={
            "kind": "text",
            "day": "date",
            "unit": "text",
            "village": "text",
            "cadres": "text",
            "headcount": "int4",
            "topic": "text",
        },
        key=("kind", "day", "unit", "village", "cadres", "topic"),
        existing="""
            SELECT DISTINCT ON (kind, day, unit, village, cadres, topic) * FROM (
                SELECT a.id, a.kind, a.day, coalesce(u.code, '') AS unit, coalesce(v.code, '') AS village,
                       coalesce(p.cadres, '') AS cadres, a.headcount, a.topic
                FROM visits_activity a LEFT JOIN registry_unit u ON u.id = a.unit_id
                LEFT JOIN registry_village v ON v.id = a.village_id
                LEFT JOIN (SELECT m.activity_id, string_agg(c.code, '、' ORDER BY m.place) AS cadres
                           FROM visits_participant m JOIN registry_cadre c ON c.id = m.cadre_id
                           GROUP BY m.activity_id) p ON p.activity_id = a.id
                ORDER BY a.voided_at NULLS FIRST) there
            ORDER BY kind, day, unit, village, cadres, topic""",
        writes=(
            """ALTER TABLE {diff} ADD activity_id bigint""",
            """UPDATE {diff} SET activity_id = nextval(pg_get_serial_sequence('visits_activity', 'id'))
               WHERE verdict = 'new'""",
            """INSERT INTO visits_activity (id, kind, day, unit_id, village_id, headcount, topic,
                                            void_reason, recorded_at, recorded_by_id)
               SELECT d.activity_id, d.kind, d.day, u.id, v.id, d.headcount, d.topic, '', %(now)s, %(by)s
               FROM {diff} d LEFT JOIN registry_unit u ON u.code = d.unit
               LEFT JOIN registry_village v ON v.code = d.village WHERE d.verdict = 'new'""",
            """INSERT INTO visits_participant (activity_id, cadre_id, place)
               SELECT d.activity_id, c.id, one.place - 1 FROM {diff} d
               CROSS JOIN LATERAL unnest(string_to_array(d.cadres, '、')) WITH ORDINALITY AS one (code, place)
               JOIN registry_cadre c ON c.code = one.code WHERE d.verdict = 'new'""",
            """UPDATE visits_activity a SET headcount = d.headcount
               FROM {diff} d WHERE a.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

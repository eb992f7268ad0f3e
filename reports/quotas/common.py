"""The contract's terms, each said once as SQL (contract, section 6).

Every piece takes the same parameters: `first`, `last` of the period, `ref` its reference day, `seen`
the days of it that have come (a daterange, empty before it begins), `as_of`, and `cadres`, `units`,
`villages`: arrays of ids, or NULL for all.
"""

from collections.abc import Mapping

# Rule 0: the rules of this kind of period in force on its last day, with the groups they bind.
RULE = """
rule AS (
    SELECT * FROM jsonb_to_recordset(%(rules)s) AS r
        (id bigint, code text, target numeric, subject_kind text, vals text[], tally int, shares bool)
)"""

# Which unit and rank held when, where it matters here; the view is worked out once.
_SPAN = """
span AS MATERIALIZED (
    SELECT cadre_id, unit_id, rank, begins_on, ends_on, days FROM registry_post_span
    WHERE begins_on <= %(ref)s AND ends_on >= least(%(first)s, %(ref)s){whose}
)"""

# Rule 4: rank and unit on the reference day; every cadre of the registry, those who left too.
CADRE = """
cadre AS (
    SELECT c.id, c.code, c.joined_on, c.left_on, s.rank, s.unit_id
    FROM registry_cadre c
    JOIN span s ON s.cadre_id = c.id AND %(ref)s BETWEEN s.begins_on AND s.ends_on
    WHERE %(cadres)s::bigint[] IS NULL OR c.id = ANY(%(cadres)s)
)"""

# Rule 4: obliged months of the period, future ones too: in post and not on leave on 15 days or more.
OBLIGED = """
month AS (
    SELECT m::date AS first, (m + interval '1 month' - interval '1 day')::date AS last
    FROM generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 month') m
), away AS (
    SELECT c.id, range_agg(daterange(l.begins_on, l.ends_on, '[]') * daterange(c.joined_on, c.left_on, '[]')) AS days
    FROM cadre c JOIN registry_leave l ON l.cadre_id = c.id
    WHERE l.begins_on <= %(last)s AND coalesce(l.ends_on >= %(first)s, true)
    GROUP BY c.id
), lost AS (
    -- Months that would be obliged but for leave; only those that leave touches are reckoned.
    SELECT c.id, count(*) AS months
    FROM away a JOIN cadre c USING (id)
    JOIN month m ON a.days && daterange(m.first, m.last, '[]')
    CROSS JOIN LATERAL (
        SELECT least(coalesce(c.left_on, m.last), m.last) - greatest(c.joined_on, m.first) + 1 AS days) post
    CROSS JOIN LATERAL (
        SELECT sum(upper(piece) - lower(piece)) AS days
        FROM unnest(a.days * datemultirange(daterange(m.first, m.last, '[]'))) piece) leave
    WHERE post.days >= 15 AND post.days - leave.days < 15
    GROUP BY c.id
), obliged AS (
    SELECT c.id, (
        CASE WHEN c.joined_on <= %(first)s AND coalesce(c.left_on >= %(last)s, true)
             THEN (SELECT count(*) FROM month)
             ELSE (SELECT count(*) FROM month m
                   WHERE least(coalesce(c.left_on, m.last), m.last) - greatest(c.joined_on, m.first) + 1 >= 15)
        END) - coalesce(l.months, 0) AS months
    FROM cadre c LEFT JOIN lost l USING (id)
)"""

# Rule 1: a trip, the part of it that lies in the period and has come, and the days of that part on
# which the village is linked: by 单位包村 of the cadre's unit of that day, or by a pairing held that day.
# Pairings are asked only where the unit's links do not cover the stay, which is seldom.
TRIP = """
linked_by_unit AS MATERIALIZED (
    SELECT s.cadre_id, l.village_id, range_agg(s.days * daterange(l.begins_on, l.ends_on, '[]')) AS days
    FROM span s JOIN registry_villagelink l USING (unit_id)
    WHERE daterange(l.begins_on, l.ends_on, '[]') && %(seen)s::daterange
      AND (%(cadres)s::bigint[] IS NULL OR s.cadre_id = ANY(%(cadres)s))
    GROUP BY s.cadre_id, l.village_id
), linked_trip AS MATERIALIZED (
    -- `whole`: all of the stay is linked; else `part` is the days that are.
    SELECT t.id, t.cadre_id, t.begins_on, t.ends_on, t.void, t.unapproved, t.stay,
           coalesce(u.days @> t.stay, false) AS whole,
           CASE WHEN u.days @> t.stay THEN NULL
                ELSE datemultirange(t.stay) * (coalesce(u.days, '{}'::datemultirange) + coalesce((
                    SELECT range_agg(daterange(p.begins_on, p.ends_on, '[]'))
                    FROM registry_pairing p JOIN registry_household h ON h.id = p.household_id
                    WHERE p.cadre_id = t.cadre_id AND h.village_id = t.village_id), '{}'::datemultirange))
           END AS part
    FROM (SELECT id, cadre_id, village_id, begins_on, ends_on, voided_at IS NOT NULL AS void,
                 backfilled AND approved_at IS NULL AS unapproved,
                 daterange(begins_on, ends_on, '[]') * %(seen)s::daterange AS stay
          FROM visits_trip
          WHERE daterange(begins_on, ends_on, '[]') && %(seen)s::daterange
            AND (%(cadres)s::bigint[] IS NULL OR cadre_id = ANY(%(cadres)s))) t
    LEFT JOIN linked_by_unit u USING (cadre_id, village_id)
)"""

# Whose visits are asked when only some cadres are: their own, or those of all of their units.
_VISITOR = "visitor AS ({visitors})"
_OWN = "SELECT id AS cadre_id FROM cadre"
_OF_UNITS = f"SELECT cadre_id FROM span WHERE unit_id IN (SELECT unit_id FROM cadre) UNION {_OWN}"
# As an array, which an index of cadres serves; as a sub-query it is a filter over all rows.
BY_VISITOR = "(%(cadres)s::bigint[] IS NULL OR {row}.cadre_id = ANY(ARRAY(SELECT cadre_id FROM visitor)))"

# Rule 3 and 5: a visit counts when 见面, not void, approved if it is itself 补录 (entered late in a trip that
# was entered in time), and with the trip it lies in. Trips that do not count are few and have an index of
# their own: to look them up in a small set is cheaper than to join every trip.
_BAD_TRIP = """
bad_trip AS MATERIALIZED (
    SELECT t.id FROM visits_trip t
    WHERE (t.voided_at IS NOT NULL OR t.backfilled AND t.approved_at IS NULL)
      AND daterange(t.begins_on, t.ends_on, '[]') && %(seen)s::daterange{whose}
)"""
BAD_TRIP = _BAD_TRIP.format(whose="")
VISIT_COUNTS = """(
    v.result = 'met' AND v.voided_at IS NULL AND NOT (v.backfilled AND v.approved_at IS NULL)
    AND (v.trip_id IS NULL OR v.trip_id NOT IN (SELECT id FROM bad_trip)))"""

VISIT_WHY_NOT = """CASE
    WHEN v.voided_at IS NOT NULL THEN 'void' WHEN v.result <> 'met' THEN v.result
    WHEN t.voided_at IS NOT NULL THEN 'trip_void' WHEN v.backfilled AND v.approved_at IS NULL THEN 'unapproved'
    WHEN t.backfilled AND t.approved_at IS NULL THEN 'unapproved' END"""


def terms(*, of_unit: bool = True, trips: bool = True) -> str:
    """All of them. `of_unit`: something asks what the others of a cadre's unit did; else only own rows are read.
    Without `trips` nothing asks for `linked_trip`: for few cadres reading the statement is most of its cost.
    """
    span = "" if of_unit else " AND (%(cadres)s::bigint[] IS NULL OR cadre_id = ANY(%(cadres)s))"
    return ", ".join(
        (
            *(RULE, _SPAN.format(whose=span), CADRE, OBLIGED, *([TRIP] if trips else [])),
            _VISITOR.format(visitors=_OF_UNITS if of_unit else _OWN),
            _BAD_TRIP.format(whose=f" AND {BY_VISITOR.format(row='t')}"),
        )
    )


# Reasons a row does not count, in words.
REASONS: Mapping[str, str] = {
    "void": "已作废",
    "unapproved": "补录还没有批准",
    "not_linked": "当天不是包联村，也没有结对户",
    "not_ended": "还没有结束，最后一天到了才算",
    "too_short": "一般干部每次不少于 2 天",
    "absent": "未遇，没有见面",
    "phone": "电话联系，没有见面",
    "trip_void": "所在的下乡已作废",
    "not_paired": "走访当日不是本人的结对户",
    "not_visited": "还没有见面走访",
    "open": "还没有销号",
    "partly": "答复结果是部分解决",
    "explained": "答复结果是政策解释",
    "not_for_linked": "当天不是包联的单位、乡镇或村",
    "not_accepted": "还没有采纳",
}

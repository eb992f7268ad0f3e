"""Trips and days in linked villages (方案三(一)(二), 五(一))."""

from reports.quotas.metrics.base import Metric

# Rule 2: counts once its last day has come, in the month of its first day, if the village is linked
# on that first day; 一般干部 stay at least two days (`min_days` by rank).
_TRIP_COUNT = """
    SELECT t.cadre_id AS subject_id, t.id AS source_id, daterange(t.begins_on, t.ends_on, '[]') AS days,
           NOT (t.void OR t.unapproved OR t.ends_on > %(as_of)s OR NOT (t.whole OR t.part @> t.begins_on)
                OR t.ends_on - t.begins_on + 1 < need.days) AS counts,
           CASE WHEN t.void THEN 'void' WHEN t.unapproved THEN 'unapproved'
                WHEN NOT (t.whole OR t.part @> t.begins_on) THEN 'not_linked'
                WHEN t.ends_on - t.begins_on + 1 < need.days THEN 'too_short' ELSE 'not_ended' END AS why_not
    FROM linked_trip t
    -- OFFSET keeps the look-up to one a cadre instead of one a trip.
    JOIN (SELECT id, coalesce((%(min_days)s::jsonb ->> rank)::int, 1) AS days FROM cadre OFFSET 0) need
      ON need.id = t.cadre_id
    WHERE t.begins_on >= %(first)s"""

# Rule 2: distinct days, each in the month it falls in and by the link of that very day. A stay gives a
# row for each stretch of days that is linked, and one for each that is not.
_TRIP_DAYS = """
    SELECT t.cadre_id AS subject_id, t.id AS source_id, t.stay AS days, NOT (t.void OR t.unapproved) AS counts,
           CASE WHEN t.void THEN 'void' ELSE 'unapproved' END AS why_not
    FROM linked_trip t WHERE t.whole
    UNION ALL
    SELECT t.cadre_id, t.id, unnest(t.part), NOT (t.void OR t.unapproved),
           CASE WHEN t.void THEN 'void' ELSE 'unapproved' END
    FROM linked_trip t WHERE NOT t.whole
    UNION ALL
    SELECT t.cadre_id, t.id, unnest(datemultirange(t.stay) - t.part), false,
           CASE WHEN t.void THEN 'void' WHEN t.unapproved THEN 'unapproved' ELSE 'not_linked' END
    FROM linked_trip t WHERE NOT t.whole"""

METRICS = (
    Metric("trip_count", "trip", _TRIP_COUNT, "count", frozenset({"min_days"})),
    Metric("trip_days", "trip", _TRIP_DAYS, "days"),
)

"""Households visited, and policy talk at the kitchen table (方案三(一)(三), 四(三)(五))."""

from reports.quotas.common import BY_VISITOR, VISIT_COUNTS, VISIT_WHY_NOT
from reports.quotas.metrics.base import Metric

# The best that was done about a household without reaching it: told as the reason.
_NEAREST = f"""coalesce((
    SELECT {VISIT_WHY_NOT} FROM visits_visit v LEFT JOIN visits_trip t ON t.id = v.trip_id
    WHERE v.household_id = h.household_id AND v.day BETWEEN %(first)s AND %(ref)s AND {{by}}
    ORDER BY v.day DESC LIMIT 1), 'not_visited')"""

# One pass over the visits of the period serves both coverage rules: who met which household, of which
# unit the visitor was on that day, and when last.
MET = f"""
met AS MATERIALIZED (
    SELECT v.cadre_id, v.household_id, s.unit_id, max(v.day) AS day
    FROM visits_visit v
    JOIN span s ON s.cadre_id = v.cadre_id AND v.day BETWEEN s.begins_on AND s.ends_on
    WHERE v.day BETWEEN %(first)s AND %(ref)s AND {VISIT_COUNTS} AND {BY_VISITOR.format(row="v")}
    GROUP BY v.cadre_id, v.household_id, s.unit_id
)"""

# Rule 5: households paired to the cadre on the reference day, visited by this cadre in the period.
_PAIRED = f"""
    SELECT h.cadre_id AS subject_id, h.household_id AS source_id, daterange(seen.day, seen.day, '[]') AS days,
           seen.day IS NOT NULL AS counts, {_NEAREST.format(by="v.cadre_id = h.cadre_id")} AS why_not
    FROM registry_pairing h
    LEFT JOIN (SELECT cadre_id, household_id, max(day) AS day FROM met GROUP BY 1, 2) seen
         USING (cadre_id, household_id)
    WHERE h.begins_on <= %(ref)s AND coalesce(h.ends_on >= %(ref)s, true)
      AND (%(cadres)s::bigint[] IS NULL OR h.cadre_id = ANY(%(cadres)s))"""

# Rule 5: households with a mark in villages linked to the cadre's unit on the reference day, visited in
# the period by anyone of that unit (of it on the day of the visit).
_KEY = f"""
    SELECT h.unit_id AS subject_id, h.household_id AS source_id, daterange(seen.day, seen.day, '[]') AS days,
           seen.day IS NOT NULL AS counts,
           {
    _NEAREST.format(
        by='''EXISTS (SELECT FROM span s WHERE s.cadre_id = v.cadre_id
                               AND s.unit_id = h.unit_id AND v.day BETWEEN s.begins_on AND s.ends_on)'''
    )
} AS why_not
    FROM (SELECT DISTINCT l.unit_id, h.id AS household_id
          FROM registry_villagelink l JOIN registry_household h ON h.village_id = l.village_id
          WHERE l.begins_on <= %(ref)s AND coalesce(l.ends_on >= %(ref)s, true)
            AND l.unit_id IN (SELECT unit_id FROM cadre)
            AND (h.is_party_member OR h.is_village_cadre OR h.is_registered_poor OR h.is_hardship)) h
    LEFT JOIN (SELECT unit_id, household_id, max(day) AS day FROM met GROUP BY 1, 2) seen
         USING (unit_id, household_id)"""

# Days with 宣讲 at a household paired to the cadre on the day of the visit.
_TALK = f"""
    SELECT v.cadre_id AS subject_id, v.id AS source_id, daterange(v.day, v.day, '[]') AS days,
           {VISIT_COUNTS} AND p.id IS NOT NULL AS counts,
           coalesce({VISIT_WHY_NOT}, 'not_paired') AS why_not
    FROM visits_visit v LEFT JOIN visits_trip t ON t.id = v.trip_id
    LEFT JOIN registry_pairing p ON p.household_id = v.household_id AND p.cadre_id = v.cadre_id
         AND p.begins_on <= v.day AND coalesce(p.ends_on >= v.day, true)
    WHERE v.policy_talk AND v.day BETWEEN %(first)s AND %(ref)s
      AND (%(cadres)s::bigint[] IS NULL OR v.cadre_id = ANY(%(cadres)s))"""

METRICS = (
    Metric("paired_coverage", "household", _PAIRED, "share"),
    Metric("key_household_coverage", "household", _KEY, "share", of_unit=True),
    Metric("household_talk", "visit", _TALK, "days"),
)

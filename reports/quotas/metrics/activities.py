"""Activities and reports of cadres, units and villages (方案四(一)(五)(七)(九)(十), 五(二), 六(一)(二))."""

from reports.quotas.metrics.base import Metric

_IN_PERIOD = "a.kind = %(kind)s AND a.day BETWEEN %(first)s AND %(ref)s"
_ROW = "a.id AS source_id, daterange(a.day, a.day, '[]') AS days"
_VOID = "a.voided_at IS NULL AS counts, 'void' AS why_not"

# Rule 7: the first 工号 is the one whose activity it is.
_OWN = f"""
    SELECT m.cadre_id AS subject_id, {_ROW}, {_VOID}
    FROM visits_activity a JOIN visits_participant m ON m.activity_id = a.id AND m.place = 0
    WHERE {_IN_PERIOD} AND (%(cadres)s::bigint[] IS NULL OR m.cadre_id = ANY(%(cadres)s))"""

_UNIT = f"""
    SELECT a.unit_id AS subject_id, {_ROW}, {_VOID} FROM visits_activity a
    WHERE {_IN_PERIOD} AND a.unit_id IS NOT NULL
      AND (%(units)s::bigint[] IS NULL OR a.unit_id = ANY(%(units)s))"""

_VILLAGE = f"""
    SELECT a.village_id AS subject_id, {_ROW}, {_VOID} FROM visits_activity a
    WHERE {_IN_PERIOD} AND a.village_id IS NOT NULL
      AND (%(villages)s::bigint[] IS NULL OR a.village_id = ANY(%(villages)s))"""

# Rule 7: a 宣讲会 in which the leader takes part, held for a unit the leader is linked to that day, or in
# a village whose township is, or to which a unit the leader is linked to is linked that day.
_LEADER = f"""
    SELECT m.cadre_id AS subject_id, {_ROW}, a.voided_at IS NULL AND linked.so AS counts,
           CASE WHEN a.voided_at IS NOT NULL THEN 'void' ELSE 'not_for_linked' END AS why_not
    FROM visits_activity a JOIN visits_participant m ON m.activity_id = a.id
    CROSS JOIN LATERAL (SELECT EXISTS (
        SELECT FROM registry_leaderlink l
        WHERE l.leader_id = m.cadre_id AND l.begins_on <= a.day AND coalesce(l.ends_on >= a.day, true)
          AND (l.unit_id = a.unit_id
               OR l.unit_id = (SELECT township_id FROM registry_village w WHERE w.id = a.village_id)
               OR EXISTS (SELECT FROM registry_villagelink k
                          WHERE k.unit_id = l.unit_id AND k.village_id = a.village_id
                            AND k.begins_on <= a.day AND coalesce(k.ends_on >= a.day, true)))) AS so) linked
    WHERE a.kind = 'talk_meeting' AND a.day BETWEEN %(first)s AND %(ref)s
      AND (%(cadres)s::bigint[] IS NULL OR m.cadre_id = ANY(%(cadres)s))"""

_REPORT = """
    SELECT r.unit_id AS subject_id, r.id AS source_id, daterange(r.accepted_on, r.accepted_on, '[]') AS days,
           coalesce(r.accepted_on <= %(as_of)s, false) AS counts, 'not_accepted' AS why_not
    FROM reports_quarterlyreport r
    WHERE make_date(r.year, r.quarter * 3, 1) BETWEEN %(first)s AND %(last)s
      AND (%(units)s::bigint[] IS NULL OR r.unit_id = ANY(%(units)s))"""

_KIND = frozenset({"kind"})
METRICS = (
    Metric("own_activities", "activity", _OWN, "count", _KIND),
    Metric("leader_talk", "activity", _LEADER, "count"),
    Metric("unit_activities", "activity", _UNIT, "count", _KIND),
    Metric("village_activities", "activity", _VILLAGE, "count", _KIND),
    Metric("quarterly_reports", "report", _REPORT, "count"),
)

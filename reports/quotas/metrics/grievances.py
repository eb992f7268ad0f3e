"""Matters solved and closed (方案四(三))."""

from reports.quotas.metrics.base import Metric

# Rule 6: closed in the period, outcome 已解决 alone, handled by the cadre, paired or not.
_SOLVED = """
    SELECT g.handler_id AS subject_id, g.id AS source_id,
           daterange(coalesce(g.closed_on, g.registered_on), coalesce(g.closed_on, g.registered_on), '[]') AS days,
           g.voided_at IS NULL AND g.outcome = 'solved' AND coalesce(g.closed_on <= %(ref)s, false) AS counts,
           CASE WHEN g.voided_at IS NOT NULL THEN 'void' WHEN g.closed_on IS NULL OR g.closed_on > %(ref)s
                THEN 'open' ELSE g.outcome END AS why_not
    FROM grievances_grievance g
    WHERE g.handler_id IS NOT NULL AND g.registered_on <= %(ref)s AND coalesce(g.closed_on >= %(first)s, true)
      AND (g.household_id IS NOT NULL) = (%(scope)s = 'household')
      AND (%(cadres)s::bigint[] IS NULL OR g.handler_id = ANY(%(cadres)s))"""

METRICS = (Metric("grievances_solved", "grievance", _SOLVED, "count", frozenset({"scope"})),)

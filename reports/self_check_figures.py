"""七问 of a cadre's year: six figures from the very rows that the county's figures count (方案四(一))."""

import datetime

from django.db import connection
from django.db.models import F, Q

from lianhu.kit.periods import Period
from reports.models import Quota, SubjectKind
from reports.quotas.common import VISIT_COUNTS, terms
from reports.quotas.compute import params_for, use_params
from reports.quotas.evidence import only
from reports.quotas.metrics import METRICS
from reports.quotas.metrics.visits import MET
from visits.self_check import QUESTIONS

# Trips as 下乡次数 counts them, visits where the family was met, matters as 诉求办结 counts them. Where the
# record says 无, nothing was heard.
_FIGURES = f"""
WITH {terms()}, {MET}, went AS (
    SELECT t.id, t.village_id FROM ({METRICS["trip_count"].at(0)}) e JOIN visits_trip t ON t.id = e.source_id
    WHERE e.counts AND e.subject_id = %(subject)s
), written AS (
    SELECT r.opinions FROM visits_visit v JOIN visits_visitrecord r ON r.visit_id = v.id
    WHERE v.cadre_id = %(subject)s AND v.day BETWEEN %(first)s AND %(ref)s AND {VISIT_COUNTS}
)
SELECT (SELECT count(*) FROM went) AS trips, (SELECT count(DISTINCT village_id) FROM went) AS villages,
       (SELECT count(DISTINCT household_id) FROM met WHERE cadre_id = %(subject)s) AS households,
       (SELECT count(*) FROM written) AS facts,
       (SELECT count(*) FROM ({METRICS["grievances_solved"].at(1)}) e WHERE counts AND subject_id = %(subject)s)
       + (SELECT count(*) FROM ({METRICS["grievances_solved"].at(2)}) e WHERE counts AND subject_id = %(subject)s)
       AS solved,
       (SELECT count(*) FROM written WHERE trim(opinions) NOT IN ('', '无', '没有', '无意见')) AS opinions"""


def answers_of(cadre_id: int, year: int, *, as_of: datetime.date) -> dict[str, int]:
    """By the names of `QUESTIONS`, of what is known on the day."""
    period = Period.parse(str(year))
    begun = Q(begins_on=None) | Q(begins_on__lte=period.reference_day(as_of))
    latest = F("begins_on").desc(nulls_last=True)
    rule = Quota.objects.filter(begun, metric="trip_count").order_by(latest, "id").first()
    params = params_for(period, as_of, only(SubjectKind.CADRE, cadre_id))
    params |= use_params(rule.params if rule else {"min_days": {}}, 0)
    params |= use_params({"scope": "household"}, 1) | use_params({"scope": "village"}, 2)
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, params | {"subject": cadre_id, "rules": "[]"})
        row = cursor.fetchone()
    return dict(zip(QUESTIONS, row, strict=True))

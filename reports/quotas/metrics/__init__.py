"""What a rule counts: each metric is one relation of evidence rows and its fold."""

from reports.quotas.metrics import activities, grievances, trips, visits
from reports.quotas.metrics.base import Metric

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (*trips.METRICS, *visits.METRICS, *grievances.METRICS, *activities.METRICS)
}

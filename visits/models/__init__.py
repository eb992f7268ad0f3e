"""What was done: trips, visits with their record, activities."""

from visits.models.activities import (
    Activity,
    ActivityFile,
    ActivityKind,
    Checked,
    Errand,
    Participant,
    ProjectReview,
    SelfCheck,
)
from visits.models.base import Backfillable, Voidable
from visits.models.field import Addendum, Clear, Photo, Question, Seen, Trip, Visit, VisitRecord, VisitResult

__all__ = [
    "Activity",
    "ActivityFile",
    "ActivityKind",
    "Addendum",
    "Backfillable",
    "Checked",
    "Clear",
    "Errand",
    "Participant",
    "Photo",
    "ProjectReview",
    "Question",
    "Seen",
    "SelfCheck",
    "Trip",
    "Visit",
    "VisitRecord",
    "VisitResult",
    "Voidable",
]

"""The ledger's tables: a matter, its steps, what the desks work with, what the family and the public see."""

from grievances.models.desk import (
    Attachment,
    Filing,
    FilingState,
    Policy,
    ProminentProblem,
    ReplyTemplate,
    SavedFilter,
)
from grievances.models.family import (
    FamilyNotice,
    FamilyRating,
    Objection,
    Occasion,
    Publication,
    PublicPhoto,
    TellingWay,
)
from grievances.models.ledger import (
    Approach,
    Category,
    Grievance,
    GrievanceKind,
    Level,
    Mark,
    Outcome,
    Satisfaction,
    WithheldKind,
)
from grievances.models.steps import (
    GrievanceAction,
    GrievanceEvent,
    NumberCounter,
    RequestKind,
    StepRequest,
)
from grievances.states import OVER, GrievanceState

__all__ = [
    "OVER",
    "Approach",
    "Attachment",
    "Category",
    "FamilyNotice",
    "FamilyRating",
    "Filing",
    "FilingState",
    "Grievance",
    "GrievanceAction",
    "GrievanceEvent",
    "GrievanceKind",
    "GrievanceState",
    "Level",
    "Mark",
    "NumberCounter",
    "Objection",
    "Occasion",
    "Outcome",
    "Policy",
    "ProminentProblem",
    "PublicPhoto",
    "Publication",
    "ReplyTemplate",
    "RequestKind",
    "Satisfaction",
    "SavedFilter",
    "StepRequest",
    "TellingWay",
    "WithheldKind",
]

"""Tables of who acts, what they started, what they were told, and the log of it all."""

from accounts.models.audit import AuditCheck, AuditEntry, AuditKind, AuditPrivate
from accounts.models.jobs import Job, JobState
from accounts.models.notices import Delivery, DeliveryState, Digest, Feedback, Notice
from accounts.models.people import ActivationCode, Attempt, Session, User, UserManager
from accounts.models.settings import CalendarDay, CalendarYear, Setting

__all__ = [
    "ActivationCode",
    "Attempt",
    "AuditCheck",
    "AuditEntry",
    "AuditKind",
    "AuditPrivate",
    "CalendarDay",
    "CalendarYear",
    "Delivery",
    "DeliveryState",
    "Digest",
    "Feedback",
    "Job",
    "JobState",
    "Notice",
    "Session",
    "Setting",
    "User",
    "UserManager",
]

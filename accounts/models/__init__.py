"""Tables of who acts, what they started, what they were told, and the log of it all."""

from accounts.models.audit import AuditCheck, AuditEntry, AuditKind, AuditPrivate
from accounts.models.jobs import Job, JobState
from accounts.models.notices import Delivery, DeliveryState, Digest, Feedback, Notice
from accounts.models.people import ActivationCode, Attempt, Session, User, UserManager
from accounts.models.settings import CalendarDay, CalendarYear, Setting
from accounts.models.sync import ApiToken, Epoch, Phone, SyncItem

__all__ = [
    "ActivationCode",
    "ApiToken",
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
    "Epoch",
    "Feedback",
    "Job",
    "JobState",
    "Notice",
    "Phone",
    "Session",
    "Setting",
    "SyncItem",
    "User",
    "UserManager",
]

"""By when a matter is to be assigned and answered (contract, section 4).

Assigning: working days from the day it came to its level. Answering: calendar days from 挂号日期, by the level
and the rule of that day; with the extension never past 60. The clock never pauses.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Case, CharField, DateField, F, Q, Value, When
from django.db.models.functions import Least

from accounts.calendar import DueDay, add_workdays
from accounts.models import Setting, User
from accounts.settings import DEFINITIONS, setting
from grievances.events import event
from grievances.models import Grievance, GrievanceAction, GrievanceEvent, GrievanceState, Level
from grievances.querysets import GrievanceQuerySet

Date = datetime.date


def _reply_days(level: str) -> str:
    return f"reply_days_{level}"


_MOST, _EXTENSION, _ASSIGN = "reply_most_days", "extension_most_days", "assign_workdays"
_NAMES = (*(_reply_days(level) for level in Level), _MOST, _EXTENSION, _ASSIGN)


@dataclass(frozen=True)
class Terms:
    """The settings with the days from which they hold, and what was counted on the calendar; read once for any
    number of matters."""

    changes: dict[str, list[tuple[Date, int]]]
    counted: dict[Date, DueDay] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Terms":
        changes: dict[str, list[tuple[Date, int]]] = {name: [] for name in _NAMES}
        rows = Setting.objects.filter(name__in=_NAMES).order_by("begins_on")
        for name, begins_on, value in rows.values_list("name", "begins_on", "value"):
            changes[name].append((begins_on, value))
        return cls(changes)

    def _value(self, name: str, on: Date) -> int:
        values = [value for begins_on, value in self.changes[name] if begins_on <= on]
        return values[-1] if values else DEFINITIONS[name].first

    def reply_days(self, level: str, on: Date) -> int:
        return self._value(_reply_days(level), on)

    def reply_due(self, level: str, registered_on: Date, extension_days: int = 0) -> Date:
        days = self.reply_days(level, registered_on)
        if extension_days:
            days = max(days, min(days + extension_days, self._value(_MOST, registered_on)))
        return registered_on + datetime.timedelta(days=days)

    def last_extended(self, level: str, registered_on: Date) -> Date:
        """The latest day to which an answer may be put off."""
        return self.reply_due(level, registered_on, self._value(_EXTENSION, registered_on))

    def assign_due(self, since: Date) -> DueDay:
        if since not in self.counted:
            self.counted[since] = add_workdays(since, self._value(_ASSIGN, since))
        return self.counted[since]


# --- where a matter stands with its dates ------------------------------------------------------

DUE_ON = Case(
    When(state=GrievanceState.REGISTERED, then=Least("assign_due_on", "reply_due_on")),
    When(state=GrievanceState.ASSIGNED, then=F("reply_due_on")),
    output_field=DateField(),
)


def late(on: Date) -> Q:
    """逾期: its date is over and the step is not taken. Of open matters."""
    registered = Q(state=GrievanceState.REGISTERED) & (Q(assign_due_on__lt=on) | Q(reply_due_on__lt=on))
    return registered | Q(state=GrievanceState.ASSIGNED, reply_due_on__lt=on)


def soon(on: Date) -> Q:
    """临期: due today or within the next days (contract, section 4: 3). Of open matters."""
    last = on + datetime.timedelta(days=setting("due_soon_days", on=on))
    registered = Q(state=GrievanceState.REGISTERED) & (Q(assign_due_on__lte=last) | Q(reply_due_on__lte=last))
    return (registered | Q(state=GrievanceState.ASSIGNED, reply_due_on__lte=last)) & ~late(on)


def with_lights(matters: GrievanceQuerySet, on: Date) -> GrievanceQuerySet:
    """Each with `due_on`, the next date it has to keep, and `light`: late, soon, or empty.

    Three matters in one list have one rule: what is closed, void, merged or answered has neither.
    """
    still = Q(voided_at__isnull=True, parent__isnull=True)
    lit: GrievanceQuerySet = matters.annotate(
        due_on=Case(When(still, then=DUE_ON), output_field=DateField()),
        light=Case(
            When(still & late(on), then=Value("late")),
            When(still & soon(on), then=Value("soon")),
            default=Value(""),
            output_field=CharField(),
        ),
    )
    return lit


# --- dates of many -----------------------------------------------------------------------------


def fill_due() -> int:
    """Give each matter without a date its date, by what it is; a few statements however many.

    Done twice it is done once.
    """
    terms = Terms.load()
    rows = Grievance.objects.filter(reply_due_on__isnull=True)
    kinds = rows.order_by().values_list("level", "registered_on", "extension_days").distinct()
    found = [(*kind, terms.reply_due(*kind)) for kind in kinds]
    if not found:
        return 0
    levels, days, extensions, due = (list(column) for column in zip(*found, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE grievances_grievance g
               SET reply_due_on = t.due, held_since = coalesce(g.held_since, g.registered_on)
               FROM unnest(%s::text[], %s::date[], %s::int[], %s::date[]) t (level, day, extension, due)
               WHERE g.reply_due_on IS NULL AND g.level = t.level AND g.registered_on = t.day
                 AND g.extension_days = t.extension""",
            [levels, days, extensions, due],
        )
        return int(cursor.rowcount)


def reschedule(by: User | None = None) -> int:
    """The official calendar of a year became known: recompute what was 暂定, and say so on the timeline."""
    terms = Terms.load()
    with transaction.atomic():
        # A merged one too: taken out again it has to be assigned by then.
        waiting = Grievance.objects.filter(
            voided_at__isnull=True, state=GrievanceState.REGISTERED, assign_due_certain=False
        )
        matters = list(waiting.select_for_update(of=("self",)).order_by("pk"))
        due = dues_of({matter.held_since or matter.registered_on for matter in matters}, terms)
        events = []
        for matter in matters:
            new = due[matter.held_since or matter.registered_on]
            before, matter.assign_due_on = matter.assign_due_on, new.day
            matter.assign_due_certain = new.certain
            if new.certain and before != new.day:
                told = f"放假安排已公布，交办期限由暂定的 {before} 改为 {new.day}"
                events.append(event(matter, GrievanceAction.RESCHEDULE, by=by, reason=told))
            elif new.certain:
                told = f"放假安排已公布，交办期限 {new.day} 不变"
                events.append(event(matter, GrievanceAction.RESCHEDULE, by=by, reason=told))
        Grievance.objects.bulk_update(matters, ["assign_due_on", "assign_due_certain"], batch_size=500)
        GrievanceEvent.objects.bulk_create(events)
    return len(events)


def dues_of(days: Iterable[Date], terms: Terms) -> dict[Date, DueDay]:
    """The day by which what came to its level on each of these days is to be assigned."""
    return {day: terms.assign_due(day) for day in days}

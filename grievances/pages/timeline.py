"""What happened to a matter, newest first, in words (contract, section 4: who, when, from, to, why)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from grievances.events import IMPORTED
from grievances.hands import LEVELS
from grievances.models import (
    Grievance,
    GrievanceAction,
    GrievanceEvent,
    GrievanceState,
    Level,
    Outcome,
    Satisfaction,
    TellingWay,
    WithheldKind,
)
from lianhu.kit import clock

A = GrievanceAction
LEVEL_WORDS = {Level.VILLAGE: "村级", Level.TOWNSHIP: "乡镇级", Level.COUNTY: "县级"}
# What moves nothing: told beside the steps.
_PROGRESS = {A.NOTE, A.REMIND, A.OVERDUE, A.RESCHEDULE}
_HEARD = {A.TELL, A.RATE, A.OBJECT}
_BY_THE_FAMILY = {A.RATE, A.OBJECT, A.TELL}
_BY_ITSELF = {A.OVERDUE, A.RESCHEDULE}
_WORDS: dict[str, dict[str, str]] = {
    A.REPLY: dict(Outcome.choices),
    A.REVISIT: dict(Satisfaction.choices),
    A.RATE: dict(Satisfaction.choices),
    A.TELL: dict(TellingWay.choices),
    A.WITHHOLD: dict(WithheldKind.choices),
}
SHOWN = {"": "全部", "step": "步骤", "progress": "进展", "heard": "群众"}


@dataclass(frozen=True)
class Entry:
    """One line. `group` is what it is filtered by; `times` and `first` tell of those that repeat it."""

    event: GrievanceEvent
    title: str
    who: str
    group: str
    moved: str = ""
    parent: str = ""
    times: int = 1
    first: datetime.date | None = None

    @property
    def same_day(self) -> bool:
        """Written down on its own day: then the hour says something."""
        return self.event.recorded_at.astimezone(clock.SHANGHAI).date() == self.event.on


def timeline(matter: Grievance, events: Iterable[GrievanceEvent]) -> list[Entry]:
    """Oldest first in, newest first out. A matter overdue for months was told of each working day: that is one line."""
    entries: list[Entry] = []
    level = ""
    for event in events:
        entry = _entry(matter, event, level)
        level = event.level or level
        last = entries[-1] if entries else None
        if last and event.action == last.event.action == A.OVERDUE and event.reason == last.event.reason:
            entries[-1] = Entry(
                event,
                entry.title,
                entry.who,
                entry.group,
                times=last.times + 1,
                first=last.first or last.event.on,
            )
        else:
            entries.append(entry)
    return entries[::-1]


def _entry(matter: Grievance, event: GrievanceEvent, level: str) -> Entry:
    group = "heard" if event.action in _HEARD else "progress" if event.action in _PROGRESS else "step"
    return Entry(
        event=event,
        title=_title(matter, event, level),
        who=_who(event),
        group=group,
        moved=_moved(event),
        parent=event.value if event.action == A.MERGE else "",
    )


def _title(matter: Grievance, event: GrievanceEvent, level: str) -> str:
    label, handler = event.get_action_display(), event.handler.name if event.handler else ""
    said = _WORDS.get(event.action, {}).get(event.value, "")
    match event.action:
        case A.ASSIGN | A.TRANSFER if handler:
            return f"{label}：{handler}"
        case A.ESCALATE if event.level:
            before = Level(level) if level else _below(event.level)
            return f"{label}：{LEVEL_WORDS[before]}到{LEVEL_WORDS[Level(event.level)]}"
        case A.ASK_EXTENSION | A.EXTEND if event.value:
            return f"{label} {event.value} 天"
        case A.MERGE if event.value:
            return f"{label}：并入 {event.value}"
        case A.REVISIT if event.value == Satisfaction.DISSATISFIED:
            return f"{label}：{said}，退回重办"
        case A.REGISTER if matter.visit_id:
            return f"{label}，走访时记下"
        case A.REPLY if event.from_state == GrievanceState.REGISTERED:
            return f"当场答复：{said}" if said else "当场答复"
    return f"{label}：{said}" if said else label


def _who(event: GrievanceEvent) -> str:
    if event.by is not None:
        return f"导入（{event.by.name}）" if event.reason == IMPORTED else event.by.name
    if event.action in _BY_THE_FAMILY:
        return "群众"
    return "系统" if event.action in _BY_ITSELF else "导入"


def _moved(event: GrievanceEvent) -> str:
    if not event.from_state or event.from_state == event.to_state:
        return ""
    return f"{event.get_from_state_display()} → {event.get_to_state_display()}"


@dataclass(frozen=True)
class Stay:
    """How long it was at one level: both ends are days; the last one runs on while it is open."""

    level: str
    days: int


def stays(matter: Grievance, events: Iterable[GrievanceEvent], until: datetime.date) -> list[Stay]:
    """Days at each level, from 挂号日期 on, in the order in which it was there."""
    climbed = [event for event in events if event.action == A.ESCALATE and event.level]
    begins, found = matter.registered_on, []
    for event in climbed:
        found.append(Stay(LEVEL_WORDS[_below(event.level)], max((event.on - begins).days, 0)))
        begins = event.on
    found.append(Stay(LEVEL_WORDS[Level(matter.level)], max((until - begins).days, 0)))
    return found


def _below(level: str) -> Level:
    return LEVELS[max(LEVELS.index(Level(level)) - 1, 0)]

"""Changes of the registry, and corrections of what was recorded, as the audit log has them (contract, sections 6, 8).

A frozen figure knew posts, leave, links and pairings as they stood then; nothing but the log tells how that was.
"""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import AuditEntry, AuditKind
from grievances.models import Grievance
from lianhu.kit.periods import Period
from registry.models import (
    Cadre,
    Household,
    LeaderLink,
    Leave,
    Pairing,
    Post,
    PostSpan,
    Unit,
    Village,
    VillageLink,
)
from reports.models import Quota, SubjectKind
from reports.quotas.metrics.base import Metric
from visits.models import Activity, Participant, Trip, Visit

# The newest of each kind of thing; a figure is seldom changed by more.
MOST = 20


@dataclass(frozen=True)
class RegistryChange:
    at: datetime.datetime
    what: str
    words: str


@dataclass(frozen=True)
class _Kept:
    """A table: which of its columns a figure depends on, and how a row is called.

    `spans`: its rows hold for days, and only a change within the period matters. `added`: one that is new matters;
    of what was done it is told with the row itself.
    """

    columns: tuple[str, ...]
    called: Callable[[Any], str]
    spans: bool = False
    added: bool = True


_DAYS = ("begins_on", "ends_on")
_MARKS = ("is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship")
_KEPT: Mapping[type[models.Model], _Kept] = {
    Cadre: _Kept(("joined_on", "left_on"), lambda row: row.name, added=False),
    Post: _Kept(("unit_id", "rank", *_DAYS), lambda row: f"{row.unit.name}{row.get_rank_display()}", spans=True),
    Leave: _Kept(_DAYS, lambda row: f"{row.begins_on} 至 {row.ends_on or '以后'}", spans=True),
    Pairing: _Kept(("cadre_id", *_DAYS), lambda row: str(row.household), spans=True),
    VillageLink: _Kept(("village_id", *_DAYS), lambda row: str(row), spans=True),
    LeaderLink: _Kept(("unit_id", *_DAYS), lambda row: row.unit.name, spans=True),
    Household: _Kept(("village_id", *_MARKS), lambda row: str(row)),
    Unit: _Kept(("type",), lambda row: row.name, added=False),
    Village: _Kept(("type", "township_id"), lambda row: row.name, added=False),
    Trip: _Kept(("village_id", *_DAYS, "backfilled"), lambda row: f"{row.village.name} {row.begins_on}", added=False),
    Visit: _Kept(
        ("day", "result", "policy_talk", "household_id", "trip_id"), lambda row: f"{row.day}", added=False
    ),
    Activity: _Kept(("kind", "day", "unit_id", "village_id"), lambda row: f"{row.day}", added=False),
    Participant: _Kept(("cadre_id", "place"), lambda row: str(row.activity)),
    Grievance: _Kept(("household_id", "outcome", "closed_on"), lambda row: row.number, added=False),
    Quota: _Kept(("target", "params", *_DAYS), lambda row: str(row)),
}  # fmt: skip


def registry_changes(
    metric: Metric,
    period: Period,
    kind: SubjectKind,
    subject_id: int,
    *,
    since: datetime.datetime,
    as_of: datetime.date,
) -> list[RegistryChange]:
    """What since then may have changed the subject's figure, newest first."""
    found: list[RegistryChange] = []
    for model, asked in _rows(metric, period, kind, subject_id, as_of):
        found += _changes(model, asked, period, since)
    imports = AuditEntry.objects.filter(kind=AuditKind.IMPORT, at__gte=since).order_by("-pk")[:MOST]
    found += [
        RegistryChange(entry.at, "导入", f"{_who(entry)}导入 {entry.subject_key}")
        for entry in imports.select_related("actor")
    ]
    return sorted(found, key=lambda change: change.at, reverse=True)


def _rows(
    metric: Metric, period: Period, kind: SubjectKind, subject_id: int, as_of: datetime.date
) -> Iterator[tuple[type[models.Model], Q]]:
    """The tables to ask, and which of their rows are about the subject."""
    if kind == SubjectKind.UNIT:
        yield from ((Unit, Q(pk=subject_id)), (Activity, Q(unit=subject_id)))
        return
    if kind == SubjectKind.VILLAGE:
        yield from ((Village, Q(pk=subject_id)), (Activity, Q(village=subject_id)))
        return
    own = Q(cadre=subject_id)
    yield from ((Cadre, Q(pk=subject_id)), (Post, own), (Leave, own))
    units = PostSpan.objects.filter(
        cadre=subject_id, begins_on__lte=period.last, ends_on__gte=period.first
    ).values("unit")
    if metric.source == "grievance":
        yield Grievance, Q(handler=subject_id)
    elif metric.source == "activity":
        yield from (
            (Activity, Q(participants__cadre=subject_id)),
            (Participant, own),
            (LeaderLink, Q(leader=subject_id)),
        )
    else:
        yield from ((Pairing, own), (VillageLink, Q(unit__in=units)))
        yield from ((Trip, own & Q(begins_on__lte=as_of, ends_on__gte=period.first)), (Visit, own))
    if metric.of_unit:
        yield Household, Q(village__links__unit__in=units)


def _changes(
    model: type[models.Model], asked: Q, period: Period, since: datetime.datetime
) -> list[RegistryChange]:
    kept = _KEPT[model]
    kinds = [AuditKind.CHANGED, AuditKind.ADDED] if kept.added else [AuditKind.CHANGED]
    about: Any = model._default_manager
    entries = AuditEntry.objects.filter(
        subject_table=model._meta.db_table,
        subject_id__in=about.filter(asked).values("pk"),
        kind__in=kinds,
        at__gte=since,
    )
    listed = list(entries.select_related("actor").order_by("-pk")[: MOST * 5])
    rows = about.select_related().in_bulk({entry.subject_id for entry in listed})
    told = [
        RegistryChange(entry.at, f"{model._meta.verbose_name} {kept.called(rows[entry.subject_id])}", words)
        for entry in listed
        if (words := _told(model, kept, rows[entry.subject_id], entry, period))
    ]
    return told[:MOST]


def _told(model: type[models.Model], kept: _Kept, row: Any, entry: AuditEntry, period: Period) -> str:
    """In words; empty when it is not about what figures ask."""
    detail = json.loads(entry.detail or "{}")
    before, after = detail.get("before") or {}, detail.get("after") or {}
    columns = [name for name in kept.columns if name in before or name in after]
    if kept.spans and not _within(row, before, after, entry.kind, period):
        return ""
    if entry.kind == AuditKind.ADDED:
        return f"{_who(entry)}新增"
    parts = [_part(model, name, before.get(name), after.get(name)) for name in columns]
    return f"{_who(entry)}修改{'，'.join(parts)}" if parts else ""


def _within(row: Any, before: dict[str, Any], after: dict[str, Any], kind: str, period: Period) -> bool:
    """Whether the days of the period that the row holds are others than before."""

    def days(told: dict[str, Any]) -> tuple[datetime.date, datetime.date] | None:
        begin, end = (told[name] if name in told else getattr(row, name) for name in ("begins_on", "ends_on"))
        begin, end = (
            datetime.date.fromisoformat(day) if isinstance(day, str) else day for day in (begin, end)
        )
        first, last = max(begin or period.first, period.first), min(end or period.last, period.last)
        return (first, last) if first <= last else None

    if kind == AuditKind.ADDED:
        return days({}) is not None
    # A column that is null on one side is left out there.
    changed = {*before, *after}
    was, is_now = ({name: told.get(name) for name in changed} for told in (before, after))
    others = changed - {"begins_on", "ends_on"}
    return days(was) != days(is_now) or (bool(others) and days(is_now) is not None)


def _part(model: type[models.Model], name: str, before: Any, after: Any) -> str:
    field: Any = next(field for field in model._meta.concrete_fields if field.column == name)
    if field.is_relation or isinstance(after or before, dict):
        return str(field.verbose_name)
    words = dict(field.flatchoices) | {None: "空", True: "是", False: "否"}
    return f"{field.verbose_name} {words.get(before, before)} → {words.get(after, after)}"


def _who(entry: AuditEntry) -> str:
    return entry.actor.name if entry.actor else "系统"

"""The phone's door: a batch of items in, an answer for each (contract, sections 3 and 10).

An item is taken once, by the id made on the phone. One bad item never holds up the others; what hangs on an
item that is not there yet waits for it.
"""

import datetime
import hashlib
import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.urls import reverse

from accounts.models import SyncItem, User
from grievances.models import Grievance
from lianhu.doors.sync_kinds import KINDS, Kind
from lianhu.kit import clock
from lianhu.kit.cleaning import clean_values
from lianhu.kit.db import may_pass
from lianhu.kit.errors import Fault
from visits.models import Visit
from visits.services import Entered

log = logging.getLogger(__name__)

ACCEPTED, DUPLICATE, REJECTED, WAITING = "accepted", "duplicate", "rejected", "waiting"
WHOLE = "__all__"
_TRIES = 3
# A queue that waited longer is not heard of; a clock that says so is wrong.
LONGEST_AWAY = datetime.timedelta(days=92)


@dataclass
class Item:
    """One item of a batch as it came; `at` is when it was written down, never later than its arrival."""

    id: uuid.UUID
    kind: str
    at: datetime.datetime
    payload: dict[str, Any]


@dataclass
class Result:
    """The answer for one item."""

    id: str
    status: str
    errors: dict[str, list[str]] = field(default_factory=dict)
    number: str = ""
    url: str = ""

    def as_json(self) -> dict[str, Any]:
        told = {"id": self.id, "status": self.status, "errors": self.errors}
        return told | {name: getattr(self, name) for name in ("number", "url") if getattr(self, name)}


def read_item(raw: Any, arrived_at: datetime.datetime) -> Item | Result:
    """An item as the contract writes it, or why it is none."""
    if not isinstance(raw, dict):
        return Result("", REJECTED, {WHOLE: ["条目应是一个对象"]})
    shown = str(raw.get("id", ""))[:100]
    try:
        identity = uuid.UUID(raw["id"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return Result(shown, REJECTED, {"id": ["编号应是 UUID"]})
    if not isinstance(raw.get("kind"), str) or raw["kind"] not in KINDS:
        return Result(shown, REJECTED, {"kind": [f"种类只能是 {'、'.join(KINDS)}"]})
    if not isinstance(raw.get("payload"), dict):
        return Result(shown, REJECTED, {"payload": ["内容应是一个对象"]})
    at = moment_of(raw.get("captured_at"))
    if at is None:
        return Result(
            shown, REJECTED, {"captured_at": ["写下的时间应是 ISO 8601，例如 2026-03-05T14:06:00+08:00"]}
        )
    # A phone's clock may be wrong: nothing was written down after it arrived, nor by a queue of last year.
    believed = arrived_at - LONGEST_AWAY <= at <= arrived_at
    return Item(identity, raw["kind"], at if believed else arrived_at, raw["payload"])


def moment_of(text: Any) -> datetime.datetime | None:
    try:
        at = datetime.datetime.fromisoformat(text)
        moment = at.replace(tzinfo=at.tzinfo or clock.SHANGHAI).astimezone(clock.SHANGHAI)
        # What lies beyond is no moment of this county, and the database could not give it back.
        return moment if 2000 <= moment.year <= 2999 else None
    except (ValueError, TypeError, OverflowError):
        return None


def take_in(items: Sequence[Item], *, by: User, on: datetime.date) -> list[Result]:
    """An answer for each item, in their order. What was accepted is committed when this returns.

    Raise Busy when the database could not give its locks, three times over.
    """
    busy: OperationalError | None = None
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                return _Batch(items, by, on).take()
        except IntegrityError:
            # Another tab or another hand was faster: asked again, the rules see what it wrote.
            log.warning("a batch of %s items met another writer", len(items))
        except OperationalError as error:
            if not may_pass(error):
                raise
            log.warning("a batch is tried again: %s", type(error.__cause__).__name__)
            busy = error
    if busy:
        raise Busy from busy
    if len(items) == 1:
        return [Result(str(items[0].id), REJECTED, {WHOLE: ["与别人刚登记的内容冲突，请看一遍再上传"]})]
    order = list(KINDS)
    alone = sorted(range(len(items)), key=lambda place: order.index(items[place].kind))
    answers = {place: take_in([items[place]], by=by, on=on)[0] for place in alone}
    return [answers[place] for place in range(len(items))]


class Busy(Exception):
    """Others hold what this batch needs: it may come again, unchanged."""


class _Batch:
    def __init__(self, items: Sequence[Item], by: User, on: datetime.date) -> None:
        self._items, self._by, self._on = items, by, on
        self._results: dict[int, Result] = {}
        self._there = SyncItem.objects.in_bulk(self._named())
        self._accepted: dict[uuid.UUID, tuple[str, int]] = {
            pk: (item.kind, item.subject_id) for pk, item in self._there.items() if item.author_id == by.pk
        }
        matters = [item.subject_id for item in self._there.values() if item.kind == "grievance"]
        numbered = Grievance.objects.filter(pk__in=matters).values_list("pk", "number")
        self._numbers: dict[int, str] = dict(numbered) if matters else {}
        self._new: list[SyncItem] = []

    def _named(self) -> set[uuid.UUID]:
        """The items' own ids, and those they hang on."""
        ids = {item.id for item in self._items}
        for item in self._items:
            parent = KINDS[item.kind].parent
            value = item.payload.get(parent[0]) if parent else None
            if isinstance(value, str):
                try:
                    ids.add(uuid.UUID(value))
                except ValueError:
                    continue
        return ids

    def take(self) -> list[Result]:
        first: dict[uuid.UUID, int] = {}
        again = [place for place, item in enumerate(self._items) if first.setdefault(item.id, place) != place]
        for name, kind in KINDS.items():
            places = [place for place in first.values() if self._items[place].kind == name]
            if places:
                self._take_kind(kind, places)
        SyncItem.objects.bulk_create(self._new)
        for place in again:
            self._results[place] = self._repeated(
                self._items[place], self._results[first[self._items[place].id]]
            )
        return [self._results[place] for place in range(len(self._items))]

    def _take_kind(self, kind: Kind, places: list[int]) -> None:
        rows: list[tuple[int, dict[str, Any], str]] = []
        for place in places:
            item = self._items[place]
            values, faults = clean_values(kind.form, item.payload)
            digest = _digest(item.kind, values)
            if item.id in self._there:
                self._results[place] = self._known(item, digest, faults)
            elif self._waits(kind, values):
                self._answer(
                    place,
                    WAITING,
                    [Fault(kind.parent[0] if kind.parent else WHOLE, "", WAITS)],
                )
            else:
                rows.append((place, values, digest))
                if faults:
                    self._answer(place, REJECTED, faults)
        self._prepare(kind, rows)
        facts = kind.facts([values for _, values, _ in rows], by=self._by, on=self._on)
        right = []
        for row, (place, values, digest) in enumerate(rows, 1):
            values["cadre"] = values.get("cadre") or facts.own
            facts.row = row
            told = self._results.get(place)
            faults = kind.faults_of(values, facts, readable=told is None)
            if faults or told:
                self._answer(place, REJECTED, faults, told)
                self._point_to(kind, place, facts.there(values) if faults else None)
            else:
                right.append((place, Entered(values, self._items[place].at), digest))
        self._write(kind, right, facts)

    def _point_to(self, kind: Kind, place: int, there: int | None) -> None:
        """A day that is taken already: the way to what is there."""
        if there and kind.page:
            self._results[place].url = reverse(kind.page, args=[there])

    def _waits(self, kind: Kind, values: dict[str, Any]) -> bool:
        """Its parent is neither there nor accepted in this batch."""
        parent = values.get(kind.parent[0]) if kind.parent else None
        return bool(parent and kind.parent and self._accepted.get(parent, ("",))[0] != kind.parent[1])

    def _prepare(self, kind: Kind, rows: list[tuple[int, dict[str, Any], str]]) -> None:
        """A matter is heard at its visit's household and day, else on the day it was written down."""
        if not kind.heard:
            return
        heard_at = {
            values["visit"]: self._accepted[values["visit"]][1]
            for _, values, _ in rows
            if values.get("visit")
        }
        visits = Visit.objects.select_related("household").in_bulk(list(heard_at.values()))
        for place, values, _ in rows:
            visit = visits.get(heard_at.get(values.get("visit"), 0))
            values["visit_row"] = visit
            values["day"] = visit.day if visit else self._items[place].at.date()
            if visit and not values.get("household") and not values.get("village"):
                values["household"] = visit.household.code

    def _write(self, kind: Kind, right: list[tuple[int, Entered, str]], facts: Any) -> None:
        if not right:
            return
        written = kind.write([row for _, row, _ in right], by=self._by, facts=facts)
        now = clock.now()
        for (place, row, digest), subject in zip(right, written, strict=True):
            item = self._items[place]
            self._accepted[item.id] = (item.kind, subject.pk)
            self._new.append(
                SyncItem(
                    id=item.id,
                    kind=item.kind,
                    author=self._by,
                    digest=digest,
                    subject_id=subject.pk,
                    captured_at=row.at,
                    received_at=now,
                )
            )
            number = getattr(subject, "number", "")
            self._results[place] = self._told(kind, item, ACCEPTED, subject.pk, number)

    def _told(self, kind: Kind, item: Item, status: str, pk: int, number: str) -> Result:
        url = reverse(kind.page, args=[pk]) if kind.page else ""
        return Result(str(item.id), status, number=number, url=url)

    def _known(self, item: Item, digest: str, faults: list[Fault]) -> Result:
        """Sent again it is the same; with another payload it is a conflict, and nothing changes."""
        there = self._there[item.id]
        kind = KINDS[item.kind]
        if (
            there.author_id == self._by.pk
            and there.kind == item.kind
            and there.digest == digest
            and not faults
        ):
            number = self._numbers.get(there.subject_id, "") if item.kind == "grievance" else ""
            return self._told(kind, item, DUPLICATE, there.subject_id, number)
        own = there.author_id == self._by.pk and there.kind == item.kind
        url = reverse(kind.page, args=[there.subject_id]) if own and kind.page else ""
        return Result(str(item.id), REJECTED, {WHOLE: [CONFLICT]}, url=url)

    def _repeated(self, item: Item, first: Result) -> Result:
        """The same id twice in one batch."""
        if first.status not in (ACCEPTED, DUPLICATE):
            return first
        values, _ = clean_values(KINDS[item.kind].form, item.payload)
        taken = (
            next((new.digest for new in self._new if new.id == item.id), None) or self._there[item.id].digest
        )
        if taken != _digest(item.kind, values):
            return Result(first.id, REJECTED, {WHOLE: [CONFLICT]})
        return Result(first.id, DUPLICATE, number=first.number, url=first.url)

    def _answer(self, place: int, status: str, faults: list[Fault], told: Result | None = None) -> None:
        errors = dict(told.errors) if told else {}
        for fault in faults:
            errors.setdefault(fault.field, [])
            if fault.message not in errors[fault.field]:
                errors[fault.field].append(fault.message)
        self._results[place] = Result(str(self._items[place].id), status, errors)


WAITS = "等它所属的一条先到"
CONFLICT = "这个编号的内容已经收下，与这次的不同；原来的没有改动。要改，请打开那一份记录"


def _digest(kind: str, values: dict[str, Any]) -> str:
    """Of what was said: blanks left out, so that a field that comes later changes no digest."""
    said = {name: value for name, value in values.items() if value not in (None, "", False, ())}
    text = json.dumps([kind, said], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()

"""公开台账: what is up, and nothing besides (contract, sections 4 and 10).

Only the confirmed text of a notice is read, with the matter's number, village, category, days and outcome. No
household, no handler, no word of the matter itself is even selected.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet

from grievances.models import (
    Category,
    GrievanceKind,
    GrievanceState,
    Outcome,
    Publication,
    PublicPhoto,
    Satisfaction,
)
from lianhu.kit import clock, fields
from registry.models import Village

PAGE = 20
# Counted so far and no further where every row has to be read for it.
MOST_COUNTED = 1000
SHORTEST_TEXT = 2
FIRST_YEAR, LAST_YEAR = 2000, 2100

_FIELDS = {
    "place": fields.CodeField(max_length=50, required=False),
    "category": fields.WholeNumberField(smallest=1, largest=2**31 - 1, required=False),
    "kind": fields.ChoiceField(choices=GrievanceKind.choices, required=False),
    "year": fields.WholeNumberField(smallest=FIRST_YEAR, largest=LAST_YEAR, required=False),
    "q": fields.TextField(max_length=40, required=False),
    "before": fields.CodeField(max_length=40, required=False),
}


@dataclass(frozen=True)
class Filter:
    """`place`: code of a village or of a township. `before`: the notice after which the page begins."""

    place: str = ""
    category: int | None = None
    kind: str = ""
    year: int | None = None
    text: str = ""
    before: tuple[datetime.datetime, int] | None = None
    # What was typed and is too short to look for.
    too_short: str = ""

    def query(self, **changed: Any) -> str:
        """Of the page's address. One order: two ways to say the same are one page in a memory."""
        asked = {"place": self.place, "category": self.category, "kind": self.kind, "year": self.year}
        asked |= {"q": self.text or self.too_short, "before": _cursor(self.before)} | changed
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def endless(self) -> bool:
        """There are as many of these as somebody likes to type."""
        return bool(self.text or self.too_short or self.before)

    @property
    def narrowed(self) -> bool:
        return bool(self.place or self.category or self.kind or self.year or self.text)


@dataclass(frozen=True)
class Notice:
    """What the public reads of one matter."""

    pk: int
    number: str
    title: str
    question: str
    answer: str
    kind: str
    category: str
    village: str
    township: str
    outcome: str
    satisfaction: str
    set_aside: bool
    registered_on: datetime.date
    replied_on: datetime.date
    closed_on: datetime.date
    published_at: datetime.datetime
    ends_on: datetime.date

    @property
    def published_on(self) -> datetime.date:
        return self.published_at.astimezone(clock.SHANGHAI).date()

    @property
    def heard(self) -> str:
        """How satisfied the family was, in a word; empty where nobody was asked again."""
        return str(Satisfaction(self.satisfaction).label) if self.satisfaction else ""


def notice_of(text: Publication, *, at: datetime.datetime, ends_on: datetime.date) -> Notice:
    """As it is read when it is put up at that moment: the preview of a draft shows the same as the page."""
    rows = Publication.objects.filter(pk=text.pk).values_list(*_COLUMNS[:-2])
    return _notice((*rows.get(), at, ends_on))


@dataclass(frozen=True)
class Page:
    notices: list[Notice]
    next_query: str


def asked(raw: Mapping[str, Any]) -> Filter:
    """By what an address says, without a question to the database; what can't be meant is left out."""
    words = {name: _clean(name, raw.get(name)) for name in _FIELDS}
    text = words["q"] or ""
    long_enough = len(text) >= SHORTEST_TEXT
    return Filter(
        place=words["place"] or "",
        category=words["category"],
        kind=words["kind"] or "",
        year=words["year"],
        text=text if long_enough else "",
        before=_moment(words["before"] or ""),
        too_short="" if long_enough else text,
    )


def _clean(name: str, value: Any) -> Any:
    try:
        return _FIELDS[name].clean(value)
    except ValidationError:
        return None


def _cursor(before: tuple[datetime.datetime, int] | None) -> str:
    return f"{before[0].timestamp() * 1_000_000:.0f}-{before[1]}" if before else ""


def _moment(cursor: str) -> tuple[datetime.datetime, int] | None:
    at, _, pk = cursor.partition("-")
    if not (at.isascii() and at.isdigit() and pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    try:
        seconds, rest = divmod(int(at), 1_000_000)
        return datetime.datetime.fromtimestamp(seconds, clock.SHANGHAI).replace(microsecond=rest), int(pk)
    except (ValueError, OverflowError, OSError):
        return None


def up() -> "QuerySet[Publication]":
    """What is up now: published, not taken down, of a matter that is neither void nor part of another."""
    return Publication.objects.filter(
        published_at__isnull=False,
        withdrawn_at__isnull=True,
        grievance__state=GrievanceState.PUBLISHED,
        grievance__voided_at__isnull=True,
        grievance__parent__isnull=True,
        grievance__withheld_kind="",
    )


def found(wanted: Filter) -> "QuerySet[Publication]":
    rows = up()
    if wanted.place:
        there = Q(code=wanted.place) | Q(township__code=wanted.place)
        rows = rows.filter(grievance__village__in=Village.objects.filter(there).values("pk"))
    if wanted.category:
        rows = rows.filter(grievance__category=wanted.category)
    if wanted.kind:
        rows = rows.filter(grievance__kind=wanted.kind)
    if wanted.year:
        rows = rows.filter(
            published_at__gte=clock.midnight(datetime.date(wanted.year, 1, 1)),
            published_at__lt=clock.midnight(datetime.date(wanted.year + 1, 1, 1)),
        )
    if wanted.text:
        # LIKE: icontains would fold every row's text before it looks (PERFORMANCE 5).
        said = Q(title__contains=wanted.text) | Q(question__contains=wanted.text)
        rows = rows.filter(said | Q(answer__contains=wanted.text) | Q(grievance__number=wanted.text.upper()))
    return rows


_COLUMNS = (
    *("pk", "grievance__number", "title", "question", "answer", "grievance__kind"),
    *("grievance__category__name", "grievance__village__name", "grievance__village__township__name"),
    *("grievance__outcome", "grievance__satisfaction", "grievance__set_aside_at", "grievance__registered_on"),
    *("grievance__replied_on", "grievance__closed_on", "published_at", "ends_on"),
)


def notices(rows: "QuerySet[Publication]", most: int | None = None) -> Iterator[Notice]:
    """The newest first; all of them come a few at a time."""
    ordered = rows.order_by("-published_at", "-pk").values_list(*_COLUMNS)
    for row in ordered.iterator(chunk_size=500) if most is None else ordered[:most]:
        yield _notice(row)


def _notice(row: tuple[Any, ...]) -> Notice:
    told: list[Any] = list(row)
    told[5], told[9] = str(GrievanceKind(row[5]).label), str(Outcome(row[9]).label)
    told[11] = row[11] is not None
    return Notice(*told)


def read(wanted: Filter) -> Page:
    """Newest first. The next page begins after the last notice of this one, however far down it is."""
    rows = found(wanted)
    if wanted.before:
        at, pk = wanted.before
        rows = rows.filter(Q(published_at__lt=at) | Q(published_at=at, pk__lt=pk), published_at__lte=at)
    page = list(notices(rows, PAGE + 1))
    more, page = len(page) > PAGE, page[:PAGE]
    last = page[-1] if more else None
    return Page(page, wanted.query(before=_cursor((last.published_at, last.pk))) if last else "")


def one(number: str) -> Notice | None:
    return next(notices(up().filter(grievance__number=number), 1), None)


def photos_of(notice: Notice) -> "QuerySet[PublicPhoto]":
    return (
        PublicPhoto.objects.filter(publication=notice.pk).exclude(file="").only("pk", "description", "file")
    )


@dataclass(frozen=True)
class Sum:
    """`capped`: there are more than were counted."""

    count: int
    outcomes: list[tuple[str, int]]
    capped: bool = False


def sum_of(wanted: Filter) -> Sum:
    """How many are up, by outcome. Words are searched for in every row: there it stops counting."""
    rows = found(wanted)
    if wanted.text:
        count = rows.order_by()[: MOST_COUNTED + 1].count()
        return Sum(min(count, MOST_COUNTED), [], capped=count > MOST_COUNTED)
    counted = rows.order_by().aggregate(
        count=Count("pk"),
        **{value: Count("pk", filter=Q(grievance__outcome=value)) for value in Outcome.values},
    )
    return Sum(counted["count"], [(str(each.label), counted[each]) for each in Outcome if counted[each]])


# --- what can be chosen ------------------------------------------------------------------------


@dataclass(frozen=True)
class Township:
    code: str
    name: str
    villages: list[tuple[str, str]]


def townships() -> list[Township]:
    """With their villages, in the order of their codes."""
    rows = Village.objects.order_by("township__code", "code")
    found: dict[str, Township] = {}
    for township, name, code, village in rows.values_list("township__code", "township__name", "code", "name"):
        found.setdefault(township, Township(township, name, [])).villages.append((code, village))
    return list(found.values())


def categories() -> list[tuple[int, str]]:
    return list(Category.objects.values_list("pk", "name"))


def years(today: datetime.date) -> list[int]:
    """From the first notice that is up to this year, the newest first."""
    first = up().order_by("published_at", "pk").values_list("published_at", flat=True).first()
    begin = first.astimezone(clock.SHANGHAI).year if first else today.year
    return list(range(today.year, begin - 1, -1))

"""台账 as a list: what is asked of it, its counts, and its pages (contract, section 4; PERFORMANCE 5-7)."""

import datetime
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db import connection, transaction
from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Coalesce

from grievances.deadlines import DUE_ON, late, soon, with_lights
from grievances.inbox import LABELS, NOTHING, STANDS
from grievances.models import (
    Category,
    Grievance,
    GrievanceKind,
    GrievanceState,
    Level,
    Mark,
    Satisfaction,
)
from grievances.querysets import GrievanceQuerySet, any_of
from grievances.satisfaction import dissatisfied_revisits
from grievances.states import IN_WORK
from lianhu.kit.fields import DateField, fold
from registry.models import Cadre, Unit, Village
from registry.querysets import in_force
from registry.scope import scope_of

Date = datetime.date
S = GrievanceState
LONGEST, SHORTEST_WORD, MOST_NAMED = 60, 2, 300
NEVER = datetime.date(9999, 12, 31)

# Where a matter stands, besides its state: each matter is in one of them.
STANDINGS = {
    **{str(state.value): str(state.label) for state in S},
    "withheld": "不予公示",
    "merged": "已并案",
    "void": "已作废",
}
_CONDITIONS: Mapping[str, Q] = {
    **{str(state.value): STANDS & Q(state=state) for state in S},
    "closed": STANDS & Q(state=S.CLOSED, withheld_kind=""),
    "withheld": STANDS & Q(state=S.CLOSED) & ~Q(withheld_kind=""),
    "merged": Q(voided_at__isnull=True, parent__isnull=False),
    "void": Q(voided_at__isnull=False),
}
STANDING = Case(
    *(When(_CONDITIONS[name], then=Value(name)) for name in ("void", "merged", "withheld")),
    default=F("state"),
    output_field=CharField(),
)
LIGHTS = {"late": "逾期", "soon": "临期"}
SORTS = {"": "新的在前", "due": "期限先到的在前"}
SCOPES = {"household": "一户的", "village": "全村的"}
_DUE = STANDS & Q(state__in=(S.REGISTERED, S.ASSIGNED))
# 在办, and since how many days it is registered: the last day of each.
AGES = {
    "open": "在办",
    "7": "7 天内",
    "15": "8—15 天",
    "30": "16—30 天",
    "60": "31—60 天",
    "more": "60 天以上",
}
# A step and all that are past it: from the first on, all that are not void or merged.
REACHED = {str(state.value): str(state.label) for state in S}


@dataclass(frozen=True)
class Asked:
    """The ledger's filter. It reads what is typed forgivingly: a word that is no choice filters nothing."""

    tab: str = ""
    todo: str = ""
    q: str = ""
    state: str = ""
    due: str = ""
    kind: str = ""
    category: str = ""
    level: str = ""
    township: str = ""
    village: str = ""
    unit: str = ""
    handler: str = ""
    year: str = ""
    scope: str = ""
    mark: str = ""
    satisfaction: str = ""
    age: str = ""
    reached: str = ""
    sort: str = ""

    @classmethod
    def of(cls, data: Mapping[str, str]) -> "Asked":
        found = {each.name: _tidy(data.get(each.name, "")) for each in fields(cls)}
        for name, choices in _CHOICES.items():
            if found[name] not in choices:
                found[name] = ""
        if not (
            found["category"].isascii() and found["category"].isdecimal() and len(found["category"]) < 10
        ):
            found["category"] = ""
        if not re.fullmatch(r"(19|20)[0-9]{2}", found["year"]):
            found["year"] = ""
        return cls(**found)

    @property
    def words(self) -> list[str]:
        return words_of(self.q)

    @property
    def too_short(self) -> bool:
        """Something is searched for, and no word of it has two characters."""
        return bool(self.q) and not any(len(word) >= SHORTEST_WORD for word in self.words)

    @property
    def folded(self) -> bool:
        """Nothing is asked that stands under 更多条件."""
        return not any(getattr(self, name) for name in _UNFOLDED)

    @property
    def filters(self) -> bool:
        """Anything is asked beyond which of the two lists."""
        return bool(self.but("tab").said)

    @property
    def said(self) -> dict[str, str]:
        """What is asked, by field; blanks ask nothing."""
        every = {each.name: str(getattr(self, each.name)) for each in fields(self)}
        return {name: value for name, value in every.items() if value}

    def query(self, **changed: str) -> str:
        """The filter as a query string, some of it changed."""
        return urlencode({name: value for name, value in (self.said | changed).items() if value})

    def but(self, *names: str) -> "Asked":
        """The same without these."""
        return Asked(**{name: value for name, value in self.said.items() if name not in names})

    def apply(self, matters: GrievanceQuerySet, on: Date) -> GrievanceQuerySet:
        found = matters.filter(*self._conditions(on))
        for word in self.words:
            found = _with_word(found, word)
        return found

    def _conditions(self, on: Date) -> list[Q]:
        plain = {name: getattr(self, name) for name in ("kind", "level", "category") if getattr(self, name)}
        found = [Q(**plain)]
        if self.satisfaction:
            found.append(_said_at_revisit(self.satisfaction))
        if self.age:
            found += [STANDS, Q(state__in=IN_WORK), age_conditions(on).get(self.age, Q())]
        if self.reached:
            states = tuple(S)
            found.append(STANDS & Q(state__in=states[states.index(S(self.reached)) :]))
        if self.state:
            found.append(_CONDITIONS[self.state])
        if self.due:
            found.append(_DUE & (late(on) if self.due == "late" else soon(on)))
        if self.sort == "due" and self.tab != "mine":
            found.append(_DUE)
        if self.scope:
            found.append(Q(household__isnull=self.scope == "village"))
        if self.mark:
            found.append(Q(marks__contains=[self.mark]))
        if self.year:
            year = int(self.year)
            found.append(Q(registered_on__range=(Date(year, 1, 1), Date(year, 12, 31))))
        return found + self._places(on)

    def _places(self, on: Date) -> list[Q]:
        """By ids that are read first: villages, units and people are few."""
        found = []
        if self.township:
            villages = Village.objects.filter(_named(self.township, "township__"))
            found.append(any_of("village_id", _ids(villages)))
        if self.village:
            found.append(any_of("village_id", _ids(Village.objects.filter(_named(self.village)))))
        if self.handler:
            found.append(any_of("handler_id", _ids(Cadre.objects.filter(_named(self.handler)))))
        if self.unit:
            units = _ids(Unit.objects.filter(_named(self.unit)))
            # What was imported says no unit: it is that of its handler.
            people = Cadre.objects.filter(in_force(on, "post_spans__"), post_spans__unit__in=units)
            led = any_of("lead_unit_id", units)
            found.append(led | Q(lead_unit__isnull=True) & any_of("handler_id", _ids(people, most=10_000)))
        return found


_CHOICES: Mapping[str, Any] = {
    "tab": ("mine", "all"),
    "todo": LABELS,
    "state": STANDINGS,
    "due": LIGHTS,
    "kind": GrievanceKind.values,
    "level": Level.values,
    "scope": SCOPES,
    "mark": Mark.values,
    "satisfaction": Satisfaction.values,
    "age": AGES,
    "reached": REACHED,
    "sort": SORTS,
}
_UNFOLDED = (
    *("kind", "category", "level", "township", "village", "unit", "handler"),
    *("year", "scope", "mark", "satisfaction", "age", "reached"),
)


def age_conditions(on: Date) -> dict[str, Q]:
    """By 挂号日期, the youngest first; each matter is in one of them."""
    last_days = [int(name) for name in AGES if name.isdecimal()]
    edges = [on - datetime.timedelta(days=days) for days in last_days]
    younger = [Q(), *(Q(registered_on__lt=edge) for edge in edges)]
    older = [*(Q(registered_on__gte=edge) for edge in edges), Q()]
    return {name: begins & ends for name, begins, ends in zip(list(AGES)[1:], younger, older, strict=True)}


def _said_at_revisit(value: str) -> Q:
    """不满意 stands on the timeline once the matter is worked on again (`grievances.satisfaction`)."""
    found = Q(satisfaction=value)
    if value == Satisfaction.DISSATISFIED:
        sent_back: Any = dissatisfied_revisits()
        found |= Q(pk__in=sent_back.filter(is_set_aside=False).values("grievance"))
    return found


def _tidy(text: str) -> str:
    return fold(text.replace("\x00", ""))[:LONGEST]


def _named(text: str, prefix: str = "") -> Q:
    return Q(**{f"{prefix}name__contains": text}) | Q(**{f"{prefix}code": text})


def _ids(rows: Any, most: int = MOST_NAMED) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True)[:most])


def due_now(user: Any, on: Date) -> GrievanceQuerySet:
    """What is late or due soon of what the person handles or covers, the longest over first."""
    held = Grievance.objects.filter(
        any_of("handler_id", scope_of(user, on).cadre_ids), STANDS, state=S.ASSIGNED
    )
    return with_lights(held, on).exclude(light="").order_by("due_on", "pk")


# --- words ---------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """Runs of letters, digits and 汉字; what stands between them does not matter."""
    return list(dict.fromkeys(re.findall(r"[^\W_]+", _tidy(text))))[:8]


def _with_word(matters: GrievanceQuerySet, word: str) -> GrievanceQuerySet:
    """Two characters are asked of the index; of more it finds where to look."""
    pairs = [word[at : at + 2].lower() for at in range(len(word) - 1)]
    if pairs:
        matters = matters.filter(bigrams__contains=sorted(set(pairs)))
    if len(word) == SHORTEST_WORD:
        return matters
    # Only letters have two cases; for the rest LIKE need not turn every text round.
    how = "icontains" if word.upper() != word.lower() else "contains"
    likely = Q(**{f"title__{how}": word}) | Q(**{f"content__{how}": word}) | Q(**{f"number__{how}": word})
    return matters.filter(likely)


# --- counts --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """How many of each standing and light; each matter is counted once."""

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, state: str = "", due: str = "") -> int:
        return sum(
            count
            for (standing, light), count in self.cells.items()
            if state in ("", standing) and due in ("", light)
        )

    @property
    def late(self) -> int:
        return self.of(due="late")

    @property
    def soon(self) -> int:
        return self.of(due="soon")


def count(matters: GrievanceQuerySet, on: Date) -> Counts:
    """In one statement, from an index alone unless words are searched for."""
    light = Case(
        When(
            _DUE,
            then=Case(
                When(late(on), then=Value("late")), When(soon(on), then=Value("soon")), default=Value("")
            ),
        ),
        default=Value(""),
        output_field=CharField(),
    )
    found = matters.annotate(standing=STANDING, lamp=light).order_by().values_list("standing", "lamp")
    rows = _of_found(
        found,
        "WITH found (standing, light) AS {} SELECT standing, light, count(*) FROM found GROUP BY 1, 2",
    )
    return Counts(Counter({(standing, lamp): number for standing, lamp, number in rows}))


def count_work(matters: GrievanceQuerySet, work: Mapping[str, Q], on: Date) -> dict[str, int]:
    """How many of each kind of work, how many of all, late and soon; a matter may be in two kinds."""
    every = reduce(or_, work.values(), NOTHING)
    kinds = {**work, "late": _DUE & late(on), "soon": _DUE & soon(on)}
    flags = {f"is_{kind}": Case(When(condition, then=1), default=0) for kind, condition in kinds.items()}
    found = matters.filter(STANDS & every).annotate(**flags).order_by().values_list(*flags)
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in flags)
    rows = _of_found(found, f"WITH found ({', '.join(flags)}) AS {{}} SELECT count(*), {sums} FROM found")
    return dict(zip(("all", *kinds), rows[0] if rows else [0] * (len(kinds) + 1), strict=True))


def _of_found(found: Any, statement: str) -> list[tuple[Any, ...]]:
    """`statement` holds names of ours alone; what was typed is in the parameters.

    Words are found first and once (PERFORMANCE 5), and by their index: the planner does not know that to look at
    a matter's bigrams is to fetch and unpack them, and would read the whole ledger for a common word.
    """
    try:
        sql, params = found.query.sql_with_params()
    except EmptyResultSet:
        return []
    if "@>" not in sql:
        return _rows(statement.format(f"({sql})"), params)
    with transaction.atomic():
        _rows("SELECT set_config('enable_seqscan', 'off', true)")
        rows = _rows(statement.format(f"MATERIALIZED ({sql})"), params)
        _rows("SELECT set_config('enable_seqscan', 'on', true)")
    return rows


def _rows(sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


# --- pages ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """`newer` and `older`: where the pages beside it begin; empty at the ends."""

    ids: list[int]
    newer: str = ""
    older: str = ""


@dataclass(frozen=True)
class Order:
    """A stable order with a place in it for each matter: a day and the id."""

    column: str
    descending: bool
    key: Any = None


NEWEST = Order("registered_on", descending=True)
DUE_FIRST = Order("due_key", descending=False, key=Coalesce(DUE_ON, Value(NEVER)))


def page_of(matters: GrievanceQuerySet, order: Order, size: int, *, newer: str = "", older: str = "") -> Page:
    """The matters beyond a place, by its day and id: however far back, as fast as the first page.

    Only ids: they are answered from the index alone.
    """
    if order.key is not None:
        matters = matters.annotate(**{order.column: order.key})
    place, back = _read_place(newer), True
    if place is None:
        place, back = _read_place(older), False
    falling = order.descending != back
    if place is not None:
        matters = matters.filter(_beyond(order.column, place, falling=falling))
    rows = _ordered(matters.values_list("pk", order.column), falling, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if not rows:
        return Page([])
    before, after = (more, True) if back else (place is not None, more)
    return Page(
        [pk for pk, _ in rows],
        newer=_place(rows[0]) if before else "",
        older=_place(rows[-1]) if after else "",
    )


def _ordered(found: Any, falling: bool, size: int) -> list[tuple[int, Date]]:
    """Words are found first, then put in order: along the order's index a rare word in a small place would be
    looked for in every matter of the county.
    """
    way = "DESC" if falling else "ASC"
    order = f"ORDER BY place {way}, pk {way} LIMIT {size:d}"
    return _of_found(found.order_by(), f"WITH found (pk, place) AS {{}} SELECT pk, place FROM found {order}")


def _place(row: tuple[int, Date]) -> str:
    return f"{row[1].isoformat()}_{row[0]}"


def _beyond(column: str, place: tuple[Date, int], *, falling: bool) -> Q:
    """The first bound is the index's; the rest decides within the day."""
    day, pk = place
    than = "lt" if falling else "gt"
    bound = Q(**{f"{column}__{than}e": day})
    return bound & (Q(**{f"{column}__{than}": day}) | Q(**{f"pk__{than}": pk}))


def _read_place(text: str) -> tuple[Date, int] | None:
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})_(\d{1,18})", text, re.ASCII)
    if found is None:
        return None
    try:
        return Date.fromisoformat(found[1]), int(found[2])
    except ValueError:
        return None


def jump(matters: GrievanceQuerySet, text: str, on: Date) -> str:
    """The place just before a day, or a number (123 is this year's): the page that begins there. Else empty."""
    text = _tidy(text)
    try:
        day = DateField().clean(text)
    except ValidationError:
        day = None
    if day is not None:
        return f"{day.isoformat()}_{10**18 - 1}"
    number = text.upper()
    if text.isascii() and text.isdecimal():
        number = f"{settings.COUNTY_SHORT}-{on.year}-{int(text):06}"
    found = matters.filter(number=number).values_list("registered_on", "pk").first()
    return f"{found[0].isoformat()}_{found[1] + 1}" if found else ""


def categories() -> list[Category]:
    return list(Category.objects.order_by("position"))

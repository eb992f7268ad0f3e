"""The unit's table: cadres down, duties across, each cell with its state (DESIGN, "Unit table")."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lianhu.kit import rates
from lianhu.kit.periods import Period
from registry.models import Cadre, PostSpan, Rank, Unit
from reports.models import Quota
from reports.pages.duties import Duty, duties, seen_on
from reports.quotas.compute import Subjects


@dataclass(frozen=True)
class Tally:
    """Met of all that are bound and not exempt; a rate from fewer than five is not told (section 0)."""

    met: int
    all: int

    @property
    def text(self) -> str:
        return f"{self.met} / {self.all}"

    @property
    def rate(self) -> str:
        """One decimal, half up (contract 6, rule 8)."""
        return rates.rate(self.met, self.all)


def tally(cells: Iterable[Duty | None]) -> Tally:
    bound = [cell for cell in cells if cell and cell.state != "exempt"]
    return Tally(sum(cell.state == "met" for cell in bound), len(bound))


@dataclass(frozen=True)
class Row:
    """One cadre; a cell is None where the rule does not bind."""

    cadre: Cadre
    rank: str
    gone: bool
    cells: Sequence[Duty | None]

    @property
    def bound(self) -> list[Duty]:
        return [cell for cell in self.cells if cell]

    @property
    def open(self) -> list[Duty]:
        """What a phone's list tells: everything owed."""
        return [cell for cell in self.bound if cell.left]


@dataclass(frozen=True)
class Table:
    unit: Unit
    month: Period
    year_as_of: datetime.date
    month_columns: Sequence[Quota]
    year_columns: Sequence[Quota]
    rows: Sequence[Row]

    @property
    def columns(self) -> list[Quota]:
        return [*self.month_columns, *self.year_columns]

    @property
    def totals(self) -> list[Tally]:
        return [tally(row.cells[index] for row in self.rows) for index in range(len(self.columns))]


def unit_table(unit: Unit, month: Period, today: datetime.date) -> Table:
    """Whoever was in post that month, and others of whom anything is asked.

    So the sums are those of the county's page. A fixed number of statements for any number of cadres.
    """
    as_of = seen_on(month, today)
    spans = PostSpan.objects.filter(unit=unit, begins_on__lte=as_of, ends_on__gte=as_of)
    cadres = [(span.cadre, span.rank) for span in spans.select_related("cadre").order_by("cadre__code")]
    only = Subjects(frozenset(cadre.pk for cadre, _ in cadres), frozenset(), frozenset())
    of_month = duties(month, as_of=today, subjects=only)
    of_year = duties(Period.year_of(month.first), as_of=as_of, subjects=only)
    month_columns, year_columns = columns_of(of_month), columns_of(of_year)
    by_place = {(duty.figure.subject_id, duty.quota.code): duty for duty in (*of_month, *of_year)}
    columns = [*month_columns, *year_columns]
    rows = [
        Row(
            cadre,
            Rank(rank).label,
            _left(cadre, as_of),
            [by_place.get((cadre.pk, quota.code)) for quota in columns],
        )
        for cadre, rank in cadres
    ]
    kept = [
        row for row in rows if _in_post(row.cadre, month) or any(cell.state != "exempt" for cell in row.bound)
    ]
    return Table(unit, month, as_of, month_columns, year_columns, kept)


def _left(cadre: Cadre, on: datetime.date) -> bool:
    return cadre.left_on is not None and cadre.left_on < on


def _in_post(cadre: Cadre, month: Period) -> bool:
    return cadre.joined_on <= month.last and not _left(cadre, month.first)


def columns_of(found: Sequence[Duty]) -> list[Quota]:
    """One column a rule, whoever of them it binds, in the rules' order."""
    first: dict[str, Quota] = {}
    for duty in found:
        first.setdefault(duty.quota.code, duty.quota)
    return list(first.values())


def own_duties(unit: Unit, month: Period, today: datetime.date) -> list[Duty]:
    """What binds the unit itself: this quarter and this year."""
    only = Subjects(frozenset(), frozenset({unit.pk}), frozenset())
    quarter = Period.parse(f"{month.first.year}Q{(month.first.month + 2) // 3}")
    as_of = seen_on(month, today)
    return [
        *duties(quarter, as_of=as_of, subjects=only),
        *duties(Period.year_of(month.first), as_of=as_of, subjects=only),
    ]

"""结对 from a page: the same form and rules as the sheet 结对, one household or many, all or nothing.

Who may: the office; a liaison or leader the cadres of the unit, a township its own, with households of the
villages it is linked to (a township: of its own villages too) and with those that only its cadres may hold.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime

from accounts.models import AuditEntry, AuditKind, User
from accounts.notices import notify
from lianhu.kit.cleaning import clean_values
from lianhu.kit.db import may_pass
from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values, ends_after_begin
from registry.answering import cadres_under, runs_a_unit, units_under
from registry.coverage import is_closed, linked_villages
from registry.facts import RegistryFacts
from registry.forms import PairingForm
from registry.models import Cadre, Household, HouseholdKind, Pairing, Unit
from registry.scope import scope_of
from registry.sheets import PAIRINGS

_TRIES = 3
Faults = dict[int, list[Fault]]
Numbered = list[tuple[int, dict[str, Any]]]
_Already = dict[tuple[Any, ...], datetime.date | None]


class PairingRefused(Exception):
    """Nothing was written. `faults`: the row's number, counted from 1 as given, and what is wrong with it."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults)
        self.faults = faults


may_pair = runs_a_unit


def assignable_cadres(user: Any, on: datetime.date) -> QuerySet[Cadre]:
    """Whom the user may pair: nobody who has left; one who comes later may be paired from then on."""
    return cadres_under(user).filter(Q(left_on__isnull=True) | Q(left_on__gte=on))


def pairable_households(user: Any, on: datetime.date) -> QuerySet[Household]:
    if scope_of(user).county:
        return Household.objects.all()
    held = units_under(user)
    units = Unit.objects.filter(pk__in=held)
    family = Cadre.objects.in_units(held, on).values("pk")
    return Household.objects.filter(
        Q(village__in=linked_villages(units, on).values("pk"))
        | Q(village__township__in=held)
        | Q(kind=HouseholdKind.RETIRED, former_unit__in=held)
        | Q(kind=HouseholdKind.CADRE_FAMILY, family_cadre__in=family)
    )


def endable_pairings(user: Any) -> QuerySet[Pairing]:
    """Those of the cadres one answers for, the ones who left too."""
    return Pairing.objects.filter(cadre__in=cadres_under(user).values("pk"))


def pairing_faults(rows: Sequence[Values], *, by: User, on: datetime.date) -> Faults:
    """What `pair_households` would refuse, before anyone confirms."""
    _require(by)
    return dict(_checked(rows, by, on)[1])


def pair_households(rows: Sequence[Values], *, by: User, on: datetime.date) -> list[Pairing]:
    """Pair each row's cadre with its household, in one transaction (方案三(三)).

    A row as the sheet 结对 has it. Raise PairingRefused with every fault of every row. Sent twice, the
    second finds its own pairing there and changes nothing. Of two people at once the first wins, and the
    second is told who it was. Each cadre newly paired is told.
    """
    _require(by)
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                return _pair(rows, by, on)
        except IntegrityError as error:
            # An import, which locks no household, was faster: now its pairing is there to be told of.
            if not tries_left or _broken(error) != "pairing_one_holder_a_day":
                raise
        except OperationalError as error:
            if not tries_left or not may_pass(error):
                raise
    raise AssertionError("the last try returns or raises")


def end_pairings(
    pairings: Iterable[int], *, ends_on: datetime.date, by: User, on: datetime.date
) -> list[Pairing]:
    """Set the last day of these pairings (ids); from the day after nobody holds the households.

    An end once set is only brought forward. Raise PairingRefused, numbered as given; sent twice it is done once.
    """
    numbers = {pk: number for number, pk in enumerate(pairings, 1)}
    with transaction.atomic():
        mine = endable_pairings(by).select_related("cadre", "household")
        found = list(mine.select_for_update(of=("self",)).filter(pk__in=numbers).order_by("pk"))
        if not numbers or len(found) != len(numbers):
            raise PermissionDenied("end_pairing")
        faults: Faults = defaultdict(list)
        for pairing in found:
            row = {"begins_on": pairing.begins_on, "ends_on": ends_on}
            faults[numbers[pairing.pk]] += ends_after_begin()(row, None)
            if pairing.ends_on and pairing.ends_on < ends_on:
                told = f"已在 {pairing.ends_on} 结束，不能往后改"
                faults[numbers[pairing.pk]].append(Fault("ends_on", "ended", told))
        _refuse(faults)
        for pairing in found:
            pairing.ends_on = ends_on
        Pairing.objects.filter(pk__in=numbers).exclude(ends_on=ends_on).update(ends_on=ends_on)
    return found


def _require(by: User) -> None:
    if not may_pair(by):
        raise PermissionDenied("pair")


def _refuse(faults: Faults) -> None:
    told = {number: found for number, found in faults.items() if found}
    if told:
        raise PairingRefused(told)


def _broken(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))


def _pair(rows: Sequence[Values], by: User, on: datetime.date) -> list[Pairing]:
    codes = [str(row.get("household", "")) for row in rows]
    # Locked before they are checked, in one order: whoever comes second checks against what the first wrote.
    homes = Household.objects.select_for_update(no_key=True).filter(code__in=codes).order_by("pk")
    by_code = {home.code: home for home in homes}
    numbered, faults = _checked(rows, by, on)
    _refuse(faults)
    cadres = {cadre.code: cadre for cadre in _named(Cadre.objects.select_related("user"), numbered, "cadre")}
    already = _already(numbered)
    made = [
        Pairing(
            cadre=cadres[row["cadre"]],
            household=by_code[row["household"]],
            begins_on=row["begins_on"],
            ends_on=row["ends_on"],
        )
        for _, row in numbered
        if _key(row) not in already
    ]
    Pairing.objects.bulk_create(made)
    _tell(made, by)
    return made


def _checked(rows: Sequence[Values], by: User, on: datetime.date) -> tuple[Numbered, Faults]:
    """The rows as the form reads them, and every fault by row."""
    numbered: Numbered = []
    faults: Faults = defaultdict(list)
    for number, raw in enumerate(rows, 1):
        values, unread = clean_values(PairingForm, raw)
        numbered.append((number, values))
        faults[number] += unread
    facts = RegistryFacts.load(defaultdict(list, {PAIRINGS.title: list(numbered)}), on)
    homes = {home.code: home for home in _named(pairable_households(by, on), numbered, "household")}
    cadres = {cadre.code: cadre for cadre in _named(assignable_cadres(by, on), numbered, "cadre")}
    already = _already(numbered)
    for number, row in numbered:
        facts.row = number
        strange = list(_not_yours(row, homes, cadres, on))
        # What the rules say of others' households is not this reader's.
        faults[number] += strange or [*_asked(row, facts), *_paired_before(row, already)]
    return numbered, _with_who(faults, numbered)


def _asked(row: Values, facts: RegistryFacts) -> Iterator[Fault]:
    for rule in (*PAIRINGS.rules, *PAIRINGS.claims):
        yield from rule(row, facts)


def _paired_before(row: Values, already: _Already) -> Iterator[Fault]:
    there = already.get(_key(row), row.get("ends_on"))
    if there != row.get("ends_on"):
        told = f"{row['cadre']} 从这一天起已与这一户结对，到 {there or '现在'}"
        yield Fault("begins_on", "already_paired", told)


def _not_yours(
    row: Values, homes: dict[str, Household], cadres: dict[str, Cadre], on: datetime.date
) -> Iterator[Fault]:
    """Not yours answers as not there."""
    household, cadre = row.get("household"), row.get("cadre")
    if household and household not in homes:
        yield Fault("household", "not_found", f"没有户编码 {household}，或不归您安排结对")
    elif household and is_closed(homes[household], max(row.get("begins_on") or on, on)):
        yield Fault("household", "closed", f"这一户 {homes[household].closed_on} 已销户")
    if cadre and cadre not in cadres:
        yield Fault("cadre", "not_found", f"没有工号 {cadre}，或不是您能安排的在岗干部")
    elif cadre and row.get("begins_on") and row["begins_on"] < cadres[cadre].joined_on:
        told = f"{cadres[cadre].name} {cadres[cadre].joined_on} 才到岗，结对不能早于这一天"
        yield Fault("begins_on", "not_in_post", told)


def _named(rows: QuerySet[Any], numbered: Numbered, name: str) -> QuerySet[Any]:
    return rows.filter(code__in=[row[name] for _, row in numbered if row.get(name)])


def _key(row: Values) -> tuple[Any, ...]:
    return row.get("cadre"), row.get("household"), row.get("begins_on")


def _already(numbered: Numbered) -> _Already:
    """Pairings with the same cadre, household and first day, and their last day."""
    keys = {_key(row) for _, row in numbered}
    of_these = Pairing.objects.filter(household__code__in=[home for _, home, _ in keys if home])
    found = of_these.values_list("cadre__code", "household__code", "begins_on", "ends_on")
    return {(cadre, home, begin): end for cadre, home, begin, end in found if (cadre, home, begin) in keys}


def _with_who(faults: Faults, numbered: Numbered) -> Faults:
    """Beside an overlap with what the database holds: who paired them, and when, as the audit log has it."""
    clashing = {
        row["household"]: (row["begins_on"], row.get("ends_on"))
        for number, row in numbered
        if any(fault.code == "overlap" for fault in faults[number])
    }
    if not clashing:
        return faults
    there = Pairing.objects.filter(household__code__in=clashing).select_related("household", "cadre")
    first: dict[str, Pairing] = {}
    for pairing in there.order_by("begins_on"):
        begin, end = clashing[pairing.household.code]
        if (pairing.ends_on or datetime.date.max) >= begin and (
            end or datetime.date.max
        ) >= pairing.begins_on:
            first.setdefault(pairing.household.code, pairing)
    entries = AuditEntry.objects.filter(
        subject_table=Pairing._meta.db_table,
        subject_id__in=[pairing.pk for pairing in first.values()],
        kind=AuditKind.ADDED,
    )
    entered = {entry.subject_id: entry for entry in entries.select_related("actor")}
    for number, row in numbered:
        pairing = first.get(row.get("household", ""))
        if pairing:
            faults[number] = [_told(fault, pairing, entered.get(pairing.pk)) for fault in faults[number]]
    return faults


def _told(fault: Fault, pairing: Pairing, entry: AuditEntry | None) -> Fault:
    if fault.code != "overlap":
        return fault
    days = f"{pairing.begins_on} 到 {pairing.ends_on}" if pairing.ends_on else f"从 {pairing.begins_on} 起"
    told = f"{pairing.cadre.name}（{pairing.cadre.code}）{days}已与这一户结对，日期重叠"
    if entry and entry.actor:
        told += f"，是 {entry.actor.name} {localtime(entry.at):%Y-%m-%d %H:%M} 登记的"
    return Fault(fault.field, fault.code, told)


def _tell(made: list[Pairing], by: User) -> None:
    """The title goes out by e-mail: it names nobody."""
    of_cadre: dict[Cadre, list[Pairing]] = defaultdict(list)
    for pairing in made:
        of_cadre[pairing.cadre].append(pairing)
    for cadre, pairings in of_cadre.items():
        if cadre.user_id != by.pk:
            days = sorted({pairing.begins_on for pairing in pairings})
            notify(
                [cadre.user],
                key=f"paired-{min(pairing.pk for pairing in pairings)}",
                title=f"您新结对了 {len(pairings)} 户",
                body=f"从 {'、'.join(map(str, days))} 起由您联系。是哪几户，在“户”里看。",
                url=reverse("households"),
            )

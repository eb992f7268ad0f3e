"""户变动 (contract, section 2): what becomes of a household, dated, with its effect on the pairing.

One transaction each, the household's row locked first; a `HouseholdChange` says what was done. Nothing is
deleted, and no pairing ends but by a day of its own.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from accounts.models import User
from lianhu.kit import clock
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.pinyin import letters
from lianhu.kit.sheets import Values
from registry.facts import HouseholdFact, RegistryFacts
from registry.holding import is_paired_today
from registry.household_life_forms import AWAY, ENDS
from registry.household_life_rules import Held, LifeFacts, faults_of
from registry.models import (
    Cadre,
    Household,
    HouseholdChange,
    HouseholdChangeKind,
    Pairing,
    Role,
    RoleGrant,
    Unit,
    Village,
)
from registry.querysets import VillageQuerySet
from registry.rules import may_hold
from registry.sheets import HOUSEHOLDS, seal_contact

Kind = HouseholdChangeKind
CLOSING = (Kind.MERGE, Kind.MOVE_OUT, Kind.CLOSE)


# --- who may ---------------------------------------------------------------------------------


def kept_villages(user: Any, *, on: datetime.date) -> VillageQuerySet:
    """Whose households the person keeps: a branch its village's, a township its villages', the office all."""
    held = RoleGrant.objects.in_force(on).filter(cadre__user=user)
    if not user.is_active:
        return Village.objects.none()
    if held.filter(role=Role.COUNTY_OFFICE).exists():
        return Village.objects.all()
    return Village.objects.filter(
        Q(pk__in=held.filter(role=Role.VILLAGE_BRANCH).values("village"))
        | Q(township__in=held.filter(role=Role.TOWNSHIP).values("unit"))
    )


def may_keep(user: Any, household: Household, *, on: datetime.date) -> bool:
    return kept_villages(user, on=on).filter(pk=household.village_id).exists()


def may_change_head(user: Any, household: Household, *, on: datetime.date) -> bool:
    """The paired cadre too, and whoever covers that cadre."""
    return may_keep(user, household, on=on) or is_paired_today(user, household, on=on)


def _require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


# --- what the rules need to know -------------------------------------------------------------


def faults(kind: str, home: Household | None, row: Values, *, today: datetime.date, by: Any) -> list[Fault]:
    """What speaks against it now; asked before it is confirmed, and again under lock."""
    return faults_of(kind, row, _facts(kind, home, row, today=today, by=by))


def _facts(kind: str, home: Household | None, row: Values, *, today: datetime.date, by: Any) -> LifeFacts:
    known: dict[str, set[str]] = {}
    if "code" in row:
        known["household"] = _codes(Household.objects, row["code"])
    if kind == Kind.MOVE_IN:
        known["village"] = _codes(kept_villages(by, on=today), row["village"])
        known["former_unit"] = _codes(Unit.objects, row["former_unit"])
        known["family_cadre"] = _codes(Cadre.objects, row["family_cadre"])
    if kind == Kind.MOVE_OUT:
        known["village"] = _codes(Village.objects, row["village"])
    if home is None:
        return LifeFacts(today, known=known)
    other = _kept(row["into"], today=today, by=by) if kind == Kind.MERGE else None
    return _facts_of(home, today, known, _facts_of(other, today) if other else None)


def _codes(among: Any, code: str) -> set[str]:
    return set(among.filter(code=code).values_list("code", flat=True)) if code else set()


def _facts_of(
    home: Household,
    today: datetime.date,
    known: dict[str, set[str]] | None = None,
    other: LifeFacts | None = None,
) -> LifeFacts:
    last = home.changes.select_related("recorded_by", "other").order_by("id").last()
    pairings = home.pairings.select_related("cadre").order_by("begins_on")
    return LifeFacts(
        today,
        code=home.code,
        village=home.village.code,
        head_name=home.head_name,
        people_count=home.people_count,
        closed=_told_closed(home, last) if home.closed_on else "",
        closed_on=home.closed_on,
        last=(last.on, last.get_kind_display()) if last else None,
        pairings=tuple(Held(each.cadre.name, each.begins_on, each.ends_on) for each in pairings),
        other=other,
        known=known or {},
    )


def _told_closed(home: Household, last: HouseholdChange | None) -> str:
    if last is None or last.kind not in CLOSING:
        return f"这一户已于 {home.closed_on} 销户"
    at = last.recorded_at.astimezone(clock.SHANGHAI)
    who = last.recorded_by.name if last.recorded_by else ""
    into = f"，并入户编码 {last.other.code}" if last.other else ""
    return f"{who} {at.month}月{at.day}日 {at:%H:%M} 已登记{last.get_kind_display()}，日期 {last.on}{into}"


def _kept(code: str, *, today: datetime.date, by: Any) -> Household | None:
    """A household that this person keeps; not kept answers as not there."""
    kept = Household.objects.filter(village__in=kept_villages(by, on=today))
    return kept.select_related("village").filter(code=code).first()


def why_not_held(row: Values, home: Household, *, on: datetime.date) -> str:
    """Why the old household's holder of the day may not hold the one split off; empty if so, or for no holder."""
    holder = holder_on(home, on)
    if holder is None:
        return ""
    values = _split_values(home, row)
    facts = RegistryFacts.load(defaultdict(list), on)
    fact = HouseholdFact(values["kind"], values["former_unit"], values["family_cadre"])
    return may_hold(fact, holder.cadre.code, on, facts)


def holder_on(home: Household, on: datetime.date) -> Pairing | None:
    found: Pairing | None = home.pairings.in_force(on).select_related("cadre").first()
    return found


def same_person(row: Values) -> list[Household]:
    """Households with the same ID number, or the same head and phone: likely the same family (section 2)."""
    sealed = dict(row)
    seal_contact(sealed, "household")
    same = Q(pk__in=())
    if sealed.get("id_number_hash"):
        same |= Q(id_number_hash=sealed["id_number_hash"])
    if sealed.get("phone_hash"):
        same |= Q(phone_hash=sealed["phone_hash"], head_name=row["head_name"])
    return list(
        Household.objects.filter(same, closed_on__isnull=True).select_related("village").order_by("code")
    )


def merged_into(home: Household) -> list[int]:
    """The households whose last change of standing was to be merged into this one, and those merged into them."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGED, {"home": home.pk, "kinds": [*CLOSING, Kind.REOPEN]})
        return [pk for (pk,) in cursor.fetchall()]


_MERGED = """
WITH RECURSIVE standing AS (
    SELECT DISTINCT ON (household_id) household_id, kind, other_id FROM registry_householdchange
    WHERE kind = ANY (%(kinds)s) ORDER BY household_id, id DESC
), part (id) AS (
    SELECT household_id FROM standing WHERE kind = 'merge' AND other_id = %(home)s
    UNION
    SELECT s.household_id FROM standing s JOIN part ON s.other_id = part.id WHERE s.kind = 'merge'
)
SELECT id FROM part"""


# --- what is done ----------------------------------------------------------------------------


def split(home: Household, row: Values, *, today: datetime.date, by: User) -> Household:
    """分户: the new household has the same holder from that day, where the rule lets the holder (方案三(三))."""
    with transaction.atomic():
        [home] = _locked(home.pk)
        _require(may_keep(by, home, on=today))
        raise_faults(faults(Kind.SPLIT, home, row, today=today, by=by))
        new = _write_household(_split_values(home, row))
        _update(home, people_count=row["left"])
        holder = holder_on(home, row["on"])
        if holder and not why_not_held(row, home, on=row["on"]):
            Pairing.objects.create(
                cadre=holder.cadre, household=new, begins_on=row["on"], ends_on=holder.ends_on
            )
        _record(home, Kind.SPLIT, row, by, other=new)
        return new


def _split_values(home: Household, row: Values) -> dict[str, Any]:
    same_kind = row["kind"] == home.kind
    inherited = {
        "village": home.village.code,
        "group": home.group,
        "former_unit": home.former_unit.code if same_kind and home.former_unit else "",
        "family_cadre": home.family_cadre.code if same_kind and home.family_cadre else "",
        "income_sources": "",
        "longitude": None,
        "latitude": None,
    }
    return inherited | {name: value for name, value in row.items() if name in HOUSEHOLDS.fields}


def move_in(row: Values, *, today: datetime.date, by: User) -> Household:
    """迁入: a household of sheet 户, from a page. It has no holder yet."""
    with transaction.atomic():
        _require(kept_villages(by, on=today).exists())
        raise_faults(faults(Kind.MOVE_IN, None, row, today=today, by=by))
        new = _write_household({name: row[name] for name in HOUSEHOLDS.fields})
        _record(new, Kind.MOVE_IN, row, by)
        return new


def merge(home: Household, row: Values, *, today: datetime.date, by: User) -> Household:
    """并户: this one is closed on the day and its pairing ends; what is open is shown at the other too."""
    with transaction.atomic():
        other = _kept(row["into"], today=today, by=by)
        home, *others = _locked(home.pk, *([other.pk] if other and other.pk != home.pk else []))
        _require(may_keep(by, home, on=today))
        raise_faults(faults(Kind.MERGE, home, row, today=today, by=by))
        [into] = others
        _close(home, row["on"])
        if row["people_count"]:
            _update(into, people_count=row["people_count"])
        _record(home, Kind.MERGE, row, by, other=into)
        return into


def move_out(home: Household, row: Values, *, today: datetime.date, by: User) -> Household:
    """迁出: out of the county it is closed; to another village the pairing stays or ends, as was said.

    Visits keep the trip and so the village that they were made in.
    """
    with transaction.atomic():
        [home] = _locked(home.pk)
        _require(may_keep(by, home, on=today))
        raise_faults(faults(Kind.MOVE_OUT, home, row, today=today, by=by))
        village = None
        if row["where"] == AWAY:
            _close(home, row["on"])
        else:
            village = Village.objects.get(code=row["village"])
            _update(
                home,
                village=village,
                group=row["group"],
                address=row["address"],
                longitude=None,
                latitude=None,
            )
            if row["pairing"] == ENDS:
                _end_pairing(home, row["on"])
        _record(home, Kind.MOVE_OUT, row, by, village=village)
        return home


def close(home: Household, row: Values, *, today: datetime.date, by: User) -> Household:
    """销户, with its reason; the pairing ends that day."""
    with transaction.atomic():
        [home] = _locked(home.pk)
        _require(may_keep(by, home, on=today))
        raise_faults(faults(Kind.CLOSE, home, row, today=today, by=by))
        _close(home, row["on"])
        _record(home, Kind.CLOSE, row, by)
        return home


def reopen(home: Household, row: Values, *, today: datetime.date, by: User) -> Household:
    """恢复 what was closed by mistake. The pairing that ended stays ended: it is made anew."""
    with transaction.atomic():
        [home] = _locked(home.pk)
        _require(may_keep(by, home, on=today))
        raise_faults(faults(Kind.REOPEN, home, row, today=today, by=by))
        _update(home, closed_on=None)
        _record(home, Kind.REOPEN, row, by)
        return home


def change_head(home: Household, row: Values, *, today: datetime.date, by: User) -> Household:
    """更换户主; a phone or ID number that is given replaces the old one."""
    with transaction.atomic():
        [home] = _locked(home.pk)
        _require(may_change_head(by, home, on=today))
        raise_faults(faults(Kind.CHANGE_HEAD, home, row, today=today, by=by))
        change_heads([(home, row["new_head"])], on=row["on"], by=by, reason=row["reason"])
        sealed = {"code": home.code, "phone": row["phone"], "id_number": row["id_number"]}
        seal_contact(sealed, "household")
        columns = {
            f"{name}_sealed" if name in ("phone", "id_number") else name: sealed[name] for name in sealed
        }
        Household.objects.filter(pk=home.pk).update(**columns)
        home.refresh_from_db()
        return home


def change_heads(
    rows: Iterable[tuple[Household, str]], *, on: datetime.date, by: User | None, reason: str = ""
) -> list[Household]:
    """Each household's head as told that day, with the history of heads; those that changed.

    What may be written is the caller's to ask: the page's right, or that of the visit which heard it. A head
    told of later stands, as do the same name and a household that was blacked out.
    """
    with transaction.atomic():
        told = {home.pk: name for home, name in rows if name}
        homes = _locked(*told)
        later = set(
            HouseholdChange.objects.filter(household__in=told, kind=Kind.CHANGE_HEAD, on__gt=on).values_list(
                "household", flat=True
            )
        )
        changed = [
            home
            for home in homes
            if home.pk not in later and home.erased_at is None and home.head_name != told[home.pk]
        ]
        HouseholdChange.objects.bulk_create(
            HouseholdChange(
                household=home,
                kind=Kind.CHANGE_HEAD,
                on=on,
                old_head=home.head_name,
                new_head=told[home.pk],
                reason=reason,
                recorded_at=clock.now(),
                recorded_by=by,
            )
            for home in changed
        )
        for home in changed:
            home.head_name = told[home.pk]
            home.pinyin = letters(home.head_name)
        Household.objects.bulk_update(changed, ["head_name", "pinyin"])
        return changed


def _locked(*pks: int) -> list[Household]:
    """The rows as they are now, in the order asked for; locked in one order, so that no two wait for each other."""
    found = Household.objects.select_for_update(of=("self",), no_key=True).select_related(
        "village", "former_unit", "family_cadre"
    )
    rows = {home.pk: home for home in found.filter(pk__in=pks).order_by("pk")}
    return [rows[pk] for pk in pks]


def _write_household(values: dict[str, Any]) -> Household:
    """By the statements that write sheet 户: sealed, hashed and found again alike."""
    row = dict(values)
    assert HOUSEHOLDS.prepare
    HOUSEHOLDS.prepare(row)
    merge_ = HOUSEHOLDS.merge
    try:
        with transaction.atomic():
            counts = merge_.stage([tuple(row.get(name) for name in merge_.columns)], frozenset())
            if not counts["new"]:
                raise IntegrityError(values["code"])
            merge_.write({})
    except IntegrityError as error:
        # Another took the code since it was asked.
        raise_faults([Fault("code", "code_taken", f"户编码 {values['code']} 刚刚被用了，请换一个")])
        raise error
    written: Household = Household.objects.select_related("village").get(code=values["code"])
    return written


def _update(home: Household, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(home, name, value)
    home.save(update_fields=[*fields])


def _close(home: Household, on: datetime.date) -> None:
    _update(home, closed_on=on)
    _end_pairing(home, on)


def _end_pairing(home: Household, on: datetime.date) -> None:
    """Its last day is the day itself."""
    for pairing in Pairing.objects.select_for_update().in_force(on).filter(household=home):
        pairing.ends_on = on
        pairing.save(update_fields=["ends_on"])


def _record(home: Household, kind: Kind, row: Values, by: User, **fields: Any) -> None:
    HouseholdChange.objects.create(
        household=home,
        kind=kind,
        on=row["on"],
        reason=row["reason"],
        recorded_at=clock.now(),
        recorded_by=by,
        **fields,
    )


def heads_of(home: Household, changes: Iterable[HouseholdChange]) -> list[tuple[str, datetime.date | None]]:
    """The history of heads, newest first, each with the day since when; None where nobody recorded it."""
    named = [each for each in changes if each.kind == Kind.CHANGE_HEAD and each.household_id == home.pk]
    named.sort(key=lambda each: (each.on, each.pk), reverse=True)
    heads: list[tuple[str, datetime.date | None]] = [(each.new_head, each.on) for each in named]
    if not heads or heads[0][0] != home.head_name:
        heads.insert(0, (home.head_name, None))
    if named:
        heads.append((named[-1].old_head, None))
    return heads

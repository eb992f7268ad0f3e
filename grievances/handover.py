"""接替 (方案五(一)): a successor for some or all of a cadre's households, and their open matters with them.

Not one day without a holder, not one open matter without a handler: both move in one transaction. The county
office is told and files it (备案).
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.notices import notify
from grievances.models import OVER, Grievance, GrievanceAction, GrievanceEvent
from lianhu.kit import clock
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.sheets import Values
from registry.answering import cadres_under, units_under
from registry.facts import RegistryFacts
from registry.models import Cadre, Handover, Household, Pairing, PostSpan, Role
from registry.people import holding
from registry.rules import holder_fits_household
from registry.scope import scope_of
from visits.models import Visit

Date = datetime.date
ONE_DAY = datetime.timedelta(days=1)
# A mistyped year is told; nobody knows the successor of the year after next.
FURTHEST_AHEAD = datetime.timedelta(days=92)


def open_matters_of(cadre: Any) -> QuerySet[Grievance]:
    """What the cadre still has to bring to its end; takes an OuterRef too."""
    return Grievance.objects.filter(handler=cadre, voided_at__isnull=True).exclude(state__in=OVER)


def held_by(cadre: Cadre, *, on: Date) -> QuerySet[Pairing]:
    """What may be handed over on that day or later: what the cadre holds then, or will; not what is promised
    to a successor already.
    """
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    promised = Pairing.objects.filter(
        household=OuterRef("household"), handover__cadre=cadre, begins_on__gt=OuterRef("begins_on")
    )
    return Pairing.objects.filter(lasting, ~Exists(promised), cadre=cadre)


@dataclass(frozen=True)
class Plan:
    """What a handover will do, for the page that asks before it is done."""

    pairings: list[Pairing]
    matters: list[Grievance]


@dataclass(frozen=True)
class HandoverFacts:
    """What the rules ask, in a fixed number of queries for one household or a hundred."""

    today: Date
    on: Date
    cadre: Cadre
    successor: Cadre
    any_unit: bool
    registry: RegistryFacts
    households: list[Household]
    pairings: dict[str, Pairing]
    others: dict[str, Pairing]
    visits: int
    last_visit: Date | None

    @classmethod
    def load(
        cls, cadre: Cadre, successor: Cadre, households: Sequence[Household], *, on: Date, by: User
    ) -> "HandoverFacts":
        today = clock.today()
        rows = [(0, _row(home, successor, on)) for home in households]
        held = held_by(cadre, on=on).filter(household__in=households).order_by("-begins_on")
        others = Pairing.objects.filter(household__in=households).exclude(cadre=cadre)
        others = others.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).order_by("-begins_on")
        visits = Visit.objects.filter(
            cadre=cadre, household__in=households, day__gte=on, voided_at__isnull=True, proxy_reason=""
        ).values_list("day", flat=True)
        days = list(visits)
        return cls(
            today=today,
            on=on,
            cadre=cadre,
            successor=successor,
            any_unit=scope_of(by).county,
            registry=RegistryFacts.load(defaultdict(list, {"结对": rows}), today),
            households=list(households),
            pairings={one.household.code: one for one in held.select_related("household")},
            others={
                one.household.code: one
                for one in others.select_related("household", "cadre", "handover__recorded_by")
            },
            visits=len(days),
            last_visit=max(days, default=None),
        )


def _row(home: Household, successor: Cadre, on: Date) -> Values:
    return {"household": home.code, "cadre": successor.code, "begins_on": on, "ends_on": None}


def successor_may_follow(facts: HandoverFacts) -> Iterator[Fault]:
    """Another person, of the same unit, in post that day. The county office may name one of any unit."""
    one, on = facts.successor, facts.on
    if one.pk == facts.cadre.pk:
        yield Fault("successor", "same_person", "接替的人不能是原来的干部本人")
    elif one.joined_on > on or (one.left_on and one.left_on < on):
        yield Fault("successor", "not_in_post", f"{one.name} 在 {on} 不在岗，不能接替")
    elif not facts.any_unit:
        unit = facts.registry.unit_on(facts.cadre.code, facts.today)
        if facts.registry.unit_on(one.code, on) != unit:
            told = f"{one.name} 在 {on} 不在同一单位；要由别的单位接替，请县联户联情办办理"
            yield Fault("successor", "other_unit", told)


def day_can_be(facts: HandoverFacts) -> Iterator[Fault]:
    """The cadre held each for a day at least, and no visit of theirs falls outside their pairing."""
    if facts.on > facts.today + FURTHEST_AHEAD:
        yield Fault("on", "too_far", f"接替日期最晚可以是 {facts.today + FURTHEST_AHEAD}，再往后请到时再办")
    begun = max((pairing.begins_on for pairing in facts.pairings.values()), default=None)
    if begun and begun >= facts.on:
        yield Fault("on", "before_pairing", f"其中有户从 {begun} 起才结对，接替最早从 {begun + ONE_DAY} 起")
    if facts.last_visit:
        told = f"{facts.on} 当天和以后，{facts.cadre.name}在这些户已有 {facts.visits} 次走访；"
        yield Fault("on", "visits", f"{told}接替最早从 {facts.last_visit + ONE_DAY} 起")


def households_are_held(facts: HandoverFacts) -> Iterator[Fault]:
    """Each is the cadre's that day; one that somebody else handed over meanwhile is told with who did it."""
    for home in facts.households:
        if home.code in facts.pairings:
            continue
        now = facts.others.get(home.code)
        if now and now.handover:
            by, at = now.handover.recorded_by.name, now.handover.recorded_at.astimezone(clock.SHANGHAI)
            told = f"{home}已由{by}在 {at:%m-%d %H:%M} 办了接替，从 {now.begins_on} 起由{now.cadre.name}结对"
            yield Fault("households", "conflict", told)
        elif now:
            yield Fault("households", "conflict", f"{home}从 {now.begins_on} 起由{now.cadre.name}结对")
        else:
            told = f"{home}在 {facts.on} 已经不由{facts.cadre.name}结对"
            yield Fault("households", "not_held", told)


def successor_may_hold(facts: HandoverFacts) -> Iterator[Fault]:
    """Who may hold which household: the rule of every pairing (方案三(三))."""
    for home in facts.households:
        row = _row(home, facts.successor, facts.on)
        for fault in holder_fits_household(row, facts.registry):
            yield replace(fault, field="households", message=f"{home}：{fault.message}")


RULES = (successor_may_follow, day_can_be, households_are_held, successor_may_hold)


def planned(
    cadre: Cadre,
    successor: Cadre,
    households: Iterable[Household],
    *,
    on: Date,
    by: User,
    matters: Iterable[Grievance] = (),
) -> Plan:
    """What would move, after every rule was asked. Raise PermissionDenied, or ValidationError by field.

    With the households go the open matters of theirs that the cadre handles; `matters` are others of the
    cadre, of a whole village or of families held by somebody else.
    """
    if not cadres_under(by).filter(pk=cadre.pk).exists():
        raise PermissionDenied
    homes = sorted(households, key=lambda home: home.pk)
    with_homes = Q(household__in=homes) | Q(pk__in=[each.pk for each in matters])
    moving = list(open_matters_of(cadre).filter(with_homes).order_by("pk"))
    if not homes and not moving:
        raise ValidationError({"households": "请勾选要接替的户"})
    facts = HandoverFacts.load(cadre, successor, homes, on=on, by=by)
    raise_faults(fault for rule in RULES for fault in rule(facts))
    return Plan([facts.pairings[home.code] for home in homes], moving)


@transaction.atomic
def hand_over(
    cadre: Cadre,
    successor: Cadre,
    households: Iterable[Household],
    *,
    on: Date,
    reason: str,
    by: User,
    matters: Iterable[Grievance] = (),
) -> Handover:
    """The successor holds the households from that day on; the open matters move at once.

    Locks households, then matters, each by their ids: of two handovers of one household the second waits,
    and is then told who was first.
    """
    locked = Household.objects.filter(pk__in=[home.pk for home in households])
    homes = list(locked.select_for_update(of=("self",), no_key=True).order_by("pk"))
    mine = open_matters_of(cadre).filter(Q(household__in=homes) | Q(pk__in=[each.pk for each in matters]))
    moving = list(mine.select_for_update(of=("self",)).order_by("pk"))
    plan = planned(cadre, successor, homes, on=on, by=by, matters=moving)
    now = clock.now()
    # What the office does itself it knows.
    filing = {"filed_at": now, "filed_by": by} if scope_of(by).county else {}
    handover = Handover.objects.create(
        cadre=cadre, successor=successor, on=on, reason=reason, recorded_at=now, recorded_by=by, **filing
    )
    _move_pairings(plan.pairings, handover)
    _move_matters(plan.matters, handover)
    _tell(handover, plan)
    return handover


def _move_pairings(pairings: list[Pairing], handover: Handover) -> None:
    ending = Pairing.objects.filter(pk__in=[pairing.pk for pairing in pairings])
    ending.update(ends_on=handover.on - ONE_DAY)
    try:
        with transaction.atomic():
            Pairing.objects.bulk_create(
                Pairing(
                    cadre_id=handover.successor_id,
                    household_id=pairing.household_id,
                    begins_on=handover.on,
                    ends_on=pairing.ends_on,
                    handover=handover,
                )
                for pairing in pairings
            )
    except IntegrityError as error:
        if "pairing_one_holder_a_day" not in str(error):
            raise
        told = "其中有户刚刚已由别人结对，这一次什么都没有写入，请刷新后再办"
        raise ValidationError({"households": ValidationError(told, code="conflict")}) from error


def _move_matters(matters: list[Grievance], handover: Handover) -> None:
    """Never dated before the matter was heard, nor on a day to come: it is today that it moves."""
    recorded = handover.recorded_at
    Grievance.objects.filter(pk__in=[matter.pk for matter in matters]).update(
        handler=handover.successor,
        lead_unit=_unit_of(handover.successor, recorded.date()),
        held_since=recorded.date(),
    )
    told = f"由{handover.cadre.name}转给{handover.successor.name}：{handover.reason}"
    GrievanceEvent.objects.bulk_create(
        GrievanceEvent(
            grievance=matter,
            action=GrievanceAction.HAND_OVER,
            from_state=matter.state,
            to_state=matter.state,
            on=max(matter.registered_on, min(handover.on, recorded.date())),
            reason=told,
            handler=handover.successor,
            level=matter.level,
            by=handover.recorded_by,
            recorded_at=recorded,
        )
        for matter in matters
    )


def _unit_of(cadre: Cadre, on: Date) -> Any:
    spans = PostSpan.objects.filter(cadre=cadre, begins_on__lte=on, ends_on__gte=on)
    return spans.values_list("unit", flat=True).first()


def _tell(handover: Handover, plan: Plan) -> None:
    key = f"handover:{handover.pk}"
    what = f"{len(plan.pairings)} 户、{len(plan.matters)} 件没办结的诉求，从 {handover.on} 起。"
    notify(
        [handover.successor.user],
        key=f"{key}:successor",
        title="有户由您接替结对",
        body=f"{handover.cadre.name}的 {what}原因：{handover.reason}。请给这些户换上新的联系卡。",
        url=reverse("me"),
    )
    notify(
        [handover.cadre.user],
        key=f"{key}:cadre",
        title="您的结对户有了接替的人",
        body=f"由{handover.successor.name}接替 {what}原因：{handover.reason}",
        url=reverse("me"),
    )
    if handover.filed_at:
        return
    notify(
        holding(Role.COUNTY_OFFICE, handover.recorded_at.date()),
        key=key,
        title="有一次结对接替等您备案",
        body=f"{handover.cadre.name} → {handover.successor.name}，{what}原因：{handover.reason}",
        url=reverse("handover_one", args=[handover.pk]),
    )


def handovers_seen_by(user: User) -> QuerySet[Handover]:
    """Those of the unit, as the cadre's unit was on the day; the office sees all."""
    if scope_of(user).county:
        return Handover.objects.all()
    of_unit = PostSpan.objects.filter(
        cadre=OuterRef("cadre"), begins_on__lte=OuterRef("on"), ends_on__gte=OuterRef("on")
    )
    return Handover.objects.filter(Exists(of_unit.filter(unit__in=units_under(user))))


@transaction.atomic
def file_handovers(pks: Sequence[int], *, by: User) -> int:
    """备案, by the county office. How many were filed now: one that is filed stays as it was."""
    if not scope_of(by).county:
        raise PermissionDenied
    waiting = Handover.objects.filter(pk__in=pks, filed_at__isnull=True)
    locked = list(waiting.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return Handover.objects.filter(pk__in=locked).update(filed_at=clock.now(), filed_by=by)

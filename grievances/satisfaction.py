"""群众满意度: the one way it is counted, and what was set aside (contract, sections 0 and 4).

What is counted is the revisit. 满意 and 基本满意 stand on the matter: its last revisit, until it is worked on again.
不满意 sends the matter back and stands on the timeline: each such revisit counts and goes on counting when a later
one is satisfied, or no figure would ever show it. A matter whose revisit was waived counts nowhere, and what a family
says by its query code (`FamilyRating`) stands beside the revisit, never in its place.

剔除 takes away what was said up to then, of that matter; it is counted apart and said openly. A revisit after it
counts again.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from grievances.models import Grievance, GrievanceAction, GrievanceEvent, Satisfaction
from grievances.querysets import GrievanceQuerySet
from lianhu.kit.rates import rate


class Counts(TypedDict):
    """`whole` is what the three are parts of; `set_aside` is no part of it."""

    satisfied: int
    basically: int
    dissatisfied: int
    set_aside: int
    whole: int


def counts(matters: GrievanceQuerySet) -> Counts:
    """Of these matters, in two queries however many; void ones are none."""
    on_matters, on_timelines = _counted(matters)
    return _together(on_matters.aggregate(**_ON_MATTERS), on_timelines.aggregate(**_ON_TIMELINES))


def counts_by_handler(matters: GrievanceQuerySet) -> dict[int | None, Counts]:
    """The same for each who handles some of them, in two queries."""
    on_matters, on_timelines = _counted(matters)
    standing = _grouped(on_matters, "handler", _ON_MATTERS)
    sent_back = _grouped(on_timelines, "grievance__handler", _ON_TIMELINES)
    return {handler: _together(found, sent_back.get(handler, {})) for handler, found in standing.items()}


def _grouped(
    rows: "QuerySet[Any, Any]", by: str, counted: Mapping[str, Any]
) -> dict[int | None, dict[str, int]]:
    groups: Any = rows.values_list(by).annotate(**counted)
    return {key: dict(zip(counted, numbers, strict=True)) for key, *numbers in groups}


_COUNTS, _ASIDE = Q(set_aside_at__isnull=True), Q(set_aside_at__isnull=False)
_ON_MATTERS: dict[str, Any] = {
    **{value: Count("pk", filter=_COUNTS & Q(satisfaction=value)) for value in Satisfaction.values},
    "set_aside": Count("pk", filter=_ASIDE & ~Q(satisfaction="")),
}
_ON_TIMELINES: dict[str, Any] = {
    "dissatisfied": Count("pk", filter=Q(is_set_aside=False)),
    "set_aside": Count("pk", filter=Q(is_set_aside=True)),
}


def _counted(
    matters: GrievanceQuerySet,
) -> "tuple[QuerySet[Grievance, Any], QuerySet[GrievanceEvent, Any]]":
    """The matters that are not void, and the revisits of theirs that sent them back."""
    pks = matters.filter(voided_at__isnull=True).order_by().values("pk")
    sent_back = dissatisfied_revisits().filter(grievance__in=pks)
    return Grievance.objects.filter(pk__in=pks).order_by(), sent_back.order_by()


def _together(on_matters: Mapping[str, int], on_timelines: Mapping[str, int]) -> Counts:
    both = {name: number + on_timelines.get(name, 0) for name, number in on_matters.items()}
    whole = sum(both[value] for value in Satisfaction.values)
    return Counts(
        satisfied=both["satisfied"],
        basically=both["basically"],
        dissatisfied=both["dissatisfied"],
        set_aside=both["set_aside"],
        whole=whole,
    )


def dissatisfied_revisits() -> "QuerySet[GrievanceEvent, Any]":
    """Those that sent a matter back; `is_set_aside` where the office has set aside what was said up to then."""
    later = GrievanceEvent.objects.filter(
        grievance=OuterRef("grievance"), action=GrievanceAction.SET_ASIDE, pk__gt=OuterRef("pk")
    )
    revisits = GrievanceEvent.objects.filter(action=GrievanceAction.REVISIT, value=Satisfaction.DISSATISFIED)
    return revisits.annotate(is_set_aside=Exists(later))


def rate_text(part: int, whole: int) -> str:
    """From fewer than five cases the count itself."""
    return rate(part, whole) or (f"{part} / {whole} 件" if whole else "0 件")


def set_aside_steps() -> "QuerySet[GrievanceEvent]":
    """Every 剔除 there was, the newest first: what was set aside, why, by whom and when stays on the timeline."""
    steps = GrievanceEvent.objects.filter(action=GrievanceAction.SET_ASIDE, grievance__voided_at__isnull=True)
    return steps.select_related("grievance__village__township", "grievance__category", "by").order_by("-pk")

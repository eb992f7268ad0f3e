"""Which matters a user may see (contract, section 8), and which are open."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import BooleanField, CharField, F, Func, Q, Value

from grievances.states import IN_WORK
from registry.models import Cadre, Household
from registry.scope import Scope, scope_of


class AnyOf(Func):
    """The column is one of these ids. One array however many, where IN has a word for each."""

    def __init__(self, column: str | F, ids: Iterable[int]) -> None:
        super().__init__(F(column) if isinstance(column, str) else column, output_field=BooleanField())
        self.ids = sorted(set(ids))

    def as_sql(  # type: ignore[override]  # the array is one parameter
        self, compiler: Any, connection: Any, **extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(%s::bigint[])", (*params, self.ids)


def any_of(column: str, ids: Iterable[int]) -> Q:
    found = list(ids)
    return Q(AnyOf(column, found)) if found else Q(pk__in=())


class GrievanceQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """Those of the households one may see, of one's villages, those one's people handle or help with.

        The ids are read first: with subqueries under OR the planner finds no index and reads every matter
        (PERFORMANCE 7).
        """
        scope = scope_of(user)
        if scope.county:
            return self
        seen = _ids_of(self.model, user, scope)
        return self.filter(
            any_of("household_id", seen["home"])
            | any_of("village_id", scope.village_ids)
            | any_of("handler_id", seen["cadre"])
            | any_of("id", seen["helped"])
        )

    def open(self) -> Self:
        """Somebody still owes something: `Grievance.is_open`, for many."""
        return self.filter(voided_at__isnull=True, parent__isnull=True, state__in=IN_WORK)


def _ids_of(model: Any, user: Any, scope: Scope) -> dict[str, set[int]]:
    """What the user's scope opens, in one statement; nothing is asked for a scope that opens nothing."""
    seen: dict[str, set[int]] = {"home": set(), "cadre": set(scope.cadre_ids), "helped": set()}
    if not (scope.cadre_ids or scope.village_ids or scope.unit_ids):
        return seen
    homes = [*Household.objects.paired_to(user), Household.objects.filter(village__in=scope.village_ids)]
    helping = model.helping_units.through.objects.filter(unit__in=scope.unit_ids)
    found = [_named("home", home, "pk") for home in homes]
    found += [
        _named("cadre", Cadre.objects.in_units(scope.unit_ids, scope.on), "pk"),
        _named("helped", helping, "grievance_id"),
    ]
    for kind, pk in found[0].union(*found[1:], all=True):
        seen[kind].add(pk)
    return seen


def _named(kind: str, rows: Any, column: str) -> Any:
    return rows.annotate(_of=Value(kind, CharField())).order_by().values_list("_of", column)

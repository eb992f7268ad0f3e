"""How a sheet of a workbook is declared: its form says the columns, the rest says what they mean."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from django import forms

from lianhu.kit.errors import Fault
from lianhu.kit.fields import KitField, fold
from lianhu.kit.merge import Merge

Values = Mapping[str, Any]
RowRule = Callable[[Values, Any], Iterable[Fault]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of the data contract (section 9).

    `key`: rows with the same key are the same thing. `key_fault_at` names the field that shows a
    repeated key: the key's last-named code. `refers` maps a field to the kind of thing it names,
    `defines` is the kind that the sheet itself brings. `claims` are rules about days that only one row may
    hold (not asked of a repeated key), `hints` are rules that only warn. `prepare` adds the merge's
    `derived` columns (column: the field it comes from) to a row that is right.
    """

    title: str
    form: type[forms.Form]
    key: tuple[str, ...]
    key_fault_at: str | Callable[[Values], str]
    merge: Merge
    refers: Mapping[str, str]
    rules: tuple[RowRule, ...] = ()
    claims: tuple[RowRule, ...] = ()
    hints: tuple[RowRule, ...] = ()
    prepare: Callable[[dict[str, Any]], None] | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    defines: str = ""

    @cached_property
    def fields(self) -> dict[str, KitField]:
        return cast(dict[str, KitField], self.form.base_fields)

    @cached_property
    def columns(self) -> dict[str, str]:
        """Field name by its header, folded as labels compare."""
        return {fold(header(kit_field)): name for name, kit_field in self.fields.items()}

    def header_of(self, name: str) -> str:
        """The header as the contract writes it; a Fault's field may name none (then it is empty)."""
        return header(self.fields[name]) if name in self.fields else ""


def header(kit_field: KitField) -> str:
    return str(kit_field.label)


def ends_after_begin(begin: str = "begins_on", end: str = "ends_on") -> RowRule:
    """End before start is a fault at the end date (contract, section 9)."""

    def rule(row: Values, facts: Any) -> Iterable[Fault]:
        first, last = row.get(begin), row.get(end)
        if first and last and last < first:
            yield Fault(end, "end_before_begin", f"早于开始的 {first}")

    return rule

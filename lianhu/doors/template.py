"""The empty workbooks: the same forms that read a file say how to fill it in."""

from typing import Any

from grievances.models import Category
from lianhu.doors.kinds import BOOKS
from lianhu.kit import fields
from lianhu.kit.excel.template import TemplateColumn, template_workbook
from lianhu.kit.sheets import Sheet, header


def write_template(kind: str, target: Any) -> None:
    """Write the empty 登记表 (`registry`) or 走访表 (`visits`) to a path or a binary file."""
    template_workbook(target, ((sheet.title, _columns(sheet)) for sheet in BOOKS[kind].sheets))


def _columns(sheet: Sheet) -> list[TemplateColumn]:
    return [
        TemplateColumn(
            title=header(field),
            required=field.required,
            note=str(field.help_text),
            choices=_choices(name, field),
            kind=_kind(field),
        )
        for name, field in sheet.fields.items()
    ]


def _choices(name: str, field: fields.KitField) -> list[str]:
    if isinstance(field, fields.ChoiceField):
        return [label for _, label in field.choices]
    if isinstance(field, fields.FlagField):
        return ["是", "否"]
    return list(Category.objects.values_list("name", flat=True)) if name == "category" else []


def _kind(field: fields.KitField) -> str:
    if isinstance(field, fields.DateField):
        return "date"
    return "number" if isinstance(field, fields.WholeNumberField | fields.CoordinateField) else "text"

"""An empty workbook to fill in: headers, drop-downs, notes, and columns typed as text or date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

_LAST_ROW = 20_000
_LONGEST_LIST = 255  # Excel's limit; longer ones are told in the note alone


@dataclass(frozen=True)
class TemplateColumn:
    """`choices` become a drop-down; `text` columns keep leading zeros, `date` ones show 2026-03-05."""

    title: str
    required: bool
    note: str
    choices: Sequence[str] = ()
    kind: str = "text"


def template_workbook(target: Any, sheets: Iterable[tuple[str, Sequence[TemplateColumn]]]) -> None:
    """Write it to a path or a binary file. Required headers carry `*` and stand out."""
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter"}
        head = base | {"bold": True, "border": 1, "align": "center", "text_wrap": True}
        must = book.add_format(head | {"bg_color": "#E5F0F1"})
        may = book.add_format(head | {"bg_color": "#F4F6F6"})
        kinds = {
            "text": book.add_format(base | {"num_format": "@"}),
            "date": book.add_format(base | {"num_format": "yyyy-mm-dd"}),
            "number": book.add_format(base),
        }
        for title, columns in sheets:
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.set_row(0, 32)
            for index, column in enumerate(columns):
                label = column.title + ("*" if column.required else "")
                sheet.set_column(index, index, max(12, 2 * len(label) + 2), kinds[column.kind])
                sheet.write_string(0, index, label, must if column.required else may)
                _guide(sheet, index, column)


def _guide(sheet: Any, index: int, column: TemplateColumn) -> None:
    note = "\n".join(part for part in ("必填" if column.required else "可不填", column.note) if part)
    if column.choices:
        note += "\n只能填：" + "、".join(column.choices)
    if column.choices and len(",".join(column.choices)) <= _LONGEST_LIST:
        sheet.data_validation(
            1, index, _LAST_ROW, index,
            {"validate": "list", "source": list(column.choices), "error_title": "不在列表里",
             "error_message": "请从下拉列表里选", "ignore_blank": True},
        )  # fmt: skip
    sheet.write_comment(0, index, note, {"x_scale": 1.6, "font_size": 10, "author": "联户联情"})

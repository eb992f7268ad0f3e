"""Choosing the workbook to import."""

from django import forms

from lianhu.doors.kinds import BOOKS


class ImportForm(forms.Form):
    kind = forms.ChoiceField(
        label="导入什么",
        choices=[(book.kind, book.label) for book in BOOKS.values()],
        widget=forms.RadioSelect,
        error_messages={"required": "请选登记表或走访表", "invalid_choice": "请选登记表或走访表"},
    )
    file = forms.FileField(
        label="Excel 文件（.xlsx）",
        allow_empty_file=True,
        max_length=200,
        widget=forms.ClearableFileInput(
            attrs={"accept": ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
        ),
        error_messages={"required": "请选一个文件", "max_length": "文件名太长，请改短再选一次"},
    )

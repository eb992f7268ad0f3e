from django import forms

from lianhu.kit.fields import CodeField


class CaseForm(forms.Form):
    """What can be no code is told like one that is nobody's; only an empty field is asked for."""

    code = forms.CharField(
        label="查询码",
        max_length=40,
        help_text="干部给您看过的 10 位字母和数字，不分大小写，空格可填可不填。",
        error_messages={"required": "请填查询码", "max_length": "查询码太长了，只有 10 位"},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    number = CodeField(
        label="编号（可以不填）",
        max_length=40,
        required=False,
        help_text="像 LH-2026-000123。填了就要和查询码是同一件。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

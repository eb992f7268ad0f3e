"""What the public pages ask. A fault stands beside its field and every word typed is kept."""

from typing import Any

from django import forms

from grievances.models import GrievanceKind, Satisfaction
from lianhu.kit import fields
from lianhu.kit.fields import CodeField

MOST_WORDS = 2_000


class CaseForm(forms.Form):
    """What can be no code is told like one that is nobody's; only empty fields are asked for."""

    code = forms.CharField(
        label="查询码",
        max_length=40,
        required=False,
        help_text="干部给您看过的 10 位字母和数字，不分大小写，空格可填可不填。",
        error_messages={"max_length": "查询码太长了，只有 10 位"},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    number = CodeField(
        label="编号（可以不填）",
        max_length=40,
        required=False,
        help_text="像 LH-2026-000123。填了就要和查询码是同一件；只填编号，查得到已经公示的。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        words = super().clean() or {}
        if not words.get("code") and not words.get("number") and not self.errors:
            self.add_error("code", "请填查询码")
        return words


class TicketForm(forms.Form):
    """A ticket comes with it: that the matter was found a moment ago. When it is too old, the code is asked for
    again; the code itself is in no page.
    """

    code = forms.CharField(
        label="查询码",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class ObjectionForm(TicketForm):
    text = fields.TextField(
        label="您的异议", max_length=1_000, lines=True, help_text="哪里不对，您觉得该怎么办"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["rows"] = 4


class RatingForm(TicketForm):
    satisfaction = fields.ChoiceField(label="对答复满意吗", choices=Satisfaction.choices)
    text = fields.TextField(label="想说的话（可以不填）", max_length=500, lines=True, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["rows"] = 3
        self.fields["satisfaction"].widget = forms.RadioSelect(choices=Satisfaction.choices)


class FilingForm(forms.Form):
    """我要反映. Nothing is asked that is not needed to write the matter down."""

    # Made with the page: the same form sent twice is one filing.
    form_id = fields.IdentityField(widget=forms.HiddenInput)
    content = fields.TextField(
        label="什么事",
        max_length=MOST_WORDS,
        lines=True,
        help_text="在哪里、多久了、影响哪些人、您希望怎么办。不用写身份证号。",
    )
    title = fields.TextField(
        label="一句话概括（可以不填）", max_length=60, required=False, help_text="空着就用上面的前几个字"
    )
    kind = fields.ChoiceField(
        label="属于哪种",
        choices=GrievanceKind.choices,
        required=False,
        blank_is=GrievanceKind.LIVELIHOOD,
    )
    category = fields.ChoiceField(label="类别（可以不选）", choices=(), required=False)
    name = fields.TextField(label="怎么称呼您（可以不填）", max_length=50, required=False)
    phone = fields.PhoneField(
        label="电话（可以不填）",
        required=False,
        help_text="只有办这件事的人看得到。不留也能凭查询码看到答复。",
    )

    def __init__(self, *args: Any, categories: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "不清楚"), *((str(pk), name) for pk, name in categories)]
        self.fields["category"] = fields.ChoiceField(
            label="类别（可以不选）", choices=choices, required=False
        )
        self.fields["content"].widget.attrs["rows"] = 6
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["phone"].widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}
        self.order_fields(["form_id", "content", "title", "kind", "category", "name", "phone"])

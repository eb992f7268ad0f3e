"""What may be said of a visit that is there."""

from copy import deepcopy
from typing import Any

from django import forms

from lianhu.kit import fields
from registry.reasons import ReasonForm
from visits.forms import VisitEntryForm
from visits.records import IN_RECORD

_ROWS = 4
AMENDED = (*IN_RECORD, "policy_talk")


class AmendForm(forms.Form):
    """The words of the record, by the very fields they were entered with. `text` is the version on the screen."""

    text = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in VisitEntryForm.base_fields:
            if name in AMENDED:
                self.fields[name] = deepcopy(VisitEntryForm.base_fields[name])
        for name in ("difficulties", "opinions", "spot_answer", "promises"):
            self.fields[name].widget.attrs["rows"] = _ROWS

    def values(self) -> dict[str, Any]:
        """As the record keeps them: lists, not tuples; what was answered on the spot was solved there."""
        values = {name: self.cleaned_data[name] for name in AMENDED}
        values["solved_on_spot"] = values["solved_on_spot"] or bool(values["spot_answer"])
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


class _WordsForm(forms.Form):
    """Each form of a page has ids of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **({"auto_id": f"{type(self).__name__.lower()}_%s"} | kwargs))
        self.fields["text"].widget.attrs["rows"] = _ROWS


class AddendumForm(_WordsForm):
    text = fields.TextField(
        label="补充内容", max_length=5000, lines=True, help_text="原来的记录不动，补充写在后面。"
    )


class AskForm(_WordsForm):
    text = fields.TextField(
        label="要干部补充什么", max_length=1000, lines=True, help_text="干部会收到消息，在这一页答复。"
    )


class AnswerForm(_WordsForm):
    """`question`: the one that was on the screen."""

    text = fields.TextField(label="答复", max_length=2000, lines=True)
    question = fields.CodeField(required=False, widget=forms.HiddenInput)

    def asked(self) -> int:
        word = self.data.get("question", "")
        return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else 0


class VoidForm(ReasonForm):
    suggestions = ("录错了户", "录错了日期", "重复录入", "没有去，误录")

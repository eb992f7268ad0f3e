"""Why somebody asks: kept in the log for good, so it must name nobody."""

from typing import Any, ClassVar

from django import forms


class ReasonForm(forms.Form):
    """A reason in 2 to 200 characters; `suggestions` are offered, never required."""

    suggestions: ClassVar[tuple[str, ...]] = ()
    reason = forms.CharField(
        label="原因",
        min_length=2,
        max_length=200,
        help_text="会记入审计日志，长期保存。请不要写姓名、电话等个人信息。",
        error_messages={
            "required": "请写明原因",
            "min_length": "请写明原因，至少 2 个字",
            "max_length": "最多 200 个字",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Each form of a page has ids of its own.
        super().__init__(*args, **({"auto_id": f"{type(self).__name__.lower()}_%s"} | kwargs))
        if self.suggestions:
            self.fields["reason"].widget.attrs |= {"list": self.list_id, "autocomplete": "off"}

    @property
    def list_id(self) -> str:
        return f"{type(self).__name__.lower()}_suggestions"

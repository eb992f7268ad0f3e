"""The library's forms as pages show them."""

from typing import Any

from django import forms

from grievances.library import PolicyForm, TemplateForm
from grievances.models import Category

ROWS = 10


class PolicyPageForm(PolicyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_shown(self, "请选择")


class TemplatePageForm(TemplateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _as_shown(self, "各类都用")


def _as_shown(form: forms.Form, blank: str) -> None:
    names = Category.objects.values_list("name", flat=True)
    form.fields["category"].widget = forms.Select(choices=[("", blank), *((name, name) for name in names)])
    form.fields["text"].widget.attrs["rows"] = ROWS

"""Somebody was faster, and there is nothing left to save into: what was typed is shown, to be copied."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def overtaken(request: HttpRequest, form: forms.Form, *, told: str, back: str) -> HttpResponse:
    """`told`: what happened; `back`: the address of what there is now. Answers 409."""
    typed = [(field.label, _in_words(field)) for field in form.visible_fields()]
    context = {"told": told, "typed": [(label, text) for label, text in typed if text], "back": back}
    return render(request, "reports/overtaken.html", context, status=409)


def _in_words(field: forms.BoundField) -> str:
    """As it was chosen or typed."""
    said = field.form.data.getlist(field.html_name)  # type: ignore[attr-defined]
    if isinstance(field.field.widget, forms.CheckboxInput):
        return "是" if said else ""
    choices: dict[str, Any] = dict(getattr(field.field.widget, "choices", ()))
    return "、".join(str(choices.get(each, each)) for each in said)

"""Raw values of an envelope that is no sheet (a page, a phone) to the form's own, every fault told."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values


def clean_values(form: type[forms.Form], raw: Values) -> tuple[dict[str, Any], list[Fault]]:
    """The values that can be read, and a fault for each that can't. What the form does not know is left out."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, field in form.base_fields.items():
        try:
            values[name] = field.clean(raw.get(name))
        except ValidationError as error:
            faults.append(Fault(name, error.code or "", str(error.message)))
    return values, faults

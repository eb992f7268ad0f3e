"""What may go wrong, said once for page, workbook and phone."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


@dataclass(frozen=True)
class Fault:
    """A value that may not be so: the field's name, a stable code, the reason in Chinese."""

    field: str
    code: str
    message: str


def raise_faults(faults: Iterable[Fault]) -> None:
    """For a service: all of them at once, each beside its field; a fault without one is of the whole."""
    told: dict[str, list[ValidationError]] = {}
    for fault in faults:
        error = ValidationError(fault.message, code=fault.code)
        told.setdefault(fault.field or NON_FIELD_ERRORS, []).append(error)
    if told:
        raise ValidationError(told)

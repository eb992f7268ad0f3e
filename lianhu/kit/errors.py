"""What may go wrong, said once for page, workbook and phone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A value that may not be so: the field's name, a stable code, the reason in Chinese."""

    field: str
    code: str
    message: str

"""Phones and ID numbers of people: which columns are sealed, and the one way to what is in them.

Whoever shows a full value logs it (`reports.pages.household`).
"""

from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from django.db import models

from lianhu.kit.privacy import masked_id, masked_phone, unseal
from registry.models import Cadre, Household


@dataclass(frozen=True)
class SealedColumn:
    """`kind` and `name` go into the owner that a value is bound to: a ciphertext moved does not open.

    `key` is the column whose value goes into it too.
    """

    model: type[models.Model]
    kind: str
    name: str
    key: str = "code"

    @property
    def column(self) -> str:
        return f"{self.name}_sealed"

    def owner(self, code: str) -> str:
        return sealed_for(self.kind, code, self.name)


def sealed_for(kind: str, code: str, name: str) -> str:
    return f"{kind}:{code}:{name}"


SEALED = (
    SealedColumn(Household, "household", "phone"),
    SealedColumn(Household, "household", "id_number"),
    SealedColumn(Cadre, "cadre", "phone"),
)


class Unopened(ValueError):
    """The key is not in the ring, or the value was changed or moved."""


def opened(sealed: bytes | memoryview | None, owner: str) -> str:
    """The full value; empty for none. Raise Unopened rather than show something wrong."""
    if sealed is None:
        return ""
    try:
        return unseal(bytes(sealed), owner)
    except (KeyError, InvalidTag, ValueError) as error:
        raise Unopened(owner) from error


@dataclass(frozen=True)
class Contact:
    """A family's phone and ID number as one reader gets them: a masked one never carries its full value.

    `full` and `masked` name what is there and how it is shown.
    """

    phone: str
    id_number: str
    full: tuple[str, ...]
    masked: tuple[str, ...]


_MASKS = {"phone": masked_phone, "id_number": masked_id}
UNREADABLE = "读不出来，请告诉系统管理员"


def contact_of(household: Household, *, full: Collection[str] = ()) -> Contact:
    """Masked but for the names in `full`."""
    shown: dict[str, str] = {}
    how: dict[bool, list[str]] = {True: [], False: []}
    for name, mask in _MASKS.items():
        sealed = getattr(household, f"{name}_sealed")
        try:
            value = opened(sealed, sealed_for("household", household.code, name))
        except Unopened:
            shown[name] = UNREADABLE
            continue
        shown[name] = value if name in full else mask(value)
        if value:
            how[name in full].append(name)
    return Contact(shown["phone"], shown["id_number"], tuple(how[True]), tuple(how[False]))

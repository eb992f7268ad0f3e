"""Finding cadres and villages; households are found by `registry.household_search`."""

import re
from typing import Any

from django.db.models import Q, QuerySet

from lianhu.kit.identity import normal_phone
from lianhu.kit.privacy import keyed_hash
from registry.household_search import by_letters, with_plain_name, words_of

_PART_OF_A_VILLAGE_CODE = 3


def matching_cadres(cadres: QuerySet[Any], text: str) -> QuerySet[Any]:
    """By name, its letters, 工号, or the whole phone number; none for a blank text."""
    words = words_of(text)
    if not words:
        return cadres.none()
    joined = "".join(words)
    found = Q(plain_name__icontains=joined) | by_letters(joined) | Q(code__istartswith=joined)
    phone = normal_phone(joined)
    if phone:
        found |= Q(phone_hash=keyed_hash(phone, "phone"))
    return with_plain_name(cadres, "name").filter(found)


def matching_villages(villages: QuerySet[Any], text: str) -> QuerySet[Any]:
    """By name, its township's name, or how the code begins or ends; none for a blank text."""
    words = words_of(text)
    if not words:
        return villages.none()
    joined = "".join(words)
    found = Q()
    for word in words:
        found &= Q(name__icontains=word) | Q(township__name__icontains=word)
    if re.fullmatch(r"[0-9]+", joined) and len(joined) >= _PART_OF_A_VILLAGE_CODE:
        found |= Q(code__startswith=joined) | Q(code__endswith=joined)
    matched: QuerySet[Any] = villages.filter(found)
    return matched

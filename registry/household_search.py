"""Finding households by what people have at hand: a name or its letters, a code, a village, a phone or its end.

Phones and ID numbers are sealed; a keyed hash of what is asked finds the whole number or the last four
digits of a phone, and nothing between.
"""

import re
from typing import Any

from django.db.models import F, Func, Q, QuerySet, Value

from lianhu.kit.fields import fold
from lianhu.kit.identity import normal_phone
from lianhu.kit.privacy import keyed_hash

LONGEST = 60
_DOTS = str.maketrans("", "", "•・･‧∙⋅●．.·")
_PART_OF_A_CODE = 3


def matching(households: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of `households` that the text may mean; all of them for a blank one.

    Full-width and blanks do not matter, nor the `·` of a name. Several words must all be in the head's or
    the village's name.
    """
    words = fold(text.replace("\x00", ""))[:LONGEST].translate(_DOTS).split()
    if not words:
        return households
    joined = "".join(words)
    named = Q()
    for word in words:
        named &= Q(plain_head__icontains=word) | Q(village__name__icontains=word) | _by_letters(word)
    found = named | Q(plain_head__icontains=joined) | Q(code__iexact=joined)
    if len(joined) >= _PART_OF_A_CODE:
        found |= Q(code__iendswith=joined)
    found |= _by_number(joined)
    plain_head = Func(F("head_name"), Value("·"), Value(""), function="replace")
    named_plainly: QuerySet[Any] = households.alias(plain_head=plain_head)
    return named_plainly.filter(found)


def _by_letters(word: str) -> Q:
    """`zrc` finds 泽仁初 (`lianhu.kit.pinyin`): `|` begins each reading that is stored."""
    return Q(pinyin__contains=f"|{word.lower()}") if re.fullmatch(r"[A-Za-z]+", word) else Q(pk__in=())


def _by_number(text: str) -> Q:
    found = Q()
    if re.fullmatch(r"[0-9]{4}", text):
        found |= Q(phone_tail_hash=keyed_hash(text, "phone_tail"))
    phone = normal_phone(text)
    if phone:
        found |= Q(phone_hash=keyed_hash(phone, "phone"))
    if re.fullmatch(r"[0-9]{17}[0-9Xx]", text):
        found |= Q(id_number_hash=keyed_hash(text.upper(), "id_number"))
    return found

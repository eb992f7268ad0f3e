"""Finding households by what people have at hand: a name or its letters, a code, a village, a phone or its end.

Phones and ID numbers are sealed; a keyed hash of what is asked finds the whole number or the last four
digits of a phone, and nothing between.
"""

import re
from typing import Any

from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, Value, When

from lianhu.kit.fields import fold
from lianhu.kit.identity import normal_phone
from lianhu.kit.privacy import keyed_hash

LONGEST = 60
_DOTS = str.maketrans("", "", "•・･‧∙⋅●．.·")
_PART_OF_A_CODE = 3


def matching(households: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of `households` that the text may mean; all of them for a blank one. `best_first` orders them.

    Full-width and blanks do not matter, nor the `·` of a name. Several words must all be in the head's or
    the village's name.
    """
    words = words_of(text)
    if not words:
        return households
    joined = "".join(words)
    named = Q()
    for word in words:
        named &= Q(plain_name__icontains=word) | Q(village__name__icontains=word) | by_letters(word)
    found = named | Q(plain_name__icontains=joined) | Q(code__iexact=joined)
    if len(joined) >= _PART_OF_A_CODE:
        found |= Q(code__iendswith=joined)
    found |= _by_number(joined)
    return with_plain_name(households, "head_name").filter(found)


def best_first(found: QuerySet[Any], text: str, *, name: str = "head_name") -> QuerySet[Any]:
    """The code itself, names and letters that begin so, those that have it within, then skipped syllables."""
    words = words_of(text)
    if not words:
        return found.order_by("code")
    joined = "".join(words)
    begins = Q(code__iexact=joined) | Q(plain_name__istartswith=joined) | letters_begin(joined)
    rank = Case(
        When(begins, then=0),
        When(by_skipped_letters(joined) & ~Q(plain_name__icontains=joined), then=2),
        default=1,
        output_field=IntegerField(),
    )
    ordered: QuerySet[Any] = with_plain_name(found, name).alias(likeness=rank).order_by("likeness", "code")
    return ordered


def words_of(text: str) -> list[str]:
    return fold(text.replace("\x00", ""))[:LONGEST].translate(_DOTS).split()


def with_plain_name(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    """`plain_name`: without the `·`."""
    plain = Func(F(name), Value("·"), Value(""), function="replace")
    named: QuerySet[Any] = rows.alias(plain_name=plain)
    return named


def by_letters(word: str) -> Q:
    """`zrc` finds 泽仁初, `zcs` too finds 泽仁初善 (FORMATS g)."""
    return letters_begin(word) | by_skipped_letters(word)


def letters_begin(word: str) -> Q:
    """`|` begins each reading that is stored (`lianhu.kit.pinyin`)."""
    return Q(pinyin__contains=f"|{word.lower()}") if _LETTERS.fullmatch(word) else Q(pk__in=())


def by_skipped_letters(word: str) -> Q:
    """The first syllable as ever, later ones may be left out, all within one reading."""
    if len(word) < 2 or not _LETTERS.fullmatch(word):
        return Q(pk__in=())
    return Q(pinyin__regex=r"\|" + "[^|]*".join(word.lower()))


_LETTERS = re.compile("[A-Za-z]+")


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

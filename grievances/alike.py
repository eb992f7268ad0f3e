"""Likely duplicates, offered before a matter is registered and beside one that is (contract, section 4).

The same household and category; or the same village and many of the same pairs of signs. Open ones, and those
closed within half a year. Only what the reader may see.
"""

import datetime
from collections.abc import Collection
from itertools import islice, pairwise
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, F, FloatField, Func, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Greatest, Least, Length

from accounts.models import User
from grievances.models import Category, Grievance
from lianhu.kit import clock
from registry.models import Household, Village

LATELY = datetime.timedelta(days=180)
SHOWN = 5
# Of the shorter text, how much must be in the other; and how few pairs say nothing.
_PART, _FEWEST = 0.3, 3
# What a matter is about is said early: the rest would only make the search slow.
_MOST_WORDS = 120


def bigrams_of(*texts: str) -> list[str]:
    """Pairs of neighbouring signs as the database keeps them (`Grievance.bigrams`); not those of punctuation."""
    pairs = (a + b for text in texts for a, b in pairwise(text.lower()) if a.isalnum() and b.isalnum())
    return list(islice(dict.fromkeys(pairs), _MOST_WORDS))


def alike_of(
    household: Household | int | None,
    village: Village | int,
    category: Category | int,
    words: Collection[str],
    *,
    user: User,
) -> "QuerySet[Grievance]":
    """Those that one about to be registered may repeat, likeliest first, a handful. `words`: `bigrams_of` it."""
    return _found(household, village, category, list(words), user)[:SHOWN]


def alike(matter: Grievance, user: User) -> "QuerySet[Grievance]":
    """Those that the matter may repeat or be repeated by, for its page and for 并案."""
    words = bigrams_of(matter.title, matter.content)
    found = _found(matter.household_id, matter.village_id, matter.category_id, words, user)
    return found.exclude(pk=matter.pk)[:SHOWN]


def _found(
    household: Any, village: Any, category: Any, words: list[str], user: User
) -> "QuerySet[Grievance]":
    since = clock.today() - LATELY
    nothing = Q(pk__in=())
    of_home = Q(household=household, category=category) if household else nothing
    by_words = Q(village=village, bigrams__overlap=words, shared__gte=_FEWEST, likeness__gte=_PART)
    stands = Q(voided_at__isnull=True, parent__isnull=True)
    lately = Q(closed_on__isnull=True) | Q(closed_on__gte=since)
    rows: Any = _with_likeness(Grievance.objects.visible_to(user), words)
    rows = rows.filter(of_home | (by_words if words else nothing), stands, lately)
    likeliest = Case(When(of_home, then=0), default=1, output_field=IntegerField())
    rows = rows.order_by(likeliest, "-likeness", "-registered_on", "-pk")
    rows = rows.select_related("category", "household", "village", "handler")
    light: QuerySet[Grievance] = rows.defer("bigrams")
    return light


def _with_likeness(rows: Any, words: list[str]) -> "QuerySet[Grievance]":
    """`shared` pairs, and `likeness`: their part of the shorter text. The number's own pairs are not counted."""
    mine = Value(words, output_field=ArrayField(TextField()))
    shared = Func(
        F("bigrams"),
        mine,
        template="cardinality(ARRAY(SELECT unnest(%(expressions)s)))",
        arg_joiner=") INTERSECT SELECT unnest(",
        output_field=IntegerField(),
    )
    theirs = Greatest(
        Func(F("bigrams"), function="cardinality", output_field=IntegerField()) - Length("number"), Value(1)
    )
    likeness = Cast(F("shared"), FloatField()) / Cast(Least(theirs, Value(max(len(words), 1))), FloatField())
    lit: QuerySet[Grievance] = rows.annotate(shared=shared).annotate(likeness=likeness)
    return lit

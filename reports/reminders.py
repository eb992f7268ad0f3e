"""到点提醒: who still owes is told on the 20th and three days before the month's end (contract, section 6).

Each cadre hears what of it; the liaison of a unit, in a township the township's, gets the list. Once a person and
occasion: done again, or later in the month, it is done once.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.urls import reverse

from accounts.calendar import Workday, workdays
from accounts.models import User
from accounts.notices import notify
from lianhu.kit.periods import Period
from lianhu.kit.pinyin import spelt
from registry.models import Cadre, PostSpan, Role, RoleGrant, Unit
from registry.people import in_service
from registry.querysets import in_force
from reports.pages.duties import Duty, duties_of_periods
from reports.quotas.compute import Subjects

Date = datetime.date

FIRST_DAY = 20
DAYS_BEFORE_END = 3
# The unit's page, where the notice leads, has all of them.
_MOST_NAMES = 30


class Reminded(NamedTuple):
    cadres: int
    units: int


# --- when ------------------------------------------------------------------------------------


def reminder_days(first: Date, last: Date) -> list[Date]:
    """The days of the span on which one reminds: the 20th and three days before the month's end.

    A day off gives way to the next working day; where none is left in the month, to the last one before it.
    """
    months = [Period.month_of(first)]
    while months[-1].last < last:
        months.append(months[-1].following())
    works = workdays(months[0].first, months[-1].last)
    found = set()
    for month in months:
        before_end = month.last - datetime.timedelta(days=DAYS_BEFORE_END)
        found |= {_moved(day, month, works) for day in (month.first.replace(day=FIRST_DAY), before_end)}
    return sorted(day for day in found if first <= day <= last)


def _moved(day: Date, month: Period, works: dict[Date, Workday]) -> Date:
    working = [each for each, answer in works.items() if month.first <= each <= month.last and answer.works]
    return min((each for each in working if each >= day), default=max(working, default=day))


def ending_with(month: Period) -> list[Period]:
    """The periods that are over with this month: it, in March the quarter, in December the year too."""
    longer = (Period.parse(f"{month.first.year}Q{(month.first.month + 2) // 3}"), Period.year_of(month.first))
    return [month, *(period for period in longer if period.last == month.last)]


# --- whom ------------------------------------------------------------------------------------


@transaction.atomic
def remind_owing(*, on: Date) -> Reminded:
    """Of the last such day of this month, if it has come. What a past month owed is no reminder any more."""
    month = Period.month_of(on)
    occasion = max(reminder_days(month.first, on), default=None)
    if occasion is None:
        return Reminded(0, 0)
    periods = ending_with(month)
    only = Subjects(villages=frozenset())
    owed: dict[tuple[str, int], list[Duty]] = defaultdict(list)
    for duties in duties_of_periods([(period, on) for period in periods], subjects=only):
        for duty in duties:
            if duty.state == "running" and duty.left:
                owed[duty.figure.subject_kind, duty.figure.subject_id].append(duty)
    of_cadres = {subject: each for (kind, subject), each in owed.items() if kind == "cadre"}
    of_units = {subject: each for (kind, subject), each in owed.items() if kind == "unit"}
    key = f"owing:{occasion}"
    told = _remind_cadres(of_cadres, month, key, on)
    return Reminded(told, _remind_liaisons(of_cadres, of_units, month, key, on))


def _remind_cadres(owed: dict[int, list[Duty]], month: Period, key: str, on: Date) -> int:
    by_words: dict[str, list[User]] = defaultdict(list)
    for user in in_service(on).filter(cadre__in=list(owed)):
        by_words[_in_words(owed[user.cadre.pk], month)].append(user)
    for words, users in sorted(by_words.items()):
        title = f"{month.first.month}月的联户任务还没完成"
        notify(users, key=key, title=title, body=f"{words}。", url=reverse("me"))
    return sum(map(len, by_words.values()))


def _remind_liaisons(
    of_cadres: dict[int, list[Duty]], of_units: dict[int, list[Duty]], month: Period, key: str, on: Date
) -> int:
    """How many units' liaisons there were to tell."""
    members: dict[int, list[Cadre]] = defaultdict(list)
    spans = PostSpan.objects.filter(cadre__in=list(of_cadres), begins_on__lte=on, ends_on__gte=on)
    for span in spans.select_related("cadre"):
        members[span.unit_id].append(span.cadre)
    units = Unit.objects.in_bulk(members.keys() | of_units.keys())
    people = _liaisons(units, on)
    for pk in sorted(people):
        names = sorted(members[pk], key=lambda cadre: (spelt(cadre.name), cadre.code))
        lines = [f"{cadre.name}：{_in_words(of_cadres[cadre.pk], month)}" for cadre in names[:_MOST_NAMES]]
        if len(names) > _MOST_NAMES:
            lines.append(f"还有 {len(names) - _MOST_NAMES} 人，见名单。")
        if pk in of_units:
            lines.insert(0, f"本单位：{_in_words(of_units[pk], month)}")
        who = f"还有 {len(names)} 人没完成联户任务" if names else "本单位还有任务没完成"
        notify(
            people[pk],
            key=f"{key}:{pk}",
            title=f"{month.first.month}月{who}",
            body="\n".join(lines),
            url=reverse("unit", args=[units[pk].code]),
        )
    return len(people)


def _liaisons(units: Iterable[int], on: Date) -> dict[int, list[User]]:
    roles = (Role.UNIT_LIAISON, Role.TOWNSHIP)
    grants = RoleGrant.objects.filter(in_force(on), role__in=roles, unit__in=list(units))
    users = {user.cadre.pk: user for user in in_service(on).filter(cadre__in=grants.values("cadre"))}
    people: dict[int, list[User]] = defaultdict(list)
    for unit, cadre in grants.values_list("unit", "cadre").distinct():
        if cadre in users:
            people[unit].append(users[cadre])
    return people


def _in_words(duties: Iterable[Duty], month: Period) -> str:
    """还差 1 次下乡、1 天驻村；全年还差 3 户没走访."""
    by_period: dict[Period, list[str]] = defaultdict(list)
    for duty in duties:
        by_period[duty.period].append(duty.owed)
    whole = {"quarter": "本季度", "year": "全年"}
    return "；".join(
        f"{'' if period == month else whole[period.kind]}还差 {'、'.join(words)}"
        for period, words in by_period.items()
    )

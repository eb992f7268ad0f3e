"""What a step needs beyond state and person (contract, section 4). Each is asked with the step's cleaned words.

Asked without words, a rule tells what is missing before anybody types; such a fault names no field.
"""

import datetime
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from django.db.models import Q

from grievances import publication
from grievances.deadlines import Terms
from grievances.hands import ABOVE, Hand
from grievances.models import OVER, Grievance, GrievanceAction, Outcome, Policy, Satisfaction
from lianhu.kit import clock
from lianhu.kit.errors import Fault
from registry.answering import in_post
from registry.models import Cadre, Unit

Words = Mapping[str, Any]


def _cadre(hand: Hand, code: str) -> Cadre | None:
    return Cadre.objects.filter(in_post(hand.on), code=code).first()


def handler_can_take_it(hand: Hand, words: Words) -> Iterator[Fault]:
    code = words.get("handler")
    if code and _cadre(hand, code) is None:
        yield Fault("handler", "not_in_post", f"没有在岗的干部 {code}，请核对工号")


def handler_is_another(hand: Hand, words: Words) -> Iterator[Fault]:
    code, now = words.get("handler"), hand.matter.handler
    if code and now is not None and now.code == code:
        yield Fault("handler", "same_person", f"现在就由 {now.name} 主办")


def helping_units_are_there(hand: Hand, words: Words) -> Iterator[Fault]:
    codes = set(words.get("helping") or ())
    known = set(Unit.objects.filter(code__in=codes).values_list("code", flat=True)) if codes else set()
    if codes - known:
        yield Fault("helping", "not_found", f"没有单位编码 {'、'.join(sorted(codes - known))}，请核对")


def there_is_a_level_above(hand: Hand, words: Words) -> Iterator[Fault]:
    if hand.matter.level not in ABOVE:
        yield Fault("", "not_asked", "已经是县级，不能再升级")


def extended_once(hand: Hand, words: Words) -> Iterator[Fault]:
    """延期 once (contract, section 4)."""
    if hand.extended:
        yield Fault("", "not_asked", f"已经延期过一次（{hand.matter.extension_days} 天），不能再延")
    elif "extension" in hand.requests:
        yield Fault("", "not_asked", "延期已经申请，等上一级决定")


def within_sixty_days(hand: Hand, words: Words) -> Iterator[Fault]:
    """30 days at most, and never past 60 from 挂号日期 (contract, section 4); both as they were set that day."""
    days, matter = words.get("days"), hand.matter
    terms = Terms.load()
    now = terms.reply_due(matter.level, matter.registered_on)
    last = terms.last_extended(matter.level, matter.registered_on)
    if last <= now:
        yield Fault("", "not_asked", f"答复期限 {now} 已经是最晚的，不能再延")
    elif days and now + datetime.timedelta(days=days) > last:
        most = (last - now).days
        yield Fault("days", "too_long", f"连同延期最晚到 {last}，最多延 {most} 天")
    elif days and now + datetime.timedelta(days=days) < hand.on:
        yield Fault("days", "too_short", f"延到的 {now + datetime.timedelta(days=days)} 已经过了，请多延几天")


def extension_is_asked(hand: Hand, words: Words) -> Iterator[Fault]:
    if "extension" not in hand.requests:
        yield Fault("", "not_asked", "没有等待决定的延期申请")


def policy_is_cited(hand: Hand, words: Words) -> Iterator[Fault]:
    """A 政策解释 cites one entry of the library, where the library has one for such a matter."""
    cited = words.get("policy")
    fitting = Policy.objects.filter(Q(retired_on__isnull=True) | Q(retired_on__gt=hand.on))
    if cited and not fitting.filter(pk=cited).exists():
        yield Fault("policy", "not_found", "政策库里没有这一条，或已停用，请重选")
    elif cited or words.get("outcome") != Outcome.EXPLAINED:
        return
    elif fitting.filter(category=hand.matter.category_id).exists():
        yield Fault("policy", "required", "政策解释要引用政策库里的一条")


def revisit_day_fits(hand: Hand, words: Words) -> Iterator[Fault]:
    day, replied = words.get("day"), hand.matter.replied_on
    if day and day > hand.on:
        yield Fault("day", "future", f"回访日期 {day} 还没有到")
    elif day and replied and day < replied:
        yield Fault("day", "before_reply", f"回访不能早于答复的 {replied}")


def waiver_is_asked_once(hand: Hand, words: Words) -> Iterator[Fault]:
    if "waiver" in hand.requests:
        yield Fault("", "not_asked", "免回访已经申请，等上一级决定")


def waiver_is_asked(hand: Hand, words: Words) -> Iterator[Fault]:
    if "waiver" not in hand.requests:
        yield Fault("", "not_asked", "没有等待决定的免回访申请")


def family_is_content(hand: Hand, words: Words) -> Iterator[Fault]:
    """Closing needs a reply and a revisit (contract, section 4)."""
    matter = hand.matter
    if matter.replied_on is None or not matter.outcome:
        yield Fault("", "no_reply", "还没有答复，不能销号")
    if matter.satisfaction not in {Satisfaction.SATISFIED, Satisfaction.BASICALLY}:
        yield Fault("", "no_revisit", "还没有满意或基本满意的回访，不能销号")


def not_withheld(hand: Hand, words: Words) -> Iterator[Fault]:
    if hand.matter.withheld_kind:
        kind = hand.matter.get_withheld_kind_display()
        yield Fault("", "not_asked", f"已标为不予公示（{kind}）")


def public_text_is_confirmed(hand: Hand, words: Words) -> Iterator[Fault]:
    """A person confirmed the public text, and it holds no name, phone or ID of the registry even now."""
    standing = publication.standing(hand.matter)
    if standing is None or not publication.is_confirmed(standing):
        yield Fault("", "not_confirmed", "公示的文字还没有确认")
        return
    for told in publication.sensitive_in(standing):
        yield Fault("", "sensitive", told)


def objection_waits(hand: Hand, words: Words) -> Iterator[Fault]:
    if publication.waiting_objection(hand.matter) is None:
        yield Fault("", "not_asked", "没有等待答复的异议")


def parent_can_take_it(hand: Hand, words: Words) -> Iterator[Fault]:
    """One level deep: the parent is part of nothing, and nothing is part of what is merged. So no cycle."""
    number, parent = words.get("parent"), hand.other
    if not number:
        return
    if parent is None:
        yield Fault("parent", "not_found", f"没有您能看到的诉求 {number}，请核对")
    elif parent.pk == hand.matter.pk:
        yield Fault("parent", "itself", "不能并入自己")
    elif parent.voided_at is not None:
        yield Fault("parent", "voided", f"{number} 已作废，不能并入")
    elif parent.parent is not None:
        told = f"{number} 已并入 {parent.parent.number}{_last_step(parent)}，请直接并入那一件"
        yield Fault("parent", "merged", told)
    elif parent.state in OVER:
        told = f"{number} {parent.get_state_display()}{_last_step(parent)}，不能再并入"
        yield Fault("parent", "over", told)
    if hand.matter.merged.exists():
        yield Fault("parent", "has_merged", "有别的诉求并在这一件里，请先把它们取出来，或者反过来并")


def _last_step(matter: Grievance) -> str:
    last = matter.events.select_related("by").order_by("pk").last()
    if last is None or last.by is None:
        return ""
    at = last.recorded_at.astimezone(clock.SHANGHAI)
    return f"（{last.by.name} {at:%m-%d %H:%M} {last.get_action_display()}）"


def is_merged(hand: Hand, words: Words) -> Iterator[Fault]:
    if hand.matter.parent_id is None:
        yield Fault("", "not_asked", "这件事没有并入别的诉求")


def nothing_is_merged_into_it(hand: Hand, words: Words) -> Iterator[Fault]:
    if hand.matter.merged.exists():
        yield Fault("", "has_merged", "有别的诉求并在这一件里，请先把它们取出来再作废")


def reminded_once_a_day(hand: Hand, words: Words) -> Iterator[Fault]:
    """催办 by one person once a day: a second tap says nothing new."""
    today = (each for each in hand.history if each.action == GrievanceAction.REMIND and each.on == hand.on)
    if any(each.by_id == hand.user.pk for each in today):
        yield Fault("", "not_asked", "您今天已经催过")


def satisfaction_counts(hand: Hand, words: Words) -> Iterator[Fault]:
    """剔除 takes away what was said up to now: something must count (`grievances.satisfaction`)."""
    matter = hand.matter
    if matter.satisfaction and matter.set_aside_at is None:
        return
    since = takewhile(lambda each: each.action != GrievanceAction.SET_ASIDE, reversed(hand.history))
    if any(
        each.value == Satisfaction.DISSATISFIED for each in since if each.action == GrievanceAction.REVISIT
    ):
        return
    told = "还没有回访的评价" if matter.set_aside_at is None else "这次评价已经剔除"
    yield Fault("", "not_asked", told)

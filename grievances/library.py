"""答复模板 and 政策库, by category (contract, section 4): what replies are made of, fed by good published ones."""

import datetime
import hashlib
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from grievances import masking
from grievances.models import Category, Grievance, GrievanceState, Policy, Publication, ReplyTemplate
from lianhu.kit import clock, fields
from lianhu.kit.errors import Fault, raise_faults
from lianhu.kit.fields import fold
from registry.models import Pairing, Role
from registry.scope import scope_of

KEEPING = (Role.TOWNSHIP, Role.COUNTY_OFFICE)
LONGEST_SEARCH = 60


def may_keep(user: User) -> bool:
    return scope_of(user).has(*KEEPING)


def may_read(user: User) -> bool:
    """Everybody who may have to do with matters."""
    scope = scope_of(user)
    if scope.county or scope.unit_ids or scope.village_ids or scope.has(Role.CADRE):
        return True
    return Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids).exists()


def _in_use(on: datetime.date) -> Q:
    return Q(retired_on__isnull=True) | Q(retired_on__gt=on)


def templates_for(category: Category | int | None, on: datetime.date) -> "QuerySet[ReplyTemplate]":
    """Those of the category, and those for all; every one in use where no category is said."""
    found = ReplyTemplate.objects.filter(_in_use(on)).select_related("category")
    return found if category is None else found.filter(Q(category=category) | Q(category__isnull=True))


def policies_for(category: Category | int | None, on: datetime.date) -> "QuerySet[Policy]":
    found = Policy.objects.filter(_in_use(on)).select_related("category")
    return found if category is None else found.filter(category=category)


def search_policies(text: str, policies: "QuerySet[Policy] | None" = None) -> "QuerySet[Policy]":
    """Those in use (or of `policies`) that hold every word, in title, text or source; all for a blank text."""
    found = policies_for(None, clock.today()) if policies is None else policies
    for word in fold(text.replace("\x00", ""))[:LONGEST_SEARCH].split():
        found = found.filter(Q(title__icontains=word) | Q(text__icontains=word) | Q(source__icontains=word))
    return found


def search_templates(text: str, templates: "QuerySet[ReplyTemplate]") -> "QuerySet[ReplyTemplate]":
    for word in fold(text.replace("\x00", ""))[:LONGEST_SEARCH].split():
        templates = templates.filter(Q(title__icontains=word) | Q(text__icontains=word))
    return templates


class PolicyForm(forms.Form):
    """`seen`: the version on the screen; `harmless`: words of the registry that are no names here."""

    category = fields.TextField(label="类别", max_length=50)
    title = fields.TextField(label="名称", max_length=200)
    text = fields.TextField(
        label="内容", max_length=10_000, lines=True, help_text="用群众听得懂的话。公开的政策库也会显示。"
    )
    source = fields.TextField(
        label="依据", required=False, max_length=200, help_text="文件名称和文号，例如 川民发〔2024〕3号"
    )
    harmless = fields.FlagField(label="我看过了，这些词不是姓名、电话或住址", required=False)
    seen = fields.TextField(required=False, max_length=64, widget=forms.HiddenInput)


class TemplateForm(forms.Form):
    category = fields.TextField(label="类别", required=False, max_length=50, help_text="空着就是各类都用")
    title = fields.TextField(label="名称", max_length=100)
    text = fields.TextField(label="内容", max_length=5_000, lines=True)
    seen = fields.TextField(required=False, max_length=64, widget=forms.HiddenInput)


def version(row: Policy | ReplyTemplate) -> str:
    said = (str(row.category_id), row.title, row.text, getattr(row, "source", ""), str(row.retired_on))
    return hashlib.sha256("\x00".join(said).encode()).hexdigest()


class Meanwhile(ValidationError):
    """Somebody else changed the entry since it was on the screen; nothing was written."""


def add_policy(words: dict[str, Any], *, by: User, taken_from: Grievance | None = None) -> Policy:
    """Raise PermissionDenied, or ValidationError by field."""
    _require(by)
    policy = Policy(added_at=clock.now(), added_by=by, taken_from=taken_from)
    _set_policy(policy, words)
    policy.save()
    return policy


def edit_policy(pk: int, words: dict[str, Any], *, by: User) -> Policy:
    _require(by)
    with transaction.atomic():
        policy = Policy.objects.select_for_update().get(pk=pk)
        _as_seen(policy, words)
        _set_policy(policy, words)
        policy.save()
    return policy


def add_template(words: dict[str, Any], *, by: User) -> ReplyTemplate:
    _require(by)
    template = ReplyTemplate()
    _set_template(template, words)
    template.save()
    return template


def edit_template(pk: int, words: dict[str, Any], *, by: User) -> ReplyTemplate:
    _require(by)
    with transaction.atomic():
        template = ReplyTemplate.objects.select_for_update().get(pk=pk)
        _as_seen(template, words)
        _set_template(template, words)
        template.save()
    return template


def retire(row: Policy | ReplyTemplate, *, by: User, back: bool = False) -> None:
    """From today it is offered no more; replies that cite it keep it. `back` takes that back."""
    _require(by)
    row.retired_on = None if back else clock.today()
    row.save(update_fields=["retired_on"])


def good_reply(number: str, user: User) -> Publication | None:
    """The public text of a matter that may be taken into the library: published, standing, seen by the user."""
    matters = Grievance.objects.visible_to(user).filter(
        number=number, state=GrievanceState.PUBLISHED, voided_at__isnull=True
    )
    up = Publication.objects.filter(
        grievance__in=matters, published_at__isnull=False, withdrawn_at__isnull=True
    )
    return up.select_related("grievance__category", "grievance__household", "grievance__village").first()


def proposed(up: Publication) -> dict[str, str]:
    """What a person then reads, mends and confirms: masked once more."""
    matter = up.grievance
    family = masking.family_of(matter)
    return {
        "category": matter.category.name,
        "title": masking.propose(up.title, family).text,
        "text": masking.propose(up.answer, family).text,
    }


def _require(by: User) -> None:
    if not may_keep(by):
        raise PermissionDenied


def _as_seen(row: Policy | ReplyTemplate, words: dict[str, Any]) -> None:
    if words["seen"] != version(row):
        raise Meanwhile("您打开以后，别人改过这一条，您的内容还没有保存", code="meanwhile")


def _set_policy(policy: Policy, words: dict[str, Any]) -> None:
    category = _category(words)
    # The library is public too: no name of a family gets into it unseen, no number at all.
    found = masking.scan((words["title"], words["text"], words["source"]))
    told = [each.told for each in found if not (words["harmless"] and each.arguable)]
    raise_faults(Fault("text", "sensitive", each) for each in told)
    assert category is not None
    policy.category = category
    policy.title, policy.text, policy.source = words["title"], words["text"], words["source"]


def _set_template(template: ReplyTemplate, words: dict[str, Any]) -> None:
    template.category = _category(words)
    template.title, template.text = words["title"], words["text"]


def _category(words: dict[str, Any]) -> Category | None:
    found = Category.objects.filter(name=words["category"]).first() if words["category"] else None
    if words["category"] and found is None:
        raise_faults([Fault("category", "not_in_list", f"“{words['category']}”不在列表里，请重选")])
    return found

"""审计: the log, read only, for auditors alone (contract, section 8). Reading a family's part of it is logged."""

import datetime
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.jobs import start_job
from accounts.models import AuditCheck, AuditEntry, AuditKind, Job, JobState, User
from lianhu.kit import clock
from lianhu.kit.fields import fold
from registry.models import Role
from registry.reasons import ReasonForm
from registry.scope import scope_of
from reports.pages.audit_words import changes_of, subject_of, told
from visits.models import Activity, ActivityFile, ActivityKind

PAGE = 50
CHECK = "check_audit"


def _day() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class FilterForm(forms.Form):
    """What is not understood is told beside its field and filters nothing."""

    begins_on = forms.DateField(label="从", required=False, widget=_day())
    ends_on = forms.DateField(label="到", required=False, widget=_day())
    kind = forms.ChoiceField(label="种类", required=False, choices=[("", "全部"), *AuditKind.choices])
    actor = forms.CharField(label="操作人", required=False, max_length=50)
    subject = forms.CharField(label="对象编码", required=False, max_length=100)
    address = forms.CharField(label="网络地址", required=False, max_length=45)

    def entries(self) -> QuerySet[AuditEntry]:
        """The newest first. Of days both are meant, in Asia/Shanghai."""
        asked = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        found = AuditEntry.objects.select_related("actor").order_by("-id")
        if asked.get("begins_on"):
            found = found.filter(at__gte=clock.midnight(asked["begins_on"]))
        if asked.get("ends_on"):
            found = found.filter(at__lt=clock.midnight(asked["ends_on"] + datetime.timedelta(days=1)))
        if asked.get("kind"):
            found = found.filter(kind=asked["kind"])
        if asked.get("actor"):
            found = found.filter(actor__in=_people(fold(asked["actor"]).strip()))
        if asked.get("subject"):
            found = found.filter(subject_key=fold(asked["subject"]).strip())
        if asked.get("address"):
            found = found.filter(address=asked["address"].strip())
        return found


def _people(text: str) -> list[int]:
    """By 工号, or by a part of the name. No constraint ties an entry to its account, so ids are read first."""
    exact = list(User.objects.filter(username=text).values_list("pk", flat=True))
    return exact or list(User.objects.filter(name__contains=text).values_list("pk", flat=True)[:200])


@login_required
@require_safe
@never_cache
def audit_log(request: HttpRequest) -> HttpResponse:
    _require_auditor(request)
    form = FilterForm(request.GET)
    found = form.entries()
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        found = found.filter(pk__lt=min(int(before), 2**63 - 1))
    page = list(found[: PAGE + 1])
    asked = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "lines": [Line(entry) for entry in page[:PAGE]],
        "older": urlencode(asked | {"before": page[PAGE - 1].pk}) if len(page) > PAGE else "",
        "newest": urlencode(asked) if before else None,
        "filtered": bool(asked),
        "chain": _chain(),
    }
    return render(request, "audit/list.html", context)


@dataclass(frozen=True)
class Line:
    entry: AuditEntry

    @property
    def who(self) -> str:
        actor = self.entry.actor
        return f"{actor.name} {actor.username}" if actor else self.entry.actor_name or "未登录"

    @property
    def subject(self) -> str:
        return subject_of(self.entry)

    @property
    def told(self) -> str:
        return told(self.entry)


def _chain() -> dict[str, Any]:
    waiting = AuditEntry.objects.filter(number__isnull=True)
    return {
        "last": AuditCheck.objects.order_by("-id").first(),
        "checking": Job.objects.filter(kind=CHECK, state__in=(JobState.WAITING, JobState.RUNNING)).exists(),
        "unsealed": waiting.count(),
    }


@login_required
@require_safe
@never_cache
def audit_entry(request: HttpRequest, pk: int) -> HttpResponse:
    _require_auditor(request)
    return _entry_page(request, _entry(pk), ReasonForm())


@login_required
@require_POST
@never_cache
def audit_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """What the entry says of a family, shown once, for a reason that is logged with it."""
    _require_auditor(request)
    form = ReasonForm(request.POST)
    with transaction.atomic():
        entry = _entry(pk)
        if not form.is_valid() or not _has_private(entry):
            return _entry_page(request, entry, form, status=422)
        audit.log(AuditKind.REVEAL, entry, key=entry.subject_key, reason=form.cleaned_data["reason"])
    return _entry_page(request, entry, form, revealed=True)


def _entry_page(
    request: HttpRequest, entry: AuditEntry, form: ReasonForm, *, revealed: bool = False, status: int = 200
) -> HttpResponse:
    context = {
        "line": Line(entry),
        "entry": entry,
        "changes": changes_of(entry, entry.detail),
        "private": changes_of(entry, entry.private.body) if revealed else [],
        "has_private": _has_private(entry),
        "erased": bool(entry.private_digest) and not _has_private(entry),
        "form": form,
    }
    return render(request, "audit/entry.html", context, status=status)


def _has_private(entry: AuditEntry) -> bool:
    private = getattr(entry, "private", None)
    return private is not None and private.erased_by_id is None and not _is_of_a_talk(entry)


def _is_of_a_talk(entry: AuditEntry) -> bool:
    """What was said in a 谈心谈话 is for its two people and the county office, in the log too (contract, section 5)."""
    tables = {model._meta.db_table for model in (Activity, ActivityFile)}
    return (
        entry.subject_table in tables
        and Activity.objects.filter(pk=entry.subject_id or 0, kind=ActivityKind.HEART_TALK).exists()
    )


def _entry(pk: int) -> AuditEntry:
    return get_object_or_404(AuditEntry.objects.select_related("actor", "private"), pk=pk)


@login_required
@require_POST
def audit_check(request: HttpRequest) -> HttpResponse:
    """Verify the chain now; a second tap while it runs starts nothing."""
    _require_auditor(request)
    if not _chain()["checking"]:
        start_job(CHECK, title="核对审计日志", params={}, by=_user(request))
    return redirect("audit_log")


def _user(request: HttpRequest) -> Any:
    return request.user


def _require_auditor(request: HttpRequest) -> None:
    if not scope_of(request.user).has(Role.AUDITOR):
        raise Http404

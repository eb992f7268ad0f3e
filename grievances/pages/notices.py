"""告知: which families are still to hear, what to say to them, and that it was said (contract, section 4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, F, Min, QuerySet, Window
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import AuditKind
from grievances.family import may_tell, tell, waiting_notices, words
from grievances.filings import phone_of
from grievances.models import FamilyNotice, Grievance, TellingWay
from grievances.pages.ledger import may_have_matters
from lianhu.kit import clock, fields
from registry.contact import contact_of
from registry.models import Household, Pairing
from registry.scope import scope_of

PAGE = 30
# As many as a desk ticks at one time.
MOST = 200


class TellForm(forms.Form):
    way = fields.ChoiceField(
        label="怎么告知的",
        choices=[(way.value, way.label) for way in (TellingWay.PHONE, TellingWay.IN_PERSON, TellingWay.SLIP)],
    )
    remark = fields.TextField(
        label="备注（可以不填）", required=False, max_length=300, help_text="例如：告诉了他的妻子"
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        way: Any = self.fields["way"]
        way.widget = forms.RadioSelect(choices=way.choices)


@dataclass
class Said:
    notice: FamilyNotice
    words: str
    days: int


@dataclass
class Family:
    """`full`: the phone is shown in full, to the paired cadre and whoever covers that cadre."""

    name: str
    place: str
    village: str
    code: str
    phone: str
    full: bool
    opens: bool
    said: list[Said] = field(default_factory=list)


@login_required
@require_safe
@never_cache
def family_notices(request: HttpRequest) -> HttpResponse:
    """By village, there by family, whoever has waited longest first."""
    if not may_have_matters(request.user):
        raise Http404
    asked = asked_for(request.GET)
    villages = _villages(waiting_notices(Grievance.objects.visible_to(request.user)))
    ordered = notices_found(request.user, asked)
    page = Paginator(ordered, PAGE).get_page(request.GET.get("page"))
    with transaction.atomic():
        families = _families(request.user, page.object_list)
        context = {
            "families": families,
            "page": page,
            "villages": villages,
            "asked": asked,
            "count": sum(each["waiting"] for each in villages),
            "query": f"{urlencode(asked)}&",
        }
        return render(request, "matters/notices.html", context)


def asked_for(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query.get(name, "").replace("\x00", "")[:50] for name in ("village", "household")}


def notices_found(user: Any, asked: Mapping[str, str]) -> "QuerySet[FamilyNotice]":
    found = waiting_notices(Grievance.objects.visible_to(user))
    found = found.filter(**{f"grievance__{name}__code": code for name, code in asked.items() if code})
    longest = Window(Min("pk"), partition_by=[F("grievance__household"), F("grievance__filing")])
    return found.annotate(longest=longest).order_by("grievance__village__code", "longest", "pk")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def family_tell(request: HttpRequest) -> HttpResponse:
    """What to say, read off the page while one calls; then how it was said."""
    posted = request.method == "POST"
    chosen, asked = _chosen(request)
    form = TellForm(request.POST if posted else None, initial={"way": request.GET.get("way", "")})
    if posted and form.is_valid():
        user: Any = request.user
        told = tell(chosen, TellingWay(form.cleaned_data["way"]), by=user, remark=form.cleaned_data["remark"])
        _say(request, told, asked)
        return redirect("family_notices")
    if not chosen:
        messages.warning(
            request, "没有要告知的：已经告知过，或者情况有了变化" if asked else "请先勾选要告知的"
        )
        return redirect("family_notices")
    with transaction.atomic():
        context = {"form": form, "families": _families(request.user, chosen), "count": len(chosen)}
        return render(request, "matters/notices_tell.html", context, status=422 if posted else 200)


def _say(request: HttpRequest, told: int, asked: int) -> None:
    if told < asked:
        words = f"记下 {told} 条；另外 {asked - told} 条已经有人告知过，或者情况有了变化，没有记"
        messages.warning(request, words)
    else:
        messages.success(request, f"已记下 {told} 条告知，在各件的办理过程里")


def _chosen(request: HttpRequest) -> tuple[list[FamilyNotice], int]:
    """Those that still wait, and how many were named. One of a matter that is not yours is not there."""
    given = request.POST if request.method == "POST" else request.GET
    ids = {
        int(word)
        for word in given.getlist("notice")
        if word.isascii() and word.isdecimal() and len(word) < 19
    }
    if len(ids) > MOST:
        raise Http404
    named = FamilyNotice.objects.filter(pk__in=ids)
    if named.filter(grievance__in=may_tell(_user(request))).count() != len(ids):
        raise Http404
    return list(waiting_notices(Grievance.objects.filter(family_notices__in=ids)).filter(pk__in=ids)), len(
        ids
    )


def _user(request: HttpRequest) -> Any:
    return request.user


def _villages(waiting: "QuerySet[FamilyNotice]") -> list[dict[str, Any]]:
    names = waiting.order_by("grievance__village__code").values(
        "grievance__village__code", "grievance__village__name"
    )
    return [
        {
            "code": each["grievance__village__code"],
            "name": each["grievance__village__name"],
            "waiting": each["waiting"],
        }
        for each in names.annotate(waiting=Count("pk"))
    ]


def _families(user: Any, notices: Iterable[FamilyNotice]) -> Sequence[Family]:
    """In the order of the notices; whoever sees a full phone is logged, as on the household's page."""
    notices, today = list(notices), clock.today()
    homes = {each.grievance.household_id for each in notices if each.grievance.household_id}
    held = Pairing.objects.in_force(today).filter(household__in=homes, cadre__in=scope_of(user).cadre_ids)
    paired = set(held.values_list("household", flat=True))
    opens = set(Household.objects.visible_to(user).filter(pk__in=homes).values_list("pk", flat=True))
    families: dict[Any, Family] = {}
    for each in notices:
        matter = each.grievance
        key = matter.household_id or ("filing", matter.pk)
        if key not in families:
            families[key] = _family(
                matter, full=matter.household_id in paired, opens=matter.household_id in opens
            )
        days = (today - each.event.on).days
        families[key].said.append(Said(each, words(each), days))
    shown = [each.grievance.household for each in notices if each.grievance.household_id in paired]
    seen = {home.pk: home for home in shown if home and home.phone_sealed}
    audit.log_each(AuditKind.READ, seen.values(), fields=["电话"])
    return list(families.values())


def _family(matter: Grievance, *, full: bool, opens: bool) -> Family:
    home, filing = matter.household, getattr(matter, "filing", None)
    if home is not None:
        phone = contact_of(home, full=("phone",) if full else ()).phone
    else:
        phone = phone_of(filing) if filing else ""
    return Family(
        name=f"{home.head_name}户" if home else filing.filer_name if filing else "",
        place=home.group if home else "自己反映的",
        village=matter.village.name,
        code=home.code if home else "",
        phone=phone,
        full=full and home is not None,
        opens=opens,
    )

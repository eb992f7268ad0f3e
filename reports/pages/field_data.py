"""What a phone carries to the village: one's own households, open matters, duties, and the form's own rules.

The copy holds only one's own households and those one covers, with masked ID numbers (contract, section 3).
Each fetch is a read of those households' records and is logged as one.
"""

import datetime
from collections import defaultdict
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.api import api, author_code
from accounts.epoch import epoch
from accounts.models import AuditEntry, AuditKind, SyncItem, User
from grievances.deadlines import Terms
from grievances.entry import GrievanceEntryForm
from grievances.models import Category, Grievance, GrievanceKind, Level, Outcome
from lianhu.kit import clock
from lianhu.kit.images import MAX_BYTES
from registry.answering import cadres_under
from registry.contact import contact_of
from registry.models import Cadre, Household, Pairing, Village, VillageLink
from registry.querysets import in_force
from registry.scope import scope_of
from reports.pages.me import owed_now
from visits.forms import TripEntryForm, VisitEntryForm
from visits.models import Clear, Question, Seen, Trip, Visit, VisitRecord, VisitResult
from visits.photos import A_VISIT

FORM_VERSION = 1
TRIPS_BACK = datetime.timedelta(days=62)
# Words by which the screen proposes a category; the first that fits, never more than a proposal.
_WORDS = {
    "饮水用电": "水管 引水 饮水 自来水 停水 用电 停电 电线 电表 变压器",
    "上学": "上学 学校 学费 读书 助学 老师 校车",
    "医疗": "医疗 医院 看病 药 住院 医保 慢性病 残疾",
    "就业": "就业 打工 务工 工作 招工 培训 挖掘机",
    "增收": "增收 收入 产业 销路 合作社",
    "住房": "住房 房子 危房 漏雨 屋顶 宅基地",
    "出行道路": "路 桥 塌方 班车 路灯",
    "社会保障": "低保 养老 社保 补贴 救助 五保",
    "农业生产": "种子 化肥 农药 庄稼 牛 羊 猪 草场 果树",
    "生态环境": "垃圾 污水 环境 野猪 砍树",
    "邻里纠纷": "邻居 邻里 纠纷 吵架 地界 边界",
    "政策咨询": "政策 咨询 怎么办理 手续",
}


@api
@require_safe
def field_data(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    today = clock.today()
    cadre: Cadre | None = getattr(user, "cadre", None)
    with transaction.atomic():
        homes = _households(user, today)
        _log_reading(user, [home["code"] for home in homes], today)
    return JsonResponse(
        {
            "user": {"id": user.pk, "name": user.name, "code": author_code(user)},
            "cadre": {"code": cadre.code, "name": cadre.name} if cadre else None,
            "csrf_cookie": _csrf_cookie(request),
            "server_time": clock.now().isoformat(),
            "today": today.isoformat(),
            "epoch": str(epoch()),
            "duties": _duties(cadre, today),
            "households": homes,
            "trips": _trips(user, today),
            "villages": _villages(user, today),
            "colleagues": _colleagues(cadre, today),
            "records_for": [
                {"code": code, "name": name}
                for code, name in cadres_under(user).order_by("name").values_list("code", "name")[:500]
                if not cadre or code != cadre.code
            ],
            "query_url": f"{settings.SITE_URL}/public/case/#",
            "photos": {"a_visit": A_VISIT, "max_bytes": MAX_BYTES},
        }
        | _choices(user, today)
    )


def _log_reading(user: User, codes: list[str], today: datetime.date) -> None:
    """Once a day for each household: a phone asks every few minutes, a family's list of readers names the day."""
    homes = Household.objects.filter(code__in=codes)
    read = AuditEntry.objects.filter(
        actor=user,
        kind=AuditKind.READ,
        at__gte=clock.midnight(today),
        subject_table=Household._meta.db_table,
    )
    audit.log_each(AuditKind.READ, homes.exclude(pk__in=read.values("subject_id")), phone=True)


def _csrf_cookie(request: HttpRequest) -> str:
    """Asking for the token sets the cookie that the phone reads it from."""
    get_token(request)
    return str(settings.CSRF_COOKIE_NAME)


def _duties(cadre: Cadre | None, today: datetime.date) -> dict[str, Any]:
    sentences, bars = owed_now(cadre, today) if cadre else ([], [])
    return {
        "as_of": clock.now().isoformat(),
        "sentences": [{"before": one.before, "owed": one.owed} for one in sentences],
        "bars": [
            {
                "label": duty.quota.name,
                "actual": duty.done,
                "target": duty.total,
                "unit": duty.quota.measure,
                "state": duty.state,
                "state_label": duty.word,
            }
            for duty in bars
        ],
    }


def _households(user: User, today: datetime.date) -> list[dict[str, Any]]:
    """Longest unvisited first is the phone's to sort; by code here. A fixed number of statements."""
    scope = scope_of(user)
    held = (
        Pairing.objects.in_force(today)
        .filter(cadre__in=scope.cadre_ids, household__closed_on=None)
        .select_related("household__village", "cadre")
        .order_by("household__code")
    )
    pairings = list(held)
    ids = [pairing.household_id for pairing in pairings]
    last, matters = _last_visits(ids), _matters(ids)
    met, questions = _last_met(ids, scope.cadre_ids, today), _questions(ids, scope.cadre_ids)
    return [
        _household(pairing, user)
        | {
            "last_visit": last.get(pairing.household_id),
            "last_met": met.get(pairing.household_id),
            "matters": matters[pairing.household_id],
            "questions": questions[pairing.household_id],
        }
        for pairing in pairings
    ]


def _household(pairing: Pairing, user: User) -> dict[str, Any]:
    home: Household = pairing.household
    contact = contact_of(home, full=("phone",))
    covered = pairing.cadre.user_id != user.pk
    return {
        "code": home.code,
        "head_name": home.head_name,
        "village": home.village.code,
        "village_name": home.village.name,
        "group": home.group,
        "people_count": home.people_count,
        "kind_label": home.get_kind_display(),
        "marks": home.marks(),
        "phone": contact.phone,
        "id_number": contact.id_number,
        "address": home.address,
        "income_sources": home.income_sources,
        "hardship_reason": home.hardship_reason,
        "cadre": pairing.cadre.code,
        "covered_for": pairing.cadre.name if covered else "",
        "paired_from": pairing.begins_on.isoformat(),
        "paired_until": pairing.ends_on and pairing.ends_on.isoformat(),
    }


def _last_met(ids: list[int], cadres: frozenset[int], today: datetime.date) -> dict[int, str]:
    """When oneself (or whom one covers) last met the family: that is what is owed, and sorts the lists."""
    met = Visit.objects.filter(
        household__in=ids,
        cadre__in=cadres,
        result=VisitResult.MET,
        voided_at__isnull=True,
        day__lte=today,
    )
    newest = met.order_by().values_list("household").annotate(Max("day"))
    return {household: day.isoformat() for household, day in newest}


def _last_visits(ids: list[int]) -> dict[int, dict[str, Any]]:
    newest = (
        Visit.objects.filter(household__in=ids, voided_at=None, accompanies=None)
        .order_by("household", "-day", "-id")
        .distinct("household")
        .select_related("record", "cadre")
    )
    return {visit.household_id: _last_visit(visit) for visit in newest}


def _last_visit(visit: Visit) -> dict[str, Any]:
    record: VisitRecord = visit.record
    words = ("difficulties", "opinions", "promises", "spot_answer", "income_sources", "talk_topic")
    return {
        "day": visit.day.isoformat(),
        "result": visit.result,
        "result_label": visit.get_result_display(),
        "cadre_name": visit.cadre.name,
        "policy_talk": visit.policy_talk,
        "head_name": record.head_name,
        "people_count": record.people_count,
        "clear": record.clear,
        "seen": record.seen,
    } | {name: getattr(record, name) for name in words}


def _matters(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Open ones, with the day by which an answer is owed."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    matters = Grievance.objects.open().filter(household__in=ids)
    for matter in matters.select_related("category").order_by("registered_on", "id"):
        due = None if matter.replied_on else matter.reply_due_on
        found[matter.household_id or 0].append(
            {
                "number": matter.number,
                "title": matter.title,
                "state_label": matter.get_state_display(),
                "category": matter.category.name,
                "registered_on": matter.registered_on.isoformat(),
                "due_on": due and due.isoformat(),
            }
        )
    return found


def _questions(ids: list[int], cadres: frozenset[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    asked = Question.objects.filter(
        visit__household__in=ids, visit__cadre__in=cadres, answered_at=None, visit__voided_at=None
    )
    for question in asked.select_related("visit"):
        found[question.visit.household_id].append(
            {
                "id": question.pk,
                "visit": question.visit_id,
                "day": question.visit.day.isoformat(),
                "text": question.text,
                "url": reverse("visit", args=[question.visit_id]),
            }
        )
    return found


def _trips(user: User, today: datetime.date) -> list[dict[str, Any]]:
    scope = scope_of(user)
    trips = list(
        Trip.objects.filter(cadre=scope.cadre_id, voided_at=None, ends_on__gte=today - TRIPS_BACK)
        .select_related("village", "cadre")
        .order_by("-begins_on")
    )
    # Only one's own: the server takes no other person's item for a parent.
    items = SyncItem.objects.filter(kind="trip", author=user, subject_id__in=[trip.pk for trip in trips])
    ids = dict(items.values_list("subject_id", "pk"))
    return [
        {
            "id": str(ids[trip.pk]) if trip.pk in ids else None,
            "pk": trip.pk,
            "village": trip.village.code,
            "village_name": trip.village.name,
            "begins_on": trip.begins_on.isoformat(),
            "ends_on": trip.ends_on.isoformat(),
            "arrival_confirmed": trip.arrival_confirmed_at is not None,
            "backfilled": trip.backfilled,
            "cadre": trip.cadre.code,
        }
        for trip in trips
    ]


def _villages(user: User, today: datetime.date) -> list[dict[str, str]]:
    """Where a trip is likely: one's households' villages and those one's unit is linked to today."""
    scope = scope_of(user)
    units = Cadre.objects.filter(in_force(today, "post_spans__"), user=user)
    linked = VillageLink.objects.in_force(today).filter(unit__in=units.values("post_spans__unit"))
    paired = Pairing.objects.in_force(today).filter(cadre__in=scope.cadre_ids)
    found = Village.objects.filter(pk__in=linked.values("village")) | Village.objects.filter(
        pk__in=paired.values("household__village")
    )
    listed = found.distinct().order_by("code").values_list("code", "name", "township__name")
    return [{"code": code, "name": name, "township": township} for code, name, township in listed]


def _colleagues(cadre: Cadre | None, today: datetime.date) -> list[dict[str, str]]:
    if cadre is None:
        return []
    units = Cadre.objects.filter(in_force(today, "post_spans__"), pk=cadre.pk).values("post_spans__unit")
    found = Cadre.objects.in_units(units, today).filter(joined_on__lte=today).exclude(pk=cadre.pk)
    found = found.exclude(left_on__lt=today).order_by("name", "code").distinct()
    return [{"code": code, "name": name} for code, name in found.values_list("code", "name")[:300]]


def _choices(user: User, today: datetime.date) -> dict[str, Any]:
    """The lists and limits that the screen obeys: made from the forms, so that there is no second rule."""
    topics = VisitRecord.objects.filter(visit__cadre=scope_of(user).cadre_id).exclude(talk_topic="")
    terms = Terms.load()
    recent = topics.order_by("-visit__day").values_list("talk_topic", flat=True)[:30]
    return {
        "categories": [
            {"name": name, "words": _WORDS.get(name, "").split()}
            for name in Category.objects.values_list("name", flat=True)
        ],
        "kinds": GrievanceKind.choices,
        "levels": [
            {"value": level.value, "label": level.label, "days": terms.reply_days(level, today)}
            for level in Level
        ],
        "outcomes": Outcome.choices,
        "results": VisitResult.choices,
        "clear": Clear.choices,
        "seen": Seen.choices,
        "talk_topics": list(dict.fromkeys(recent))[:8],
        "form": {
            "version": FORM_VERSION,
            "trip": _fields(TripEntryForm),
            "visit": _fields(VisitEntryForm),
            "grievance": _fields(GrievanceEntryForm),
        },
    }


def _fields(form: type[forms.Form]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "label": str(field.label),
            "required": field.required,
            "max_length": getattr(field, "max_length", None),
            "smallest": getattr(field, "smallest", None),
            "largest": getattr(field, "largest", None),
            "help": str(field.help_text),
        }
        for name, field in form.base_fields.items()
    }

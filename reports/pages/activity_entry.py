"""Entering and changing an activity: a form by its kind, the phone's rules behind it (contract, section 5)."""

import copy
import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from lianhu.kit import clock, fields
from registry.answering import in_post, runs_a_unit
from registry.models import Cadre, Unit, Village
from reports.pages.activities import kinds_for, require_activities, visible_activity
from reports.pages.overtaken import overtaken
from reports.quotas.told import owed_of
from visits.activity_entry import own_places
from visits.activity_files import attach
from visits.activity_forms import OWN, REVIEW, ActivityEntryForm
from visits.activity_kinds import KINDS, KindOf
from visits.activity_rights import rights_over_activity
from visits.activity_services import GONE, change_activity, enter_activity
from visits.models import Activity, ActivityKind, ProjectReview

_NOBODY = "没有叫“{}”的在岗干部，请写工号"
_SEVERAL = "叫“{}”的有 {} 位，请写工号：{}"


class PeopleField(fields.KitField):
    """People by name, by 工号, or as both; several with 、 between them. Cleans to the 工号."""

    empty = ()
    takes_many = True

    def __init__(self, *, near: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._near = near

    def read(self, value: Any) -> tuple[str, ...]:
        words = [part.strip() for part in re.split(r"[、,，;；\n]", fields.fold(str(value)))]
        words = [word for word in words if word][:60]
        named = {word.split()[-1] for word in words}
        found = Cadre.objects.filter(code__in=named).values_list("code", flat=True)
        codes = {code.lower(): code for code in found}
        return tuple(
            dict.fromkeys(codes.get(word.split()[-1].lower()) or self._by_name(word) for word in words)
        )

    def _by_name(self, name: str) -> str:
        """Of several with the name the one of one's own unit, if it is one."""
        today = clock.today()
        there = list(Cadre.objects.filter(in_post(today), name=name).order_by("code"))
        near = [each for each in there if len(there) > 1 and self._near in _units_of(each, today)]
        chosen = near if len(near) == 1 else there
        if len(chosen) != 1:
            codes = "、".join(each.code for each in chosen[:5])
            fields.refuse(
                "not_found",
                _SEVERAL.format(name, len(chosen), codes) if chosen else _NOBODY.format(name[:20]),
            )
        return str(chosen[0].code)


def _units_of(cadre: Cadre, today: datetime.date) -> set[int]:
    spans = cadre.post_spans.filter(begins_on__lte=today, ends_on__gte=today)
    return set(spans.values_list("unit_id", flat=True))


class ActivityPageForm(forms.Form):
    """The fields that its kind asks, in their order; the rest is blank. `values` is what a phone would send."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, kind: str, user: Any, *args: Any, there: Activity | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.of, self._user = kind, KINDS[kind], user
        self._own = getattr(getattr(user, "cadre", None), "code", "")
        makers: Mapping[str, Callable[[], forms.Field]] = {
            "unit": lambda: self._place("unit", "单位", Unit, there and there.unit),
            "village": lambda: self._place("village", "村(社区)", Village, there and there.village),
            "cadres": self._people,
            "subtype": self._subtype,
        }
        for name in ("day", "topic", *self.of.asks):
            field = makers[name]() if name in makers else copy.deepcopy(ActivityEntryForm.base_fields[name])
            field.label = self.of.labels.get(name, field.label)
            self.fields[name] = field
        if "project" in self.fields:
            self.fields["project"].required = True
        if not self.is_bound and there is None:
            self.initial = {**self._usual(), **self.initial}

    def _place(self, name: str, label: str, model: Any, kept: Any) -> forms.Field:
        """Chosen of those for which one may enter; one alone is chosen already."""
        codes = {code for kind, code in own_places(self._user, clock.today()) if kind == name}
        if kept is not None:
            codes.add(kept.code)
        places = list(model.objects.filter(code__in=codes).order_by("code").values_list("code", "name"))
        required = self.of.places == (name,)
        choices = (
            places if required and len(places) == 1 else [("", "请选择" if required else "不填"), *places]
        )
        field = fields.ChoiceField(label=label, choices=places, required=required)
        field.widget = forms.Select(choices=choices)
        if len(places) == 1 and name == next(iter(self.of.places), ""):
            field.initial = places[0][0]
        if required:
            field.error_messages = {"required": "请选择"}
        elif self.of.places:
            field.help_text = "单位和村至少填一项" if name == self.of.places[0] else ""
        return field

    def _people(self) -> forms.Field:
        talk = self.kind == ActivityKind.HEART_TALK
        told = "写姓名或工号" if talk else "写姓名或工号，几个人用 、 隔开"
        if not (talk or self.of.of_place or not runs_a_unit(self._user)):
            told += "；第一个是本人的活动，替别人录入的把他写在第一个"
        elif not (talk or self.of.of_place):
            told += "；您自己会算在内"
        spans = Cadre.objects.filter(user=self._user.pk)
        near = spans.filter(post_spans__begins_on__lte=clock.today(), post_spans__ends_on__gte=clock.today())
        field = PeopleField(
            near=near.values_list("post_spans__unit", flat=True).first(),
            label="参加干部",
            required=talk,
            help_text=told,
        )
        field.widget.attrs |= {"maxlength": 600, "autocomplete": "off"}
        return field

    def _subtype(self) -> forms.Field:
        choices = tuple(self.of.subtypes.items())
        field = fields.ChoiceField(label="细类", choices=choices, required=False)
        field.widget = forms.Select(choices=[("", "不分"), *choices])
        return field

    def _usual(self) -> dict[str, Any]:
        """Today, and one's own name where one runs a unit and might type for another."""
        usual: dict[str, Any] = {"day": clock.today()}
        if not self.of.of_place and self.kind != ActivityKind.HEART_TALK and runs_a_unit(self._user):
            usual["cadres"] = self._own
        return usual

    def values(self, there: Activity | None = None) -> dict[str, Any]:
        """Every field of the entry; what the page does not ask is as it stands, or blank."""
        blank = {name: field.empty for name, field in ActivityEntryForm.base_fields.items()}  # type: ignore[attr-defined]
        kept = {name: getattr(there, name) for name in OWN} if there is not None else {}
        asked = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        values = blank | kept | asked | {"kind": self.kind}
        if "cadres" not in asked and there is not None:
            values["cadres"] = tuple(_codes(there))
        elif "cadres" in asked:
            values["cadres"] = self._with_own(tuple(asked["cadres"]), there)
        return values

    def _with_own(self, codes: tuple[str, ...], there: Activity | None) -> tuple[str, ...]:
        """Whoever enters their own work is its first; who it was stays so when it is changed."""
        if self.of.of_place:
            return codes
        first = next(iter(_codes(there)), "") if there is not None else self._own
        talk = self.kind == ActivityKind.HEART_TALK
        typed_for_another = runs_a_unit(self._user) and not (talk and len(codes) == 1)
        if not first or (typed_for_another and codes):
            return codes
        return (first, *(code for code in codes if code != first))

    def told(self, error: ValidationError) -> None:
        """A service's faults, each beside its field where the page has it."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            self.add_error(name if name in self.fields else None, errors)


def _codes(there: Activity) -> Sequence[str]:
    return list(there.participants.order_by("place").values_list("cadre__code", flat=True))


@login_required
@require_safe
@never_cache
def activity_choose(request: HttpRequest) -> HttpResponse:
    """Which kind: by the action it belongs to."""
    require_activities(request)
    groups: dict[str, list[tuple[str, str, KindOf]]] = {}
    for kind in kinds_for(request.user, clock.today()):
        groups.setdefault(KINDS[kind].action, []).append((kind, ActivityKind(kind).label, KINDS[kind]))
    if not groups:
        raise Http404
    return render(request, "activities/choose.html", {"groups": groups})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def activity_new(request: HttpRequest, kind: str) -> HttpResponse:
    require_activities(request)
    user: Any = request.user
    today = clock.today()
    if kind not in kinds_for(user, today):
        raise Http404
    form = ActivityPageForm(
        kind, user, request.POST if request.method == "POST" else None, initial=_given(request)
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = enter_activity(form.values(), on=today, by=user)
        except ValidationError as error:
            form.told(error)
        else:
            faults = attach(made, request.FILES.getlist("files"), by=user)
            for each in faults:
                messages.warning(request, f"附件没有存上：{each.name}，{each.error}")
            messages.success(request, f"{ActivityKind(kind).label}已保存")
            return redirect("activity", made.pk)
    owed = owed_of(kind, clock.today())
    context = {
        "form": form,
        "kind": ActivityKind(kind),
        "of": KINDS[kind],
        "owed": owed,
        # A browser does not choose files again by itself.
        "lost": [file.name for file in request.FILES.getlist("files")],
    }
    return render(request, "activities/new.html", context, status=422 if form.errors else 200)


def _given(request: HttpRequest) -> dict[str, str]:
    """A village page or a plan page says where."""
    return {name: request.GET[name] for name in ("village", "unit") if request.GET.get(name)}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def activity_change(request: HttpRequest, pk: int) -> HttpResponse:
    """What was typed stays in the fields when it was changed meanwhile; sent once more it replaces that."""
    user: Any = request.user
    found, today = visible_activity(request, pk), clock.today()
    data = request.POST if request.method == "POST" else None
    if found.voided_at is not None:
        if data is not None:
            form = ActivityPageForm(found.kind, user, data, there=found)
            return overtaken(request, form, told=GONE, back=reverse("activity", args=[pk]))
        messages.warning(request, GONE)
        return redirect("activity", pk)
    if not rights_over_activity(user, found, on=today).change:
        raise Http404
    form = ActivityPageForm(found.kind, user, data, there=found, initial=_as_it_stands(found, user))
    status = 200
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["version"]
        try:
            change_activity(found, form.values(found), seen=-1 if seen is None else seen, on=today, by=user)
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            if getattr(error, "code", "") == "changed_meanwhile":
                status = 409
                form = ActivityPageForm(found.kind, user, _seen_now(request, pk), there=found)
            form.told(error)
        else:
            messages.success(request, "已修改，改前改后都有记录")
            return redirect("activity", pk)
    status = status if status != 200 else (422 if form.errors else 200)
    context = {"form": form, "activity": found, "of": KINDS[found.kind]}
    return render(request, "activities/change.html", context, status=status)


def _seen_now(request: HttpRequest, pk: int) -> QueryDict:
    """What was typed, beside what stands now."""
    data = request.POST.copy()
    data["version"] = str(visible_activity(request, pk).version)
    return data


def _as_it_stands(found: Activity, user: Any) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(found, name) for name in OWN}
    told["unit"] = found.unit.code if found.unit else ""
    told["village"] = found.village.code if found.village else ""
    people = list(found.participants.select_related("cadre").order_by("place"))
    if found.kind == ActivityKind.HEART_TALK and len(people) == 2 and people[0].cadre.user_id == user.pk:
        people = people[1:]
    told["cadres"] = "、".join(f"{each.cadre.name} {each.cadre.code}" for each in people)
    review = ProjectReview.objects.filter(activity=found).first()
    if review is not None:
        told |= {name: getattr(review, name) for name in REVIEW}
    return told | {"version": found.version}

"""系统管理: Django's admin for the system admin, over the few tables that are the system's own.

No account, no household, no log is here. Who comes in is asked of the dated roles, not of `is_staff`; every
change is logged by the database's own triggers, so the admin's history is switched off and shows nobody
what others did.
"""

import datetime
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from accounts import two_factor
from accounts.digests import send_again
from accounts.models import CalendarDay, CalendarYear, Delivery, DeliveryState, Job, Setting
from accounts.settings import DEFINITIONS, setting
from grievances.deadlines import reschedule
from grievances.models import Category, Grievance
from lianhu.kit import clock
from registry.models import Role
from registry.scope import scope_of

_View = Callable[..., Any]
# Sign-in, sign-out and passwords are the whole site's; the others would look into any table.
_LEFT_OUT = frozenset(
    {"login", "logout", "password_change", "password_change_done", "autocomplete", "view_on_site"}
)
_ONLY_READ = frozenset({"index", "app_index", "i18n_javascript"})


class SystemAdmin(admin.AdminSite):
    site_title = site_header = "联户联情 系统管理"
    index_title = "系统管理"
    site_url = "/"
    final_catch_all_view = False
    empty_value_display = "—"

    def has_permission(self, request: HttpRequest) -> bool:
        """A system admin of today with the second factor shown; the demo's accounts need none."""
        user: Any = request.user
        if not (user.is_authenticated and user.is_active and scope_of(user).has(Role.SYSTEM_ADMIN)):
            return False
        return bool(user.is_verified()) or not two_factor.required_for(user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As on every page: without an account one is sent to sign in, what is not yours is not there."""
        verbs = ("GET", "HEAD") if view.__name__ in _ONLY_READ else ("GET", "HEAD", "POST")

        def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Http404
            if request.method not in verbs:
                return HttpResponseNotAllowed(verbs)
            answer: HttpResponse = view(request, *args, **named)
            return answer

        return update_wrapper(csrf_protect(never_cache(guarded)), view)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [each for each in super().get_urls() if getattr(each, "name", None) not in _LEFT_OUT]


class Kept(admin.ModelAdmin[Any]):
    """What all pages of the admin share: rights from the role alone, no history, no deleting by the dozen."""

    may_add = may_change = may_delete = True
    actions_on_bottom = False
    list_per_page = 50
    show_full_result_count = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self.admin_site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self.admin_site.has_permission(request)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = dict(super().get_actions(request))
        actions.pop("delete_selected", None)
        return actions

    def get_urls(self) -> list[URLPattern]:
        """Without the history, and without the address that only leads to another one and has no name."""
        return [each for each in super().get_urls() if each.name and not each.name.endswith("_history")]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None


class ReadOnly(Kept):
    """What machines write, and people only look at."""

    may_add = may_change = may_delete = False


class SettingForm(forms.ModelForm[Setting]):
    name = forms.ChoiceField(
        label="设置",
        choices=[("", "请选择"), *((name, each.label) for name, each in DEFINITIONS.items())],
        error_messages={"required": "请选一项设置"},
    )

    class Meta:
        model = Setting
        fields = ("name", "value", "begins_on")
        help_texts = {
            "value": "能填的范围："
            + "；".join(
                f"{each.label} {each.least}—{each.most} {each.unit}" for each in DEFINITIONS.values()
            ),
            "begins_on": "从这天零点起用新的值，一直到下一次修改。不能早于今天。",
        }
        error_messages = {
            "value": {"required": "请填一个整数", "invalid": "请填一个整数"},
            "begins_on": {"required": "请填从哪天起", "invalid": "日期请写成 2026-03-05"},
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        name, value = values.get("name"), values.get("value")
        if name in DEFINITIONS and value is not None:
            each = DEFINITIONS[name]
            if not each.least <= value <= each.most:
                told = f"{each.label}应在 {each.least} 到 {each.most} {each.unit}之间"
                self.add_error("value", ValidationError(told, code="out_of_range"))
        return values

    def clean_begins_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["begins_on"]
        if day < clock.today():
            raise ValidationError("不能早于今天：已经过去的日子按当时的值算", code="past")
        return day


class Settings(Kept):
    """A value that has held stays as it is: what was reckoned with it can be reckoned again."""

    form = SettingForm
    list_display = ("label", "worth", "begins_on", "set_by", "set_at")
    list_select_related = ("set_by",)
    ordering = ("name", "-begins_on")
    change_list_template = "admin/settings.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With what holds today, set or not."""
        today = [(each, setting(name)) for name, each in DEFINITIONS.items()]
        return super().changelist_view(request, (extra_context or {}) | {"today": today})

    @admin.display(description="设置", ordering="name")
    def label(self, row: Setting) -> str:
        return DEFINITIONS[row.name].label if row.name in DEFINITIONS else row.name

    @admin.display(description="值", ordering="value")
    def worth(self, row: Setting) -> str:
        return f"{row.value} {DEFINITIONS[row.name].unit if row.name in DEFINITIONS else ''}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.begins_on < clock.today())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.begins_on <= clock.today())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.set_by = request.user
        super().save_model(request, obj, form, change)


class Calendar(Kept):
    """What is entered moves the dates that were 暂定, in the same transaction."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._reschedule(request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self._reschedule(request)

    def _reschedule(self, request: HttpRequest) -> None:
        by: Any = request.user
        count = reschedule(by=by)
        if count:
            messages.success(request, f"{count} 件诉求的暂定交办期限已重新计算")


class CalendarYearForm(forms.ModelForm[CalendarYear]):
    """A year is known when its days are there: what is reckoned with it is not 暂定 any more."""

    class Meta:
        model = CalendarYear
        fields = ("year", "source")

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not CalendarDay.objects.filter(day__year=year).exists():
            told = f"先录入 {year} 年放假和调休的日子，再登记这一年：登记以后，暂定的期限就按它算定"
            raise ValidationError(told, code="no_days")
        return year


class CalendarDays(Calendar):
    list_display = ("day", "weekday", "works", "name")
    list_filter = ("works",)
    date_hierarchy = "day"
    search_fields = ("name",)
    search_help_text = "按名称查找，例如 春节"
    list_per_page = 100

    @admin.display(description="星期")
    def weekday(self, row: CalendarDay) -> str:
        return f"周{'一二三四五六日'[row.day.weekday()]}"


class CalendarYears(Calendar):
    form = CalendarYearForm
    list_display = ("year", "source", "days")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        days = CalendarDay.objects.filter(day__year=OuterRef("year")).order_by().values("day__year")
        rows: QuerySet[Any] = super().get_queryset(request)
        rows = rows.annotate(days=Subquery(days.annotate(n=Count("pk")).values("n")))
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("year",) if obj else ()

    @admin.display(description="已登记的天数")
    def days(self, row: Any) -> int:
        return row.days or 0


class Categories(Kept):
    """类别 of matters: one that was used stays, under whatever name."""

    list_display = ("name", "position", "used")
    list_editable = ("position",)
    ordering = ("position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        rows = rows.annotate(used=Exists(Grievance.objects.filter(category=OuterRef("pk"))))
        return rows

    @admin.display(description="用过", boolean=True)
    def used(self, row: Any) -> bool:
        return bool(row.used)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        free = obj is None or not Grievance.objects.filter(category=obj).exists()
        return free and super().has_delete_permission(request, obj)


class Deliveries(ReadOnly):
    """What was sent of the daily digests, and what was not. The digest's words are not here."""

    list_display = ("who", "day", "channel", "state", "attempts", "next_try_at", "sent_at", "fault")
    list_filter = ("state", "channel")
    list_select_related = ("digest__user",)
    ordering = ("-pk",)
    fields = ("who", "day", "channel", "state", "attempts", "next_try_at", "taken_at", "sent_at", "fault")
    actions = ("again",)

    @admin.display(description="收件人")
    def who(self, row: Delivery) -> str:
        return str(row.digest.user)

    @admin.display(description="日期", ordering="digest__day")
    def day(self, row: Delivery) -> datetime.date:
        return row.digest.day

    @admin.action(description="再发一次（没有发出的、不确定的）")
    def again(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Those that were UNSURE may come twice: a person decides that."""
        by: Any = request.user
        stuck = chosen.filter(state__in=(DeliveryState.FAILED, DeliveryState.UNSURE))
        count = sum(send_again(delivery, by=by) for delivery in stuck)
        if count:
            messages.success(request, f"{count} 条会在下一个发送时间再发一次")
        else:
            messages.warning(request, "选中的都不用再发：只有没有发出的、不确定的可以")


class Jobs(ReadOnly):
    """Long work and how it ended. Its faults name families, so they are not here."""

    list_display = ("title", "kind", "state", "percent", "created_by", "created_at", "ended_at")
    list_filter = ("state", "kind")
    list_select_related = ("created_by",)
    ordering = ("-pk",)
    fields = (
        *("title", "kind", "state", "step", "percent", "attempt"),
        *("created_by", "created_at", "started_at", "heartbeat_at", "ended_at"),
    )


site = SystemAdmin(name="admin")
PAGES: tuple[tuple[type[models.Model], type[Kept]], ...] = (
    (Setting, Settings),
    (CalendarYear, CalendarYears),
    (CalendarDay, CalendarDays),
    (Category, Categories),
    (Delivery, Deliveries),
    (Job, Jobs),
)
for _model, _page in PAGES:
    site.register(_model, _page)

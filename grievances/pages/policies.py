"""政策库 and 答复模板: read by whoever has to do with matters, kept by the office and the townships (section 4)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from grievances import library as service
from grievances.models import Category, Grievance, Policy, ReplyTemplate
from grievances.pages.library_forms import PolicyPageForm, TemplatePageForm
from lianhu.kit import clock
from lianhu.kit.fields import fold

PAGE = 50


@login_required
@require_safe
@never_cache
def policies(request: HttpRequest) -> HttpResponse:
    """By category and word; those no longer in use only for who keeps them."""
    user = reading(request)
    asked = asked_for(request.GET, user)
    return _list(request, user, "matters/policies.html", policies_found(asked), asked)


@login_required
@require_safe
@never_cache
def reply_templates(request: HttpRequest) -> HttpResponse:
    user = reading(request)
    asked = asked_for(request.GET, user)
    return _list(request, user, "matters/templates.html", templates_found(asked), asked)


def policies_found(asked: Mapping[str, str]) -> Any:
    today = clock.today()
    found = Policy.objects.select_related("category") if asked["all"] else service.policies_for(None, today)
    return service.search_policies(asked["q"], _of_category(found, asked))


def templates_found(asked: Mapping[str, str]) -> Any:
    today = clock.today()
    found = (
        ReplyTemplate.objects.select_related("category")
        if asked["all"]
        else service.templates_for(None, today)
    )
    return service.search_templates(asked["q"], _of_category(found, asked))


def _of_category(found: Any, asked: Mapping[str, str]) -> Any:
    return found.filter(category__name=asked["category"]) if asked["category"] else found


def reading(request: HttpRequest) -> Any:
    user: Any = request.user
    if not service.may_read(user):
        raise Http404
    return user


def keeping(request: HttpRequest) -> Any:
    user: Any = request.user
    if not service.may_keep(user):
        raise Http404
    return user


def asked_for(query: Mapping[str, str], user: Any) -> dict[str, str]:
    names = ("q", "category", "all")
    asked = {name: fold(query.get(name, ""))[: service.LONGEST_SEARCH].replace("\x00", "") for name in names}
    return asked if service.may_keep(user) else asked | {"all": ""}


def _list(request: HttpRequest, user: User, template: str, found: Any, asked: dict[str, str]) -> HttpResponse:
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    given = {name: value for name, value in asked.items() if value}
    context = {
        "page": page,
        "asked": asked,
        "filtered": bool(asked["q"] or asked["category"]),
        "page_query": f"{urlencode(given)}&" if given else "",
        "categories": list(Category.objects.values_list("name", flat=True)),
        "may_keep": service.may_keep(user),
        "today": clock.today(),
    }
    return render(request, template, context)


@login_required
@require_safe
@never_cache
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    user = reading(request)
    one = get_object_or_404(Policy.objects.select_related("category", "added_by", "taken_from"), pk=pk)
    taken = one.taken_from_id and Grievance.objects.visible_to(user).filter(pk=one.taken_from_id).exists()
    context = {
        "policy": one,
        "taken_from": one.taken_from if taken else None,
        "retired": one.retired_on is not None and one.retired_on <= clock.today(),
        "may_keep": service.may_keep(user),
    }
    return render(request, "matters/policy.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def policy_new(request: HttpRequest) -> HttpResponse:
    """`?from=` a matter's number takes the public text of its reply as a draft, masked; a person confirms it."""
    user = keeping(request)
    number = request.GET.get("from", "").replace("\x00", "")[:40]
    reply = service.good_reply(number, user) if number else None
    if number and reply is None:
        raise Http404
    form = PolicyPageForm(request.POST or None, initial=service.proposed(reply) if reply else {})
    if request.method == "POST" and form.is_valid():
        try:
            made = service.add_policy(
                form.cleaned_data, by=user, taken_from=reply.grievance if reply else None
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已加入政策库")
            return redirect("policy", made.pk)
    context = {"form": form, "reply": reply}
    return render(request, "matters/policy_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def policy_edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = keeping(request)
    one = get_object_or_404(Policy.objects.select_related("category"), pk=pk)
    form = PolicyPageForm(request.POST or None, initial=_stands(one))
    if request.method == "POST" and form.is_valid():
        try:
            service.edit_policy(pk, form.cleaned_data, by=user)
        except service.Meanwhile as error:
            return _meanwhile(request, "matters/policy_edit.html", one, form, error)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已保存")
            return redirect("policy", pk)
    context = {"form": form, "policy": one}
    return render(request, "matters/policy_edit.html", context, status=422 if form.errors else 200)


def _stands(one: Policy | ReplyTemplate) -> dict[str, str]:
    return {
        "category": one.category.name if one.category else "",
        "title": one.title,
        "text": one.text,
        "source": getattr(one, "source", ""),
        "seen": service.version(one),
    }


def _meanwhile(request: HttpRequest, template: str, one: Any, form: Any, error: Any) -> HttpResponse:
    """What was typed stays in the fields, beside what stands now; sent once more it replaces that."""
    now = type(one).objects.select_related("category").get(pk=one.pk)
    kept = type(form)(initial=form.cleaned_data | {"seen": service.version(now)})
    context = {"form": kept, "policy": now, "template": now, "meanwhile": now, "told": error.messages[0]}
    return render(request, template, context, status=409)


@login_required
@require_POST
@never_cache
def policy_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """停用, or in use again: nothing is lost either way."""
    user = keeping(request)
    one = get_object_or_404(Policy, pk=pk)
    return _retire(request, one, user, "policy")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reply_template_new(request: HttpRequest) -> HttpResponse:
    user = keeping(request)
    form = TemplatePageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            service.add_template(form.cleaned_data, by=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已加入答复模板")
            return redirect("reply_templates")
    return render(request, "matters/template_edit.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reply_template(request: HttpRequest, pk: int) -> HttpResponse:
    user = keeping(request)
    one = get_object_or_404(ReplyTemplate.objects.select_related("category"), pk=pk)
    form = TemplatePageForm(request.POST or None, initial=_stands(one))
    if request.method == "POST" and form.is_valid():
        try:
            service.edit_template(pk, form.cleaned_data, by=user)
        except service.Meanwhile as error:
            return _meanwhile(request, "matters/template_edit.html", one, form, error)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "已保存")
            return redirect("reply_templates")
    retired = one.retired_on is not None and one.retired_on <= clock.today()
    context = {"form": form, "template": one, "retired": retired}
    return render(request, "matters/template_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@never_cache
def reply_template_retire(request: HttpRequest, pk: int) -> HttpResponse:
    user = keeping(request)
    one = get_object_or_404(ReplyTemplate, pk=pk)
    return _retire(request, one, user, "reply_template")


def _retire(request: HttpRequest, one: Policy | ReplyTemplate, user: User, page: str) -> HttpResponse:
    back = request.POST.get("back") == "1"
    service.retire(one, by=user, back=back)
    messages.success(request, "已恢复使用" if back else "已停用，引用过它的答复不变")
    return redirect(page, one.pk)

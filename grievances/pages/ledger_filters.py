"""常用筛选: a person's own filters of the ledger, by name (contract, section 4)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from grievances.ledger import LIGHTS, STANDINGS, Asked
from grievances.models import SavedFilter
from grievances.pages.ledger import may_have_matters
from lianhu.kit.fields import fold

MOST, NAME, QUERY = 20, 30, 500


@login_required
@require_POST
@never_cache
def save(request: HttpRequest) -> HttpResponse:
    """Under its name; the same name again is the newer filter. Without one it is named by what it asks."""
    user: Any = request.user
    if not may_have_matters(user):
        raise Http404
    asked = Asked.of(request.POST.dict())
    query = asked.query()
    name = fold(request.POST.get("name", "").replace("\x00", ""))[:NAME] or _named_by(asked)
    mine = SavedFilter.objects.filter(user=user)
    if not query:
        messages.error(request, "还没有选条件，先筛选再保存")
    elif len(query) > QUERY:
        messages.error(request, "条件太长，没有保存；请少写几个字")
    elif mine.exclude(name=name).count() >= MOST:
        messages.error(request, f"常用筛选最多 {MOST} 个，请先删去不用的")
    else:
        SavedFilter.objects.update_or_create(user=user, name=name, defaults={"query": query})
        messages.success(request, f"已保存为常用筛选“{name}”")
    return redirect(f"{reverse('ledger')}?{query}")


@login_required
@require_POST
@never_cache
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own; another's is not there. Removed a second time it is gone already."""
    found = get_object_or_404(SavedFilter, pk=pk, user=request.user)
    found.delete()
    messages.success(request, f"已删去常用筛选“{found.name}”")
    return redirect("ledger")


def _named_by(asked: Asked) -> str:
    said = [LIGHTS.get(asked.due, ""), STANDINGS.get(asked.state, ""), asked.q, asked.village, asked.handler]
    return " ".join(word for word in said if word)[:NAME] or "我的筛选"

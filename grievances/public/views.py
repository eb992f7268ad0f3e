"""What anybody may read without an account: the ledger, a notice, policies, and the same as data."""

import dataclasses
import uuid
from collections.abc import Callable

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.views.decorators.http import require_safe

from grievances import library
from grievances.models import GrievanceKind, PublicPhoto
from grievances.public import caching, feed, ledger, open_data
from grievances.public.figures import figures
from lianhu.kit import clock
from lianhu.kit.handing_out import shown_photo
from visits.kept_files import photo_storage

_XML, _RSS = "application/xml; charset=utf-8", "application/rss+xml; charset=utf-8"


@require_safe
def public_ledger(request: HttpRequest) -> HttpResponseBase:
    wanted = ledger.asked(request.GET)
    return caching.kept(
        request, f"ledger?{wanted.query()}", lambda: _ledger(wanted), remember=not wanted.endless
    )


def _ledger(wanted: ledger.Filter) -> str | None:
    """A place that is not there is no page: as many could be asked for as somebody likes to type."""
    today = clock.today()
    year = wanted.year or today.year
    summed = wanted if wanted.text else dataclasses.replace(wanted, year=year)
    townships = ledger.townships()
    if wanted.place and not _place_name(townships, wanted.place):
        return None
    context = {
        "here": "ledger",
        "wanted": wanted,
        "page": ledger.read(wanted),
        "sum": ledger.sum_of(summed),
        "year": year,
        "place_name": _place_name(townships, wanted.place),
        "townships": townships,
        "categories": ledger.categories(),
        "kinds": GrievanceKind.choices,
        "years": ledger.years(today),
        "figures": figures(year, today, wanted.place),
        "this_year": today.year,
        "feed_query": dataclasses.replace(wanted, before=None).query(),
    }
    return caching.page("public/ledger.html", context)


def _place_name(townships: list[ledger.Township], code: str) -> str:
    names = {each.code: each.name for each in townships}
    names |= {code: name for each in townships for code, name in each.villages}
    return names.get(code, "")


@require_safe
def public_notice(request: HttpRequest, number: str) -> HttpResponseBase:
    """One number shows what is published of it, and nothing else."""
    return caching.kept(request, f"notice {number}", lambda: _notice(number))


def _notice(number: str) -> str | None:
    notice = ledger.one(number)
    if notice is None:
        return None
    context = {"here": "ledger", "notice": notice, "photos": ledger.photos_of(notice)}
    return caching.page("public/notice.html", context)


@require_safe
def public_nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """The site's own page for what is not there knows who asks: it is none for the public."""
    return caching.not_there()


@require_safe
def public_photo(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Chosen and blacked out by a person, as long as its notice is up."""
    photo = PublicPhoto.objects.filter(pk=pk, publication__in=ledger.up()).exclude(file="").first()
    if photo is None:
        return caching.not_there()
    try:
        answer = shown_photo(photo_storage(), photo.file)
    except Http404:
        return caching.not_there()
    if answer.status_code != 302:
        caching.let_keep(answer)
    return answer


@require_safe
def public_policies(request: HttpRequest) -> HttpResponseBase:
    """政策库: what is in force, by category."""
    wanted = ledger.asked(request.GET)
    query = wanted.query(place="", kind="", year="", before="")
    return caching.kept(request, f"policies?{query}", lambda: _policies(wanted), remember=not wanted.endless)


def _policies(wanted: ledger.Filter) -> str:
    entries = library.policies_for(wanted.category, clock.today())
    if wanted.text:
        entries = library.search_policies(wanted.text, entries)
    context = {
        "here": "policies",
        "wanted": wanted,
        "policies": list(entries.order_by("category__position", "category", "title", "pk")),
        "categories": ledger.categories(),
    }
    return caching.page("public/policies.html", context)


@require_safe
def public_feed(request: HttpRequest) -> HttpResponseBase:
    wanted = dataclasses.replace(ledger.asked(request.GET), before=None)
    return _for_programs(request, "feed", wanted, lambda root: feed.rss(wanted, root), _RSS)


@require_safe
def public_sitemap(request: HttpRequest) -> HttpResponseBase:
    return _for_programs(request, "sitemap", ledger.Filter(), feed.sitemap, _XML)


def _for_programs(
    request: HttpRequest, name: str, wanted: ledger.Filter, make: Callable[[str], str], content_type: str
) -> HttpResponseBase:
    """These hold whole addresses: kept for the host they were made for."""
    root = f"{request.scheme}://{request.get_host()}"
    return caching.kept(
        request,
        f"{name} {root}?{wanted.query()}",
        lambda: make(root),
        content_type=content_type,
        remember=not wanted.endless,
    )


@require_safe
def public_open_data(request: HttpRequest) -> HttpResponseBase:
    """CSV of what the ledger shows under the same filter, a row at a time."""
    wanted = dataclasses.replace(ledger.asked(request.GET), before=None)
    answer = StreamingHttpResponse(open_data.lines(wanted), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="public-ledger-{clock.today()}.csv"'
    caching.let_keep(answer)
    return answer


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines read what is public and nothing else."""
    lines = ["User-agent: *", "Allow: /public/", "Allow: /static/", "Disallow: /"]
    lines.append(f"Sitemap: {request.scheme}://{request.get_host()}{reverse('public_sitemap')}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")

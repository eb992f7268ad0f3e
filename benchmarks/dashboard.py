"""The county's page from stored figures against a page that reads the same rows plainly."""

import datetime

from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts.models import User
from benchmarks import county
from benchmarks.timing import best, tell
from lianhu.kit import clock
from lianhu.kit.periods import Period
from registry.models import Cadre, Role, RoleGrant, Unit
from reports.dashboards.queries import twelve_months
from reports.models import Compliance
from reports.quotas.stored import store_period

_TODAY = datetime.date(2026, 11, 25)
_MONTH = Period.parse("2026-10")
_MOST_STATEMENTS = 20

# The rows that the page's figures are made of, each fetched once: stored figures, the month's visits, the year's
# matters, households, pairings and who is in post.
_PLAIN = (
    "SELECT period, unit_id, quota_id, status FROM reports_compliance WHERE period = ANY(%(periods)s)",
    "SELECT day, result FROM visits_visit WHERE day BETWEEN %(first)s AND %(last)s",
    "SELECT state, category_id FROM grievances_grievance WHERE registered_on >= '2026-01-01'",
    "SELECT id, closed_on FROM registry_household",
    "SELECT household_id, cadre_id FROM registry_pairing WHERE coalesce(ends_on >= '2026-11-25', true)",
    "SELECT id, left_on FROM registry_cadre",
)


def run() -> None:
    call_command("migrate", verbosity=0)
    if not Unit.objects.exists():
        print("generating a large county, some minutes ...", flush=True)
        county.fill()
    usual = clock.now
    clock.now = lambda: datetime.datetime.combine(_TODAY, datetime.time(10), clock.SHANGHAI)
    try:
        _measure()
    finally:
        clock.now = usual


def _measure() -> None:
    months = twelve_months(_MONTH)
    periods = [*months, Period.parse("2026Q4"), Period.year_of(_MONTH.first)]
    computing = 0.0
    for period in periods:
        computing = max(computing, best(lambda period=period: store_period(period, _TODAY), tries=1))  # type: ignore[misc]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reports_compliance")
    office = _office()
    with CaptureQueriesContext(connection) as statements:
        _page(office)
    rows = Compliance.objects.filter(period__in=[period.code for period in periods])
    read = rows.count()
    page, plain = best(lambda: _page(office)), best(lambda: _plainly(periods))
    tell(
        f"the county's page of {_MONTH.code}, {read:,} stored rows of 14 periods, {len(statements)} statements, "
        "against fetching the same rows plainly",
        page / plain,
        f"at most 3, at most {_MOST_STATEMENTS} statements",
        f"{page * 1000:.0f} ms against {plain * 1000:.0f} ms; computing the slowest period {computing * 1000:.0f} ms",
    )
    counted = best(lambda: _counted(periods))
    tell(
        "the same page against one grouped pass over these rows",
        page / counted,
        "told only",
        f"{page * 1000:.0f} ms against {counted * 1000:.0f} ms",
    )
    assert len(statements) <= _MOST_STATEMENTS, [each["sql"][:80] for each in statements]
    assert page <= 3 * plain, "the page is slow"


def _office() -> User:
    cadre = Cadre.objects.get(code="C00001")
    RoleGrant.objects.get_or_create(cadre=cadre, begins_on="2024-01-01", role=Role.COUNTY_OFFICE)
    return cadre.user


def _page(office: User) -> None:
    """The view and its template, as a request runs it; the scope is read anew."""
    request = RequestFactory().get("/county/", {"period": _MONTH.code})
    request.user = User.objects.get(pk=office.pk)
    request.session = {}  # type: ignore[assignment]
    request.resolver_match = resolve("/county/")
    answer = request.resolver_match.func(request)
    assert answer.status_code == 200
    assert answer.content


def _plainly(periods: list[Period]) -> None:
    params = {
        "periods": [period.code for period in periods],
        "first": _MONTH.first,
        "last": _MONTH.last,
    }
    with connection.cursor() as cursor:
        for statement in _PLAIN:
            cursor.execute(statement, params)
            cursor.fetchall()


def _counted(periods: list[Period]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT period, unit_id, status, count(*) FROM reports_compliance WHERE period = ANY(%s) GROUP BY 1, 2, 3",
            [[period.code for period in periods]],
        )
        cursor.fetchall()

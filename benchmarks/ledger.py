"""Lists and counts of 200,000 matters: from indexes, and the 2,000th page as the first."""

import datetime
import re
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from benchmarks import county
from benchmarks.own_database import own_database
from benchmarks.timing import best, query, tell
from grievances import ledger
from grievances.ledger import DUE_FIRST, NEWEST, Asked
from grievances.models import Grievance
from grievances.owing import owing
from grievances.pages.ledger import found_for
from grievances.publications import at_desks_of, tabs
from registry.models import Cadre, Role, RoleGrant, Unit, Village

MATTERS, PER_PAGE, FAR = 200_000, 50, 2_000
_ON = datetime.date(2026, 11, 25)

# Four years of matters; one in twenty is still open. 饮水 is said in one of five, 漏电 in one of 5,000.
_MATTERS = f"""
    INSERT INTO grievances_grievance (number, kind, category_id, household_id, village_id, title, content,
        level, state, handler_id, registered_on, replied_on, outcome, satisfaction, closed_on, published_on,
        void_reason, recorded_at, reply_due_on, assign_due_on, held_since, reply, lead_unit_id)
    SELECT 'LH-' || (2023 + i / 50001) || '-' || lpad(i::text, 6, '0'),
           (ARRAY['livelihood', 'dispute', 'hazard', 'project', 'suggestion'])[1 + i % 5],
           (SELECT min(id) FROM grievances_category) + i % 12,
           CASE WHEN i % 5 > 0 THEN village - 1 + 400 * (1 + i % 199) END, village,
           CASE i % 5 WHEN 0 THEN '饮水管道' WHEN 1 THEN '出行道路' WHEN 2 THEN '医保报销'
                      WHEN 3 THEN '就业培训' ELSE '邻里纠纷' END || (i % 977) || '号事项',
           CASE i % 5 WHEN 0 THEN '村口饮水管道漏水，水压不足，请协调维修。' WHEN 1 THEN '通组道路塌方，学生上学不便。'
                      WHEN 2 THEN '住院费用报销还没有到账，请帮助查询。' WHEN 3 THEN '想参加厨师培训，盼望介绍务工。'
                      ELSE '两家地界不清，请村上调解。' END
               || '第' || md5(i::text) || '次反映，家里' || (i % 7) || '口人。'
               || CASE WHEN i % 5000 = 7 THEN '线路漏电。' ELSE '' END,
           level, state, CASE WHEN state <> 'registered' THEN 1 + (i * 13) % {county.CADRES} END, day,
           CASE WHEN state IN ('replied', 'revisited', 'closed', 'published') THEN day + 5 END,
           CASE WHEN state IN ('registered', 'assigned') THEN '' WHEN i % 9 = 0 THEN 'explained' ELSE 'solved' END,
           CASE WHEN state IN ('revisited', 'closed', 'published') THEN 'satisfied' ELSE '' END,
           CASE WHEN state IN ('closed', 'published') THEN day + 9 END,
           CASE WHEN state = 'published' THEN day + 10 END,
           '', now(), day + 7, day + 4, day, '', 1 + i % {county.UNITS}
    FROM (SELECT i, 1 + (i * 7) % {county.VILLAGES} AS village,
                 DATE '2023-01-01' + (i / 141) AS day,
                 (ARRAY['village', 'village', 'village', 'township', 'county'])[1 + i * 3 % 5] AS level,
                 CASE WHEN i % 20 > 0 THEN CASE WHEN i % 50 = 1 THEN 'closed' ELSE 'published' END
                      ELSE (ARRAY['registered', 'assigned', 'replied', 'revisited'])[1 + i / 20 % 4] END AS state
          FROM generate_series(1, {MATTERS}) i) matter
"""


def fill() -> None:
    print("generating a ledger of 200,000 matters, some minutes ...", flush=True)
    county.fill((*county.REGISTRY, _MATTERS))


def people() -> dict[str, User]:
    """One of each kind of list."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
    cadres = {code: Cadre.objects.get(code=code) for code in ("C00001", "C00002", "C00003", "C00004")}
    grants: Any = {
        "C00001": {"role": Role.COUNTY_OFFICE},
        "C00002": {"role": Role.TOWNSHIP, "unit": Unit.objects.get(code="U001")},
        "C00003": {"role": Role.VILLAGE_BRANCH, "village": Village.objects.get(pk=8)},
        "C00004": {"role": Role.CADRE},
    }
    for code, grant in grants.items():
        RoleGrant.objects.get_or_create(cadre=cadres[code], begins_on="2024-01-01", **grant)
    named = ("office", "township", "branch", "handler")
    return {name: cadre.user for name, cadre in zip(named, cadres.values(), strict=True)}


def run() -> None:
    with own_database("ledger") as made:
        if made:
            fill()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE grievances_grievance")
        _measure(people())


# Whose list, and what is asked of it.
_LISTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("county list", "office", {"tab": "all"}),
    ("county inbox", "office", {"tab": "mine"}),
    ("township list", "township", {"tab": "all"}),
    ("township inbox", "township", {"tab": "mine"}),
    ("village list", "branch", {"tab": "all"}),
    ("handler's list", "handler", {"tab": "all"}),
    ("handler's inbox", "handler", {"tab": "mine"}),
    ("late list", "office", {"tab": "all", "due": "late"}),
    ("one kind of one year", "office", {"tab": "all", "year": "2025", "kind": "dispute"}),
    ("common word of two characters", "office", {"tab": "all", "q": "饮水"}),
    ("rare word of two characters", "office", {"tab": "all", "q": "漏电"}),
    ("common word in a township", "township", {"tab": "all", "q": "饮水"}),
)


def _measure(users: dict[str, User]) -> None:
    taken = {}
    for name, who, asked in _LISTS:
        _assert_from_indexes(name, lambda who=who, asked=asked: _first_page(users[who], asked))  # type: ignore[misc]
        taken[name] = best(lambda who=who, asked=asked: _first_page(users[who], asked))  # type: ignore[misc]
    slowest = max(taken, key=lambda name: taken[name])
    one_pass = query("SELECT state, count(*) FROM grievances_grievance GROUP BY 1")
    each = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in taken.items())
    tell(
        f"{len(_LISTS)} lists of {MATTERS:,} matters, page and counts, none with a sequential scan; the slowest "
        f"({slowest}) against one grouped pass over the ledger",
        taken[slowest] / one_pass,
        "no sequential scan of the ledger in any plan",
        f"ms: {each}; one pass {one_pass * 1000:.0f}",
    )
    _others(users["office"])
    _far_page(users["office"])
    _searched()


def _others(office: User) -> None:
    """The page that must be empty, and the tabs of 公示: first page and count of each."""
    taken = {}
    kinds = [(kind.label, kind.rows) for kind in owing(office, _ON) if not kind.filings]
    desks = at_desks_of(office, _ON)
    listed = [(tab.label, desks.filter(tab.condition).order_by(*tab.order)) for tab in tabs(_ON)]
    for name, rows in (*kinds, *listed):
        _assert_from_indexes(name, lambda rows=rows: list(rows[:PER_PAGE]))  # type: ignore[misc]
        taken[name] = best(lambda rows=rows: list(rows[:PER_PAGE]))  # type: ignore[misc]
    slowest = max(taken, key=lambda name: taken[name])
    one_pass = query("SELECT state, count(*) FROM grievances_grievance GROUP BY 1")
    tell(
        f"{len(taken)} lists of what must not be and of 公示, none with a sequential scan; the slowest ({slowest}) "
        "against one grouped pass over the ledger",
        taken[slowest] / one_pass,
        "no sequential scan of the ledger in any plan",
        ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in taken.items()),
    )


def _first_page(user: User, asked: dict[str, str]) -> None:
    # As a request does: the scope is read anew.
    found = found_for(User.objects.get(pk=user.pk), Asked.of(asked), _ON)
    ledger.page_of(found.matters, DUE_FIRST if found.due_first else NEWEST, PER_PAGE)


def _assert_from_indexes(name: str, work: Callable[[], None]) -> None:
    """EXPLAIN of each statement, with the settings it ran with."""
    with CaptureQueriesContext(connection) as statements:
        work()
    asked = [each["sql"] for each in statements if "grievances_grievance" in each["sql"]]
    assert asked, name
    off = False
    with connection.cursor() as cursor:
        for each in statements:
            sql = each["sql"]
            if "set_config('enable_seqscan'" in sql:
                off = "'off'" in sql
            if sql not in asked:
                continue
            cursor.execute("SELECT set_config('enable_seqscan', %s, false)", ["off" if off else "on"])
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert not re.search(r"Seq Scan on grievances_grievance\b", plan), f"{name}:\n{sql}\n{plan}"
        cursor.execute("SELECT set_config('enable_seqscan', 'on', false)")


def _far_page(office: User) -> None:
    """The first page against the 2,000th, by its place; and by counting off, as a numbered page would be."""
    matters = Grievance.objects.visible_to(office)
    edge = matters.order_by("-registered_on", "-pk").values_list("registered_on", "pk")
    day, pk = edge[(FAR - 1) * PER_PAGE - 1]
    first = best(lambda: ledger.page_of(matters, NEWEST, PER_PAGE), tries=9)
    far = best(lambda: ledger.page_of(matters, NEWEST, PER_PAGE, older=f"{day}_{pk}"), tries=9)
    begin = (FAR - 1) * PER_PAGE
    counted = best(lambda: list(edge[begin : begin + PER_PAGE]))
    tell(
        f"page {FAR:,} of {PER_PAGE} against the first",
        far / first,
        "at most 3",
        f"{far * 1000:.1f} ms against {first * 1000:.1f} ms; by OFFSET {counted * 1000:.0f} ms",
    )
    assert far <= 3 * first, "the page far back is slow"


def _searched() -> None:
    """Two characters by the bigrams against what LIKE has to read."""
    for word in ("漏电", "饮水"):
        found = Asked(q=word).apply(Grievance.objects.all(), _ON)
        ours = best(lambda found=found: ledger.count(found, _ON))  # type: ignore[misc]
        columns = " OR ".join(f"{name} LIKE '%{word}%'" for name in ("title", "content", "number"))
        like = query(f"SELECT count(*) FROM grievances_grievance WHERE {columns}")
        number = ledger.count(found, _ON).of()
        tell(
            f"counting {number:,} matters with {word} by bigrams against LIKE over three columns",
            ours / like,
            "from the index",
            f"{ours * 1000:.0f} ms against {like * 1000:.0f} ms",
        )

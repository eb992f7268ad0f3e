"""Every address with every person. A name that is not in the table fails: the page forgotten is the leak.

Not yours answers as not there (404); a visitor without an account is sent to sign in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from accounts import audit
from accounts.models import AuditKind, Job, JobState
from tests import county

pytestmark = pytest.mark.django_db

UNIT = {"unit_liaison", "unit_leader", "county_leader", "office"}
OFFICE = {"office"}
AUDITOR = {"auditor"}
SEES_CADRE = UNIT | {"cadre"}
# They see their own villages there, not these (tests/reports/pages/test_villages.py).
STRANGERS_WITH_VILLAGES = {
    f"stranger_{role}"
    for role in ("branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader")
}
SEES_VILLAGE = UNIT | {"branch", "township_liaison", "county_leader"}


@dataclass(frozen=True)
class Row:
    """`who` is a set of names of `county.County`, or what everyone gets."""

    who: set[str] | None = None
    args: Callable[[county.County], list] = lambda people: []
    query: str = ""
    method: str = "get"
    fine: set[int] = field(default_factory=lambda: {200})


EVERYONE = Row()
PUBLIC = {"login", "logout", "text_size", "healthz", "readyz"}
TABLE = {
    "healthz": EVERYONE,
    "readyz": EVERYONE,
    "login": Row(fine={200, 302}),
    "logout": Row(method="post", fine={302}),
    "text_size": Row(method="post", fine={302}),
    "home": Row(fine={302}),
    "me": EVERYONE,
    "unit": Row(UNIT, lambda people: [people.unit.code]),
    "export_unit": Row(UNIT, lambda people: [people.unit.code]),
    "county": Row(OFFICE),
    "export_county": Row(OFFICE),
    "villages": Row(SEES_VILLAGE | STRANGERS_WITH_VILLAGES),
    "evidence": Row(SEES_CADRE, lambda people: ["trip_days", "cadre", people.cadre.code], "?period=2026-05"),
    "audit_log": Row(AUDITOR),
    "audit_export": Row(AUDITOR),
    "audit_check": Row(AUDITOR, method="post", fine={302}),
    "audit_entry": Row(AUDITOR, lambda people: [entry().pk]),
    "audit_reveal": Row(AUDITOR, lambda people: [entry().pk], method="post", fine={422}),
    "imports": Row(OFFICE),
    "import_template": Row(OFFICE, lambda people: ["registry"]),
    "import_job": Row(OFFICE, lambda people: [dry_run(people).pk]),
    "import_confirm": Row(OFFICE, lambda people: [dry_run(people).pk], method="post", fine={409}),
    "import_faults": Row(OFFICE, lambda people: [dry_run(people).pk]),
}
# The same address with another subject.
MORE = {
    "evidence of a unit": (
        "evidence",
        Row(UNIT, lambda people: ["quarterly_report", "unit", people.unit.code], "?period=2026Q2"),
    ),
    "evidence of a village": (
        "evidence",
        Row(SEES_VILLAGE, lambda people: ["forum", "village", people.village.code], "?period=2026-05"),
    ),
    "a township's own page": (
        "unit",
        Row({"township_liaison", "county_leader", "office"}, lambda people: [people.township.code]),
    ),
}
ROWS = {name: (name, row) for name, row in TABLE.items()} | MORE


def entry():
    return audit.log(AuditKind.READ, key="HH-1")


def dry_run(people):
    """Faulty, and its file is gone."""
    result = {"ok": False, "counts": {}, "fault_count": 0, "faults": [], "warnings": []}
    params = {"dry_run": True, "file": "gone.xlsx", "file_name": "登记表.xlsx", "sha256": ""}
    return Job.objects.create(
        kind="import_registry", title="登记表.xlsx", state=JobState.DONE, params=params, result=result
    )


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def named(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from named(pattern.url_patterns)
        else:
            yield pattern.name


def test_every_address_has_a_name_and_a_row():
    names = list(named(get_resolver().url_patterns))
    assert None not in names, "an address without a name"
    assert set(names) == set(TABLE), "tests/access/test_every_url.py must say who may see it"


@pytest.mark.parametrize("row", ROWS)
def test_each_person_sees_what_is_theirs_and_nothing_else(row, people, signed_in, queue):
    name, expected = ROWS[row]
    address = reverse(name, args=expected.args(people)) + expected.query
    wrong = {}
    for person, cadre in people.people.items():
        status = getattr(signed_in(cadre), expected.method)(address).status_code
        allowed = expected.who is None or person in expected.who
        if status not in (expected.fine if allowed else {404}):
            wrong[person] = status
    assert not wrong


@pytest.mark.parametrize("row", ROWS)
def test_without_an_account_only_sign_in_is_open(row, people, queue):
    name, expected = ROWS[row]
    address = reverse(name, args=expected.args(people)) + expected.query
    answer = getattr(Client(), expected.method)(address)
    if name in PUBLIC:
        assert answer.status_code in expected.fine
    else:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("row", ROWS)
def test_a_role_that_has_ended_opens_nothing(row, people, signed_in, on_day, queue):
    name, expected = ROWS[row]
    if expected.who is None:
        return
    for cadre in people.people.values():
        cadre.role_grants.update(ends_on="2026-06-14")
    address = reverse(name, args=expected.args(people)) + expected.query
    opened = [
        person
        for person, cadre in people.people.items()
        if getattr(signed_in(cadre), expected.method)(address).status_code != 404
    ]
    # One's own figures stay one's own.
    assert opened == (["cadre"] if row == "evidence" else [])


def test_what_is_not_there_and_what_is_not_yours_look_the_same(people, signed_in):
    client = signed_in(people.stranger_unit_leader)
    theirs = client.get(f"/units/{people.unit.code}/")
    nowhere = client.get("/units/U-NONE/")
    strip = people.unit.code
    assert theirs.status_code == nowhere.status_code == 404
    assert theirs.content.replace(strip.encode(), b"").count(b"<p") == nowhere.content.count(b"<p")
    assert people.unit.name not in theirs.content.decode()

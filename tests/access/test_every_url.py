"""Every address with every person. A name that is not in the table fails: the page forgotten is the leak.

Not yours answers as not there (404); a visitor without an account is sent to sign in.
"""

import datetime
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from accounts import audit
from accounts.jobs import start_job
from accounts.models import (
    ApiToken,
    AuditKind,
    CalendarDay,
    CalendarYear,
    Delivery,
    Digest,
    Feedback,
    Job,
    JobState,
    Setting,
)
from accounts.notices import notify
from accounts.tokens import make_token
from grievances import publication
from grievances.attachments import attach
from grievances.models import Category, Filing, Policy, ProminentProblem, ReplyTemplate, SavedFilter
from lianhu.kit import clock
from reports.models import Quota
from tests import county
from tests.grievances import ledger
from tests.photos import jpeg, kept
from visits.activity_files import attach as attach_file
from visits.models import Errand, ProjectReview, Question

pytestmark = pytest.mark.django_db

UNIT = {"unit_liaison", "unit_leader", "county_leader", "office"}
OFFICE = {"office"}
ADMIN = {"admin"}
# Whoever keeps the accounts of some people; which ones is tests/registry/test_accounts.py.
KEEPERS = {
    *("admin", "unit_liaison", "township_liaison"),
    *("stranger_unit_liaison", "stranger_township_liaison"),
}
AUDITOR = {"auditor"}
SEES_CADRE = UNIT | {"cadre"}
# They see their own villages there, not these (tests/reports/pages/test_villages.py).
STRANGERS_WITH_VILLAGES = {
    f"stranger_{role}"
    for role in ("branch", "township_liaison", "unit_liaison", "unit_leader", "county_leader")
}
SEES_VILLAGE = UNIT | {"branch", "township_liaison", "county_leader"}
SEES_HOUSEHOLD = SEES_VILLAGE | {"cadre"}
LINKED = {*("township_liaison", "county_leader"), *("stranger_township_liaison", "stranger_county_leader")}
SEES_A_UNIT = UNIT | LINKED | {"stranger_unit_liaison", "stranger_unit_leader"}
KEEPS_HOUSEHOLD = {"branch", "township_liaison", "office"}
CONFIRMS = {"branch", "township_liaison", "stranger_branch", "stranger_township_liaison"}
DECIDES = {"unit_leader", "stranger_unit_leader", "office"}
ASKS = {"branch", "township_liaison", "unit_liaison", "unit_leader", "office"}
VOIDS = {"cadre", "unit_liaison", "unit_leader", "office"}
PAIRS = {"unit_liaison", "unit_leader", "township_liaison", "office"}
HANDS_OVER = PAIRS - {"township_liaison"}
HANDS_OVER_SOMEWHERE = PAIRS | {f"stranger_{role}" for role in PAIRS - OFFICE}
# Which ones each of them finds is tests/reports/pages/test_household.py.
HAS_HOUSEHOLDS = SEES_HOUSEHOLD | STRANGERS_WITH_VILLAGES | {"colleague", "stranger"}
FILES = {"branch", "township_liaison", "office"}
HAS_ACTIVITIES = HAS_HOUSEHOLDS
SEES_MEETING = {"branch", "township_liaison", "county_leader", "office"}
ENTERS_FOR_UNIT = {
    f"{half}{role}"
    for half in ("", "stranger_")
    for role in ("unit_liaison", "unit_leader", "township_liaison")
} | {"office"}
WRITES_A_CHECK = HAS_HOUSEHOLDS - {"branch", "stranger_branch"}
KEEPS_LIBRARY = {"township_liaison", "stranger_township_liaison", "office"}
# Whose matters each of them may register is tests/grievances/test_desk.py.
REGISTERS = FILES | {"cadre", "colleague", "stranger", "stranger_branch", "stranger_township_liaison"}
REPORTS = UNIT | {"township_liaison"} | (STRANGERS_WITH_VILLAGES - {"stranger_branch"})
PAPERS = ("print", "docx", "xlsx")
# Nothing but its own end date ends a pairing, and one's own figures stay one's own.
STAYS_WITHOUT_A_ROLE = {
    "evidence": ["cadre"],
    "the past of a cadre": ["cadre"],
    "notice": ["cadre"],
    "api_token_end": ["cadre"],
    "household": ["cadre"],
    "household_visits": ["cadre"],
    "household_head": ["cadre"],
    "contact_card": ["cadre"],
    "contact_cards": ["cadre"],
    "households": ["cadre", "stranger"],
    "family_notices": ["cadre", "stranger"],
    "matter_slip": ["cadre"],
    **{
        name: ["cadre"]
        for name in ("matter", "matter_act", "matter_files", "matter_file", "matter_file_small")
    },
    "leave_withdraw": ["cadre"],
    "search": ["cadre", "stranger"],
    **{
        name: ["cadre", "stranger"]
        for name in ("desk", "matter_new", "policies", "policy", "reply_templates")
    },
    "ledger_filter_remove": ["cadre"],
    "export": ["cadre", "stranger"],
    **{name: ["unit_leader"] for name in ("download", "download_file", "download_cancel")},
    **{name: ["cadre", "stranger"] for name in ("ledger", "ledger_filter_save")},
    **{f"visit{act}": ["cadre"] for act in ("", "_print", "_amend", "_add", "_answer", "_void")},
    **{name: ["cadre"] for name in ("trip", "trip_void", "before_trip")},
    **{
        name: ["cadre", "stranger"]
        for name in (
            *("activities", "activity_choose", "rectifications", "errands", "errand_new"),
            *("self_check", "self_check_preview", "self_check_submit"),
        )
    },
    **{name: ["cadre"] for name in ("self_check_one", "errand", "errand_take", "errand_give_back")},
    "errand_done": ["cadre"],
    **{name: ["cadre"] for name in ("photo", "photo_small", "visit_photos_add")},
}


@dataclass(frozen=True)
class Row:
    """`who` is a set of names of `county.County`, or what everyone gets."""

    who: set[str] | None = None
    args: Callable[[county.County], list] = lambda people: []
    query: str = ""
    method: str = "get"
    fine: set[int] = field(default_factory=lambda: {200})


EVERYONE = Row()


def of_admin(name, make, *, writes=True, deletes=True):
    """The pages of one model of the system admin's own site; `make(people)` makes a row of it."""
    one = {"args": lambda people: [make(people).pk]}
    return {
        f"admin:{name}_changelist": Row(ADMIN),
        f"admin:{name}_add": Row(ADMIN, fine={200 if writes else 403}),
        f"admin:{name}_change": Row(ADMIN, **one),
        f"admin:{name}_delete": Row(ADMIN, **one, fine={200 if deletes else 403}),
    }


PUBLIC = {
    *("login", "login_code", "activate", "logout", "text_size", "healthz", "readyz", "privacy"),
    *("field", "field_worker", "field_manifest", "api_schema", "public_case", "public_prominent"),
    *(
        "public_ledger",
        "public_notice",
        "public_policies",
        "public_feed",
        "public_open_data",
        "public_sitemap",
    ),
    *("public_case_object", "public_case_rate", "public_file", "public_file_village", "public_photo"),
    *("public_nowhere", "robots"),
}
# Answered to programs: never a redirect to a page.
API = {"sync", "field_data", "photo_upload"}
TABLE = {
    "healthz": EVERYONE,
    "field": EVERYONE,
    "field_worker": EVERYONE,
    "field_manifest": EVERYONE,
    "field_data": EVERYONE,
    "api_schema": EVERYONE,
    # What each may send is tests/doors/test_sync.py.
    "sync": Row(method="post", fine={400}),
    "readyz": EVERYONE,
    "login": Row(fine={200, 302}),
    "logout": Row(method="post", fine={302}),
    "text_size": Row(method="post", fine={302}),
    "login_code": Row(fine={302}),
    "account": EVERYONE,
    "account_password": EVERYONE,
    "account_alive": Row(method="post", fine={204}),
    "end_session": Row(method="post", fine={302}),
    "end_other_sessions": Row(method="post", fine={302}),
    "two_factor": EVERYONE,
    "two_factor_codes": Row(fine={302}),
    "two_factor_off": Row(fine={302}),
    "api_tokens": EVERYONE,
    "api_token_end": Row({"cadre"}, lambda people: [token_of(people.cadre).pk]),
    "activate": EVERYONE,
    "accounts": Row(KEEPERS),
    "activation_slips": Row(KEEPERS, method="post", fine={302}),
    "kept_account": Row({"admin", "unit_liaison"}, lambda people: [people.cadre.code]),
    "account_act": Row(ADMIN, lambda people: [people.cadre.code, "close"]),
    "give_role": Row(ADMIN, lambda people: [people.cadre.code], method="post"),
    "end_role": Row(ADMIN, lambda people: [people.cadre.code, people.cadre.role_grants.get().pk]),
    "give_view": Row(ADMIN, lambda people: [people.cadre.code], method="post"),
    "take_view": Row(ADMIN, lambda people: [people.cadre.code], method="post"),
    "backups": Row(ADMIN),
    "backup_new": Row(ADMIN, method="post", fine={302}),
    "backup_cancel": Row(ADMIN, lambda people: [backup_of(people.admin).pk], method="post", fine={302}),
    "admin:index": Row(ADMIN),
    "admin:jsi18n": Row(ADMIN),
    "admin:app_list": Row(ADMIN, lambda people: ["accounts"]),
    **of_admin("accounts_setting", lambda people: future_setting()),
    **of_admin("accounts_calendarday", lambda people: CalendarDay.objects.first()),
    **of_admin("accounts_calendaryear", lambda people: CalendarYear.objects.first()),
    **of_admin("grievances_category", lambda people: unused_category()),
    **of_admin("accounts_delivery", lambda people: delivery_to(people.cadre), writes=False, deletes=False),
    **of_admin("accounts_job", lambda people: dry_run(people), writes=False, deletes=False),
    "home": Row(fine={302}),
    "today": Row(OFFICE),
    "me": EVERYONE,
    "past": EVERYONE,
    "quotas": EVERYONE,
    "quota_change": Row(OFFICE, lambda people: [Quota.objects.order_by("pk")[0].pk]),
    "unit": Row(UNIT, lambda people: [people.unit.code]),
    "export_unit": Row(UNIT, lambda people: [people.unit.code]),
    "county": Row(OFFICE),
    "county_units": Row(OFFICE),
    "overview": Row(LINKED),
    "unit_overview": Row(UNIT, lambda people: [people.unit.code]),
    "village": Row(SEES_VILLAGE, lambda people: [people.village.code]),
    "map": Row(SEES_VILLAGE | STRANGERS_WITH_VILLAGES),
    "visits": Row(HAS_HOUSEHOLDS),
    "rule": Row(SEES_A_UNIT, lambda people: ["quarterly_report", "unit"], "?period=2026Q2"),
    "export_county": Row(OFFICE),
    "villages": Row(SEES_VILLAGE | STRANGERS_WITH_VILLAGES),
    "households": Row(HAS_HOUSEHOLDS),
    "search": Row(HAS_HOUSEHOLDS, query="?q=zrc"),
    "coverage": Row(SEES_VILLAGE | STRANGERS_WITH_VILLAGES),
    "coverage_pair": Row(PAIRS | {f"stranger_{role}" for role in PAIRS - OFFICE}, method="post", fine={422}),
    "coverage_village": Row(PAIRS, lambda people: [people.village.code]),
    "coverage_end": Row(
        PAIRS - {"township_liaison"}, lambda people: [people.household.pairings.latest("pk").pk]
    ),
    "duplicates": Row(OFFICE),
    "duplicate": Row(OFFICE, lambda people: [people.household.code, people.other_household.code]),
    "handover": Row(HANDS_OVER_SOMEWHERE),
    "handover_new": Row(HANDS_OVER, query="?cadre=P1-cadre"),
    "handover_one": Row(HANDS_OVER, lambda people: [handover_of(people).pk]),
    "handover_file": Row(OFFICE, lambda people: [handover_of(people).pk], method="post", fine={302}),
    "handover_file_many": Row(OFFICE, method="post", fine={302}),
    "covers": EVERYONE,
    "cover_new": Row(HANDS_OVER, query="?cadre=P1-cadre"),
    "cover_end": Row(HANDS_OVER, lambda people: [cover_of(people).pk]),
    "leave": EVERYONE,
    "leave_decide": Row(HANDS_OVER_SOMEWHERE, method="post", fine={302}),
    "leave_withdraw": Row({"cadre"}, lambda people: [leave_of(people).pk], method="post", fine={302}),
    "household": Row(SEES_HOUSEHOLD, lambda people: [people.household.code]),
    "household_reveal": Row(
        SEES_HOUSEHOLD - {"cadre", "county_leader"},
        lambda people: [people.household.code],
        method="post",
        fine={422},
    ),
    "household_data": Row(
        {"branch", "township_liaison", "office"},
        lambda people: [people.household.code],
        method="post",
        fine={422},
    ),
    "household_erase": Row(OFFICE, lambda people: [people.household.code]),
    "household_visits": Row(SEES_HOUSEHOLD, lambda people: [people.household.code]),
    "contact_card": Row(SEES_HOUSEHOLD, lambda people: [people.household.code]),
    "contact_cards": Row({"cadre", "unit_liaison"}, lambda people: [], "?cadre=P1-cadre"),
    **{
        f"household_{act}": Row(KEEPS_HOUSEHOLD, lambda people: [people.household.code])
        for act in ("split", "merge", "move_out", "close", "reopen")
    },
    "household_head": Row(KEEPS_HOUSEHOLD | {"cadre"}, lambda people: [people.household.code]),
    "household_move_in": Row(KEEPS_HOUSEHOLD | {"stranger_branch", "stranger_township_liaison"}),
    "arrivals": Row(CONFIRMS),
    "arrivals_confirm": Row(CONFIRMS, method="post", fine={302}),
    "arrivals_take_back": Row(CONFIRMS, method="post", fine={302}),
    "backfill": Row(DECIDES),
    "backfill_approve": Row(DECIDES, method="post", fine={302}),
    "backfill_refuse": Row(DECIDES, method="post", fine={302}),
    "trips": Row(HAS_HOUSEHOLDS),
    "trip": Row(SEES_HOUSEHOLD, lambda people: [visit_of(people).trip_id]),
    "trip_void": Row(VOIDS, lambda people: [visit_of(people).trip_id]),
    "before_trip": Row({"cadre"}, lambda people: [people.village.code]),
    "visit": Row(SEES_HOUSEHOLD, lambda people: [visit_of(people).pk]),
    "visit_print": Row(SEES_HOUSEHOLD, lambda people: [visit_of(people).pk]),
    "visit_amend": Row({"cadre"}, lambda people: [visit_of(people).pk]),
    "visit_add": Row(
        {"cadre"}, lambda people: [visit_of(people, "2026-06-01").pk], method="post", fine={422}
    ),
    "visit_ask": Row(ASKS, lambda people: [visit_of(people).pk], method="post", fine={422}),
    "visit_answer": Row({"cadre"}, lambda people: [asked_about(people).pk], method="post", fine={422}),
    "visit_void": Row(VOIDS, lambda people: [visit_of(people).pk]),
    "visit_photos_add": Row({"cadre"}, lambda people: [visit_of(people).pk], method="post", fine={422}),
    "activities": Row(HAS_ACTIVITIES),
    "activity_choose": Row(HAS_ACTIVITIES),
    "rectifications": Row(HAS_ACTIVITIES),
    # Which kinds each of them enters is tests/visits/test_activities.py.
    "activity_new": Row(ENTERS_FOR_UNIT, lambda people: ["consult"]),
    "activity": Row(SEES_MEETING, lambda people: [meeting_of(people).pk]),
    "activity_change": Row({"branch", "office"}, lambda people: [meeting_of(people).pk]),
    "activity_void": Row({"branch", "township_liaison", "office"}, lambda people: [meeting_of(people).pk]),
    "activity_plan_done": Row(
        {"branch", "township_liaison", "office"},
        lambda people: [reviewed_project(people).pk],
        method="post",
        fine={422},
    ),
    "activity_files": Row(
        {"branch", "office"}, lambda people: [meeting_of(people).pk], method="post", fine={422}
    ),
    "activity_file": Row(SEES_MEETING, lambda people: [file_of(people).pk]),
    "activity_file_small": Row(SEES_MEETING, lambda people: [file_of(people).pk]),
    "activity_file_remove": Row(
        {"branch", "office"}, lambda people: [file_of(people).pk], method="post", fine={302}
    ),
    **{
        f"self_check{page}": Row(WRITES_A_CHECK, method=method, fine=fine)
        for page, method, fine in (("", "get", {200}), ("_preview", "get", {200}), ("_submit", "post", {422}))
    },
    "self_checks": Row({"unit_leader", "stranger_unit_leader", "office"}),
    "self_check_one": Row({"cadre", "unit_leader", "office"}, lambda people: [handed_in(people).pk]),
    "errands": Row(HAS_ACTIVITIES),
    "errand_new": Row(
        {"cadre", "stranger"}
        | {f"{half}{role}" for half in ("", "stranger_") for role in ("branch", "township_liaison")}
        | OFFICE
    ),
    "errand": Row(SEES_HOUSEHOLD, lambda people: [errand_of(people).pk]),
    "errand_take": Row(
        {"cadre", "unit_liaison", "unit_leader", "county_leader"},
        lambda people: [errand_of(people).pk],
        method="post",
        fine={302},
    ),
    "errand_give_back": Row(
        {"cadre"}, lambda people: [errand_of(people, taken=True).pk], method="post", fine={302}
    ),
    "errand_done": Row(
        {"cadre"}, lambda people: [errand_of(people, taken=True).pk], method="post", fine={422}
    ),
    "errand_withdraw": Row(
        {"branch", "township_liaison", "office"},
        lambda people: [errand_of(people).pk],
        method="post",
        fine={422},
    ),
    "work_plans": Row(
        UNIT
        | {"township_liaison"}
        | {f"stranger_{role}" for role in UNIT - OFFICE}
        | {"stranger_township_liaison"}
    ),
    "photo": Row(SEES_HOUSEHOLD, lambda people: [photo_of(people).pk]),
    "photo_small": Row(SEES_HOUSEHOLD, lambda people: [photo_of(people).pk]),
    "photo_upload": Row(args=lambda people: [uuid.uuid4()]),
    "privacy": EVERYONE,
    "public_case": EVERYONE,
    # What each of them shows and takes is tests/grievances/public/.
    **{f"public_{name}": EVERYONE for name in ("ledger", "policies", "feed", "open_data", "sitemap", "file")},
    "public_notice": Row(args=lambda people: ["LH-2026-999999"], fine={404}),
    "public_nowhere": Row(args=lambda people: ["no/such"], fine={404}),
    "public_photo": Row(args=lambda people: [uuid.uuid4()], fine={404}),
    "public_case_object": Row(method="post", fine={422}),
    "public_case_rate": Row(method="post", fine={422}),
    "public_file_village": Row(args=lambda people: [people.village.code]),
    "robots": EVERYONE,
    "filing_poster": Row(SEES_VILLAGE, lambda people: [people.village.code]),
    "public_prominent": EVERYONE,
    "prominent": EVERYONE,
    "prominent_year": Row(args=lambda people: [2026]),
    "prominent_sheet": Row(args=lambda people: [published_problem(people).year]),
    "prominent_add": Row(OFFICE, lambda people: [2026]),
    "prominent_publish": Row(OFFICE, lambda people: [problem_of(people).year]),
    "prominent_edit": Row(OFFICE, lambda people: [problem_of(people).pk]),
    "prominent_move": Row(OFFICE, lambda people: [problem_of(people).pk], method="post", fine={302}),
    "prominent_take_off": Row(OFFICE, lambda people: [problem_of(people).pk]),
    "owing": Row(HAS_HOUSEHOLDS),
    "desk": Row(REGISTERS),
    "matter_new": Row(REGISTERS),
    "filings": Row(FILES | {"stranger_branch", "stranger_township_liaison"}),
    "filing": Row(FILES, lambda people: [filing_of(people).pk]),
    "filing_decline": Row(FILES, lambda people: [filing_of(people).pk], method="post", fine={422}),
    "filing_phone": Row(FILES, lambda people: [filing_of(people).pk], method="post", fine={422}),
    "policies": Row(HAS_HOUSEHOLDS),
    "policy": Row(HAS_HOUSEHOLDS, lambda people: [policy_of(people).pk]),
    "policy_new": Row(KEEPS_LIBRARY),
    "policy_edit": Row(KEEPS_LIBRARY, lambda people: [policy_of(people).pk]),
    "policy_retire": Row(KEEPS_LIBRARY, lambda people: [policy_of(people).pk], method="post", fine={302}),
    "reply_templates": Row(HAS_HOUSEHOLDS),
    "reply_template_new": Row(KEEPS_LIBRARY),
    "reply_template": Row(KEEPS_LIBRARY, lambda people: [template_of().pk]),
    "reply_template_retire": Row(KEEPS_LIBRARY, lambda people: [template_of().pk], method="post", fine={302}),
    "family_notices": Row(HAS_HOUSEHOLDS),
    # Nothing is chosen; of whom one may tell and print is tests/grievances/pages/.
    "family_tell": Row(fine={302}),
    "slips": EVERYONE,
    "matter": Row(SEES_HOUSEHOLD, lambda people: [handled_matter(people).number]),
    # Which steps each of them may take is tests/grievances/pages/test_matter_acts.py.
    "matter_act": Row({"cadre"}, lambda people: [handled_matter(people).number, "note"]),
    "matter_object": Row(
        {"branch", "township_liaison", "office"}, lambda people: [published_matter(people).number]
    ),
    "matter_files": Row(
        {"cadre", "branch"}, lambda people: [handled_matter(people).number], method="post", fine={422}
    ),
    "matter_file": Row(SEES_HOUSEHOLD, lambda people: [attachment_of(people).pk]),
    "matter_file_small": Row(SEES_HOUSEHOLD, lambda people: [attachment_of(people).pk]),
    "publications": Row(CONFIRMS | OFFICE),
    "board": Row(CONFIRMS | OFFICE),
    "publication": Row(KEEPS_HOUSEHOLD, lambda people: [draft_of(people).grievance.number]),
    "publication_preview": Row(KEEPS_HOUSEHOLD, lambda people: [draft_of(people).grievance.number]),
    "publication_photos": Row(KEEPS_HOUSEHOLD, lambda people: [draft_of(people).grievance.number]),
    "publication_photo": Row(KEEPS_HOUSEHOLD, lambda people: [public_photo_of(people).pk]),
    "publication_sheet": Row(KEEPS_HOUSEHOLD, lambda people: [published_matter(people).number]),
    "matter_slip": Row(SEES_HOUSEHOLD, lambda people: [handled_matter(people).number]),
    "set_aside": Row(OFFICE),
    "ledger": Row(HAS_HOUSEHOLDS),
    "ledger_bulk": Row(
        {"township_liaison", "stranger_township_liaison", "office"}, method="post", fine={422}
    ),
    "ledger_filter_save": Row(HAS_HOUSEHOLDS, method="post", fine={302}),
    "ledger_filter_remove": Row(
        {"cadre"}, lambda people: [saved_filter_of(people.cadre).pk], method="post", fine={302}
    ),
    "ledger_unsolved": Row(OFFICE),
    # Who may export which list is tests/reports/exports/test_every_list.py.
    "export": Row(HAS_HOUSEHOLDS, lambda people: ["ledger"], method="post"),
    "downloads": EVERYONE,
    "download": Row({"unit_leader"}, lambda people: [export_of(people.unit_leader).pk]),
    "download_file": Row({"unit_leader"}, lambda people: [export_of(people.unit_leader).pk], fine={410}),
    "download_cancel": Row(
        {"unit_leader"}, lambda people: [export_of(people.unit_leader).pk], method="post", fine={302}
    ),
    "reports": Row(REPORTS),
    "quarterly_report": Row(UNIT, lambda people: report_of(people)),
    **{f"quarterly_report_{name}": Row(UNIT, lambda people: report_of(people)) for name in PAPERS},
    "quarterly_rows": Row(UNIT, lambda people: [*report_of(people), "visits"]),
    "quarterly_report_edit": Row({"unit_liaison", "unit_leader"}, lambda people: report_of(people)),
    "quarterly_report_submit": Row({"unit_leader"}, lambda people: report_of(people)),
    "quarterly_report_return": Row(OFFICE, lambda people: report_of(people, "submitted")),
    "quarterly_report_accept": Row(OFFICE, lambda people: report_of(people, "submitted")),
    # Issued it is every unit's (tests/reports/pages/test_quarterly_summary.py).
    "county_summary": Row(OFFICE, lambda people: ["2026Q1"]),
    **{
        f"county_summary_{name}": Row(OFFICE, lambda people: ["2026Q1"])
        for name in (*PAPERS, "edit", "issue")
    },
    "phones": Row(OFFICE),
    "evidence": Row(SEES_CADRE, lambda people: ["trip_days", "cadre", people.cadre.code], "?period=2026-05"),
    "audit_log": Row(AUDITOR),
    "audit_check": Row(AUDITOR, method="post", fine={302}),
    "audit_entry": Row(AUDITOR, lambda people: [entry().pk]),
    "audit_reveal": Row(AUDITOR, lambda people: [entry().pk], method="post", fine={422}),
    "inbox": EVERYONE,
    "all_pages": EVERYONE,
    "inbox_read": Row(method="post", fine={302}),
    "notice": Row({"cadre"}, lambda people: [notice_of(people.cadre).pk]),
    "feedback": EVERYONE,
    "feedback_all": Row(OFFICE),
    "answer_feedback": Row(OFFICE, lambda people: [feedback_of(people.cadre).pk]),
    "imports": Row(OFFICE),
    "import_template": Row(OFFICE, lambda people: ["registry"]),
    "schedule": Row(OFFICE | ADMIN),
    "schedule_entry": Row(OFFICE | ADMIN, lambda people: ["freeze_figures"]),
    "schedule_run": Row(OFFICE | ADMIN, lambda people: ["freeze_figures"], method="post", fine={302}),
    "import_job": Row(OFFICE, lambda people: [dry_run(people).pk]),
    "import_confirm": Row(OFFICE, lambda people: [dry_run(people).pk], method="post", fine={409}),
    "import_faults": Row(OFFICE, lambda people: [dry_run(people).pk]),
}
# The same address with another subject.
MORE = {
    "the past of a cadre": ("past", Row(SEES_CADRE, query="?cadre=P1-cadre")),
    "evidence of a unit": (
        "evidence",
        Row(UNIT, lambda people: ["quarterly_report", "unit", people.unit.code], "?period=2026Q2"),
    ),
    "evidence of a village": (
        "evidence",
        Row(SEES_VILLAGE, lambda people: ["forum", "village", people.village.code], "?period=2026-05"),
    ),
    "the account of a village branch": (
        "kept_account",
        Row({"admin", "township_liaison"}, lambda people: [people.branch.code]),
    ),
    "a township's own page": (
        "unit",
        Row({"township_liaison", "county_leader", "office"}, lambda people: [people.township.code]),
    ),
}
ROWS = {name: (name, row) for name, row in TABLE.items()} | MORE


def entry():
    return audit.log(AuditKind.READ, key="HH-1")


def visit_of(people, on="2026-06-10"):
    there = people.cadre.visits.filter(day=on).first()
    if there is None:
        county.add_trip(people.cadre, people.village, on)
    return there or county.add_visit(people.cadre, people.household, on)


def report_of(people, state="draft"):
    people.unit.quarterly_reports.get_or_create(year=2026, quarter=1)
    people.unit.quarterly_reports.update(state=state)
    return [people.unit.code, "2026Q1"]


def asked_about(people):
    visit = visit_of(people)
    asked = {"text": "几口人？", "asked_at": clock.now(), "asked_by": people.branch.user}
    Question.objects.get_or_create(visit=visit, defaults=asked)
    return visit


def handover_of(people):
    made = {
        "successor": people.colleague,
        "recorded_at": clock.now(),
        "recorded_by": people.unit_liaison.user,
    }
    there = people.cadre.handovers.get_or_create(on=clock.today(), reason="调动", defaults=made)
    return there[0]


def cover_of(people):
    """Of the day before yesterday: it opens nothing today."""
    day = clock.today() - datetime.timedelta(days=2)
    days = {"begins_on": day, "ends_on": day, "reason": "病假"}
    return people.cadre.covers.get_or_create(colleague=people.colleague, defaults=days)[0]


def leave_of(people):
    day = clock.today()
    asked = {"ends_on": day, "reason": "病假", "asked_at": clock.now(), "asked_by": people.cadre.user}
    return people.cadre.leave_requests.get_or_create(begins_on=day, defaults=asked)[0]


def notice_of(cadre):
    notify([cadre.user], key="test", title="请看一看")
    return cadre.user.notices.get()


def token_of(cadre):
    found = ApiToken.objects.filter(user=cadre.user).first()
    return found or make_token(cadre.user, name="一表通", days=90)[0]


def feedback_of(cadre):
    return Feedback.objects.create(author=cadre.user, text="字太小", created_at=clock.now())


def future_setting():
    day = clock.today() + datetime.timedelta(days=30)
    return Setting.objects.get_or_create(name="phone_days", begins_on=day, defaults={"value": 7})[0]


def unused_category():
    return Category.objects.get_or_create(name="没有用过", defaults={"position": 99})[0]


def delivery_to(cadre):
    digest, _ = Digest.objects.get_or_create(
        user=cadre.user, day=clock.today(), defaults={"created_at": clock.now()}
    )
    now = {"next_try_at": clock.now()}
    return Delivery.objects.get_or_create(digest=digest, channel="email", defaults=now)[0]


def photo_of(people):
    return kept(visit_of(people))


def meeting_of(people):
    """A forum that the branch held and wrote down."""
    there = people.village.activities.filter(kind="forum").first()
    return there or county.add_activity(
        "forum", "2026-06-12", village=people.village, recorded_by=people.branch.user
    )


def reviewed_project(people):
    there = people.village.activities.filter(kind="project_review").first()
    if there is None:
        there = county.add_activity(
            "project_review", "2026-06-12", village=people.village, recorded_by=people.branch.user
        )
        plan = {"fault": "漏水", "plan": "更换管道", "plan_due_on": datetime.date(2026, 6, 30)}
        ProjectReview.objects.create(activity=there, project="安全饮水", **plan)
    return there


def file_of(people):
    meeting = meeting_of(people)
    if not meeting.files.exclude(file="").exists():
        attach_file(meeting, [SimpleUploadedFile("会场.jpg", jpeg())], by=people.branch.user)
    return meeting.files.exclude(file="").get()


def handed_in(people):
    there = people.cadre.self_checks.first()
    if there is None:
        activity = county.add_activity("self_check", "2026-06-12", cadres=[people.cadre])
        stamps = {"saved_at": clock.now(), "submitted_at": clock.now()}
        there = people.cadre.self_checks.create(year=2025, activity=activity, **stamps)
    return there


def errand_of(people, taken=False):
    errand = Errand.objects.filter(household=people.household, taken_by__isnull=not taken).first()
    holder = {"taken_by": people.cadre, "taken_at": clock.now()} if taken else {}
    return errand or Errand.objects.create(
        village=people.village,
        household=people.household,
        topic="代办医保缴费",
        posted_at=clock.now(),
        posted_by=people.branch.user,
        **holder,
    )


def export_of(person):
    """Its file is past its days."""
    asked = {"export": "households", "query": {}}
    return Job.objects.create(
        kind="export",
        title="户名册",
        state=JobState.DONE,
        params={"asked": asked, "rights": {}, "file": "gone.xlsx"},
        result={"rows": 3000, "gone": "过了保存的天数，已经删除"},
        ended_at=clock.now(),
        created_by=person.user,
    )


def backup_of(person):
    return start_job("make_backup", title="备份", params={}, by=person.user)


def dry_run(people):
    """Faulty, and its file is gone."""
    result = {"ok": False, "counts": {}, "fault_count": 0, "faults": [], "warnings": []}
    params = {"dry_run": True, "file": "gone.xlsx", "file_name": "登记表.xlsx", "sha256": ""}
    return Job.objects.create(
        kind="import_registry", title="登记表.xlsx", state=JobState.DONE, params=params, result=result
    )


def saved_filter_of(cadre):
    return SavedFilter.objects.get_or_create(user=cadre.user, name="逾期", defaults={"query": "due=late"})[0]


def handled_matter(people):
    there = people.cadre.grievances.filter(household=people.household).first()
    return there or county.add_grievance(household=people.household, handler=people.cadre)


def published_matter(people):
    return people.household.grievances.filter(state="published").first() or ledger.matter(people, "published")


def draft_of(people):
    """A matter that waits to be published, with a text."""
    made = people.household.grievances.filter(state="closed").first() or ledger.matter(people, "closed")
    return publication.standing(made) or ledger.public_text(made, people.branch)


def public_photo_of(people):
    text, made = draft_of(people), photo_of(people)
    said = {"file": made.file, "description": "管道", "chosen_by": people.branch.user}
    return text.photos.first() or text.photos.create(photo=made, chosen_at=clock.now(), **said)


def attachment_of(people):
    made = handled_matter(people)
    with_file = made.attachments.exclude(file="")
    if not with_file:
        attach(made, [SimpleUploadedFile("a.jpg", jpeg())], by=people.cadre.user)
    return with_file.all()[0]


def filing_of(people):
    made = {"village": people.village, "kind": "livelihood", "title": "漏水", "content": "漏了三天。"}
    made |= {"query_code_hash": b"1" * 16, "phone_sealed": b"1", "filed_at": clock.now()}
    return Filing.objects.get_or_create(form_id=uuid.UUID(int=1), defaults=made)[0]


def policy_of(people):
    made = {"text": "可以补助。", "category": unused_category(), "added_by": people.office.user}
    return Policy.objects.get_or_create(title="补助", defaults=made | {"added_at": clock.now()})[0]


def template_of():
    return ReplyTemplate.objects.get_or_create(title="一般", defaults={"text": "已经办理。"})[0]


def problem_of(people, **fields):
    """Of the matter that the other half is not shown."""
    made = {"position": 1, "title": "饮水管道漏水", "unit": people.unit, "promise": "年底前换新管"}
    made |= {"due_on": "2026-12-31", "added_by": people.office.user, "added_at": clock.now()}
    there = ProminentProblem.objects.filter(year=2026).first()
    if there is None:
        matter = county.add_grievance(household=people.household, handler=people.cadre)
        there = ProminentProblem.objects.create(year=2026, grievance=matter, **(made | fields))
    return there


def published_problem(people):
    return problem_of(people, published_at=clock.now())


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def named(patterns, space=""):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from named(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield pattern.name and space + pattern.name


def test_every_address_has_a_name_and_a_row():
    names = list(named(get_resolver().url_patterns))
    assert None not in names, "an address without a name"
    assert set(names) == set(TABLE), "tests/access/test_every_url.py must say who may see it"


# One county and one sign-in a person serve a dozen addresses; what an address writes is rolled back after it.
DOZENS = [list(ROWS)[at : at + 12] for at in range(0, len(ROWS), 12)]


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def statuses(clients, row, people):
    """What each person is answered at the row's address, each as if nobody had been there before."""
    name, expected = ROWS[row]
    found = {}
    with rolled_back():
        address = reverse(name, args=expected.args(people)) + expected.query
        for person, client in clients.items():
            with rolled_back():
                found[person] = getattr(client, expected.method)(address).status_code
    return found


@pytest.mark.parametrize("rows", DOZENS, ids=lambda rows: f"{rows[0]}...{rows[-1]}")
def test_each_person_sees_what_is_theirs_and_nothing_else(rows, people, signed_in, queue):
    clients = {person: signed_in(cadre) for person, cadre in people.people.items()}
    wrong = {}
    for row in rows:
        expected = ROWS[row][1]
        for person, status in statuses(clients, row, people).items():
            allowed = expected.who is None or person in expected.who
            if status not in (expected.fine if allowed else {404}):
                wrong[row, person] = status
    assert not wrong


@pytest.mark.parametrize("rows", DOZENS, ids=lambda rows: f"{rows[0]}...{rows[-1]}")
def test_without_an_account_only_sign_in_is_open(rows, people, queue):
    for row in rows:
        name, expected = ROWS[row]
        with rolled_back():
            address = reverse(name, args=expected.args(people)) + expected.query
            answer = getattr(Client(), expected.method)(address)
        if name in PUBLIC:
            assert answer.status_code in expected.fine, row
        elif name in API:
            assert answer.status_code == 401, row
        else:
            assert answer.status_code == 302, row
            assert answer["Location"].startswith("/login/?next="), row


@pytest.mark.parametrize("rows", DOZENS, ids=lambda rows: f"{rows[0]}...{rows[-1]}")
def test_a_role_that_has_ended_opens_nothing(rows, people, signed_in, on_day, queue):
    """Whom an address was open to is asked again; to the others it was closed with their role, as shown above."""
    for cadre in people.people.values():
        cadre.role_grants.update(ends_on="2026-06-14")
    clients = {person: signed_in(cadre) for person, cadre in people.people.items()}
    opened = {}
    for row in rows:
        who = ROWS[row][1].who
        if who is not None:
            found = statuses({person: clients[person] for person in clients if person in who}, row, people)
            opened[row] = [person for person, status in found.items() if status != 404]
    stays = {row: STAYS_WITHOUT_A_ROLE.get(row, []) for row in opened}
    assert opened == stays


def test_what_is_not_there_and_what_is_not_yours_look_the_same(people, signed_in):
    client = signed_in(people.stranger_unit_leader)
    theirs = client.get(f"/units/{people.unit.code}/")
    nowhere = client.get("/units/U-NONE/")
    strip = people.unit.code
    assert theirs.status_code == nowhere.status_code == 404
    assert theirs.content.replace(strip.encode(), b"").count(b"<p") == nowhere.content.count(b"<p")
    assert people.unit.name not in theirs.content.decode()

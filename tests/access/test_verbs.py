"""What a page is not for is refused: no verb opens a way round its checks."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import county
from tests.access.test_every_url import DOZENS, PUBLIC, ROWS, TABLE, rolled_back

pytestmark = pytest.mark.django_db

ADMIN_FORMS = ("_changelist", "_add", "_change", "_delete")
# Pages with a form on them, or an act whose page shows what went wrong.
TAKES_BOTH = {
    "login",
    "login_code",
    "account",
    "account_password",
    "two_factor",
    "two_factor_codes",
    "two_factor_off",
    *("api_tokens", "api_token_end", "public_case", "public_file_village"),
    *("prominent_add", "prominent_publish", "prominent_edit", "prominent_take_off"),
    *("family_tell", "slips", "matter_slip"),
    *("matter_new", "filings", "filing", "policy_new", "policy_edit"),
    *("reply_template_new", "reply_template"),
    "imports",
    "household_erase",
    *("coverage_village", "coverage_end", "duplicate"),
    *(f"household_{act}" for act in ("split", "merge", "move_out", "close", "reopen", "head", "move_in")),
    *("handover_new", "cover_new", "cover_end", "leave"),
    *("trip", "trip_void", "visit_amend", "visit_void"),
    *("activity_new", "activity_change", "activity_void", "self_check", "errand_new"),
    *(f"quarterly_report_{act}" for act in ("edit", "submit", "return", "accept")),
    *("county_summary_edit", "county_summary_issue"),
    "activate",
    "account_act",
    "end_role",
    *("matter_act", "matter_object"),
    *("publication", "publication_preview", "publication_photos"),
    "feedback",
    "quota_change",
    "answer_feedback",
    *(name for name in TABLE if name.startswith("admin:") and name.endswith(ADMIN_FORMS)),
}
TAKES_PUT = {"photo_upload"}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


def someone(people, name, row, signed_in):
    if name in PUBLIC:
        return Client()
    who = sorted(row.who) if row.who else ["office"]
    return signed_in(getattr(people, who[0]))


@pytest.mark.parametrize("rows", DOZENS, ids=lambda rows: f"{rows[0]}...{rows[-1]}")
def test_a_page_takes_the_verbs_it_is_for_and_no_other(rows, people, signed_in, queue):
    """Verbs that no page knows are refused; a page to read takes no POST, and an act is not done by reading."""
    taken = {}
    for name in rows:
        url_name, row = ROWS[name]
        refused = {"put", "patch", "delete", "trace"} - ({"put"} if url_name in TAKES_PUT else set())
        if url_name not in TAKES_BOTH:
            refused.add("get" if row.method == "post" else "post")
        with rolled_back():
            client = someone(people, url_name, row, signed_in)
            address = reverse(url_name, args=row.args(people)) + row.query
            for verb in refused:
                if (status := getattr(client, verb)(address).status_code) != 405:
                    taken[name, verb] = status
    assert not taken

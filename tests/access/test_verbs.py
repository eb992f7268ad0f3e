"""What a page is not for is refused: no verb opens a way round its checks."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import county
from tests.access.test_every_url import PUBLIC, ROWS, TABLE

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
    *("api_tokens", "api_token_end", "public_case"),
    "imports",
    "household_erase",
    *("coverage_village", "coverage_end", "duplicate"),
    *(f"household_{act}" for act in ("split", "merge", "move_out", "close", "reopen", "head", "move_in")),
    *("handover_new", "cover_new", "cover_end", "leave"),
    *("trip", "trip_void", "visit_amend", "visit_void"),
    "activate",
    "account_act",
    "end_role",
    "feedback",
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


@pytest.mark.parametrize("name", ROWS)
def test_verbs_that_no_page_knows_are_refused(name, people, signed_in, queue):
    url_name, row = ROWS[name]
    client = someone(people, url_name, row, signed_in)
    address = reverse(url_name, args=row.args(people)) + row.query
    unknown = {"put", "patch", "delete", "trace"} - ({"put"} if url_name in TAKES_PUT else set())
    answers = {verb: getattr(client, verb)(address).status_code for verb in unknown}
    assert set(answers.values()) == {405}


@pytest.mark.parametrize("name", ROWS)
def test_reading_changes_nothing_and_a_page_to_read_takes_no_post(name, people, signed_in, queue):
    url_name, row = ROWS[name]
    if url_name in TAKES_BOTH:
        return
    client = someone(people, url_name, row, signed_in)
    address = reverse(url_name, args=row.args(people)) + row.query
    other = client.get if row.method == "post" else client.post
    assert other(address).status_code == 405

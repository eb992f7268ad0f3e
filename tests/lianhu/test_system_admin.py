"""/system/: what the system admin may change there, and that it is no way round scope or audit."""

import json

import pytest
from django.urls import get_resolver, reverse

from accounts.models import AuditEntry, Delivery, DeliveryState, Digest, Job, Setting
from grievances.models import Category
from lianhu.kit import clock
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def admin(people, signed_in):
    return signed_in(people.admin)


def add(client, **fields):
    return client.post("/system/accounts/setting/add/", fields, follow=True)


def test_a_setting_holds_from_a_day_on_and_the_change_is_in_the_log(people, admin):
    assert add(admin, name="idle_minutes", value="20", begins_on="2026-07-01").status_code == 200
    row = Setting.objects.get()
    assert (row.value, row.set_by) == (20, people.admin.user)
    entry = AuditEntry.objects.get(subject_table="accounts_setting", kind="added")
    assert entry.actor == people.admin.user
    assert json.loads(entry.detail)["after"]["value"] == 20


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "idle_minutes", "value": "4", "begins_on": "2026-07-01"}, "5"),
        ({"name": "idle_minutes", "value": "481", "begins_on": "2026-07-01"}, "480"),
        ({"name": "idle_minutes", "value": "二十", "begins_on": "2026-07-01"}, "整数"),
        ({"name": "idle_minutes", "value": "20", "begins_on": "2026-06-14"}, "今天"),
        ({"name": "something", "value": "20", "begins_on": "2026-07-01"}, "something"),
    ],
)
def test_a_value_that_may_not_be_is_told_beside_its_field(admin, fields, told):
    page = Page(add(admin, **fields))
    assert told in page.words
    assert not Setting.objects.exists()


def test_what_has_held_stays_as_it_is(people, admin):
    row = Setting.objects.create(name="idle_minutes", value=20, begins_on="2026-06-01")
    admin.post(f"/system/accounts/setting/{row.pk}/change/", {"value": "30", "begins_on": "2026-07-01"})
    admin.post(f"/system/accounts/setting/{row.pk}/delete/", {"post": "yes"})
    row.refresh_from_db()
    assert row.value == 20


def test_the_list_says_what_holds_today(admin):
    page = Page(admin.get("/system/accounts/setting/"))
    assert "今天生效的值" in page.words
    assert "30 分钟" in page.words


def test_a_category_that_was_used_cannot_be_deleted(people, admin):
    matter = county.add_grievance(household=people.household, handler=people.cadre)
    admin.post(f"/system/grievances/category/{matter.category_id}/delete/", {"post": "yes"})
    assert Category.objects.filter(pk=matter.category_id).exists()


def test_what_was_sent_and_what_failed_is_shown_and_cannot_be_edited(people, admin):
    digest = Digest.objects.create(user=people.cadre.user, day="2026-06-15", created_at=clock.now())
    row = Delivery.objects.create(
        digest=digest,
        channel="email",
        state=DeliveryState.FAILED,
        next_try_at=clock.now(),
        fault="连不上邮件服务器",
    )
    assert "连不上邮件服务器" in Page(admin.get("/system/accounts/delivery/")).words
    admin.post(f"/system/accounts/delivery/{row.pk}/change/", {"state": "sent"})
    row.refresh_from_db()
    assert row.state == DeliveryState.FAILED


def test_there_are_no_accounts_roles_households_or_logs_on_it():
    names = {name for name in _admin_names() if name.endswith("_changelist")}
    assert names == {
        "accounts_setting_changelist",
        "accounts_calendarday_changelist",
        "accounts_calendaryear_changelist",
        "accounts_delivery_changelist",
        "accounts_job_changelist",
        "grievances_category_changelist",
    }


def _admin_names():
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "namespace", None) == "admin":
            yield from _names(pattern.url_patterns)


def _names(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_flags_of_djangos_own_admin_open_nothing(people, signed_in):
    people.colleague.user.is_superuser = True
    people.colleague.user.save()
    assert signed_in(people.colleague).get("/system/").status_code == 404


def test_the_second_factor_is_asked_for_where_it_is_required(people, signed_in, settings):
    settings.SECOND_FACTOR_ASKED_OF = "registry.sign_in.needs_second_factor"
    settings.DEMO = False
    answer = signed_in(people.admin).get("/system/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("two_factor"))


def test_no_page_of_it_has_script_or_style_within(people, admin):
    Job.objects.create(kind="import_registry", title="登记表.xlsx")
    for address in (
        "/system/",
        "/system/accounts/setting/add/",
        "/system/accounts/job/",
        "/system/accounts/calendarday/",
    ):
        text = admin.get(address).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text

"""The one-time code: what it opens, once, and what it does not."""

import datetime
import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import lockout
from accounts.models import ActivationCode, AuditEntry, AuditKind, Session
from lianhu.kit import clock
from registry import activation
from tests import county
from tests.pages import Page

pytestmark = pytest.mark.django_db

PASSWORD = "Kitchen-table-2026"
WRONG = "工号和激活码对不上"


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    return county.build()


@pytest.fixture
def code(people):
    return printed(people)


def printed(people, cadre=None, **options):
    [slip] = activation.issue_codes(
        [(cadre or people.cadre).code], by=people.admin.user, confirmed_at=clock.now(), **options
    )
    return slip.code


def send(client, code, username="P1-cadre", password=PASSWORD, again=None, **extra):
    fields = {"username": username, "code": code, "new": password, "again": again or password}
    return client.post("/activate/", fields, **extra)


def test_the_code_opens_the_account_and_then_one_signs_in_as_ever(client, people, code):
    answer = send(client, code)
    assert answer["Location"] == "/login/?n=P1-cadre"
    page = client.get(answer["Location"])
    assert "账号已激活" in Page(page).words
    assert b'value="P1-cadre"' in page.content
    signed = client.post("/login/", {"username": "P1-cadre", "password": PASSWORD}, follow=True)
    assert signed.redirect_chain[-1][0] == "/me/"
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.activated_at == clock.now()
    assert not ActivationCode.objects.exists()
    entry = AuditEntry.objects.get(kind=AuditKind.ACTIVATED)
    assert (entry.subject_key, entry.actor_id) == ("P1-cadre", people.cadre.user.pk)


def test_the_code_has_ten_signs_that_are_not_mistaken_for_others():
    codes = [activation.new_code() for _ in range(500)]
    assert all(re.fullmatch("[2-9A-HJKMNP-Z]{10}", code) for code in codes)
    assert len(set(codes)) == 500
    assert set("".join(codes)) == set(activation.ALPHABET)


def test_only_a_keyed_hash_of_the_code_is_kept(people, code):
    row = ActivationCode.objects.get()
    assert code.encode() not in bytes(row.code_hash)
    assert len(row.code_hash) == 16
    kept = " ".join(AuditEntry.objects.values_list("detail", flat=True))
    assert code not in kept
    # The same code of another account would have another hash.
    assert activation._hash(1, code) != activation._hash(2, code)


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.lower(),
        lambda code: f"  {code[:5]} {code[5:]} ",
        lambda code: f"{code[:5]}-{code[5:]}",
        lambda code: f"{code[:5]}—{code[5:]}",
        lambda code: "　".join(chr(ord(each) + 0xFEE0) for each in code),
    ],
    ids=["small", "blanks", "dash", "long dash", "full width"],
)
def test_the_code_is_read_as_it_was_meant(client, people, code, typed):
    assert send(client, typed(code)).status_code == 302


def test_the_name_is_read_as_it_was_meant(client, people, code):
    assert send(client, code, username="　Ｐ１-cadre ").status_code == 302


def told(answer):
    page = Page(answer)
    found = re.search(WRONG + "[^。]*。[^。]*。", page.words)
    return answer.status_code, found and found.group()


def test_wrong_used_expired_and_unknown_are_told_in_the_same_words(client, people, code, on_day):
    other = printed(people, people.colleague)
    used = printed(people, people.unit_leader)
    assert send(Client(), used, username=people.unit_leader.code).status_code == 302
    tries = {
        "unknown": send(client, code, username="P9-nobody"),
        "wrong": send(client, "2345678999"),
        "of somebody else": send(client, other),
        "used": send(client, used, username=people.unit_leader.code),
        "never printed": send(client, code, username=people.township_liaison.code),
    }
    people.colleague.user.is_active = False
    people.colleague.user.save()
    tries["closed"] = send(client, other, username=people.colleague.code)
    on_day("2026-06-30")
    tries["expired"] = send(Client(), code)
    answers = {name: told(answer) for name, answer in tries.items()}
    assert len(set(answers.values())) == 1, answers
    assert answers["wrong"][0] == 200
    assert answers["wrong"][1]


def test_the_fault_stands_beside_the_code_and_no_password_is_sent_back(client, people, code):
    answer = send(client, "2345678999")
    assert b'id="id_code_error"' in answer.content
    assert PASSWORD.encode() not in answer.content
    assert b'value="P1-cadre"' in answer.content


def test_the_code_works_through_its_last_day(client, people, code, on_day):
    on_day("2026-06-29")
    assert send(client, code).status_code == 302


def test_how_long_it_works_is_a_setting(client, people, on_day):
    from accounts.models import Setting

    Setting.objects.create(name="activation_days", value=2, begins_on="2026-06-01")
    code = printed(people)
    on_day("2026-06-18")
    assert send(client, code).status_code == 200


def test_the_code_works_once(client, people, code):
    assert send(client, code).status_code == 302
    assert send(Client(), code, password="Another-kitchen-2026").status_code == 200
    people.cadre.user.refresh_from_db()
    assert people.cadre.user.check_password(PASSWORD)


def test_who_left_the_service_does_not_come_in(client, people, code, on_day):
    people.cadre.left_on = datetime.date(2026, 6, 15)
    people.cadre.save()
    on_day("2026-06-16")
    assert send(client, code).status_code == 200
    assert ActivationCode.objects.count() == 1


def test_a_poor_password_does_not_use_the_code_up(client, people, code):
    for poor, why in {
        "short-1A": "至少 10 位",
        "alllowercaseletters": "3 类",
        "P1-cadre-9Q": "相似",
    }.items():
        assert why in Page(send(client, code, password=poor)).words, poor
    people.cadre.user.name = "Kitchen-tables-2026"
    people.cadre.user.save()
    assert send(client, code).status_code == 200  # like the name of its owner
    assert "不一样" in Page(send(client, code, password="Quite-other-77", again="Quite-other-78")).words
    assert send(client, code, password="Quite-other-77").status_code == 302


def test_a_password_that_is_too_like_the_owners_name_is_told_only_with_the_right_code(client, people, code):
    people.cadre.user.name = "Kitchen-tables-2026"
    people.cadre.user.save()
    assert WRONG in Page(send(client, "2345678999")).words
    assert WRONG not in Page(send(client, code)).words


def test_a_reset_ends_every_session_and_the_old_password(client, people, signed_in):
    user = people.cadre.user
    user.set_password("The-old-password-1")
    user.activated_at = clock.now()
    user.save()
    inside = signed_in(people.cadre)
    code = printed(people)
    assert inside.get("/me/").status_code == 200  # until the code is used
    assert user.check_password("The-old-password-1")
    assert send(client, code).status_code == 302
    assert inside.get("/me/").status_code == 302
    assert not Session.objects.filter(user=user).exists()
    user.refresh_from_db()
    assert not user.check_password("The-old-password-1")


def test_a_new_slip_takes_the_place_of_the_old_one(client, people, code):
    newer = printed(people)
    assert send(client, code).status_code == 200
    assert send(client, newer).status_code == 302


def test_guessing_is_stopped_and_the_owner_elsewhere_is_not(people, code):
    guesser = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(5):
        assert WRONG in Page(send(guesser, "2345678999")).words
    assert "输错次数太多" in Page(send(guesser, code)).words
    assert AuditEntry.objects.filter(kind=AuditKind.SIGN_IN_LOCKED).count() == 1
    assert send(Client(REMOTE_ADDR="203.0.113.9"), code).status_code == 302


def test_guessing_at_many_names_from_one_address_is_stopped(people, code):
    guesser = Client(REMOTE_ADDR="198.51.100.7")
    for number in range(lockout.PER_ADDRESS.failures):
        send(guesser, "2345678999", username=f"P9-{number}")
    assert "输错次数太多" in Page(send(guesser, code)).words


def test_the_qr_code_brings_the_name_and_never_the_code(client, people):
    page = client.get("/activate/?n=P1-cadre")
    assert b'value="P1-cadre"' in page.content
    assert page["Cache-Control"].count("no-store")


def test_the_first_system_admin_gets_a_code_at_the_server(client, people, capsys):
    call_command("activation_code", people.admin.code)
    code = re.search(r"激活码 (\w{5} \w{5})", capsys.readouterr().out)[1]
    assert send(client, code, username=people.admin.code)["Location"].startswith("/login/")
    entry = AuditEntry.objects.get(kind=AuditKind.CODE_ISSUED)
    assert (entry.actor, entry.subject_key) == (None, people.admin.code)


@pytest.mark.parametrize(("username", "told"), [("nobody", "没有账号"), ("P1-cadre", "已停用或已离岗")])
def test_at_the_server_too_no_code_for_an_account_that_cannot_sign_in(people, username, told):
    people.cadre.left_on = datetime.date(2026, 6, 14)
    people.cadre.save()
    with pytest.raises(CommandError, match=told):
        call_command("activation_code", username)

"""What the tests of signing in share: accounts with a password, the form, the time, an app with codes."""

import datetime

from django_otp.oath import TOTP

from accounts.models import AuditEntry
from accounts.two_factor import TOTPDevice, set_up
from lianhu.kit import clock
from tests import county

PASSWORD = "Kitchen-table-2026"
KEY = "3132333435363738393031323334353637383930"
TEN = datetime.datetime(2026, 6, 15, 10, tzinfo=clock.SHANGHAI)


def open_accounts(password=PASSWORD):
    people = county.build()
    for person in people.people.values():
        person.user.set_password(password)
        person.user.save()
    return people


class Time:
    """`time.passes(minutes=14)`: for our clock; starts at ten o'clock of 15 June 2026."""

    def __init__(self, monkeypatch):
        self.now = TEN
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def passes(self, **span):
        self.now += datetime.timedelta(**span)


def send(client, username, password=PASSWORD, **fields):
    return client.post("/login/", {"username": username, "password": password, **fields})


def fail(client, username, times=1):
    return [send(client, username, f"wrong-{number}") for number in range(times)][-1]


def came_in(answer):
    return answer.status_code == 302


def code_at(timestamp, key=KEY):
    """The six digits an app shows at the moment."""
    app = TOTP(bytes.fromhex(key))
    app.time = timestamp
    return f"{app.token():06}"


def give_second_factor(user, timestamp):
    """Switched on at the moment; the recovery codes."""
    codes = set_up(user, KEY, code_at(timestamp))
    assert codes
    assert TOTPDevice.objects.filter(user=user, confirmed=True).count() == 1
    return codes


def logged(*kinds):
    return list(AuditEntry.objects.filter(kind__in=kinds).order_by("pk"))

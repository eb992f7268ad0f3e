"""短信 to families: by day, once each, nothing of the matter in it, and what is not known goes to a person."""

import datetime
import http.server
import json
import threading
import time

import pytest

from accounts.channels import webhook as webhook_channel
from accounts.channels.webhook import WebhookChannel
from grievances import family, sms
from grievances.models import FamilyNotice, Grievance, TellingWay
from lianhu.celery import VISIBILITY_SECONDS
from lianhu.kit import clock
from lianhu.kit.privacy import seal
from tests import county
from tests.grievances import ledger
from tests.grievances.ledger import A

pytestmark = pytest.mark.django_db

PHONE = "13812345678"


class Gateway(WebhookChannel):
    """As a gateway's class would be: the robot's way of posting, the phone in the robot's place of the name."""

    name, label, a_minute = "sms", "短信", None


class Server:
    """`answer`: status and body; or a callable that gets the handler."""

    def __init__(self):
        self.received, self.answer = [], (200, b'{"errcode": 0}')
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.received.append(
                    (body["text"]["mentioned_list"][0], body["text"]["content"], self.headers)
                )
                if callable(outer.answer):
                    return outer.answer(self)
                self.send_response(outer.answer[0])
                self.end_headers()
                self.wfile.write(outer.answer[1])

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True


@pytest.fixture
def gateway(settings, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(webhook_channel, "_TIMEOUT", 0.5)
    made = Server()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{made.server.server_port}/send"
    settings.CHANNELS = [("tests.grievances.test_sms.Gateway", {"url": url})]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def people(on_day):
    on_day("2026-06-13")  # a Saturday
    people = county.build()
    give_phone(people.household, PHONE)
    return people


def give_phone(home, phone):
    home.phone_sealed = seal(phone, f"household:{home.code}:phone")
    home.save()


def entered(people, **raw):
    matter = ledger.entered(people.branch, household=people.household.code, **raw)
    return matter, matter.family_notices.get(occasion="register")


def at(monkeypatch, hour, day=13):
    moment = datetime.datetime(2026, 6, day, hour, 0, tzinfo=clock.SHANGHAI)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


def again(notice):
    return FamilyNotice.objects.get(pk=notice.pk)


def waits(notice):
    return family.waiting_notices(Grievance.objects.all()).filter(pk=notice.pk).exists()


def test_the_family_gets_number_and_day_and_nothing_else(people, gateway):
    matter, notice = entered(people, title="多吉家的低保", content="多吉说了什么")
    assert sms.send(clock.now()) == 1
    [(phone, text, headers)] = gateway.received
    assert phone == PHONE
    assert text == f"【联户联情】您反映的事（编号 {matter.number}）已挂号，2026年6月20日前答复。"
    assert headers["X-Request-ID"] == f"lianhu-notice-{notice.pk}"
    notice = again(notice)
    assert (notice.way, notice.told_at, notice.told_by, notice.remark) == ("sms", clock.now(), None, sms.SENT)
    told = ledger.last_event(matter)
    assert (told.action, told.value, told.by) == (A.TELL, "sms", None)
    assert "低保" not in told.reason


def test_each_step_has_its_words_without_what_was_said(people, gateway):
    matter, _ = entered(people)
    sms.send(clock.now())
    ledger.take(matter, A.ASSIGN, people.branch, people)
    ledger.take(matter, A.REPLY, people.cadre, people, reason="多吉家的低保批了")
    sms.send(clock.now())
    ledger.take(matter, A.REVISIT, people.branch, people)
    ledger.take(matter, A.CLOSE, people.branch, people)
    sms.send(clock.now())
    texts = [text for _, text, _ in gateway.received]
    assert [text.partition("）")[2] for text in texts] == [
        "已挂号，2026年6月20日前答复。",
        "有了答复，干部会告诉您，也可以用查询码查。",
        "已办结销号。",
    ]


def test_once_each_however_often_the_task_runs(people, gateway):
    entered(people)
    assert [sms.send(clock.now()) for _ in range(3)] == [1, 0, 0]
    assert len(gateway.received) == 1


@pytest.mark.parametrize(("hour", "sent"), [(7, 0), (8, 1), (17, 1), (18, 0), (23, 0)])
def test_never_at_night_and_on_any_day(people, gateway, monkeypatch, hour, sent):
    entered(people)
    assert sms.send(at(monkeypatch, hour)) == sent


def test_without_a_channel_the_notice_waits_for_a_person(people, settings):
    settings.CHANNELS = []
    _, notice = entered(people)
    assert sms.send(clock.now()) == 0
    assert (waits(notice), again(notice).remark) == (True, "")


@pytest.mark.parametrize("phone", ["0837-5221234", "12345"])
def test_a_landline_is_called(people, gateway, phone):
    give_phone(people.household, phone)
    _, notice = entered(people)
    sms.send(clock.now())
    assert not gateway.received
    assert (waits(notice), again(notice).remark) == (True, sms.NO_PHONE)
    assert sms.send(clock.now()) == 0


def test_what_was_told_or_is_not_true_any_more_is_not_sent(people, gateway):
    _, first = entered(people)
    family.tell([first], TellingWay.PHONE, by=ledger.fresh(people.branch))
    void, _ = entered(people)
    ledger.take(void, A.VOID, people.office, people)
    assert sms.send(clock.now()) == 0


def test_a_channel_set_up_later_sends_no_old_news(people, gateway, monkeypatch):
    _, notice = entered(people)
    assert sms.send(at(monkeypatch, 10, day=21)) == 0
    assert waits(notice)


# --- when it fails -----------------------------------------------------------------------------


def test_a_known_failure_waits_on_says_so_and_is_tried_the_next_day(people, gateway, monkeypatch):
    _, notice = entered(people)
    gateway.answer = (503, b"no")
    assert sms.send(clock.now()) == 1
    assert waits(notice)
    assert again(notice).remark == "2026-06-13 短信没有发出：机器人没有接收（HTTP 503）"
    assert sms.send(clock.now()) == 0
    gateway.answer = (200, b'{"errcode": 0}')
    assert sms.send(at(monkeypatch, 9, day=14)) == 1
    assert again(notice).remark == sms.SENT


def silent(handler):
    time.sleep(0.8)


@pytest.mark.parametrize("answer", [silent, (502, b"?"), (200, b"<html>")])
def test_a_doubt_is_for_a_person_and_is_never_sent_again(people, gateway, monkeypatch, answer):
    _, notice = entered(people)
    gateway.answer = answer
    sms.send(clock.now())
    assert (waits(notice), again(notice).remark) == (True, sms.UNSURE)
    assert [sms.send(at(monkeypatch, 9, day=day)) for day in (14, 15)] == [0, 0]
    assert len(gateway.received) == 1
    assert family.tell([notice], TellingWay.PHONE, by=ledger.fresh(people.branch)) == 1


def test_a_killed_worker_leaves_a_doubt(people, gateway, monkeypatch):
    _, notice = entered(people)
    sms.take()
    assert waits(notice), "nobody is thought to have heard"
    assert again(notice).remark == "短信发送中（2026-06-13 10:00:00）"
    assert sms.send(clock.now()) == 0
    sms.send(clock.now() + datetime.timedelta(minutes=3))
    assert (waits(notice), again(notice).remark) == (True, sms.UNSURE)
    assert not gateway.received


def test_two_workers_take_one_each(people, gateway):
    entered(people)
    entered(people)
    taken = {sms.take().pk, sms.take().pk}
    assert len(taken) == 2
    assert sms.take() is None


def test_what_a_person_told_meanwhile_stays(people, gateway):
    _, notice = entered(people)
    gateway.answer = (503, b"no")
    taken = sms.take()
    family.tell([notice], TellingWay.PHONE, by=ledger.fresh(people.branch), remark="说了")
    sms._send_one(taken, Gateway(f"http://127.0.0.1:{gateway.server.server_port}/send"))
    assert (again(notice).way, again(notice).remark) == ("phone", "说了")


def test_a_defect_of_the_channel_stops_nothing(people, settings):
    settings.CHANNELS = [("tests.grievances.test_sms.Broken", {})]
    notices = [entered(people)[1] for _ in range(2)]
    assert sms.send(clock.now()) == 2
    assert {again(each).remark for each in notices} == {sms.UNSURE}


class Broken:
    name, label, a_minute = "sms", "短信", None

    def address_of(self, user):
        return None

    def send(self, address, message, id):
        raise KeyError("a defect")


def test_a_run_ends_in_time(people, gateway, monkeypatch):
    for _ in range(3):
        entered(people)
    ticks = iter([0, 1, sms._RUN_SECONDS, *[1_000] * 9])
    monkeypatch.setattr(sms.time, "monotonic", lambda: next(ticks))
    assert sms.send(clock.now()) == 1
    assert sms._RUN_SECONDS < VISIBILITY_SECONDS / 2


def test_as_many_a_minute_as_the_channel_allows(people, gateway, monkeypatch):
    monkeypatch.setattr(Gateway, "a_minute", 2)
    for _ in range(3):
        entered(people)
    assert [sms.send(clock.now()), sms.send(clock.now())] == [2, 1]


def test_after_a_restore_what_waited_goes_to_a_person(people, gateway, settings):
    _, notice = entered(people)
    _, other = entered(people)
    FamilyNotice.objects.filter(pk=other.pk).update(
        remark=sms._failed(datetime.date(2026, 6, 12), "没有余额")
    )
    county.add_household(village=people.village, code="HX-1")
    matter = ledger.entered(people.branch, household="HX-1")
    unreachable = matter.family_notices.get(occasion="register")
    with_channel, settings.CHANNELS = settings.CHANNELS, []
    sms.hold_back(clock.now())
    assert again(notice).remark == ""  # no messages are sent here
    settings.CHANNELS = with_channel
    sms.hold_back(clock.now())
    assert sms.send(clock.now()) == 0
    assert {again(notice).remark, again(other).remark} == {sms.UNSURE}
    assert (again(unreachable).remark, waits(notice)) == ("", True)

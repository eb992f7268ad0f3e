"""One digest a person and working day, once a channel, between eight and six (contract, section 8)."""

import datetime

import pytest

from accounts import digests
from accounts.models import AuditEntry, CalendarDay, Delivery, DeliveryState, Digest, Setting, User
from accounts.notices import notify
from lianhu.celery import VISIBILITY_SECONDS
from lianhu.kit import clock
from registry.people import in_service
from tests import by_the_clock, county
from tests.accounts.channels import RECORDERS, NotDelivered, Unsure, recorder

pytestmark = pytest.mark.django_db

CHANNEL = "tests.accounts.channels.recorder"


@pytest.fixture
def at(monkeypatch):
    """`at("2026-06-15 08:00")`: it is this moment."""

    def go(text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
        monkeypatch.setattr(clock, "now", lambda: moment)

    return go


@pytest.fixture
def mail(settings):
    """The channel, which keeps what was sent."""
    RECORDERS.clear()
    settings.CHANNELS = [(CHANNEL, {})]
    settings.SITE_URL = "https://lianhu.example.cn"
    return recorder()


@pytest.fixture
def people(at, mail):
    at("2026-06-15 10:00")  # a Monday
    people = county.build()
    User.objects.filter(pk=people.cadre.user.pk).update(email="chu@example.cn")
    return people


def tell(*cadres, key="k1", title="有一件诉求要您办理"):
    notify([cadre.user for cadre in cadres], key=key, title=title)


def run():
    by_the_clock.run("make_digests")
    by_the_clock.run("send_digests")


def delivery():
    return Delivery.objects.get()


def test_a_person_with_news_gets_one_message_with_titles_and_the_address(people, mail):
    tell(people.cadre)
    tell(people.cadre, key="k2", title="季度报告被退回")
    run()
    [(address, message, _)] = mail.sent
    assert address == "chu@example.cn"
    assert message.subject == "联户联情：您有 2 条新消息"
    assert "1. 季度报告被退回\n2. 有一件诉求要您办理" in message.text
    assert "https://lianhu.example.cn/inbox/" in message.text
    assert people.cadre.name not in message.text
    assert delivery().state == DeliveryState.SENT
    assert delivery().sent_at == clock.now()


def test_a_long_list_of_titles_is_cut_and_counted(people, mail):
    for number in range(25):
        tell(people.cadre, key=str(number), title=f"第{number}件")
    run()
    [(_, message, _)] = mail.sent
    assert "您有 25 条新消息" in message.text
    assert "还有 5 条" in message.text


def test_what_has_been_read_is_not_news_and_who_has_no_address_is_not_written_to(people, mail):
    tell(people.cadre, people.colleague)
    people.cadre.user.notices.update(read_at=clock.now())
    run()
    assert not Digest.objects.exists()
    assert not mail.sent


def test_later_news_of_the_day_waits_for_the_next_working_day(people, mail, at):
    tell(people.cadre)
    run()
    at("2026-06-15 11:00")
    tell(people.cadre, key="k2", title="又一件")
    run()
    run()
    assert len(mail.sent) == 1
    at("2026-06-16 08:00")
    run()
    assert len(mail.sent) == 2
    assert "您有 1 条新消息" in mail.sent[1][1].text
    assert "又一件" in mail.sent[1][1].text


@pytest.mark.parametrize(
    "moment",
    [
        "2026-06-15 07:59",
        "2026-06-15 18:00",
        "2026-06-15 23:30",
        "2026-06-20 10:00",  # a Saturday, and 端午
        "2026-10-05 10:00",  # a Monday of the National Day
        "2027-01-01 10:00",  # of a year nobody has published
    ],
)
def test_nothing_is_made_or_sent_at_night_or_on_a_day_off(people, mail, at, moment):
    tell(people.cadre)
    at(moment)
    run()
    assert not Digest.objects.exists()
    at("2026-06-15 10:00")
    by_the_clock.run("make_digests")
    at(moment)
    by_the_clock.run("send_digests")
    assert not mail.sent


@pytest.mark.parametrize("moment", ["2026-06-15 08:00", "2026-06-15 17:59", "2026-10-10 09:00"])
def test_it_goes_out_in_office_hours_and_on_a_worked_saturday(people, mail, at, moment):
    tell(people.cadre)
    at(moment)
    run()
    assert len(mail.sent) == 1


def test_a_day_that_the_office_makes_a_holiday_is_one(people, mail):
    CalendarDay.objects.create(day="2026-06-15", works=False, name="本地节日")
    tell(people.cadre)
    run()
    assert not mail.sent


def test_the_hours_are_settings(people, mail, at):
    Setting.objects.create(name="digest_from_hour", value=11, begins_on="2026-06-01")
    tell(people.cadre)
    run()
    assert not mail.sent
    at("2026-06-15 11:00")
    run()
    assert len(mail.sent) == 1


def test_each_channel_gets_its_own_delivery(people, settings):
    settings.CHANNELS = [(CHANNEL, {"name": "email"}), (CHANNEL, {"name": "webhook"})]
    tell(people.cadre)
    recorder("email").answer = NotDelivered("连接被拒绝")
    run()
    assert {each.channel: each.state for each in Delivery.objects.all()} == {
        "email": DeliveryState.WAITING,
        "webhook": DeliveryState.SENT,
    }


def test_without_a_channel_nothing_is_made(people, settings):
    settings.CHANNELS = []
    tell(people.cadre)
    run()
    assert not Digest.objects.exists()


def test_who_has_left_or_is_closed_is_not_written_to(people, mail):
    tell(people.cadre)
    people.cadre.left_on = datetime.date(2026, 6, 14)
    people.cadre.save()
    run()
    assert not mail.sent
    people.cadre.left_on = datetime.date(2026, 6, 15)
    people.cadre.save()
    User.objects.filter(pk=people.cadre.user.pk).update(is_active=False)
    run()
    assert not mail.sent


def test_a_known_failure_is_tried_again_with_growing_pauses_and_given_up_after_five(people, mail, at):
    tell(people.cadre)
    mail.answer = NotDelivered("连不上邮件服务器")
    run()
    tries = [delivery().next_try_at - clock.now()]
    while delivery().state == DeliveryState.WAITING:
        before = delivery()
        at((before.next_try_at - datetime.timedelta(seconds=1)).astimezone(clock.SHANGHAI).isoformat()[:19])
        run()
        assert delivery().attempts == before.attempts, "too early"
        at(before.next_try_at.astimezone(clock.SHANGHAI).isoformat()[:19])
        run()
        tries.append(delivery().next_try_at - clock.now())
    assert [pause.total_seconds() / 60 for pause in tries[:4]] == [10, 30, 60, 120]
    found = delivery()
    assert (found.state, found.attempts, found.fault) == (DeliveryState.FAILED, 5, "连不上邮件服务器")


def test_a_retry_waits_for_the_next_working_morning_and_brings_no_second_message(people, mail, at):
    at("2026-06-12 17:55")  # a Friday
    tell(people.cadre)
    mail.answer = NotDelivered("连不上")
    run()
    mail.answer = None
    for moment in ("2026-06-12 18:05", "2026-06-13 10:00", "2026-06-15 07:59"):
        at(moment)
        run()
    assert not mail.sent
    tell(people.cadre, key="k2")
    at("2026-06-15 08:00")
    run()
    run()
    assert len(mail.sent) == 1, "the late one is Monday's message"
    at("2026-06-16 08:00")
    run()
    assert len(mail.sent) == 2


def test_a_failure_in_doubt_is_never_sent_again_by_itself(people, mail, at):
    tell(people.cadre)
    mail.answer = Unsure("发送中断")
    run()
    mail.answer = None
    for moment in ("2026-06-15 10:30", "2026-06-16 10:00", "2026-06-17 10:00"):
        at(moment)
        run()
    found = delivery()
    assert (found.state, found.fault, found.attempts) == (DeliveryState.UNSURE, "发送中断", 1)
    assert not mail.sent


def test_a_channel_with_a_defect_leaves_doubt_and_stops_nobody(people, mail):
    for person in (people.colleague, people.branch):
        User.objects.filter(pk=person.user.pk).update(email=f"{person.pk}@example.cn")
    tell(people.cadre, people.colleague, people.branch)
    mail.answer = RuntimeError("defect")
    run()
    assert [each.state for each in Delivery.objects.all()] == [DeliveryState.UNSURE] * 3
    assert all("RuntimeError" in each.fault for each in Delivery.objects.all())


def test_what_a_dead_worker_had_taken_is_in_doubt(people, mail, at):
    tell(people.cadre)
    by_the_clock.run("make_digests")
    assert digests.take(mail)
    at("2026-06-15 10:02")
    by_the_clock.run("send_digests")
    assert delivery().state == DeliveryState.SENDING
    at("2026-06-15 10:03")
    by_the_clock.run("send_digests")
    assert delivery().state == DeliveryState.UNSURE
    assert not mail.sent


def test_a_slow_worker_that_was_thought_dead_still_says_what_it_did(people, mail, at):
    tell(people.cadre)
    by_the_clock.run("make_digests")

    def slow():
        at("2026-06-15 10:05")
        digests.send(clock.now())
        assert delivery().state == DeliveryState.UNSURE

    mail.answer = slow
    by_the_clock.run("send_digests")
    assert delivery().state == DeliveryState.SENT
    assert len(mail.sent) == 1


def test_the_administrator_sends_again_what_is_in_doubt_and_nothing_else(people, mail, at):
    tell(people.cadre)
    mail.answer = Unsure("发送中断")
    run()
    mail.answer = None
    assert digests.send_again(delivery(), by=people.admin.user)
    assert not digests.send_again(delivery(), by=people.admin.user), "twice is once"
    run()
    assert len(mail.sent) == 1
    assert delivery().state == DeliveryState.SENT
    assert not digests.send_again(delivery(), by=people.admin.user)
    run()
    assert len(mail.sent) == 1
    entry = AuditEntry.objects.get(subject_table="accounts_delivery")
    assert (entry.actor_id, entry.subject_id) == (people.admin.user.pk, delivery().pk)


def test_sent_again_a_message_keeps_its_identity(people, mail):
    tell(people.cadre)
    run()
    Delivery.objects.update(state=DeliveryState.UNSURE)
    digests.send_again(delivery(), by=people.admin.user)
    run()
    assert len({id for _, _, id in mail.sent}) == 1
    assert len(mail.sent) == 2


def test_a_channel_that_is_switched_off_holds_nobody_back(people, settings, at):
    tell(people.cadre)
    by_the_clock.run("make_digests")
    settings.CHANNELS = [(CHANNEL, {"name": "webhook"})]
    by_the_clock.run("send_digests")
    assert (delivery().state, delivery().fault) == (DeliveryState.FAILED, "这个通道已停用")
    at("2026-06-16 09:00")
    tell(people.cadre, key="k2")
    run()
    assert len(recorder("webhook").sent) == 1


def test_an_address_that_is_gone_meanwhile_is_told(people, mail):
    tell(people.cadre)
    by_the_clock.run("make_digests")
    User.objects.update(email="")
    by_the_clock.run("send_digests")
    assert (delivery().state, delivery().fault) == (DeliveryState.WAITING, "没有登记这个通道的地址")


def many(count):
    users = [User(username=f"m{n}", name="某", email=f"m{n}@example.cn") for n in range(count)]
    users = User.objects.bulk_create(users)
    notify(users, key="k", title="请看一看")


def test_a_service_with_a_limit_gets_no_more_a_minute(people, settings):
    settings.CHANNELS = [(CHANNEL, {"name": "webhook", "a_minute": 20})]
    many(50)
    run()
    assert len(recorder("webhook", a_minute=20).sent) == 20
    by_the_clock.run("send_digests")
    by_the_clock.run("send_digests")
    assert len(recorder("webhook").sent) == 50


def test_making_costs_the_same_for_two_and_for_two_hundred(mail, at, django_assert_num_queries):
    at("2026-06-15 10:00")
    counts = []
    for number, count in enumerate((2, 200)):
        User.objects.all().update(is_active=False)
        users = [User(username=f"{number}-{n}", name="某", email="m@example.cn") for n in range(count)]
        notify(User.objects.bulk_create(users), key="k", title="请看一看")
        with django_assert_num_queries(10):
            counts.append(digests.make(clock.now(), among=in_service(clock.today())))
    assert counts == [2, 200]


def test_a_thousand_people_are_taken_in_chunks(mail, at, monkeypatch):
    at("2026-06-15 10:00")
    monkeypatch.setattr(digests, "_CHUNK", 7)
    many(50)
    by_the_clock.run("make_digests")
    assert Delivery.objects.count() == 50


def test_a_run_ends_in_time_and_the_next_goes_on(people, mail, monkeypatch):
    many(5)
    by_the_clock.run("make_digests")
    ticks = iter([0, 1, 50, digests._RUN_SECONDS, *[1000] * 99])
    monkeypatch.setattr(digests.time, "monotonic", lambda: next(ticks))
    assert digests.send(clock.now()) == 2
    assert digests._RUN_SECONDS < VISIBILITY_SECONDS / 2


def test_after_a_restore_nothing_goes_out_twice_and_nothing_unread_is_lost(people, mail, at):
    User.objects.filter(pk=people.colleague.user.pk).update(email="de@example.cn")
    tell(people.cadre)
    by_the_clock.run("make_digests")
    tell(people.colleague)
    # What was told after the backup's digest, and was perhaps in one since.
    tell(people.cadre, key="k2", title="季度报告被退回")
    digests.hold_back(clock.now())
    digests.hold_back(clock.now())
    run()
    assert (mail.sent, delivery().state, delivery().digest.deliveries.count()) == (
        [],
        DeliveryState.UNSURE,
        1,
    )
    assert digests.send_again(delivery(), by=people.admin.user)
    at("2026-06-16 10:00")
    run()
    assert sorted(address for address, _, _ in mail.sent) == ["chu@example.cn", "de@example.cn"]
    at("2026-06-17 10:00")
    run()
    assert "季度报告被退回" in mail.sent[-1][1].text

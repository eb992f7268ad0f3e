"""Channels against real servers of our own: what arrives, and what is known when it does not."""

import contextlib
import email
import email.policy
import http.server
import json
import socket
import socketserver
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.core.exceptions import ImproperlyConfigured

from accounts.channels import Message, NotDelivered, Unsure, channels
from accounts.channels import email as email_channel
from accounts.channels import webhook as webhook_channel
from accounts.channels.email import EmailChannel
from accounts.channels.webhook import WebhookChannel
from accounts.models import User
from lianhu import environment
from lianhu.kit.privacy import seal
from registry.sms import ConsoleSms
from tests import county
from tests.lianhu.test_environment import PRODUCTION

MESSAGE = Message(
    "联户联情：您有 2 条新消息", "您有 2 条新消息：\n\n1. 请看一看", "联户联情：您有 2 条新消息"
)


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    """No proxy of the machine stands between, and nobody waits ten seconds."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(email_channel, "_TIMEOUT", 0.5)
    monkeypatch.setattr(webhook_channel, "_TIMEOUT", 0.5)


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


# --- e-mail ----------------------------------------------------------------------------------


class Postbox:
    """Takes letters, or answers as told."""

    def __init__(self):
        self.letters, self.to, self.recipient_answer, self.data_answer = [], [], None, "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.to += envelope.rcpt_tos
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if callable(self.data_answer):
            return self.data_answer(server)
        return self.data_answer


class OnAnyPort(Controller):
    def factory(self):
        return SMTP(self.handler, **self.SMTP_kwargs)


@pytest.fixture
def postbox():
    box = Postbox()
    server = OnAnyPort(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.port = server.port
    yield box
    server.stop()


def mail(port, **options):
    given = {"username": "", "password": "", "sender": "lianhu@example.cn", "ssl": False, "starttls": False}
    return EmailChannel("127.0.0.1", port, **(given | options))


def test_a_letter_arrives_with_its_words_and_its_own_identity(postbox):
    channel = mail(postbox.port)
    channel.send("chu@example.cn", MESSAGE, "lianhu-2026-06-15-7")
    channel.send("chu@example.cn", MESSAGE, "lianhu-2026-06-15-7")
    first, again = postbox.letters
    assert postbox.to == ["chu@example.cn"] * 2
    assert (first["From"], first["To"]) == ("lianhu@example.cn", "chu@example.cn")
    assert first["Subject"] == MESSAGE.subject
    assert first.get_content().replace("\r\n", "\n").rstrip("\n") == MESSAGE.text
    assert first["Message-ID"] == again["Message-ID"] == "<lianhu-2026-06-15-7@example.cn>"


def test_no_mail_server_is_a_known_failure():
    with pytest.raises(NotDelivered, match="连不上邮件服务器"):
        mail(free_port()).send("chu@example.cn", MESSAGE, "1")


def test_a_mail_server_that_does_not_greet_is_a_known_failure():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(NotDelivered, match="连不上邮件服务器"),
    ):
        mail(silent.getsockname()[1]).send("chu@example.cn", MESSAGE, "1")


@pytest.mark.parametrize("answer", ["450 busy", "550 no such user"])
def test_a_refused_recipient_is_a_known_failure_that_names_no_address(postbox, answer):
    postbox.recipient_answer = answer
    with pytest.raises(NotDelivered, match=answer[:3]) as caught:
        mail(postbox.port).send("chu@example.cn", MESSAGE, "1")
    assert "chu" not in str(caught.value)


@pytest.mark.parametrize("answer", ["451 try later", "554 spam"])
def test_a_refused_letter_is_a_known_failure(postbox, answer):
    postbox.data_answer = answer
    with pytest.raises(NotDelivered, match=answer[:3]):
        mail(postbox.port).send("chu@example.cn", MESSAGE, "1")


def test_a_server_that_falls_silent_after_the_letter_leaves_doubt(postbox):
    def silent(server):
        time.sleep(1)
        return "250 OK"

    postbox.data_answer = silent
    with pytest.raises(Unsure, match="发送中断"):
        mail(postbox.port).send("chu@example.cn", MESSAGE, "1")
    assert len(postbox.letters) == 1, "it did arrive"


def test_a_connection_cut_after_the_letter_leaves_doubt(postbox):
    def cut(server):
        server.transport.abort()
        return "250 OK"

    postbox.data_answer = cut
    with pytest.raises(Unsure, match="发送中断"):
        mail(postbox.port).send("chu@example.cn", MESSAGE, "1")


def test_a_password_never_travels_in_the_clear(postbox):
    """The server offers no STARTTLS: nothing is sent at all."""
    with pytest.raises(NotDelivered):
        mail(postbox.port, username="u", password="p", starttls=True).send("chu@example.cn", MESSAGE, "1")
    assert not postbox.letters


@pytest.mark.parametrize("address", ["", "not an address", "a@b\r\nBcc: evil@example.cn", "名字@"])
def test_a_malformed_address_is_a_known_failure(postbox, address):
    postbox.recipient_answer = "553 malformed"
    with pytest.raises(NotDelivered):
        mail(postbox.port).send(address, MESSAGE, "1")
    assert not postbox.letters


# --- webhook ---------------------------------------------------------------------------------


class Robot:
    """`answer`: status and body; or a callable that gets the handler."""

    def __init__(self):
        self.received, self.answer, self.elsewhere = [], (200, b'{"errcode": 0, "errmsg": "ok"}'), []
        robot = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                robot.received.append((self.path, json.loads(body), self.headers["Content-Type"]))
                if callable(robot.answer):
                    return robot.answer(self)
                self.send_response(robot.answer[0])
                self.end_headers()
                self.wfile.write(robot.answer[1])

            def do_GET(self):
                robot.elsewhere.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"errcode": 0}')

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/cgi-bin/webhook/send?key=secret-key"


@pytest.fixture
def robot():
    made = Robot()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def call(url):
    WebhookChannel(url).send("10023", MESSAGE, "1")


def test_the_robot_gets_the_text_and_whom_to_call(robot):
    call(robot.url)
    [(path, body, kind)] = robot.received
    assert path == "/cgi-bin/webhook/send?key=secret-key"
    assert body == {"msgtype": "text", "text": {"content": MESSAGE.text, "mentioned_list": ["10023"]}}
    assert kind == "application/json"


def test_no_robot_is_a_known_failure_that_keeps_its_key():
    with pytest.raises(NotDelivered, match="ConnectionRefusedError") as caught:
        call(f"http://127.0.0.1:{free_port()}/send?key=secret-key")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_an_error_of_the_robot_is_a_known_failure(robot, status):
    robot.answer = (status, b"no")
    with pytest.raises(NotDelivered, match=str(status)):
        call(robot.url)


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_does_not_know_leaves_doubt(robot, status):
    robot.answer = (status, b"?")
    with pytest.raises(Unsure, match=str(status)):
        call(robot.url)


def test_an_error_code_is_a_known_failure(robot):
    robot.answer = (200, '{"errcode": 45009, "errmsg": "接口调用超过限制"}'.encode())
    with pytest.raises(NotDelivered, match="45009"):
        call(robot.url)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(robot, status):
    def elsewhere(handler):
        handler.send_response(status)
        handler.send_header("Location", "/elsewhere")
        handler.end_headers()

    robot.answer = elsewhere
    with pytest.raises(NotDelivered, match=str(status)):
        call(robot.url)
    assert not robot.elsewhere
    assert len(robot.received) == 1


def test_a_robot_that_does_not_answer_leaves_doubt(robot):
    robot.answer = lambda handler: time.sleep(1)
    with pytest.raises(Unsure, match="没有等到回答"):
        call(robot.url)
    assert len(robot.received) == 1, "it did arrive"


def test_a_robot_that_hangs_up_leaves_doubt(robot):
    robot.answer = lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)
    with pytest.raises(Unsure, match="没有等到回答"):
        call(robot.url)


@pytest.mark.parametrize(
    "body", [b"<html>sign in to the network</html>", b"", b"[]", b"{}", b"\xff", b"null"]
)
def test_an_answer_that_is_not_the_robots_leaves_doubt(robot, body):
    robot.answer = (200, body)
    with pytest.raises(Unsure, match="不是机器人"):
        call(robot.url)


# --- SMS, and which channels there are -------------------------------------------------------


@pytest.mark.django_db
def test_the_console_shows_the_masked_phone_and_only_the_count(capsys):
    cadre = county.add_cadre("泽仁初", code="10023")
    assert ConsoleSms().address_of(cadre.user) is None
    cadre.phone_sealed = seal("13812345678", "cadre:10023:phone")
    cadre.save()
    user = User.objects.get(pk=cadre.user.pk)
    phone = ConsoleSms().address_of(user)
    assert phone == "13812345678"
    ConsoleSms().send(phone, MESSAGE, "1")
    said = capsys.readouterr().err
    assert said == "短信 138****5678 联户联情：您有 2 条新消息\n"
    assert ConsoleSms().address_of(User.objects.create_user("machine", "接口")) is None


def read(**names):
    return environment.read(PRODUCTION | names)


def test_the_environment_lists_the_channels(settings):
    found = read(
        LIANHU_SMTP_URL="smtps://lian%40hu:p%40ss@mail.example:465?from=lianhu@example.cn",
        LIANHU_WEBHOOK_URL="https://qyapi.example/send?key=k",
        LIANHU_SMS="console",
    )
    settings.CHANNELS = found.channels
    made = channels()
    assert list(made) == ["email", "webhook", "sms"]
    assert all(each.label and each.name == name for name, each in made.items())
    smtp = dict(found.channels)["accounts.channels.email.EmailChannel"]
    assert smtp == {
        "host": "mail.example",
        "port": 465,
        "username": "lian@hu",
        "password": "p@ss",
        "sender": "lianhu@example.cn",
        "ssl": True,
        "starttls": False,
    }
    assert "p@ss" not in repr(found)
    assert read().channels == []


@pytest.mark.parametrize(
    ("url", "port", "starttls", "sender"),
    [
        ("smtp://relay.example?from=a@example.cn", 25, False, "a@example.cn"),
        ("smtp://a%40example.cn:p@relay.example", 587, True, "a@example.cn"),
        ("smtp://u:p@relay.example:2525?from=a@example.cn", 2525, True, "a@example.cn"),
    ],
)
def test_a_password_is_sent_by_starttls(url, port, starttls, sender):
    [(_, smtp)] = read(LIANHU_SMTP_URL=url).channels
    assert (smtp["port"], smtp["starttls"], smtp["sender"]) == (port, starttls, sender)


def test_the_address_of_the_site_has_a_default_in_each_shape(tmp_path):
    assert read().site_url == "https://lianhu.example.cn"
    assert read(SITE_URL="https://l.example.cn/").site_url == "https://l.example.cn"
    embedded = {"LIANHU_DATA": str(tmp_path)}
    assert environment.read(embedded).site_url == "http://127.0.0.1:8000"
    assert environment.read(embedded | {"PORT": "8080"}).site_url == "http://127.0.0.1:8080"


WRONG = {
    "LIANHU_SMTP_URL": [
        "mail.example",
        "http://hidden@mail.example",
        "smtp://hidden:hidden@:25",
        "smtp://hidden@mail.example",
        "smtp://h@hidden:x/",
        "smtp://mail.example?from=hidden@a@b",
    ],
    "LIANHU_WEBHOOK_URL": ["hidden", "ftp://hidden/", "file:///hidden", "https://", "https://hidden:x/"],
    "LIANHU_SMS": ["hidden"],
    "SITE_URL": ["hidden.example", "https://hidden.example/path", "javascript:hidden"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, all_ in WRONG.items() for value in all_])
def test_a_malformed_channel_is_named_and_its_value_is_not_repeated(name, value):
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        read(**{name: value})
    assert "hidden" not in str(caught.value)


def test_all_faults_of_channels_are_named_at_once():
    with pytest.raises(ImproperlyConfigured) as caught:
        read(**{name: values[0] for name, values in WRONG.items()})
    assert all(name in str(caught.value) for name in WRONG)


def test_a_server_that_drips_its_answer_holds_nobody_for_ever():
    """Each answer is waited for so long and no longer; the letter in doubt is never sent again by itself."""

    class Drip(socketserver.BaseRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError):
                self.request.recv(65_536)
                self.request.sendall(b"HTTP/1.1 200 OK\r\n")
                time.sleep(30)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        begun = time.monotonic()
        with pytest.raises(Unsure):
            call(f"http://127.0.0.1:{server.server_address[1]}/")
        assert time.monotonic() - begun < 20
        server.shutdown()

"""A group robot of 企业微信 or 政务微信 (LIANHU_WEBHOOK_URL). The address holds the robot's key: it is never told."""

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from accounts.channels import Message, NotDelivered, Unsure
from accounts.models import User

_TIMEOUT = 10
_MOST_ANSWERED = 65_536
# Said by a gateway that does not know what became of the request behind it.
_GATEWAY = {502, 504}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A robot does not move: whoever redirects is not the robot."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class WebhookChannel:
    # The robot takes twenty messages a minute.
    name, label, a_minute = "webhook", "企业微信群", 20

    def __init__(self, url: str) -> None:
        self._url = url

    def address_of(self, user: User) -> str | None:
        """Whom the message in the group calls: the 工号."""
        return user.username

    def send(self, address: str, message: Message, id: str) -> None:
        text = {"content": message.text, "mentioned_list": [address]}
        body = json.dumps({"msgtype": "text", "text": text}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "X-Request-ID": id}
        request = urllib.request.Request(self._url, body, headers, method="POST")
        code = _code_of(_post(request))
        if code != 0:
            raise NotDelivered(f"机器人没有接收（errcode {code}）")


def _post(request: urllib.request.Request) -> bytes:
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=_TIMEOUT) as answer:
            return bytes(answer.read(_MOST_ANSWERED))
    except urllib.error.HTTPError as error:
        error.close()
        kind = Unsure if error.code in _GATEWAY else NotDelivered
        raise kind(f"机器人没有接收（HTTP {error.code}）") from error
    except urllib.error.URLError as error:
        # Raised before the request is out, unless the connection broke under it.
        broke = isinstance(error.reason, ConnectionResetError | BrokenPipeError)
        name = type(error.reason).__name__
        raise (Unsure if broke else NotDelivered)(f"连不上机器人（{name}）") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unsure(f"已发出，没有等到回答（{type(error).__name__}）") from error


def _code_of(answer: bytes) -> int:
    """A page in the robot's place (a captive portal, a proxy) says nothing of what became of the message."""
    try:
        return int(json.loads(answer)["errcode"])
    except (ValueError, TypeError, KeyError) as error:
        raise Unsure("回答的不是机器人") from error

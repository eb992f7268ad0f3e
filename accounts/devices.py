"""Devices that an account knows, by a signed cookie; and a device in words."""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from accounts.models import User

_SALT = "accounts.devices"
_A_YEAR = 365 * 24 * 3600
_MOST_ACCOUNTS = 10


def known_device(request: HttpRequest, user: User | None) -> str:
    """The device's random id if this account has signed in from it since its last new password, else ""."""
    device, accounts = _read(request)
    fragment = accounts.get(str(user.pk), "") if user else ""
    return device if user and fragment and constant_time_compare(fragment, _fragment(user)) else ""


def remember_device(request: HttpRequest, answer: HttpResponse, user: User) -> None:
    """From now on this device is known to the account; the one that came longest ago gives way."""
    device, accounts = _read(request)
    accounts.pop(str(user.pk), None)
    accounts[str(user.pk)] = _fragment(user)
    newest = list(accounts.items())[-_MOST_ACCOUNTS:]
    answer.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([device or secrets.token_urlsafe(12), newest], salt=_SALT),
        max_age=_A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def _read(request: HttpRequest) -> tuple[str, dict[str, str]]:
    text = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        device, accounts = signing.loads(text, salt=_SALT, max_age=_A_YEAR)
    except signing.BadSignature:
        return "", {}
    return device, dict(accounts)


def _fragment(user: User) -> str:
    """Changes with the password: then every device is unknown again."""
    return user.get_session_auth_hash()[:16]


_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("wxwork", "企业微信"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("QQBrowser", "QQ浏览器"),
    ("UCBrowser", "UC浏览器"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SCREENS = (
    ("iPad", "平板"),
    ("iPhone", "手机"),
    ("Mobile", "手机"),
    ("Android", "平板"),
    ("Windows", "电脑"),
    ("Macintosh", "电脑"),
    ("Linux", "电脑"),
)


def in_words(user_agent: str) -> str:
    """手机·Chrome. Rough on purpose: it only has to remind its owner."""

    def found(table: tuple[tuple[str, str], ...], otherwise: str) -> str:
        return next((word for mark, word in table if mark in user_agent), otherwise)

    return f"{found(_SCREENS, '其他设备')}·{found(_BROWSERS, '其他浏览器')}"


def of_request(request: HttpRequest) -> dict[str, Any]:
    """What the list of sessions shows of where one signed in."""
    return {
        "device": in_words(request.headers.get("User-Agent", "")),
        "address": request.META.get("REMOTE_ADDR", "")[:45],
    }

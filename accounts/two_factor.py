"""两步验证: a code from an app on the phone (RFC 6238), or one of ten recovery codes, each for once."""

import base64
import io
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import segno
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from accounts import audit
from accounts.models import AuditKind, User
from lianhu.kit.privacy import keyed_hash

_CODES = 10
# No 0, 1, o, l, i: they are read off paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def asked_of(user: User) -> bool:
    """By role. Roles belong to a floor above, so the settings say who is asked."""
    path = settings.SECOND_FACTOR_ASKED_OF
    ask: Callable[[User], bool] | None = import_string(path) if path else None
    return bool(ask and ask(user))


def required_for(user: User) -> bool:
    """Everybody knows the demo's passwords, and nobody has its phones."""
    return not settings.DEMO and asked_of(user)


def device_of(user: User) -> Any:
    """The confirmed TOTP device, if any."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).order_by("pk").first()


def check_code(user: User, text: str) -> Any:
    """The device that took the code, or None. The row is locked: a code sent twice at once works once."""
    code = _tidy(text)
    if re.fullmatch(r"[0-9]{6}", code):
        device = device_of(user)
    else:
        device, code = StaticDevice.objects.filter(user=user, confirmed=True).first(), _stored(code)
    return device and verify_token(user, device.persistent_id, code)


def _tidy(text: str) -> str:
    """Full-width digits, blanks and dashes come with typing and pasting."""
    return re.sub(r"[\s·—–-]", "", unicodedata.normalize("NFKC", text)).lower()


def new_secret() -> str:
    return str(random_hex(20))


@dataclass(frozen=True)
class Setup:
    """What an app needs: as a picture, and as text for a phone that cannot take one of itself."""

    key: str
    username: str

    @property
    def text(self) -> str:
        secret = base64.b32encode(bytes.fromhex(self.key)).decode()
        return " ".join(re.findall("....", secret))

    @property
    def picture(self) -> str:
        """An inline SVG without style or script (content security policy)."""
        url = TOTPDevice(key=self.key, user=User(username=self.username)).config_url
        out = io.BytesIO()
        drawn = segno.make(url, error="m", micro=False)
        drawn.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, title="二维码")
        return out.getvalue().decode()


def set_up(user: User, key: str, code: str) -> list[str] | None:
    """Switch it on if the code shows that the app has the secret; the recovery codes, or None."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if device_of(user) is not None:
            return None
        device = TOTPDevice.objects.create(user=user, name="app", key=key, confirmed=True)
        if not verify_token(user, device.persistent_id, _tidy(code)):
            transaction.set_rollback(True)
            return None
        audit.log(AuditKind.TWO_FACTOR, user, on=True)
        return _replace_codes(user)


def new_codes(user: User) -> list[str]:
    """The old ones are worth nothing from now on."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        audit.log(AuditKind.TWO_FACTOR, user, new_codes=True)
        return _replace_codes(user)


def _replace_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_stored(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _stored(code: str) -> str:
    """django-otp keeps codes as they are; we keep only what tells nothing without the key."""
    return keyed_hash(code, "recovery code").hex()[:16]


def codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def remove(user: User, *, by: User) -> None:
    """Switched off by its owner, or by the system admin for someone who lost phone and codes."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
        audit.log(AuditKind.TWO_FACTOR, user, by=by, on=False)

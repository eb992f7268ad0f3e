"""What a password must be, and changing one's own (contract, section 8)."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts import audit, open_sessions
from accounts.models import AuditKind, User
from accounts.settings import setting

LONGEST = 256


def kinds(password: str) -> int:
    """How many of: lower case, upper case, digits, anything else (汉字 and blanks too)."""
    found = {
        "lower"
        if "a" <= each <= "z"
        else "upper"
        if "A" <= each <= "Z"
        else "digit"
        if "0" <= each <= "9"
        else "other"
        for each in password
    }
    return len(found)


class AccountPassword:
    """Length and kinds as the office has set them."""

    def validate(self, password: str, user: Any = None) -> None:
        least, wanted = setting("password_length"), setting("password_kinds")
        faults = []
        if len(password) < least:
            faults.append(f"密码至少 {least} 位，现在是 {len(password)} 位")
        if len(password) > LONGEST:
            faults.append(f"密码最多 {LONGEST} 位")
        if kinds(password) < wanted:
            faults.append(
                f"密码要有大写字母、小写字母、数字、符号中的至少 {wanted} 类，现在是 {kinds(password)} 类"
            )
        if faults:
            raise ValidationError([ValidationError(fault, code="password_rule") for fault in faults])

    def get_help_text(self) -> str:
        least, wanted = setting("password_length"), setting("password_kinds")
        return (
            f"至少 {least} 位，大写字母、小写字母、数字、符号中至少 {wanted} 类；"
            "不要用常见的密码，也不要含工号或姓名。可以粘贴。"
        )


def change_password(request: HttpRequest, user: User, password: str) -> None:
    """This session stays, under a new key; all others end, and every device is unknown again."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.log(AuditKind.PASSWORD_CHANGED, user, by=user)
        update_session_auth_hash(request, user)
        open_sessions.end_others(user, request.session.session_key, by=user)

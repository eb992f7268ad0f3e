"""SMS to a cadre's phone. A gateway's class has this shape; the one here only prints (LIANHU_SMS=console)."""

import sys

from accounts.channels import Message
from accounts.models import User
from lianhu.kit.privacy import masked_phone, unseal


class ConsoleSms:
    """Untried with a real gateway: it shows what would be sent, with the phone masked."""

    name, label, a_minute = "sms", "短信", None

    def address_of(self, user: User) -> str | None:
        cadre = getattr(user, "cadre", None)
        if cadre is None or not cadre.phone_sealed:
            return None
        return unseal(cadre.phone_sealed, f"cadre:{cadre.code}:phone")

    def send(self, address: str, message: Message, id: str) -> None:
        sys.stderr.write(f"短信 {masked_phone(address)} {message.short}\n")

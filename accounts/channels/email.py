"""E-mail by an SMTP server (LIANHU_SMTP_URL)."""

import contextlib
import smtplib
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from accounts.channels import Message, NotDelivered, Unsure
from accounts.models import User

_TIMEOUT = 10


class EmailChannel:
    name, label, a_minute = "email", "电子邮件", None

    def __init__(
        self, host: str, port: int, username: str, password: str, sender: str, *, ssl: bool, starttls: bool
    ) -> None:
        self._sender = sender
        self._server: dict[str, Any] = {
            "host": host,
            "port": port,
            "username": username,
            "password": password,
            "use_ssl": ssl,
            "use_tls": starttls,
            "timeout": _TIMEOUT,
        }

    def address_of(self, user: User) -> str | None:
        return user.email or None

    def send(self, address: str, message: Message, id: str) -> None:
        server = EmailBackend(**self._server, fail_silently=False)
        try:
            server.open()
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"邮件服务器不接受登录（SMTP {error.smtp_code}）") from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"连不上邮件服务器（{type(error).__name__}）") from error
        try:
            self._hand_over(server, self._letter(address, message, id))
        finally:
            # What comes after the server has taken the letter, or refused it, changes nothing.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.close()

    def _letter(self, address: str, message: Message, id: str) -> EmailMessage:
        # One identity a delivery: sent again it is, to many mail servers, the letter they have.
        headers = {
            "Message-ID": f"<{id}@{self._sender.rpartition('@')[2]}>",
            "Auto-Submitted": "auto-generated",
        }
        return EmailMessage(message.subject, message.text, self._sender, [address], headers=headers)

    def _hand_over(self, server: EmailBackend, letter: EmailMessage) -> None:
        try:
            handed_over = server.send_messages([letter])
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            raise NotDelivered(f"邮件服务器拒收这个地址（SMTP {min(codes)}）") from error
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"邮件服务器拒收（SMTP {error.smtp_code}）") from error
        except ValueError as error:
            raise NotDelivered("邮箱地址写得不对") from error
        except (OSError, smtplib.SMTPException) as error:
            # The connection went while the letter was on its way.
            raise Unsure(f"发送中断（{type(error).__name__}）") from error
        if not handed_over:
            raise NotDelivered("邮箱地址写得不对")

"""Ways besides the inbox to reach a person: plug-ins, listed in settings.CHANNELS (contract, section 8).

An entry is the dotted path of a class and its keyword arguments. A channel of an upper app is named
there too, so that nothing here imports it.
"""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User


class NotDelivered(Exception):
    """Known not to have arrived, so it may be tried again. The text is in Chinese, without address or secret."""


class Unsure(Exception):
    """It may have arrived: only a person decides whether to send it again."""


@dataclass(frozen=True)
class Message:
    """`text` holds titles and the site's address, `short` only the count."""

    subject: str
    text: str
    short: str


class Channel(Protocol):
    """`a_minute` bounds what one run sends, where the service asks for it."""

    name: str
    label: str
    a_minute: int | None

    def address_of(self, user: User) -> str | None:
        """None when this person cannot be reached here."""

    def send(self, address: str, message: Message, id: str) -> None:
        """Raise NotDelivered or Unsure; return once it was taken. The same `id` is the same message.

        It waits ten seconds for each answer and no longer.
        """


def channels() -> dict[str, Channel]:
    """The channels in use, by name."""
    made: list[Channel] = [import_string(path)(**options) for path, options in settings.CHANNELS]
    return {channel.name: channel for channel in made}

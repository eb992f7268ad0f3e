"""Channels of the tests' own, for settings.CHANNELS."""

import os
import signal

from accounts.channels import NotDelivered, Unsure


class Recorder:
    """Keeps what was sent; `answer` is raised instead, or called."""

    name, label, a_minute = "email", "电子邮件", None

    def __init__(self, name="email", a_minute=None):
        self.name, self.a_minute = name, a_minute
        self.sent, self.answer = [], None

    def address_of(self, user):
        return user.email or None

    def send(self, address, message, id):
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer:
            self.answer()
        self.sent.append((address, message, id))


RECORDERS = {}


def recorder(name="email", **options):
    """One object a name, so that a test sees what was sent."""
    return RECORDERS.setdefault(name, Recorder(name, **options))


class Killer(Recorder):
    """The worker dies while it sends."""

    def send(self, address, message, id):
        os.kill(os.getpid(), signal.SIGKILL)


__all__ = ["RECORDERS", "Killer", "NotDelivered", "Recorder", "Unsure", "recorder"]

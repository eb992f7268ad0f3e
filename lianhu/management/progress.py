"""How far a long command is, on standard error: a line that changes; in a log one for each step and each tenth."""

import re
from types import TracebackType
from typing import Self

from django.core.management.base import OutputWrapper


class Steps:
    """`with Steps(self.stderr) as steps: work(say=steps.say)`"""

    def __init__(self, out: OutputWrapper) -> None:
        self._out, self._terminal = out, out.isatty()
        self._last, self._begun = -10, ""

    def say(self, step: str, percent: int) -> None:
        if self._terminal:
            # Back to the line's begin, the rest of it cleared.
            self._out.write(f"\r\x1b[K{percent:3} % {step}", style_func=str, ending="")
        elif (begun := re.split("[：，]", step)[0]) != self._begun or percent >= self._last + 10:
            self._out.write(f"{percent:3} % {step}", style_func=str)
            self._last, self._begun = percent, begun

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            self._out.write("")

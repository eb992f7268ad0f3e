"""What an address may hold. Import this module in a list of addresses that names a converter."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class CodeConverter:
    """A natural key in an address, whatever it holds: a slash is written %2F, which one decoding leaves so.

    PostgreSQL takes no NUL: such an address is not there.
    """

    regex = r"[^/\x00]+"

    def to_python(self, value: str) -> str:
        return value.replace("%2F", "/").replace("%25", "%")

    def to_url(self, value: str) -> str:
        return value.replace("%", "%25").replace("/", "%2F")


class QuarterConverter(StringConverter):
    """A quarter's code: 2026Q1."""

    regex = "[12][0-9]{3}Q[1-4]"


register_converter(CodeConverter, "code")
register_converter(QuarterConverter, "quarter")

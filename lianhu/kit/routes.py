"""What an address may hold. Import this module in a list of addresses that names the converter."""

from django.urls import register_converter


class CodeConverter:
    """A natural key in an address. PostgreSQL takes no NUL: such an address is not there."""

    regex = r"[^/\x00]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "code")

"""A database of its own beside the benchmark county, for what would change the county's figures."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection


@contextmanager
def own_database(name: str) -> Iterator[bool]:
    """Every connection of this process goes there while it lasts. True: it was made just now, and is empty."""
    usual = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        made = cursor.fetchone() is None
        if made:
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        yield made
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


@contextmanager
def copy_of_the_county() -> Iterator[None]:
    """The benchmark county with its statistics, for what commits as the product does; dropped at the end."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute('DROP DATABASE IF EXISTS "copied" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "copied" TEMPLATE "{usual}"')
    connection.settings_dict["NAME"] = "copied"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual
        with connection._nodb_cursor() as cursor:
            cursor.execute('DROP DATABASE "copied" WITH (FORCE)')

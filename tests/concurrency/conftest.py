"""Tests of this folder share nothing but what they commit: each has a database of its own."""

import pytest
from django.db import connection


@pytest.fixture
def _django_db_helper(django_db_setup, django_db_blocker):
    """In the place of pytest-django's: a copy of the tests' database, seeds included, for every thread.

    Django's own way, TRUNCATE after the test, is refused by the append-only tables and would take the
    seeds with it.
    """
    name, copy = connection.settings_dict["NAME"], f"{connection.settings_dict['NAME']}_committed"
    with django_db_blocker.unblock():
        _use(name)
        _run(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)', f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        _use(copy)
        try:
            yield
        finally:
            _use(name)
            _run(f'DROP DATABASE "{copy}" WITH (FORCE)')


def _use(name):
    """The settings are one object for all threads: those to come connect there too."""
    connection.close()
    connection.settings_dict["NAME"] = name


def _run(*statements):
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

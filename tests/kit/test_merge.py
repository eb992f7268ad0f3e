"""Rows by natural key against what is there."""

import datetime

import pytest
from django.db import connection

from lianhu.kit.merge import Merge, copy_text

pytestmark = pytest.mark.django_db
MERGE = Merge(
    name="thing",
    columns={"code": "text", "words": "text", "on": "date", "number": "int4", "sealed": "bytea"},
    key=("code",),
    existing='SELECT id, code, words, "on", number, sealed FROM things',
    not_compared=frozenset({"sealed"}),
    writes=(
        """INSERT INTO things (code, words, "on", number, sealed)
           SELECT code, words, "on", number, sealed FROM {diff} WHERE verdict = 'new'""",
        """UPDATE things t SET words = d.words, "on" = d."on", number = d.number, sealed = d.sealed
           FROM {diff} d WHERE t.id = d.existing_id AND d.verdict = 'changed'""",
    ),
)
DAY = datetime.date(2026, 3, 5)


@pytest.fixture(autouse=True)
def things(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMP TABLE things
                   (id serial, code text UNIQUE, words text, "on" date, number int4, sealed bytea)"""
        )


def merge(*rows, absent=()):
    counts = MERGE.stage(rows, frozenset(absent))
    MERGE.write({})
    with connection.cursor() as cursor:
        cursor.execute('SELECT code, words, "on", number, sealed FROM things ORDER BY code')
        found = [(*row[:4], row[4] and bytes(row[4])) for row in cursor.fetchall()]
    return [counts[name] for name in ("new", "changed", "same")], found


def test_new_changed_and_same_are_told_apart():
    first, second = ("a", "x", DAY, 1, b"s"), ("b", "", None, None, None)
    assert merge(first, second) == ([2, 0, 0], [first, second])
    assert merge(first, second) == ([0, 0, 2], [first, second])
    changed = ("b", "y", DAY, 0, None)
    assert merge(first, changed) == ([0, 1, 1], [first, changed])
    assert merge(("b", "y", None, None, None)) == ([0, 1, 0], [first, ("b", "y", None, None, None)])


def test_rows_absent_are_left_alone():
    merge(("a", "x", DAY, 1, None))
    assert merge() == ([0, 0, 0], [("a", "x", DAY, 1, None)])


def test_a_column_absent_keeps_what_is_there():
    merge(("a", "x", DAY, 1, b"s"))
    counts, found = merge(
        ("a", "y", None, None, None), ("b", "y", None, None, None), absent=("on", "number", "sealed")
    )
    assert counts == [1, 1, 0]
    assert found == [("a", "y", DAY, 1, b"s"), ("b", "y", None, None, None)]


def test_what_is_sealed_anew_each_time_is_no_change():
    merge(("a", "x", DAY, 1, b"s"))
    assert merge(("a", "x", DAY, 1, b"t")) == ([0, 0, 1], [("a", "x", DAY, 1, b"s")])


def test_what_is_there_is_given_by_key():
    merge(("a", "x", DAY, 1, None), ("b", "y", None, 2, None))
    assert list(MERGE.there([("b",), ("c",)], ["number", "on"])) == [(("b",), (2, None))]


HARD = ["\\", "\\N", "\\.", "a\tb", "a\nb\r\nc", "𠮷", "NULL", "'\"", "%s", "{diff}", "", "x" * 70_000]


@pytest.mark.parametrize("words", HARD)
def test_any_text_comes_back_as_it_went(words):
    assert merge(("a", words, None, None, None))[1] == [("a", words, None, None, None)]
    assert merge(("a", words, None, None, None))[0] == [0, 0, 1]


def test_many_rows_are_not_cut_between_pieces():
    rows = [
        (f"{number:06}", "字" * (number % 50), None, number, bytes([number % 256]))
        for number in range(20_000)
    ]
    assert merge(*rows) == ([20_000, 0, 0], rows)


def test_values_are_written_as_copy_reads_them():
    assert [copy_text(value) for value in (None, True, False, 1.5, DAY, b"\x01", ("a", "b\t"))] == [
        "\\N", "t", "f", "1.5", "2026-03-05", "\\\\x01", "a、b\\t",
    ]  # fmt: skip

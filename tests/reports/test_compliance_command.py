"""`manage.py compliance` answers exactly as contract section 9 says."""

import json

import pytest
from django.core.management import CommandError, call_command

from lianhu.kit.clock import today
from tests import county
from tests.reports.naive import compliance

pytestmark = pytest.mark.django_db


def printed(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    call_command("compliance", *args, "--format", "json")
    return capsys.readouterr().out


@pytest.mark.parametrize("code", ["2026-03", "2026Q1", "2026"])
def test_the_answer_is_the_contracts_json_and_nothing_else(place, capsys, code):
    county.pair(place.staff, place.home)
    for home in (county.add_household(village=place.village) for _ in range(2)):
        county.pair(place.staff, home)
    county.add_trip(place.staff, place.village, "2026-03-05", "2026-03-06")
    county.add_visit(place.staff, place.home, "2026-03-05")
    answer = json.loads(printed(capsys, "--period", code, "--as-of", "2026-03-31"))
    assert list(answer) == ["period", "as_of", "rows"]
    assert (answer["period"], answer["as_of"]) == (code, "2026-03-31")
    assert answer["rows"] == compliance(code, county.day("2026-03-31"))
    keys = ["quota", "subject_kind", "subject", "actual", "target", "status"]
    assert all(list(row) == keys for row in answer["rows"])


def test_numbers_are_json_numbers_and_shares_have_one_decimal(place, capsys):
    homes = [county.add_household(village=place.village) for _ in range(3)]
    for home in homes:
        county.pair(place.staff, home)
    county.add_visit(place.staff, homes[0], "2026-03-05")
    text = printed(capsys, "--period", "2026", "--as-of", "2026-03-31")
    rows = {
        (row["quota"], row["subject"]): row
        for row in json.loads(text, parse_float=str, parse_int=str)["rows"]
    }
    assert rows["paired_coverage", place.staff.code]["actual"] == "33.3"
    assert rows["household_solved", place.staff.code]["target"] in {"1", "1.0"}


def test_the_same_question_twice_gives_the_same_text(place, capsys):
    question = ("--period", "2026-03", "--as-of", "2026-03-31")
    assert printed(capsys, *question) == printed(capsys, *question)


def test_without_as_of_it_is_today(place, capsys):
    assert json.loads(printed(capsys, "--period", "2026-03"))["as_of"] == str(today())


@pytest.mark.parametrize(
    "args", [["--period", "2026-13"], ["--period", "2026-03", "--as-of", "2026-02-30"], []]
)
def test_a_wrong_period_or_day_is_refused(place, capsys, args):
    with pytest.raises((CommandError, SystemExit)):
        call_command("compliance", *args, "--format", "json")
    assert capsys.readouterr().out == ""

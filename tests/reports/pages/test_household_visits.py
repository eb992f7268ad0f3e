"""A household's visits as one office sheet: all of them, safe to open, and logged."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, AuditKind
from lianhu.kit import clock
from tests import county
from visits.models import Addendum

pytestmark = pytest.mark.django_db


def sheet_of(client):
    answer = client.get("/households/HH-1/visits.xlsx")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active, answer


def test_each_visit_is_one_row_with_all_that_was_heard(people, signed_in):
    visit = county.add_visit(
        people.cadre,
        people.household,
        "2026-05-05",
        talk=True,
        record={
            "difficulties": "=1+1",
            "opinions": "修路",
            "head_name": "多吉",
            "people_count": 4,
            "income_sources": "务工",
            "spot_answer": "已报修",
            "promises": "下月复查",
            "talk_topic": "医保缴费",
        },
    )
    county.add_visit(people.colleague, people.household, "2026-05-05", accompanies=visit)
    Addendum.objects.create(visit=visit, text="又补一句", added_at=clock.now(), added_by=people.cadre.user)
    county.add_visit(people.cadre, people.household, "2026-03-05", result="absent", void=True)
    county.add_visit(people.colleague, people.household, "2026-04-05", proxy_reason="泽仁初请假")
    sheet, answer = sheet_of(signed_in(people.cadre))
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "入户走访情况表"
    assert rows[1][0] == "户：多吉户（HH-1）　桑朗乡格桑村"
    assert [f"{row[1]:%Y-%m-%d}" for row in rows[3:6]] == ["2026-03-05", "2026-04-05", "2026-05-05"]
    assert rows[3][14] == "已作废：录错"
    assert rows[4][15] == "代访：泽仁初请假"
    heard = ("泽仁初", "杨小燕", "见面", "多吉", 4, "务工", "=1+1", "修路", "已报修", "下月复查", "医保缴费")
    assert rows[5][2:13] == heard
    assert rows[5][13] == "2026-06-15 又补一句"
    assert sheet["I6"].data_type == "s"
    assert "多吉" not in answer["Content-Disposition"]


def test_the_export_is_logged_as_the_households(people, signed_in):
    county.add_visit(people.cadre, people.household, "2026-05-05")
    sheet_of(signed_in(people.unit_leader))
    entry = AuditEntry.objects.get(kind=AuditKind.EXPORT)
    assert (entry.actor_id, entry.subject_key) == (people.unit_leader.user_id, "HH-1")


def test_a_household_without_visits_gives_an_empty_sheet(people, signed_in):
    sheet, _ = sheet_of(signed_in(people.branch))
    assert sheet["B3"].value == "走访日期"


def test_more_visits_take_no_more_queries(people, signed_in):
    client = signed_in(people.branch)
    for day in range(1, 3):
        visit = county.add_visit(people.cadre, people.household, f"2026-01-{day:02}")
        county.add_visit(people.colleague, people.household, f"2026-01-{day:02}", accompanies=visit)
    sheet_of(client)
    with CaptureQueriesContext(connection) as few:
        sheet_of(client)
    for month in (2, 3):
        for day in range(1, 26):
            visit = county.add_visit(people.cadre, people.household, f"2026-{month:02}-{day:02}")
            Addendum.objects.create(visit=visit, text="补", added_at=clock.now(), added_by=people.cadre.user)
    with CaptureQueriesContext(connection) as many:
        sheet_of(client)
    assert len(many) == len(few)

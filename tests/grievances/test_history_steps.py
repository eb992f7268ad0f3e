"""The steps an import writes are steps of the workflow, and the document is what the code makes of them."""

import datetime
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import connection

from grievances.diagram import document, ends_of
from grievances.events import IMPORTED
from grievances.models import Grievance, GrievanceAction, GrievanceState
from grievances.sheets import _STATE, _STEPS
from grievances.workflow import STEPS
from tests import county
from tests.doors import books
from tests.grievances.ledger import take

pytestmark = pytest.mark.django_db

A, S = GrievanceAction, GrievanceState
ROOT = Path(__file__).parents[2]
# What the workflow does not do: 挂号 is `entry.register`; a matter closed in the old ledger without a revisit has it
# waived, and the step is written as the 销号 it was there.
EXCEPTIONS = {(A.REGISTER, "", S.REGISTERED), (A.CLOSE, S.REPLIED, S.CLOSED)}
# registered, replied, satisfaction, closed, published
ROWS = [
    ("2025-01-05", None, "", None, None),
    ("2025-01-05", "2025-01-08", "", None, None),
    ("2025-01-05", "2025-01-08", "satisfied", None, None),
    ("2025-01-05", "2025-01-08", "satisfied", "2025-01-09", None),
    ("2025-01-05", "2025-01-08", "", "2025-01-09", None),
    ("2025-01-05", "2025-01-08", "basically", "2025-01-09", "2025-01-10"),
    ("2025-01-05", "2025-01-08", "", "2025-01-09", "2025-01-10"),
]


def written(row):
    """(the steps an import writes for the row, the state it gives the matter)."""
    sheet = """(SELECT %s::date AS registered_on, %s::date AS replied_on, %s::text AS satisfaction,
                       %s::date AS closed_on, %s::date AS published_on) d"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT step.* FROM {sheet} CROSS JOIN LATERAL {_STEPS} WHERE step.day IS NOT NULL ORDER BY place",
            row,
        )
        steps = [(action, begin, end) for action, begin, end, _, _ in cursor.fetchall()]
        cursor.execute(f"SELECT {_STATE} FROM {sheet}", row)
        return steps, cursor.fetchone()[0]


@pytest.mark.parametrize("row", ROWS)
def test_each_step_of_an_import_is_one_of_the_workflow(row):
    steps, state = written(row)
    may = {
        (step.action, begin, end) for step in STEPS.values() for begin in step.begins for end in ends_of(step)
    }
    assert set(steps) <= may | EXCEPTIONS
    came = ""
    for _, begin, end in steps:
        assert begin == came
        came = end
    assert came == state


def test_the_document_is_what_the_code_makes(capsys):
    assert (ROOT / "docs/workflow.md").read_text() == document(), (
        "manage.py workflow_diagram > docs/workflow.md"
    )
    call_command("workflow_diagram")
    assert capsys.readouterr().out == document()


def test_an_imported_matter_goes_on_by_the_rules_of_all(on_day):
    """Its handler counts as who replied: no revisit and no closing by that person, by the office both."""
    on_day("2026-06-15")
    people = county.build()
    books_row = {
        "诉求编号": "旧-7",
        "工号": people.cadre.code,
        "户编码": people.household.code,
        "类型": "民生诉求",
        "类别": "其他",
        "标题": "漏水",
        "内容": "漏水",
        "层级": "村",
        "挂号日期": datetime.date(2026, 6, 1),
        "答复日期": datetime.date(2026, 6, 3),
        "答复结果": "已解决",
    }
    answer = books.import_({"诉求": [books_row]}, kind="visits")
    assert answer["ok"], answer
    made = Grievance.objects.get(number="旧-7")
    assert set(made.events.values_list("reason", flat=True)) == {IMPORTED}
    assert made.reply_due_on == datetime.date(2026, 6, 8)
    county.grant(people.cadre, "village_branch", village=people.village)
    with pytest.raises(PermissionDenied):
        take(made, A.REVISIT, people.cadre, people)
    take(made, A.REVISIT, people.branch, people)
    with pytest.raises(PermissionDenied):
        take(made, A.CLOSE, people.cadre)
    take(made, A.CLOSE, people.branch)

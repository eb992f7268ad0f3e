"""The empty workbooks: filled in as they say, they import."""

import io

import openpyxl
import pytest
from django.core.management import call_command

from grievances.models import Category
from lianhu.doors.kinds import BOOKS
from lianhu.doors.template import write_template
from registry.models import Household
from tests import county_contract
from tests.doors import books

pytestmark = pytest.mark.django_db


def template(kind):
    file = io.BytesIO()
    write_template(kind, file)
    file.seek(0)
    return openpyxl.load_workbook(file)


COLUMNS = {"registry": county_contract.REGISTRY, "visits": county_contract.VISITS}
REQUIRED = county_contract.REQUIRED | {"请假": "工号 开始日期 事由"}
CHOICES = county_contract.CHOICES | {("任职", "职级"): county_contract.CHOICES["干部", "职级"]}


@pytest.mark.parametrize("kind", BOOKS)
def test_it_has_the_contracts_sheets_and_columns_with_their_stars(kind):
    book = template(kind)
    assert set(book.sheetnames) == set(COLUMNS[kind])
    for sheet, columns in COLUMNS[kind].items():
        required = REQUIRED[sheet].split()
        expected = [name + ("*" if name in required else "") for name in columns.split()]
        assert [cell.value for cell in book[sheet][1]] == expected


@pytest.mark.parametrize("kind", BOOKS)
def test_every_column_has_a_note_and_choices_a_drop_down(kind):
    book = template(kind)
    for sheet in book:
        lists = {
            str(rule.sqref).split(":")[0][0]: rule.formula1 for rule in sheet.data_validations.dataValidation
        }
        for cell in sheet[1]:
            name = cell.value.rstrip("*")
            assert cell.comment.text.startswith("必填" if cell.value.endswith("*") else "可不填")
            labels = CHOICES.get((sheet.title, name))
            if labels:
                assert set(lists[cell.column_letter].strip('"').split(",")) == set(labels.split())
            elif name in county_contract.FLAGS:
                assert lists[cell.column_letter] == '"是,否"'
            else:
                assert cell.column_letter not in lists


def test_codes_are_text_and_dates_are_dates():
    columns = template("registry")["请假"].column_dimensions
    assert [(columns[letter].min, columns[letter].max, columns[letter].number_format) for letter in "ABD"] == [
        (1, 1, "@"), (2, 3, "yyyy-mm-dd"), (4, 4, "@"),
    ]  # fmt: skip


def test_the_offices_own_categories_are_offered():
    Category.objects.create(name="宗教", position=14)
    page = template("visits")["诉求"]
    assert any("宗教" in rule.formula1 for rule in page.data_validations.dataValidation)


def test_more_categories_than_a_drop_down_holds_are_still_written():
    Category.objects.bulk_create(Category(name=f"很长的类别名称之{n}", position=n) for n in range(60))
    assert "诉求" in template("visits").sheetnames


def test_an_empty_one_imports_as_nothing_without_a_warning():
    for kind in BOOKS:
        answer = books.import_(template(kind), kind=kind)
        assert answer["ok"]
        assert answer["warnings"] == []


def test_one_filled_in_imports():
    book = template("registry")
    for sheet, rows in books.registry().items():
        for row in rows:
            book[sheet].append([row.get(name) for name in COLUMNS["registry"][sheet].split()])
    assert books.import_(book, kind="registry")["ok"]
    assert Household.objects.count() == 4


@pytest.mark.parametrize("kind", BOOKS)
def test_the_command_writes_the_file(kind, tmp_path, capsys):
    call_command("make_template", kind, str(tmp_path / "t.xlsx"))
    assert set(openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames) == set(COLUMNS[kind])

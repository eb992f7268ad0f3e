"""What tests of exports share: asking for one, and reading it as a stranger would."""

import io

import openpyxl
import pytest

from accounts.models import Job
from reports.exports import making
from tests import county


@pytest.fixture
def people(db, on_day, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    on_day("2026-06-15")
    return county.build()


class Sheet:
    """`columns` and `rows` without 序号; 备注 last."""

    def __init__(self, content):
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        self.sheet, self.title, self.period = sheet, sheet["A1"].value, ""
        top = int(sheet.freeze_panes[1:])
        self.columns = [cell.value for cell in sheet[top - 1]][1:]
        cells = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=top)]
        self.rows = [row[1:] for row in cells if isinstance(row[0], int)]
        self.words = str(cells)
        self.second_line = [cell.value for cell in sheet[2] if cell.value]

    def column(self, title):
        return [row[self.columns.index(title)] for row in self.rows]


def content_of(answer):
    return b"".join(answer.streaming_content)


@pytest.fixture
def exported(signed_in):
    """`exported(person, "households", "?q=…")` is the sheet of the answer."""

    def ask(person, name, query=""):
        answer = signed_in(person).post(f"/exports/{name}/{query}")
        assert answer.status_code == 200, answer.get("Location")
        return Sheet(content_of(answer))

    return ask


@pytest.fixture
def long(monkeypatch):
    """Every list is long: a worker makes it."""
    monkeypatch.setattr(making, "SHORT", -1)


@pytest.fixture
def begun(signed_in, long):
    """`begun(person, "households")` is the job, not done yet."""

    def ask(person, name, query=""):
        answer = signed_in(person).post(f"/exports/{name}/{query}")
        assert answer.status_code == 302
        return Job.objects.get(pk=answer["Location"].strip("/").split("/")[-1])

    return ask


@pytest.fixture
def made(begun):
    """The job after a worker has done it."""

    def ask(person, name, query=""):
        job = begun(person, name, query)
        making.make(job.pk)
        job.refresh_from_db()
        return job

    return ask

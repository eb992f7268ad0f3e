"""What the pages' downloads share."""

import datetime
import io
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.http import FileResponse

from accounts import audit
from accounts.models import AuditKind
from lianhu.kit.excel.write import Column, OfficeSheet, office_workbook, safe_file_name
from lianhu.kit.periods import Period
from lianhu.kit.word import DOCX
from reports.models import Quota

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(
    file: io.BytesIO, name: str, *, subject: models.Model | None = None, **told: Any
) -> FileResponse:
    """Every workbook and paper that leaves goes through here, and is logged with what is `told` of it.

    One about a single thing is logged as that thing's, so that it is found again there.
    """
    audit.log(AuditKind.EXPORT, subject, key="" if subject else name, **told)
    return saved(file, name)


def saved(file: io.BytesIO, name: str) -> FileResponse:
    file.seek(0)
    kind = DOCX if name.endswith(".docx") else XLSX
    return FileResponse(file, as_attachment=True, filename=safe_file_name(name), content_type=kind)


def office_download(sheet: OfficeSheet, name: str) -> FileResponse:
    file = io.BytesIO()
    office_workbook(file, sheet)
    return download(file, name)


def quota_columns(
    month: Period, of_month: Iterable[Quota], of_year: Iterable[Quota], as_of: datetime.date
) -> list[Column]:
    """The month's duties and the year's, each under its period."""
    year = f"{month.first.year}年全年，到{as_of.month}月{as_of.day}日"
    return [
        *(Column(quota.name, group=month.label) for quota in of_month),
        *(Column(quota.name, group=year) for quota in of_year),
    ]

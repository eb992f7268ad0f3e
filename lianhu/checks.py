"""What `manage.py check` tells beyond Django's own."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from accounts.calendar import missing_year
from lianhu.kit import clock


@register(Tags.database)
def calendar_is_known(databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """A warning from 1 November while the next year's schedule is missing (FORMATS d)."""
    try:
        year = missing_year(clock.today()) if databases else None
    except DatabaseError:  # not there, or before its first migration
        return []
    if year is None:
        return []
    told = f"{year} 年的放假安排还没有录入，跨到那一年的交办期限是暂定的"
    return [Warning(told, hint="系统管理 → 节假日与调休、已公布的年份", id="lianhu.W001")]

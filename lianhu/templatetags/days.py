"""Days as people say them: 3月5日 (周四), 去年11月20日."""

import datetime

from django import template

register = template.Library()

_WEEKDAYS = "一二三四五六日"


@register.filter
def with_weekday(day: datetime.date) -> str:
    return f"{day.month}月{day.day}日 (周{_WEEKDAYS[day.weekday()]})"


@register.filter
def seen_from(day: datetime.date, today: datetime.date) -> str:
    """A past day with no more of the year than today's reader needs."""
    year = {0: "", 1: "去年"}.get(today.year - day.year, f"{day.year}年")
    return f"{year}{day.month}月{day.day}日"

"""How long a run took, as people say it."""

from django import template

from accounts.models import Job

register = template.Library()


@register.filter
def took(job: Job) -> str:
    if job.started_at is None or job.ended_at is None:
        return "—"
    seconds = max(0, round((job.ended_at - job.started_at).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    if not minutes:
        return f"{seconds} 秒" if seconds else "不到 1 秒"
    return f"{minutes} 分 {seconds} 秒"

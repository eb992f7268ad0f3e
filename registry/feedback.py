"""意见建议 about the system itself: anybody writes, the county office answers (contract, section 0)."""

import datetime
import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db import transaction
from django.urls import Resolver404, resolve, reverse

from accounts.models import Feedback, User
from accounts.notices import notify
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction
from registry.models import Role
from registry.people import holding

_LONGEST = 2000
# A second tap, or the same request sent again by a weak signal.
_SAME_WITHIN = datetime.timedelta(minutes=1)


class Prose(forms.CharField):
    """Several lines. A browser sends a line's end as two characters and counts it as one."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(re.sub(r"\r\n?", "\n", value) if isinstance(value, str) else value))


def _prose(label: str, missing: str, **options: Any) -> Prose:
    errors = {
        "required": missing,
        "max_length": "最多 %(limit_value)d 个字，现在是 %(show_value)d 个，请缩短",
    }
    return Prose(label=label, max_length=_LONGEST, error_messages=errors, **options)


class FeedbackForm(forms.Form):
    text = _prose(
        "对这个系统有什么意见建议",
        "请写下您的意见建议",
        help_text="哪里不好用、哪一项重复填、还缺什么，都可以写。请不要写群众的姓名和电话。",
        widget=forms.Textarea({"rows": 5}),
    )
    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_page(self) -> str:
        return own_path(self.cleaned_data["page"])


class AnswerForm(forms.Form):
    """`seen`: the answer that was there when the page was opened."""

    answer = _prose("答复", "请写下答复", widget=forms.Textarea({"rows": 5}))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


def own_path(text: str) -> str:
    """The path of a page of this site, without its query; empty for anything else."""
    try:
        parts = urlsplit(text)
        if parts.scheme or parts.netloc or len(parts.path) > 300:
            return ""
        resolve(parts.path)
    except (ValueError, Resolver404):
        return ""
    return parts.path


@transaction.atomic
def give_feedback(*, text: str, page: str, by: User) -> Feedback:
    """Kept once however often it is sent, and told to everybody of the county office."""
    lock_for_transaction(f"feedback:{by.pk}")
    now = clock.now()
    found = Feedback.objects.filter(author=by, text=text, created_at__gt=now - _SAME_WITHIN).first()
    if found:
        return found
    given = Feedback.objects.create(author=by, page=page, text=text, created_at=now)
    office = holding(Role.COUNTY_OFFICE, now.date()).exclude(pk=by.pk)
    url = reverse("answer_feedback", args=[given.pk])
    notify(office, key=f"feedback:{given.pk}", title="有人对系统提了意见建议，请答复", url=url)
    return given


class AnsweredMeanwhile(Exception):
    """Somebody else answered after the page was opened; nothing was written."""

    def __init__(self, feedback: Feedback) -> None:
        super().__init__(feedback.pk)
        self.feedback = feedback


@transaction.atomic
def answer_feedback(feedback: Feedback, *, answer: str, seen: str, by: User) -> None:
    """Answer, or mend the answer `seen`. The writer is told of each; the same answer again tells nothing."""
    locked = Feedback.objects.select_for_update().get(pk=feedback.pk)
    if locked.answer == answer:
        return
    if version(locked) != seen:
        raise AnsweredMeanwhile(locked)
    locked.answer, locked.answered_by, locked.answered_at = answer, by, clock.now()
    locked.save(update_fields=["answer", "answered_by", "answered_at"])
    title = "您的意见建议有了答复" if not seen else "您的意见建议的答复有修改"
    url = f"{reverse('feedback')}#feedback-{locked.pk}"
    notify([locked.author], key=f"feedback:{locked.pk}:{version(locked)}", title=title, url=url)


def version(feedback: Feedback) -> str:
    """Which answer it is; empty while there is none."""
    return feedback.answered_at.astimezone(clock.SHANGHAI).isoformat() if feedback.answered_at else ""

"""Fields of an activity as it is entered now: the workbook's columns, and what its kind asks besides."""

from lianhu.kit import fields
from visits.activity_kinds import SUBTYPES
from visits.forms import ActivityForm
from visits.models import ActivityKind, Checked


class ActivityEntryForm(ActivityForm):
    """For page and phone alike; an older phone's items lack what came later, and are taken."""

    kind = fields.ChoiceField(label="类型", choices=ActivityKind.choices)
    subtype = fields.ChoiceField(label="细类", required=False, choices=tuple(SUBTYPES.items()))
    organiser = fields.TextField(label="组织者", required=False, max_length=100)
    summary = fields.TextField(label="内容", required=False, max_length=10000, lines=True)
    names = fields.TextField(
        label="表彰名单", required=False, max_length=10000, lines=True, help_text="一行写一个集体或个人"
    )
    project = fields.TextField(label="项目名称", required=False, max_length=200)
    checked = fields.ChoicesField(label="检查内容", required=False, choices=Checked.choices)
    fault = fields.TextField(
        label="发现的问题", required=False, max_length=5000, lines=True, help_text="没有发现问题就空着"
    )
    plan = fields.TextField(label="整改方案", required=False, max_length=5000, lines=True)
    plan_due_on = fields.DateField(label="整改期限", required=False)


# The columns of an activity's own row, and of its 回头看.
OWN = ("kind", "day", "headcount", "topic", "subtype", "organiser", "summary", "names")
REVIEW = ("project", "checked", "fault", "plan", "plan_due_on")

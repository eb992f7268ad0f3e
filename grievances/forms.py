"""Fields of a matter: labels are the workbook's headers (contract, section 9)."""

from django import forms

from grievances.models import GrievanceKind, Level, Outcome, Satisfaction
from lianhu.kit import fields


class GrievanceForm(forms.Form):
    number = fields.CodeField(label="诉求编号", max_length=40, help_text="例如 LH-2026-000123，不重复")
    handler = fields.CodeField(label="工号", help_text="主办人")
    household = fields.CodeField(label="户编码", required=False, help_text="一户的事填户编码")
    village = fields.VillageCodeField(label="村编码", required=False, help_text="全村的事填村编码")
    kind = fields.ChoiceField(label="类型", choices=GrievanceKind.choices)
    category = fields.TextField(label="类别", max_length=50)
    title = fields.TextField(label="标题", max_length=200)
    content = fields.TextField(label="内容", max_length=10_000, lines=True)
    level = fields.ChoiceField(label="层级", choices=Level.choices)
    registered_on = fields.DateField(label="挂号日期")
    replied_on = fields.DateField(label="答复日期", required=False)
    outcome = fields.ChoiceField(label="答复结果", required=False, choices=Outcome.choices)
    satisfaction = fields.ChoiceField(label="回访结果", required=False, choices=Satisfaction.choices)
    closed_on = fields.DateField(label="销号日期", required=False)
    published_on = fields.DateField(label="公示日期", required=False)

"""Fields of trips, visits and activities: labels are the workbook's headers (contract, section 9)."""

from django import forms

from lianhu.kit import fields
from visits.models import ActivityKind, VisitResult


class TripForm(forms.Form):
    cadre = fields.CodeField(label="工号")
    village = fields.VillageCodeField(label="村编码")
    begins_on = fields.DateField(label="开始日期", help_text="到村的第一天")
    ends_on = fields.DateField(label="结束日期", help_text="在村的最后一天")
    backfilled = fields.FlagField(
        label="补录", required=False, help_text="是 = 已批准的补录；否或空 = 按时录入"
    )


class VisitForm(forms.Form):
    cadre = fields.CodeField(label="工号")
    household = fields.CodeField(label="户编码")
    day = fields.DateField(label="走访日期")
    result = fields.ChoiceField(
        label="结果",
        required=False,
        choices=VisitResult.choices,
        blank_is=VisitResult.MET,
        help_text="空着表示见面",
    )
    policy_talk = fields.FlagField(label="宣讲", required=False)
    talk_topic = fields.TextField(label="宣讲主题", required=False, max_length=300)
    income_sources = fields.TextField(label="经济来源", required=False, max_length=500)
    difficulties = fields.TextField(
        label="存在困难", max_length=5000, lines=True, help_text="没有困难就写“无”"
    )
    opinions = fields.TextField(label="群众意见", max_length=5000, lines=True, help_text="没有意见就写“无”")
    solved_on_spot = fields.FlagField(label="当场解决", required=False)


class ActivityForm(forms.Form):
    kind = fields.ChoiceField(label="类型", choices=ActivityKind.choices)
    day = fields.DateField(label="日期")
    unit = fields.CodeField(label="单位编码", required=False, help_text="单位、村、工号至少填一项")
    village = fields.VillageCodeField(label="村编码", required=False)
    cadres = fields.CodeListField(
        label="工号", required=False, help_text="几个人用 、 隔开，第一个是本人的活动"
    )
    headcount = fields.WholeNumberField(label="人数", required=False, smallest=0, largest=1_000_000)
    topic = fields.TextField(label="主题", max_length=500)

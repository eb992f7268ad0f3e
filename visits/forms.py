"""Fields of trips, visits and activities: labels are the workbook's headers (contract, section 9)."""

from django import forms

from lianhu.kit import fields
from visits.models import ActivityKind, Clear, Seen, VisitResult


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


# The sheet 活动 has the contract's kinds (section 5); 督查, there a part of 六(一), is entered on its page.
SHEET_KINDS = [choice for choice in ActivityKind.choices if choice[0] != ActivityKind.INSPECTION]


class ActivityForm(forms.Form):
    kind = fields.ChoiceField(label="类型", choices=SHEET_KINDS)
    day = fields.DateField(label="日期")
    unit = fields.CodeField(label="单位编码", required=False, help_text="单位、村、工号至少填一项")
    village = fields.VillageCodeField(label="村编码", required=False)
    cadres = fields.CodeListField(
        label="工号", required=False, help_text="几个人用 、 隔开，第一个是本人的活动"
    )
    headcount = fields.WholeNumberField(label="人数", required=False, smallest=0, largest=1_000_000)
    topic = fields.TextField(label="主题", max_length=500)


class TripEntryForm(forms.Form):
    """A trip as it is entered now. `cadre` is one's own unless a liaison types (代录)."""

    cadre = fields.CodeField(label="干部", required=False, help_text="空着就是本人")
    village = fields.VillageCodeField(label="村")
    begins_on = fields.DateField(label="第一天", help_text="到村的那一天")
    ends_on = fields.DateField(label="最后一天", help_text="当天算在内")


class VisitEntryForm(VisitForm):
    """A visit as it is entered now: the workbook's columns, and what only the kitchen table knows.

    `trip` is the id of the trip's own item. A blank `head_name`, `phone`, `people_count` or `income_sources`
    is as before.
    """

    cadre = fields.CodeField(label="干部", required=False, help_text="空着就是本人；联络员代录时填工号")
    household = fields.CodeField(label="户")
    trip = fields.IdentityField(label="下乡", required=False)
    head_name = fields.NameField(label="户主", required=False)
    phone = fields.PhoneField(label="电话", required=False)
    people_count = fields.WholeNumberField(label="家庭人口数", required=False, smallest=1, largest=99)
    difficulties = fields.TextField(
        label="存在困难", max_length=5000, lines=True, help_text="一条写一件事；没有就写“无”"
    )
    opinions = fields.TextField(
        label="群众意见和建议", max_length=5000, lines=True, help_text="听困难诉求、听牢骚怨言、听意见建议"
    )
    spot_answer = fields.TextField(label="当场答复", required=False, max_length=2000, lines=True)
    promises = fields.TextField(
        label="承诺事项", required=False, max_length=1000, lines=True, help_text="答应了什么，下次走访先看"
    )
    clear = fields.ChoicesField(label="五个清楚", required=False, choices=Clear.choices)
    seen = fields.ChoicesField(label="三看", required=False, choices=Seen.choices)
    proxy_reason = fields.TextField(
        label="代访原因", required=False, max_length=300, help_text="替别的干部去的，写明原因"
    )
    companions = fields.CodeListField(label="同行干部", required=False)
    companion_reason = fields.TextField(
        label="同行代访原因", required=False, max_length=300, help_text="同行的人没有结对这一户时写明"
    )
    longitude = fields.CoordinateField(label="经度", required=False, limit=180)
    latitude = fields.CoordinateField(label="纬度", required=False, limit=90)

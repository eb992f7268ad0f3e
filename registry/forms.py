"""The registry's fields: labels are the workbook's headers (contract, section 9)."""

from django import forms

from lianhu.kit import fields
from registry.models import HouseholdKind, Rank, Role, UnitType, VillageType


def _unit(*, required: bool = True, label: str = "单位编码", help_text: str = "") -> fields.CodeField:
    return fields.CodeField(label=label, required=required, help_text=help_text)


def _cadre(*, required: bool = True, label: str = "工号", help_text: str = "") -> fields.CodeField:
    return fields.CodeField(label=label, required=required, help_text=help_text)


def _begin() -> fields.DateField:
    return fields.DateField(label="开始日期", help_text="例如 2026-03-05；当天算在内")


def _end() -> fields.DateField:
    return fields.DateField(label="结束日期", required=False, help_text="当天算在内；空着表示没有结束")


class UnitForm(forms.Form):
    code = _unit(help_text="单位的固定编码，不重复")
    name = fields.TextField(label="单位名称", max_length=100)
    type = fields.ChoiceField(label="单位类型", choices=UnitType.choices)
    principal = _cadre(label="主要负责人", required=False, help_text="填工号")
    deputy = _cadre(label="分管班子成员", required=False, help_text="填工号（方案六(一)）")
    liaison = _cadre(label="联络员", required=False, help_text="填工号")


class VillageForm(forms.Form):
    code = fields.VillageCodeField(label="村编码", help_text="12 位统计用区划代码")
    name = fields.TextField(label="村名称", max_length=100)
    township = _unit(label="乡镇编码", help_text="类型为乡镇的单位的编码")
    type = fields.ChoiceField(label="类型", choices=VillageType.choices)
    longitude = fields.CoordinateField(label="经度", required=False, limit=180)
    latitude = fields.CoordinateField(label="纬度", required=False, limit=90)


class VillageLinkForm(forms.Form):
    unit = _unit()
    village = fields.VillageCodeField(label="村编码")
    begins_on = _begin()
    ends_on = _end()


class LeaderLinkForm(forms.Form):
    leader = _cadre(help_text="县级领导的工号")
    unit = _unit()
    begins_on = _begin()
    ends_on = _end()


class CadreForm(forms.Form):
    code = _cadre(help_text="干部的固定编号，不重复；单元格设为文本")
    name = fields.NameField(label="姓名")
    unit = _unit()
    rank = fields.ChoiceField(label="职级", choices=Rank.choices)
    is_leadership = fields.FlagField(label="班子成员", required=False)
    phone = fields.PhoneField(label="手机", required=False)
    joined_on = fields.DateField(label="到岗日期")
    left_on = fields.DateField(label="离岗日期", required=False, help_text="在岗的最后一天")


class TermForm(forms.Form):
    cadre = _cadre()
    unit = _unit()
    rank = fields.ChoiceField(label="职级", choices=Rank.choices)
    begins_on = _begin()
    ends_on = _end()


class LeaveForm(forms.Form):
    cadre = _cadre()
    begins_on = _begin()
    ends_on = _end()
    reason = fields.TextField(label="事由", max_length=500)


class HouseholdForm(forms.Form):
    code = fields.CodeField(label="户编码", help_text="户的固定编码，不重复")
    village = fields.VillageCodeField(label="村编码")
    group = fields.TextField(label="村民小组", required=False, max_length=50)
    head_name = fields.NameField(label="户主")
    phone = fields.PhoneField(label="电话", required=False)
    id_number = fields.IdNumberField(label="身份证号", required=False, help_text="18 位；单元格设为文本")
    people_count = fields.WholeNumberField(label="人口数", smallest=1, largest=99)
    kind = fields.ChoiceField(label="户类型", choices=HouseholdKind.choices)
    former_unit = _unit(label="原单位编码", required=False, help_text="离退休干部户填退休时的单位")
    family_cadre = _cadre(label="干部工号", required=False, help_text="干部职工家庭填干部本人的工号")
    is_party_member = fields.FlagField(label="党员户", required=False)
    is_village_cadre = fields.FlagField(label="村组干部户", required=False)
    is_registered_poor = fields.FlagField(label="建档立卡户", required=False)
    is_hardship = fields.FlagField(label="特殊困难户", required=False)
    hardship_reason = fields.TextField(label="困难原因", required=False, max_length=500)
    income_sources = fields.TextField(label="经济来源", required=False, max_length=500)
    address = fields.TextField(label="地址", required=False, max_length=300)
    longitude = fields.CoordinateField(label="经度", required=False, limit=180)
    latitude = fields.CoordinateField(label="纬度", required=False, limit=90)


class PairingForm(forms.Form):
    cadre = _cadre()
    household = fields.CodeField(label="户编码")
    begins_on = _begin()
    ends_on = _end()


class RoleGrantForm(forms.Form):
    cadre = _cadre()
    role = fields.ChoiceField(label="角色", choices=Role.choices)
    unit = _unit(required=False, help_text="乡镇、单位联络员、单位负责人填")
    village = fields.VillageCodeField(label="村编码", required=False, help_text="村党组织填")
    begins_on = _begin()
    ends_on = _end()

"""Forms of 户变动 (contract, section 2). A new household is asked what sheet 户 asks."""

from typing import Any, cast

from django import forms

from lianhu.kit import fields
from registry.forms import HouseholdForm
from registry.models import Household, Unit, Village

AWAY, WITHIN = "away", "within"
STAYS, ENDS = "stays", "ends"


def _on(label: str = "日期", help_text: str = "从这一天起，当天算在内；不能填以后的日期") -> fields.DateField:
    return fields.DateField(label=label, help_text=help_text)


def _reason(*, required: bool = False, help_text: str = "") -> fields.TextField:
    return fields.TextField(
        label="原因" if required else "说明", required=required, max_length=300, help_text=help_text
    )


def _radios(form: forms.Form, *names: str) -> None:
    for name in names:
        field = cast(fields.ChoiceField, form.fields[name])
        field.widget = forms.RadioSelect(choices=field.choices)


def _kinds_of_households(form: forms.Form) -> None:
    """A long list begins with nothing chosen."""
    widget: Any = form.fields["kind"].widget
    widget.choices = [("", "请选择"), *widget.choices]


class SplitForm(HouseholdForm):
    """分户: what the new household needs; its village, group and 原单位 are those of the old one."""

    field_order = ("on", "code", "head_name", "people_count", "left")

    village = group = former_unit = family_cadre = None  # type: ignore[assignment]
    income_sources = longitude = latitude = None  # type: ignore[assignment]
    on = _on("分户日期")
    left = fields.WholeNumberField(label="分户后本户人口数", smallest=1, largest=99)
    reason = _reason()

    def __init__(self, *args: Any, home: Household, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("kind", home.kind)
        for name, label in (
            ("code", "新户的户编码"),
            ("head_name", "新户的户主"),
            ("people_count", "新户人口数"),
            ("phone", "新户的电话"),
            ("id_number", "新户户主的身份证号"),
            ("kind", "新户的户类型"),
            ("address", "新户的地址"),
        ):
            self.fields[name].label = label
        self.fields["id_number"].help_text = "18 位，可以不填"
        self.fields["left"].help_text = f"现在登记的是 {home.people_count} 人"
        _kinds_of_households(self)


class MoveInForm(HouseholdForm):
    """迁入: the same fields and rules as sheet 户, and the day."""

    field_order = ("on", "village")

    on = _on("迁入日期")
    reason = _reason(help_text="例如从哪里迁来")

    def __init__(self, *args: Any, villages: list[Village], **options: Any) -> None:
        super().__init__(*args, **options)
        _kinds_of_households(self)
        self.fields["village"].label = "村(社区)"
        self.fields["village"].widget = forms.Select(choices=_villages(villages))
        self.fields["id_number"].help_text = "18 位，可以不填"
        units = [("", "不填"), *Unit.objects.order_by("code").values_list("code", "name")]
        self.fields["former_unit"].label = "原单位"
        self.fields["former_unit"].widget = forms.Select(choices=units)


class MergeForm(forms.Form):
    """并户: this household goes into another, which stays."""

    on = _on("并户日期")
    into = fields.CodeField(label="并入哪一户", help_text="填那一户的户编码")
    people_count = fields.WholeNumberField(
        label="并户后那一户的人口数", required=False, smallest=1, largest=99, help_text="空着就不变"
    )
    reason = _reason()


class MoveOutForm(forms.Form):
    """迁出: to another village of the county, or out of it."""

    on = _on("迁出日期")
    where = fields.ChoiceField(label="迁往哪里", choices=[(WITHIN, "本县另一个村"), (AWAY, "本县以外")])
    village = fields.VillageCodeField(
        label="迁往的村(社区)", required=False, help_text="迁往本县以外的不用选"
    )
    group = fields.TextField(label="那边的村民小组", required=False, max_length=50)
    address = fields.TextField(label="那边的地址", required=False, max_length=300)
    pairing = fields.ChoiceField(
        label="结对",
        required=False,
        choices=[(STAYS, "不变，还由现在的干部联系"), (ENDS, "到迁出日期为止")],
        help_text="迁往本县以外的，结对到迁出日期为止，不用选",
    )
    reason = _reason()

    def __init__(self, *args: Any, home: Household, **options: Any) -> None:
        super().__init__(*args, **options)
        _radios(self, "where", "pairing")
        others = Village.objects.exclude(pk=home.village_id).select_related("township")
        self.fields["village"].widget = forms.Select(choices=_villages(others.order_by("code")))


class CloseForm(forms.Form):
    on = _on("销户日期", "这一天还在，过了这天就不在了；不能填以后的日期")
    reason = _reason(required=True, help_text="例如户内已没有人")


class ReopenForm(forms.Form):
    on = _on("恢复日期")
    reason = _reason(required=True, help_text="例如登记错了户")


class HeadForm(forms.Form):
    on = _on("更换日期")
    new_head = fields.NameField(label="新户主")
    phone = fields.PhoneField(label="电话", required=False, help_text="空着就还是原来登记的")
    id_number = fields.IdNumberField(
        label="新户主的身份证号", required=False, help_text="空着就还是原来登记的"
    )
    reason = _reason()


def _villages(found: Any) -> list[tuple[str, Any]]:
    """Grouped by township, since a county has hundreds."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for village in found:
        groups.setdefault(village.township.name, []).append((village.code, village.name))
    return [("", "请选择"), *groups.items()]

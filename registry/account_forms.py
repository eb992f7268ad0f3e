"""Forms of accounts: activation, and what others do to an account."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password

from accounts.forms import locked
from accounts.lockout import Turn
from accounts.models import User
from accounts.passwords import LONGEST
from lianhu.kit import clock, fields
from registry.facts import RegistryFacts
from registry.forms import RoleGrantForm
from registry.models import Role, Unit, Village
from registry.rules import role_has_its_place


class ActivationForm(forms.Form):
    """An unknown 工号, a wrong code, one that was used and one that is over are told in the same words."""

    username = forms.CharField(
        label="工号",
        max_length=50,
        error_messages={"required": "请填工号", "max_length": "工号最多 50 个字"},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    code = forms.CharField(
        label="激活码",
        max_length=40,
        help_text="激活条上的 10 位字母和数字，不分大小写，空格可填可不填。",
        error_messages={"required": "请填激活码", "max_length": "激活码太长了，只有 10 位"},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    new = forms.CharField(
        label="设一个密码",
        strip=False,
        max_length=LONGEST,
        error_messages={"required": "请设一个密码", "max_length": f"密码最多 {LONGEST} 位"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再填一次密码",
        strip=False,
        max_length=LONGEST,
        error_messages={"required": "请再填一次密码", "max_length": f"密码最多 {LONGEST} 位"},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["new"].help_text = password_validators_help_texts()[0]

    def clean_username(self) -> Any:
        return User.normalize_username(self.cleaned_data["username"]).strip()

    def clean_new(self) -> str:
        """Against the 工号 that was typed; the name of its owner is asked only once the code is right."""
        new: str = self.cleaned_data["new"]
        validate_password(new, User(username=self.cleaned_data.get("username", "")))
        return new

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError("两次填的密码不一样")
        return again

    def refuse(self, turn: Turn) -> None:
        wrong = "工号和激活码对不上，或者激活码用过了、过期了。请对照激活条再填一次；还不行，请本单位联络员重新打印。"
        self.add_error("code", wrong if turn.allowed else locked(turn))


class RoleForm(RoleGrantForm):
    """A role for the account whose page it is: the rules of sheet 账号角色."""

    cadre = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        units = list(Unit.objects.order_by("code").values_list("code", "name", "type"))
        villages = Village.objects.order_by("code").values_list("code", "name", "township__name")
        self._types = {code: kind for code, _, kind in units}
        self.fields["role"].widget.choices = [("", "请选择"), *Role.choices]
        self.fields["unit"].label, self.fields["village"].label = "单位", "村"
        self.fields["unit"].widget = forms.Select(
            choices=[("", "不填"), *((code, f"{name}（{code}）") for code, name, _ in units)]
        )
        self.fields["village"].widget = forms.Select(
            choices=[("", "不填"), *((code, f"{place} {name}") for code, name, place in villages)]
        )
        self.fields["begins_on"].help_text = "从这天起能用，当天算在内。"

    def clean(self) -> dict[str, Any]:
        facts = RegistryFacts(on=clock.today(), unit_types=self._types)
        for fault in role_has_its_place(self.cleaned_data, facts):
            self.add_error(fault.field, forms.ValidationError(fault.message, code=fault.code))
        return self.cleaned_data


class EndRoleForm(forms.Form):
    ends_on = fields.DateField(
        label="最后一天",
        help_text="当天还算在内，过了这天角色就不在了。要马上收回，填昨天。角色的记录一直保留。",
    )


class ViewForm(forms.Form):
    """另行授权: one unit, township or village, named by its code."""

    place = fields.CodeField(label="单位、乡镇或村")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        units = Unit.objects.order_by("code").values_list("code", "name")
        villages = Village.objects.order_by("code").values_list("code", "name", "township__name")
        self.fields["place"].widget = forms.Select(
            choices=[
                ("", "请选择"),
                ("单位和乡镇", [(f"unit:{code}", f"{name}（{code}）") for code, name in units]),
                ("村", [(f"village:{code}", f"{place} {name}") for code, name, place in villages]),
            ]
        )

    def clean_place(self) -> Any:
        kind, _, code = self.cleaned_data["place"].partition(":")
        models: dict[str, Any] = {"unit": Unit, "village": Village}
        model = models.get(kind)
        found = model.objects.filter(code=code).first() if model else None
        if found is None:
            raise forms.ValidationError("请在列表里选一个")
        return found

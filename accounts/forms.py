"""Sign-in, codes, passwords."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest

from accounts import sign_in, two_factor
from accounts.lockout import Turn
from accounts.models import User
from accounts.passwords import LONGEST

LOCKED = "连续输错次数太多，已暂停在这台设备上试。请过 {minutes} 分钟再来；以前登录过的设备不受影响。"


def locked(turn: Turn) -> str:
    return LOCKED.format(minutes=-(-turn.seconds // 60))


def _password(label: str, autocomplete: str, required: str, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST,
        error_messages={"required": required, "max_length": f"密码最多 {LONGEST} 位"},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **options,
    )


class SignInForm(forms.Form):
    """One wording for a wrong name, a wrong password and a closed account: it tells nothing of who exists."""

    username = forms.CharField(
        label="工号",
        max_length=50,
        error_messages={"required": "请填工号", "max_length": "工号最多 50 个字"},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = _password("密码", "current-password", "请填密码")
    phone = forms.BooleanField(label="这是我自己的手机，保持登录", required=False)

    def clean_username(self) -> Any:
        """Full-width digits and outer blanks come easily from a phone's keyboard."""
        return User.normalize_username(self.cleaned_data["username"]).strip()

    def refuse(self, turn: Turn | None) -> None:
        wrong = "工号或密码不对，请再输一次。密码分大小写。"
        self.add_error(None, locked(turn) if turn else wrong)


class CodeForm(forms.Form):
    code = forms.CharField(
        label="验证码",
        max_length=40,
        error_messages={"required": "请填验证码", "max_length": "验证码太长了"},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "autofocus": True}
        ),
    )

    def wrong(self) -> None:
        self.add_error("code", "验证码不对，或者已经用过。请看手机上现在的 6 位数字再填。")

    def refuse(self, turn: Turn) -> None:
        if turn.allowed:
            self.wrong()
        else:
            self.add_error(None, locked(turn))


class OldPasswordForm(forms.Form):
    """The password once more, so that a session left open is not enough; counted like a sign-in."""

    old = _password("现在的密码", "current-password", "请填现在的密码")

    def __init__(self, *args: Any, user: User, request: HttpRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user, self.request = user, request

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        turn = sign_in.own_turn(self.request, "old password", self.user)
        if not turn.allowed:
            raise forms.ValidationError(locked(turn))
        if not self.user.check_password(old):
            raise forms.ValidationError("现在的密码不对")
        turn.succeeded()
        return old


class PasswordForm(OldPasswordForm):
    new = _password("新密码", "new-password", "请填新密码")
    again = _password("再填一次新密码", "new-password", "请再填一次新密码")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["new"].help_text = password_validators_help_texts()[0]

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        if new == self.cleaned_data.get("old"):
            raise forms.ValidationError("新密码和现在的密码一样")
        validate_password(new, self.user)
        return new

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError("两次填的新密码不一样")
        return again


class ConfirmForm(OldPasswordForm):
    """Password and code, before the second factor is taken away or its recovery codes are replaced."""

    code = forms.CharField(
        label="验证码",
        max_length=40,
        error_messages={"required": "请填验证码", "max_length": "验证码太长了"},
        help_text="手机上现在的 6 位数字；手机不在身边，填一个恢复码。",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "none"}),
    )

    def clean_code(self) -> str:
        """Only with the right password: a code is used up by checking it."""
        code: str = self.cleaned_data["code"]
        if "old" not in self.cleaned_data:
            return code
        turn = sign_in.own_turn(self.request, "code", self.user)
        if not turn.allowed:
            raise forms.ValidationError(locked(turn))
        if two_factor.check_code(self.user, code) is None:
            raise forms.ValidationError("验证码不对，或者已经用过")
        turn.succeeded()
        return code


class EmailForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("email",)
        help_texts = {"email": "有提醒时，工作日给这个邮箱发一封汇总。不填就不发，系统里照样看得到。"}
        error_messages = {"email": {"invalid": "邮箱地址不完整，应像 name@example.cn 这样"}}
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "email"})}

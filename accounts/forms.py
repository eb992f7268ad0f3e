"""Sign-in."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import User


class SignInForm(AuthenticationForm):
    """One wording for a wrong name, a wrong password and a closed account: it tells nothing of who exists."""

    username = forms.CharField(
        label="工号",
        max_length=50,
        error_messages={"required": "请填工号"},
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        max_length=256,
        error_messages={"required": "请填密码"},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages = {
        "invalid_login": "工号或密码不对，请再输一次。密码分大小写。",
        "inactive": "工号或密码不对，请再输一次。密码分大小写。",
    }

    def clean_username(self) -> Any:
        """Full-width digits and outer blanks come easily from a phone's keyboard."""
        return User.normalize_username(self.cleaned_data["username"]).strip()

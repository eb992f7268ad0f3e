"""Who acts, from which device, and how an account is opened."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from accounts.sessions import SessionStore


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, name: str, password: str | None = None, **extra: Any) -> "User":
        """Without a password the account cannot sign in until it is activated."""
        user = self.model(username=username, name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """An account. A cadre's user name is the 工号; what it may do comes from dated roles."""

    username = models.CharField("用户名", max_length=50, unique=True)
    name = models.CharField("姓名", max_length=100)
    is_active = models.BooleanField("启用", default=True)
    activated_at = models.DateTimeField("激活时间", null=True, blank=True)
    email = models.EmailField("电子邮箱", blank=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "账号"
        verbose_name_plural = "账号"

    def __str__(self) -> str:
        return f"{self.name} {self.username}"


class ActivationCode(models.Model):
    """The one code of an account that is printed on its slip; a new slip takes the place of the old one.

    Only a keyed hash is kept, and the row goes when the code is used.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="activation_code")
    code_hash = models.BinaryField()
    expires_at = models.DateTimeField("有效期至")
    issued_at = models.DateTimeField("打印时间")
    issued_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="打印人")

    class Meta:
        verbose_name = "激活码"
        verbose_name_plural = "激活码"

    def __str__(self) -> str:
        return f"{self.user}"


class Attempt(models.Model):
    """A try at a password or a code that has not succeeded; counted, then thrown away.

    `key` is a keyed hash of what was tried (an account, a device, an address): nobody is named.
    """

    key = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = "登录尝试"
        verbose_name_plural = "登录尝试"
        indexes = (
            models.Index(fields=["key", "at"], name="attempt_key_at"),
            models.Index(fields=["at"], name="attempt_at"),
        )

    def __str__(self) -> str:
        return f"{self.at}"


class Session(AbstractBaseSession):
    """A sign-in that lasts, with whose it is, so that a person sees their sessions and ends them."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    device = models.CharField("设备", max_length=100, blank=True)
    address = models.CharField("网络地址", max_length=45, blank=True)
    signed_in_at = models.DateTimeField("登录时间", null=True)
    seen_at = models.DateTimeField("最近使用", null=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "登录"
        verbose_name_plural = "登录"
        db_table = "accounts_session"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        return SessionStore

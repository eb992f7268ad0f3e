"""Who acts, and what long work they started."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


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
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "账号"
        verbose_name_plural = "账号"

    def __str__(self) -> str:
        return f"{self.name} {self.username}"


class JobState(models.TextChoices):
    WAITING = "waiting", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "没有完成"


class Job(models.Model):
    """Long work and its end: this row is the truth, the broker only wakes a worker (RELIABILITY)."""

    kind = models.CharField("种类", max_length=40)
    title = models.CharField("名称", max_length=300)
    state = models.CharField("状态", max_length=10, choices=JobState.choices, default=JobState.WAITING)
    params = models.JSONField("参数", default=dict)
    result = models.JSONField("结果", null=True)
    step = models.CharField("步骤", max_length=100, blank=True)
    percent = models.PositiveSmallIntegerField("进度", default=0)
    attempt = models.PositiveSmallIntegerField("次数", default=0)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, verbose_name="发起人")
    created_at = models.DateTimeField("发起时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True)
    heartbeat_at = models.DateTimeField("心跳", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        verbose_name = "任务"
        verbose_name_plural = "任务"
        indexes = (
            models.Index(fields=["kind", "-id"], name="job_kind_newest"),
            models.Index(
                fields=["state"],
                name="job_unfinished",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.get_state_display()})"

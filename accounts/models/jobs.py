"""Long work: its progress and its end."""

from django.db import models

from accounts.models.people import User


class JobState(models.TextChoices):
    WAITING = "waiting", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "没有完成"
    CANCELLED = "cancelled", "已取消"


class Job(models.Model):
    """Long work and its end: this row is the truth, the broker only wakes a worker (RELIABILITY).

    `slot`: the moment at which the schedule wants it; a kind has one job a slot, however many schedulers run.
    """

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
    slot = models.DateTimeField("应运行时间", null=True)
    cancel_asked_at = models.DateTimeField("要求取消的时间", null=True)

    class Meta:
        verbose_name = "任务"
        verbose_name_plural = "任务"
        constraints = (models.UniqueConstraint(fields=["kind", "slot"], name="job_once_a_slot"),)
        indexes = (
            models.Index(fields=["kind", "-id"], name="job_kind_newest"),
            models.Index(fields=["created_by", "-id"], name="job_person_newest"),
            models.Index(
                fields=["state"],
                name="job_unfinished",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.get_state_display()})"

"""What people are told: the inbox, the digest of a working day, and what was sent."""

from django.db import models

from accounts.models.people import User


class Notice(models.Model):
    """提醒 in the inbox. `key` names the occasion: told twice it is one notice."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name="收件人")
    key = models.CharField(max_length=100)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    url = models.CharField("网址", max_length=300, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)
    digest = models.ForeignKey("Digest", models.SET_NULL, null=True, related_name="notices")

    class Meta:
        verbose_name = "提醒"
        verbose_name_plural = "提醒"
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="notice_once"),)
        indexes = (
            models.Index(fields=["user", "-id"], name="notice_inbox"),
            models.Index(fields=["user"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.title


class Digest(models.Model):
    """What one person is sent on one working day."""

    user = models.ForeignKey(User, models.CASCADE, related_name="digests", verbose_name="收件人")
    day = models.DateField("日期")
    created_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "每日汇总"
        verbose_name_plural = "每日汇总"
        constraints = (models.UniqueConstraint(fields=["user", "day"], name="digest_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "待发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发送"
    FAILED = "failed", "没有发出"
    UNSURE = "unsure", "不确定是否发出"


class Delivery(models.Model):
    """A digest on one channel. Taken before it is sent, so that two workers never send it twice."""

    digest = models.ForeignKey(Digest, models.CASCADE, related_name="deliveries")
    channel = models.CharField("通道", max_length=20)
    state = models.CharField(
        "状态", max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_try_at = models.DateTimeField("下次发送")
    taken_at = models.DateTimeField("取走时间", null=True)
    sent_at = models.DateTimeField("发出时间", null=True)
    fault = models.CharField("原因", max_length=300, blank=True)

    class Meta:
        verbose_name = "发送记录"
        verbose_name_plural = "发送记录"
        constraints = (models.UniqueConstraint(fields=["digest", "channel"], name="delivery_once"),)
        indexes = (
            models.Index(
                fields=["next_try_at"],
                name="delivery_open",
                condition=models.Q(state__in=["waiting", "sending"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.get_state_display()}"


class Feedback(models.Model):
    """意见建议 about the system itself, answered by the county office, seen by its writer."""

    author = models.ForeignKey(User, models.PROTECT, related_name="feedback", verbose_name="提出人")
    page = models.CharField("所在页面", max_length=300, blank=True)
    text = models.TextField("意见建议")
    created_at = models.DateTimeField("提出时间")
    answer = models.TextField("答复", blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人"
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)

    class Meta:
        verbose_name = "意见建议"
        verbose_name_plural = "意见建议"
        indexes = (models.Index(fields=["author", "-id"], name="feedback_of_author"),)

    def __str__(self) -> str:
        return self.text[:20]

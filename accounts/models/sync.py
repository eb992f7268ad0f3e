"""What came from phones and other programs: items once each, who is waiting, tokens, the server's epoch."""

import uuid

from django.db import models

from accounts.models.people import User


class SyncItem(models.Model):
    """An accepted item that a phone or a program sent, by the id made there: sent again it is the same item.

    `digest` is of the cleaned payload, so that the same id with another payload is told from a repetition.
    `subject_id` is the row that it became, in the table of its kind. A rejected item leaves nothing here.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField("种类", max_length=12)
    author = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="作者")
    digest = models.CharField("内容摘要", max_length=64)
    subject_id = models.BigIntegerField()
    captured_at = models.DateTimeField("写下的时间", null=True)
    received_at = models.DateTimeField("收到的时间")

    class Meta:
        verbose_name = "上传条目"
        verbose_name_plural = "上传条目"
        indexes = (models.Index(fields=["kind", "subject_id"], name="sync_item_subject"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Phone(models.Model):
    """What a phone last said of its own queue, so that the office can help (contract, section 3); nothing else."""

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="phones", verbose_name="账号")
    waiting = models.PositiveIntegerField("待上传")
    refused = models.PositiveIntegerField("被退回")
    oldest_at = models.DateTimeField("最早一条写下的时间", null=True)
    contact_at = models.DateTimeField("最后联系")

    class Meta:
        verbose_name = "手机"
        verbose_name_plural = "手机"

    def __str__(self) -> str:
        return f"{self.user} {self.contact_at}"


class ApiToken(models.Model):
    """访问令牌: a person's key for a program that sends in their name. Only its digest is kept."""

    user = models.ForeignKey(User, models.PROTECT, related_name="api_tokens", verbose_name="账号")
    name = models.CharField("用途", max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField("建立时间")
    expires_at = models.DateTimeField("到期时间")
    used_at = models.DateTimeField("最后使用", null=True, blank=True)
    ended_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        verbose_name = "访问令牌"
        verbose_name_plural = "访问令牌"

    def __str__(self) -> str:
        return f"{self.user} {self.name}"


class Epoch(models.Model):
    """Since when this database goes on without a break. A restore begins a new one: phones send again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    began_at = models.DateTimeField("开始时间")

    class Meta:
        verbose_name = "数据时期"
        verbose_name_plural = "数据时期"
        get_latest_by = "began_at"

    def __str__(self) -> str:
        return f"{self.id}"

"""What the family is told, and what the public sees."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import User
from grievances.models.desk import Attachment
from grievances.models.ledger import Grievance, Satisfaction
from grievances.models.steps import GrievanceEvent
from visits.models import Photo


class Occasion(models.TextChoices):
    """When the family hears (contract, section 4)."""

    REGISTER = "register", "挂号"
    REPLY = "reply", "答复"
    EXTEND = "extend", "延期"
    CLOSE = "close", "销号"


class TellingWay(models.TextChoices):
    SLIP = "slip", "民情回执"
    PHONE = "phone", "电话"
    IN_PERSON = "in_person", "当面"
    SMS = "sms", "短信"
    ONLINE = "online", "本人查询"


class FamilyNotice(models.Model):
    """One thing the family is owed to hear, of one step: waiting until it was told, then how, when, by whom."""

    grievance = models.ForeignKey(
        Grievance, models.PROTECT, related_name="family_notices", verbose_name="诉求"
    )
    occasion = models.CharField("事由", max_length=10, choices=Occasion.choices)
    event = models.ForeignKey(
        GrievanceEvent, models.PROTECT, related_name="+", verbose_name="步骤", db_index=False
    )
    text = models.TextField("告知内容")
    way = models.CharField("方式", max_length=10, choices=TellingWay.choices, blank=True)
    told_at = models.DateTimeField("告知时间", null=True, blank=True)
    told_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="告知人"
    )
    remark = models.CharField("备注", max_length=300, blank=True)

    class Meta:
        verbose_name = "告知"
        verbose_name_plural = "告知"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["event"], name="family_notice_once_a_step"),
            models.CheckConstraint(
                name="family_notice_told_in_a_way",
                condition=Q(told_at__isnull=True, way="") | Q(told_at__isnull=False) & ~Q(way=""),
            ),
        )
        indexes = (
            models.Index(
                fields=["grievance"], name="family_notice_waiting", condition=Q(told_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.grievance_id} {self.get_occasion_display()}"


class Publication(models.Model):
    """公示: the public text of a matter, proposed, confirmed by a person, posted for seven days.

    A draft has no `published_at`. One that was reopened is `withdrawn_at`; the next round has its own.
    """

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="publications", verbose_name="诉求")
    title = models.CharField("公开标题", max_length=200)
    question = models.TextField("反映的问题")
    answer = models.TextField("答复")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )
    # Words of the registry that the person said are no names here.
    harmless = models.JSONField("不是姓名的词", default=list, blank=True)
    published_at = models.DateTimeField("公示时间", null=True, blank=True)
    published_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="公示人"
    )
    # The seventh day after the day of publication, itself included.
    ends_on = models.DateField("公示到", null=True, blank=True)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)

    class Meta:
        verbose_name = "公示"
        verbose_name_plural = "公示"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["grievance"], condition=Q(withdrawn_at__isnull=True), name="publication_one_standing"
            ),
            models.CheckConstraint(
                name="publication_is_confirmed_first",
                condition=Q(published_at__isnull=True, ends_on__isnull=True)
                | Q(published_at__isnull=False, ends_on__isnull=False, confirmed_at__isnull=False),
            ),
        )
        indexes = (
            models.Index(
                fields=["-published_at", "-id"],
                name="publication_ledger",
                condition=Q(published_at__isnull=False, withdrawn_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.title


class PublicPhoto(models.Model):
    """A photo that a person chose for the public, painted anew with what must be hidden blacked out.

    `boxes`: rectangles [x, y, width, height] in thousandths of the photo's sides.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="photos", verbose_name="公示")
    photo = models.ForeignKey(Photo, models.PROTECT, null=True, blank=True, related_name="+")
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    boxes = models.JSONField("遮住的地方", default=list, blank=True)
    file = models.CharField("文件", max_length=200, blank=True)
    description = models.CharField("图片说明", max_length=100)
    chosen_at = models.DateTimeField("选用时间")
    chosen_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="选用人")

    class Meta:
        verbose_name = "公示照片"
        verbose_name_plural = "公示照片"
        ordering = ("chosen_at", "id")
        constraints = (
            models.CheckConstraint(
                name="public_photo_has_one_source",
                condition=Q(photo__isnull=False, attachment__isnull=True)
                | Q(photo__isnull=True, attachment__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.description


class Objection(models.Model):
    """异议 within the notice's seven days, by the family's code or at the village desk; it must be answered."""

    publication = models.ForeignKey(
        Publication, models.PROTECT, related_name="objections", verbose_name="公示"
    )
    text = models.TextField("异议")
    at = models.DateTimeField("提出时间")
    # Nobody: the family itself, by its query code.
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="代为登记"
    )
    reopened = models.BooleanField("退回重办", null=True, blank=True)
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人"
    )

    class Meta:
        verbose_name = "异议"
        verbose_name_plural = "异议"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["publication"], condition=Q(answered_at__isnull=True), name="objection_one_waiting"
            ),
            models.CheckConstraint(
                name="objection_answered_one_way",
                condition=Q(answered_at__isnull=True, reopened__isnull=True, answer="")
                | Q(answered_at__isnull=False, reopened__isnull=False) & ~Q(answer=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.publication_id}"


class FamilyRating(models.Model):
    """群众评价 by the query code, once a reply; beside the revisit, never in its place."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="ratings", verbose_name="诉求")
    reply_event = models.OneToOneField(
        GrievanceEvent, models.PROTECT, related_name="rating", verbose_name="答复"
    )
    satisfaction = models.CharField("评价", max_length=12, choices=Satisfaction.choices)
    text = models.TextField("说明", blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "群众评价"
        verbose_name_plural = "群众评价"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.get_satisfaction_display()

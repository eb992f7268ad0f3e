"""Trips, visits with their record, photos."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GistIndex
from django.db import models
from django.db.models import Q

from accounts.models import User
from lianhu.kit.db import day_span, no_overlap, ordered_days
from registry.models import Cadre, Household, Village
from visits.models.base import Backfillable, Voidable
from visits.querysets import TripQuerySet, VisitQuerySet


class Trip(Backfillable, Voidable):
    """下乡/驻村: a cadre's stay in a village, both days inclusive.

    双报到 (方案五(一)): `arrival_confirmed_at` is the branch's word for the village; for the household it is
    the trip's first visit. A position is never asked for.
    """

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="trips", verbose_name="干部")
    village = models.ForeignKey(Village, models.PROTECT, related_name="trips", verbose_name="村")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    arrival_confirmed_at = models.DateTimeField("报到确认时间", null=True, blank=True)
    arrival_confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人"
    )

    objects: ClassVar[TripQuerySet] = TripQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "下乡"
        verbose_name_plural = "下乡"
        constraints = (
            ordered_days("trip_days_ordered"),
            no_overlap("trip_one_a_village_and_day", ["cadre", "village"], Q(voided_at__isnull=True)),
            models.CheckConstraint(
                name="trip_only_backfill_is_approved",
                condition=Q(approved_at__isnull=True) | Q(backfilled=True),
            ),
            models.CheckConstraint(
                name="trip_approved_or_refused",
                condition=Q(approved_at__isnull=True) | Q(refused_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(fields=["cadre", "begins_on"], name="trip_cadre_day"),
            models.Index(
                fields=["village", "begins_on"],
                name="trip_not_confirmed",
                condition=Q(arrival_confirmed_at__isnull=True, voided_at__isnull=True),
            ),
            GistIndex(day_span(), name="trip_days"),
            models.Index(
                fields=["id"],
                name="trip_does_not_count",
                condition=Q(voided_at__isnull=False) | Q(backfilled=True, approved_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cadre} {self.village} {self.begins_on}"


class VisitResult(models.TextChoices):
    """Only 见面 counts (contract, section 3)."""

    MET = "met", "见面"
    ABSENT = "absent", "未遇"
    PHONE = "phone", "电话联系"


class Visit(Backfillable, Voidable):
    """入户走访: one household on one day by one cadre. It counts with the trip it lies in.

    `accompanies`: 同行, the visit of a companion; what was heard is in the record of the visit that it names.
    `recorded_by` is who typed it: another than the cadre's own account is 代录 by a liaison.
    """

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="visits", verbose_name="干部")
    household = models.ForeignKey(Household, models.PROTECT, related_name="visits", verbose_name="户")
    trip = models.ForeignKey(Trip, models.PROTECT, null=True, related_name="visits", verbose_name="下乡")
    day = models.DateField("走访日期")
    result = models.CharField("结果", max_length=10, choices=VisitResult.choices, default=VisitResult.MET)
    policy_talk = models.BooleanField("宣讲", default=False)
    proxy_reason = models.CharField("代访原因", max_length=300, blank=True)
    accompanies = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="companions", verbose_name="同行于"
    )
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)

    objects: ClassVar[VisitQuerySet] = VisitQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "走访"
        verbose_name_plural = "走访"
        constraints = (
            models.UniqueConstraint(
                fields=["cadre", "household", "day"],
                condition=Q(voided_at__isnull=True),
                name="visit_once_a_day",
            ),
            models.CheckConstraint(
                name="visit_only_backfill_is_approved",
                condition=Q(approved_at__isnull=True) | Q(backfilled=True),
            ),
            models.CheckConstraint(
                name="visit_approved_or_refused",
                condition=Q(approved_at__isnull=True) | Q(refused_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(fields=["cadre", "day"], name="visit_cadre_day"),
            models.Index(fields=["household", "-day"], name="visit_household_newest"),
            BrinIndex(fields=["day"], name="visit_days"),
            models.Index(fields=["cadre", "day"], name="visit_talks", condition=Q(policy_talk=True)),
        )

    def __str__(self) -> str:
        return f"{self.cadre} {self.household} {self.day}"


class Clear(models.TextChoices):
    """五个清楚 (方案四(四))."""

    VILLAGE = "village", "村情社情"
    HOUSEHOLD = "household", "户情民情"
    WISHES = "wishes", "期盼愿望"
    PROBLEMS = "problems", "问题困难"
    PROGRESS = "progress", "办理情况"


class Seen(models.TextChoices):
    """三看 (方案四(三))."""

    POLICY = "policy", "政策到位"
    LIFE = "life", "生活状况"
    PROMISES = "promises", "承诺兑现"


class VisitRecord(models.Model):
    """民情记录表: what was heard at the visit (方案四(四)).

    `head_name` and `people_count` are as told that day; blank and None in imported history. The phone is the
    household's alone: a sealed number has one place.
    """

    visit = models.OneToOneField(
        Visit, models.PROTECT, primary_key=True, related_name="record", verbose_name="走访"
    )
    talk_topic = models.CharField("宣讲主题", max_length=300, blank=True)
    income_sources = models.TextField("经济来源", blank=True)
    difficulties = models.TextField("存在困难")
    opinions = models.TextField("群众意见")
    solved_on_spot = models.BooleanField("当场解决", default=False)
    spot_answer = models.TextField("当场答复", blank=True, default="", db_default="")
    promises = models.TextField("承诺事项", blank=True, default="", db_default="")
    head_name = models.CharField("户主", max_length=100, blank=True, default="", db_default="")
    people_count = models.PositiveSmallIntegerField("人口数", null=True, blank=True)
    clear = ArrayField(
        models.CharField(max_length=10, choices=Clear.choices),
        default=list,
        db_default=[],
        blank=True,
        verbose_name="五个清楚",
    )
    seen = ArrayField(
        models.CharField(max_length=10, choices=Seen.choices),
        default=list,
        db_default=[],
        blank=True,
        verbose_name="三看",
    )
    amended_at = models.DateTimeField("修改时间", null=True, blank=True)

    class Meta:
        verbose_name = "民情记录表"
        verbose_name_plural = "民情记录表"

    def __str__(self) -> str:
        return f"{self.visit_id}"


class Addendum(models.Model):
    """补充: what is added to a record once it may no longer be amended. Only ever added to."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="addenda", verbose_name="走访")
    text = models.TextField("补充内容")
    added_at = models.DateTimeField("补充时间")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="补充人")

    class Meta:
        verbose_name = "补充"
        verbose_name_plural = "补充"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.added_at}"


class Question(models.Model):
    """退回补充: a record sent back with a question, short of voiding; the cadre answers it."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="questions", verbose_name="走访")
    text = models.TextField("问题")
    asked_at = models.DateTimeField("退回时间")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="退回人")
    answer = models.TextField("答复", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人"
    )

    class Meta:
        verbose_name = "退回补充"
        verbose_name_plural = "退回补充"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["visit"], condition=Q(answered_at__isnull=True), name="question_one_open"
            ),
            models.CheckConstraint(
                name="question_answered_with_words",
                condition=Q(answered_at__isnull=True, answer="")
                | (Q(answered_at__isnull=False) & ~Q(answer="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.visit_id} {self.asked_at}"


class Photo(models.Model):
    """A photo of a visit, re-encoded and without EXIF. Its id is made on the phone; sent twice it is one.

    `file` and `thumbnail` are names in the photo storage, empty once retention has removed them. `digest` is
    of the stored image (SHA-256, hex). The time and place that the camera wrote are kept apart from the image.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="photos", verbose_name="走访")
    file = models.CharField("文件", max_length=200, blank=True)
    thumbnail = models.CharField("缩略图", max_length=200, blank=True)
    digest = models.CharField("摘要", max_length=64, db_index=True)
    width = models.PositiveIntegerField("宽")
    height = models.PositiveIntegerField("高")
    taken_at = models.DateTimeField("拍摄时间", null=True, blank=True)
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)
    added_at = models.DateTimeField("上传时间")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    removed_at = models.DateTimeField("清除时间", null=True, blank=True)

    class Meta:
        verbose_name = "照片"
        verbose_name_plural = "照片"
        ordering = ("added_at", "id")

    def __str__(self) -> str:
        return f"{self.visit_id} {self.id}"

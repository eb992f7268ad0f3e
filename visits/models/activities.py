"""活动 of the ten actions, and what some kinds keep besides (contract, section 5)."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from registry.models import Cadre, Household, Unit, Village
from visits.models.base import Voidable
from visits.querysets import ActivityQuerySet


class ActivityKind(models.TextChoices):
    """The ten actions' activities that are not household visits (contract, section 5; 方案四)."""

    SELF_CHECK = "self_check", "思想作风体检报告"
    DISPUTE_WORK = "dispute_work", "矛盾排查/接访"
    ERRAND = "errand", "代办事项"
    PROJECT_REVIEW = "project_review", "民生项目回头看"
    TALK_MEETING = "talk_meeting", "宣讲会"
    FORUM = "forum", "干群恳谈会"
    NIGHT_SCHOOL = "night_school", "农民夜校"
    ASSEMBLY = "assembly", "群众(代表)大会"
    PARTY_BUILDING = "party_building", "基层党建帮扶"
    JOINT_ACTIVITY = "joint_activity", "结对共建"
    INCOME_SUPPORT = "income_support", "就业/产业帮扶"
    COMMENDATION = "commendation", "表彰活动"
    VILLAGE_RULES = "village_rules", "村规民约议事"
    HEART_TALK = "heart_talk", "谈心谈话"
    CONSULT = "consult", "会商"
    ASSESS = "assess", "研判"
    NOTIFY = "notify", "通报"
    WORK_PLAN = "work_plan", "年度工作计划"
    INSPECTION = "inspection", "督查"


class Activity(Voidable):
    """活动: anything of the ten actions that is not a household visit."""

    kind = models.CharField("类型", max_length=20, choices=ActivityKind.choices)
    day = models.DateField("日期")
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name="单位"
    )
    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="activities", verbose_name="村"
    )
    # Of 代办事项: the family it was done for, also once it is void.
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="户"
    )
    headcount = models.PositiveIntegerField("人数", null=True, blank=True)
    topic = models.CharField("主题", max_length=500)
    # One of `visits.activity_kinds.SUBTYPES[kind]`, or none.
    subtype = models.CharField("细类", max_length=20, blank=True, default="", db_default="")
    organiser = models.CharField("组织者", max_length=100, blank=True, default="", db_default="")
    summary = models.TextField("内容", blank=True, default="", db_default="")
    names = models.TextField("名单", blank=True, default="", db_default="")
    version = models.PositiveIntegerField("版本", default=0, db_default=0)
    cadres: models.ManyToManyField[Cadre, "Participant"] = models.ManyToManyField(
        Cadre, through="Participant", related_name="activities", verbose_name="干部"
    )

    objects: ClassVar[ActivityQuerySet] = ActivityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "活动"
        verbose_name_plural = "活动"
        indexes = (
            models.Index(fields=["kind", "day"], name="activity_kind_day"),
            models.Index(fields=["-day", "-id"], name="activity_newest"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day}"


class Participant(models.Model):
    """A cadre in an activity; place 0 is the one whose activity it is (contract 6, rule 7)."""

    activity = models.ForeignKey(Activity, models.PROTECT, related_name="participants")
    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="participations")
    place = models.PositiveSmallIntegerField("次序")

    objects: ClassVar[models.Manager["Participant"]] = models.Manager()

    class Meta:
        verbose_name = "参加人"
        verbose_name_plural = "参加人"
        constraints = (
            models.UniqueConstraint(fields=["activity", "cadre"], name="participant_once"),
            models.UniqueConstraint(fields=["activity", "place"], name="participant_place_once"),
        )

    def __str__(self) -> str:
        return f"{self.activity_id} {self.place}"


class ActivityFile(models.Model):
    """A photo (re-encoded, without EXIF) or a document of an activity; its id is made in the browser."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="files", verbose_name="活动")
    is_photo = models.BooleanField("照片")
    name = models.CharField("文件名", max_length=200)
    file = models.CharField("文件", max_length=200, blank=True)
    thumbnail = models.CharField("缩略图", max_length=200, blank=True)
    digest = models.CharField("摘要", max_length=64)
    size = models.PositiveIntegerField("字节")
    added_at = models.DateTimeField("上传时间")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    removed_at = models.DateTimeField("清除时间", null=True, blank=True)

    class Meta:
        verbose_name = "活动附件"
        verbose_name_plural = "活动附件"
        ordering = ("added_at", "id")

    def __str__(self) -> str:
        return self.name


class Checked(models.TextChoices):
    """What a 民生项目回头看 looks at (方案四(四))."""

    PLANNING = "planning", "规划设计"
    QUALITY = "quality", "工程质量"
    UPKEEP = "upkeep", "管护责任"


class ProjectReview(models.Model):
    """民生项目回头看: what was checked, what was at fault, and what is done about it by when (方案四(四))."""

    activity = models.OneToOneField(
        Activity, models.PROTECT, primary_key=True, related_name="project_review", verbose_name="活动"
    )
    project = models.CharField("项目名称", max_length=200)
    checked = ArrayField(
        models.CharField(max_length=10, choices=Checked.choices), default=list, verbose_name="检查内容"
    )
    fault = models.TextField("发现的问题", blank=True)
    plan = models.TextField("整改方案", blank=True)
    plan_due_on = models.DateField("整改期限", null=True, blank=True)
    plan_done_on = models.DateField("整改完成", null=True, blank=True)

    class Meta:
        verbose_name = "民生项目回头看"
        verbose_name_plural = "民生项目回头看"
        constraints = (
            models.CheckConstraint(
                name="project_fault_has_plan",
                condition=Q(fault="") | (~Q(plan="") & Q(plan_due_on__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return self.project


class Errand(models.Model):
    """代办事项: posted by a branch for the village or a family, taken by a cadre (认领), until it is done.

    It is an activity of the cadre who did it from the day it is done, and none before.
    """

    village = models.ForeignKey(Village, models.PROTECT, related_name="errands", verbose_name="村")
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="errands", verbose_name="户"
    )
    topic = models.CharField("要办的事", max_length=500)
    posted_at = models.DateTimeField("发布时间")
    posted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="发布人")
    taken_by = models.ForeignKey(
        Cadre, models.PROTECT, null=True, blank=True, related_name="errands", verbose_name="认领人"
    )
    taken_at = models.DateTimeField("认领时间", null=True, blank=True)
    activity = models.OneToOneField(
        Activity, models.PROTECT, null=True, blank=True, related_name="errand", verbose_name="活动"
    )
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdraw_reason = models.CharField("撤回原因", max_length=300, blank=True)

    class Meta:
        verbose_name = "代办事项"
        verbose_name_plural = "代办事项"
        constraints = (
            models.CheckConstraint(
                name="errand_taken_by_someone",
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
            ),
            models.CheckConstraint(
                name="errand_done_was_taken", condition=Q(activity__isnull=True) | Q(taken_by__isnull=False)
            ),
        )
        indexes = (models.Index(fields=["village", "-posted_at"], name="errand_village"),)

    def __str__(self) -> str:
        return self.topic


class SelfCheck(models.Model):
    """思想作风体检报告 of a cadre's year: 七问 with the year's own figures, 四查, 一晒 (方案四(一)).

    `answers`: the six figures of 七问 as they stood when it was submitted; the seventh question has words of its own.
    Submitted it is read-only, and an activity.
    """

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="self_checks", verbose_name="干部")
    year = models.PositiveSmallIntegerField("年")
    answers = models.JSONField("七问", default=dict)
    smile = models.TextField("面对群众脸上有没有微笑", blank=True)
    faith = models.TextField("是否坚定理想信念", blank=True)
    purpose = models.TextField("是否树牢根本宗旨", blank=True)
    duty = models.TextField("是否具有担当精神", blank=True)
    honesty = models.TextField("是否保持清正廉洁", blank=True)
    shown = models.TextField("到群众中晒问题、接受群众评判", blank=True)
    saved_at = models.DateTimeField("保存时间")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    activity = models.OneToOneField(
        Activity, models.PROTECT, null=True, blank=True, related_name="self_check", verbose_name="活动"
    )
    version = models.PositiveIntegerField("版本", default=0)

    class Meta:
        verbose_name = "思想作风体检报告"
        verbose_name_plural = "思想作风体检报告"
        constraints = (
            models.UniqueConstraint(fields=["cadre", "year"], name="self_check_once_a_year"),
            models.CheckConstraint(
                name="self_check_submitted_is_activity",
                condition=Q(submitted_at__isnull=True, activity__isnull=True)
                | Q(submitted_at__isnull=False, activity__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cadre} {self.year}"

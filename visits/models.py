"""What was done: trips, visits with their record, activities."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex, GistIndex
from django.db import models
from django.db.models import Q

from accounts.models import User
from lianhu.kit.db import day_span, no_overlap, ordered_days
from registry.models import Cadre, Household, Unit, Village


class Voidable(models.Model):
    """Nothing is ever deleted: it is voided (作废) with a reason and stays visible as such."""

    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废原因", max_length=500, blank=True)
    recorded_at = models.DateTimeField("录入时间")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="录入人")

    class Meta:
        abstract = True


class Trip(Voidable):
    """下乡/驻村: a cadre's stay in a village, both days inclusive.

    Entered too late it is `backfilled` (补录) and counts only once approved (contract, section 3).
    """

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="trips", verbose_name="干部")
    village = models.ForeignKey(Village, models.PROTECT, related_name="trips", verbose_name="村")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    backfilled = models.BooleanField("补录", default=False)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="批准人"
    )

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
        )
        indexes = (
            models.Index(fields=["cadre", "begins_on"], name="trip_cadre_day"),
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


class Visit(Voidable):
    """入户走访: one household on one day by one cadre. It counts with the trip it lies in."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="visits", verbose_name="干部")
    household = models.ForeignKey(Household, models.PROTECT, related_name="visits", verbose_name="户")
    trip = models.ForeignKey(Trip, models.PROTECT, null=True, related_name="visits", verbose_name="下乡")
    day = models.DateField("走访日期")
    result = models.CharField("结果", max_length=10, choices=VisitResult.choices, default=VisitResult.MET)
    policy_talk = models.BooleanField("宣讲", default=False)
    proxy_reason = models.CharField("代访原因", max_length=300, blank=True)

    class Meta:
        verbose_name = "走访"
        verbose_name_plural = "走访"
        constraints = (
            models.UniqueConstraint(
                fields=["cadre", "household", "day"],
                condition=Q(voided_at__isnull=True),
                name="visit_once_a_day",
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


class VisitRecord(models.Model):
    """民情记录表: what was heard at the visit (方案四(四))."""

    visit = models.OneToOneField(
        Visit, models.PROTECT, primary_key=True, related_name="record", verbose_name="走访"
    )
    talk_topic = models.CharField("宣讲主题", max_length=300, blank=True)
    income_sources = models.TextField("经济来源", blank=True)
    difficulties = models.TextField("存在困难")
    opinions = models.TextField("群众意见")
    solved_on_spot = models.BooleanField("当场解决", default=False)

    class Meta:
        verbose_name = "民情记录表"
        verbose_name_plural = "民情记录表"

    def __str__(self) -> str:
        return f"{self.visit_id}"


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
    headcount = models.PositiveIntegerField("人数", null=True, blank=True)
    topic = models.CharField("主题", max_length=500)
    cadres: models.ManyToManyField[Cadre, "Participant"] = models.ManyToManyField(
        Cadre, through="Participant", related_name="activities", verbose_name="干部"
    )

    class Meta:
        verbose_name = "活动"
        verbose_name_plural = "活动"
        indexes = (models.Index(fields=["kind", "day"], name="activity_kind_day"),)

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

"""Figures that are kept: what was last computed, and what was frozen (contract, section 6)."""

from django.db import models
from django.db.models import Q

from lianhu.kit.periods import Period
from registry.models import Unit
from reports.models.quotas import Quota, SubjectKind


class Status(models.TextChoices):
    EXEMPT = "exempt", "免考"
    MET = "met", "已完成"
    RUNNING = "running", "进行中"
    MISSED = "missed", "未完成"


class Result(models.Model):
    """One rule for one subject in one period, as `quotas.compute.Figure` has it.

    `unit`: of a cadre the unit held on the reference day, of a unit itself, of a village its township.
    `actual` and `target` as contract section 9 prints them; `done` of `total` is what a page shows.
    """

    period = models.CharField("期间", max_length=7)
    quota = models.ForeignKey(Quota, models.PROTECT, related_name="+", verbose_name="指标")
    subject_kind = models.CharField("对象", max_length=10, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField("对象编号")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name="单位")
    actual = models.FloatField("完成")
    target = models.FloatField("应完成")
    status = models.CharField("状态", max_length=10, choices=Status.choices)
    done = models.IntegerField("完成数")
    total = models.IntegerField("应完成数")

    class Meta:
        abstract = True


class Compliance(Result):
    """The live figure as last computed: nightly, and for whatever was touched since (`quotas.stored`)."""

    class Meta:
        verbose_name = "指标完成情况"
        verbose_name_plural = "指标完成情况"
        constraints = (
            models.UniqueConstraint(fields=["period", "quota", "subject_id"], name="compliance_once"),
        )
        indexes = (models.Index(fields=["subject_kind", "subject_id", "period"], name="compliance_subject"),)

    def __str__(self) -> str:
        return f"{self.period} {self.quota_id} {self.subject_id}"


class StoredPeriod(models.Model):
    """A period whose figures are kept in `Compliance`, and the day and moment of its last full computation."""

    code = models.CharField("期间", max_length=7, primary_key=True)
    first = models.DateField("第一天")
    last = models.DateField("最后一天")
    as_of = models.DateField("截至")
    computed_at = models.DateTimeField("计算时间")

    class Meta:
        verbose_name = "已计算的期间"
        verbose_name_plural = "已计算的期间"

    def __str__(self) -> str:
        return self.code

    @property
    def period(self) -> Period:
        return Period.parse(self.code)


class Touched(models.Model):
    """Whose figures must be computed again, of which days; written by triggers (migration 0005) whoever changes what.

    `subject_kind` empty: everyone. `sources` are those of `quotas.metrics`, empty: all of them.
    """

    subject_kind = models.CharField(max_length=10, blank=True)
    subject_id = models.BigIntegerField(null=True)
    sources = models.CharField(max_length=40, blank=True)
    first = models.DateField()
    last = models.DateField()

    class Meta:
        verbose_name = "待重算"
        verbose_name_plural = "待重算"

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.first}"


class FrozenPeriod(models.Model):
    """定格: the figures of a period by what was recorded before `cut_off` (contract, section 6)."""

    code = models.CharField("期间", max_length=7, unique=True)
    cut_off = models.DateTimeField("截止时间")
    as_of = models.DateField("截至")
    frozen_at = models.DateTimeField("定格时间")

    class Meta:
        verbose_name = "定格"
        verbose_name_plural = "定格"

    def __str__(self) -> str:
        return self.code

    @property
    def period(self) -> Period:
        return Period.parse(self.code)


class FrozenFigure(Result):
    """A frozen figure; append-only, held by a trigger."""

    class Meta:
        verbose_name = "定格的数"
        verbose_name_plural = "定格的数"
        constraints = (
            models.UniqueConstraint(fields=["period", "quota", "subject_id"], name="frozen_figure_once"),
        )
        indexes = (
            models.Index(fields=["subject_kind", "subject_id", "period"], name="frozen_subject"),
            models.Index(fields=["period", "unit"], name="frozen_cadres", condition=Q(subject_kind="cadre")),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.quota_id} {self.subject_id}"

"""季度报告 of the units, and the county's 通报 of them (contract, section 7; 方案五(二))."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from lianhu.kit.periods import Period
from registry.models import Unit


class ReportState(models.TextChoices):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已报送"
    RETURNED = "returned", "已退回"
    ACCEPTED = "accepted", "已采纳"


class QuarterlyReport(models.Model):
    """季度报告 of a unit; `accepted_on` is what `quarterly_report` counts.

    Figures are never stored with it: they are the quarter's own, live until they freeze with its last month
    (`FrozenFigure` its duties, `FrozenCount` the rest).
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="quarterly_reports", verbose_name="单位")
    year = models.PositiveSmallIntegerField("年")
    quarter = models.PositiveSmallIntegerField("季度")
    state = models.CharField(
        "状态",
        max_length=10,
        choices=ReportState.choices,
        default=ReportState.DRAFT,
        db_default=ReportState.DRAFT,
    )
    work_done = models.TextField("工作开展情况", blank=True, default="", db_default="")
    problems = models.TextField("存在的问题", blank=True, default="", db_default="")
    next_steps = models.TextField("下一步打算", blank=True, default="", db_default="")
    accepted_on = models.DateField("采纳日期", null=True, blank=True)
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=0, db_default=0)

    class Meta:
        verbose_name = "季度报告"
        verbose_name_plural = "季度报告"
        constraints = (
            models.UniqueConstraint(fields=["unit", "year", "quarter"], name="quarterly_report_once"),
            models.CheckConstraint(name="quarter_1_to_4", condition=Q(quarter__range=(1, 4))),
            models.CheckConstraint(
                name="quarterly_report_accepted_has_day",
                condition=Q(state=ReportState.ACCEPTED, accepted_on__isnull=False)
                | (~Q(state=ReportState.ACCEPTED) & Q(accepted_on__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit} {self.year}Q{self.quarter}"

    @property
    def period(self) -> Period:
        return Period.parse(f"{self.year}Q{self.quarter}")


class ReportAction(models.TextChoices):
    DRAFT = "draft", "生成草稿"
    SUBMIT = "submit", "报送"
    RETURN = "return", "退回"
    ACCEPT = "accept", "采纳"


class ReportEvent(models.Model):
    """A step of a report: who, when, why. Append-only, held by a trigger."""

    report = models.ForeignKey(
        QuarterlyReport, models.PROTECT, related_name="events", verbose_name="季度报告"
    )
    action = models.CharField("动作", max_length=10, choices=ReportAction.choices)
    reason = models.TextField("说明", blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "报告过程"
        verbose_name_plural = "报告过程"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.at}"


class CountySummary(models.Model):
    """通报: the county's summary of a quarter. It lists units by name with their outcomes, and ranks nobody."""

    year = models.PositiveSmallIntegerField("年")
    quarter = models.PositiveSmallIntegerField("季度")
    opening = models.TextField("总体情况", blank=True)
    requirements = models.TextField("下一步要求", blank=True)
    document_number = models.CharField("发文字号", max_length=60, blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=0)

    class Meta:
        verbose_name = "季度通报"
        verbose_name_plural = "季度通报"
        constraints = (
            models.UniqueConstraint(fields=["year", "quarter"], name="county_summary_once"),
            models.CheckConstraint(name="county_summary_quarter", condition=Q(quarter__range=(1, 4))),
        )

    def __str__(self) -> str:
        return f"{self.year}Q{self.quarter}"


class FrozenCount(models.Model):
    """What a quarter's reports count beside the duties, frozen with it, and the rows it counts; append-only.

    `unit` empty: of matters that are nobody's yet. `rows` are ids of what `name` counts (`quarterly.counts`); of
    satisfaction, which is parts of `revisited`, there are none.
    """

    period = models.CharField("季度", max_length=7)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", verbose_name="单位")
    name = models.CharField("项目", max_length=20)
    number = models.IntegerField("数")
    rows = ArrayField(models.BigIntegerField(), default=list, verbose_name="依据")

    class Meta:
        verbose_name = "定格的季度数"
        verbose_name_plural = "定格的季度数"
        constraints = (
            models.UniqueConstraint(
                fields=["period", "unit", "name"], name="frozen_count_once", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.unit_id} {self.name}"

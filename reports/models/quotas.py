"""The rules (contract, section 6)."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Q

from lianhu.kit.db import day_span, ordered_days


class SubjectKind(models.TextChoices):
    CADRE = "cadre", "干部"
    UNIT = "unit", "单位"
    VILLAGE = "village", "村(社区)"


class Binds(models.TextChoices):
    """Whom a rule binds (contract 6); `quotas.rules.BOUND` says what each group holds."""

    COUNTY_LEADERS = "county_leaders", "县级领导"
    SECTION_LEVEL = "section_level", "科级"
    STAFF = "staff", "一般干部"
    COUNTY_DEPARTMENTS = "county_departments", "县级部门"
    TOWNSHIPS = "townships", "乡镇"
    UNITS = "units", "全部单位"
    VILLAGES = "villages", "村(社区)"


class QuotaPeriod(models.TextChoices):
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    YEAR = "year", "每年"


class Quota(models.Model):
    """指标: a rule as data. A period takes the one in force on its last day (contract 6, rule 0)."""

    code = models.CharField("代码", max_length=40)
    name = models.CharField("名称", max_length=40)
    binds = models.CharField("适用", max_length=20, choices=Binds.choices)
    period = models.CharField("周期", max_length=10, choices=QuotaPeriod.choices)
    metric = models.CharField("算法", max_length=40)
    target = models.DecimalField("目标", max_digits=7, decimal_places=1)
    measure = models.CharField("量词", max_length=4)
    clause = models.CharField("条款", max_length=60)
    params = models.JSONField("参数", default=dict, blank=True)
    begins_on = models.DateField("开始日期", null=True, blank=True)
    ends_on = models.DateField("结束日期", null=True, blank=True)

    class Meta:
        verbose_name = "指标"
        verbose_name_plural = "指标"
        constraints = (
            ordered_days("quota_days_ordered"),
            models.CheckConstraint(name="quota_target_positive", condition=Q(target__gt=0)),
            ExclusionConstraint(
                name="quota_one_rule_a_day",
                expressions=[("code", "="), ("binds", "="), ("period", "="), (day_span(), "&&")],
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.get_binds_display()})"

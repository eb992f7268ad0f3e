"""What was asked and answered: the one ledger (contract, section 4)."""

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from registry.models import Cadre, Household, Village
from visits.models import Visit, Voidable


class GrievanceKind(models.TextChoices):
    LIVELIHOOD = "livelihood", "民生诉求"
    DISPUTE = "dispute", "矛盾纠纷"
    HAZARD = "hazard", "问题隐患"
    PROJECT = "project", "民生项目问题"
    SUGGESTION = "suggestion", "意见建议"


class Level(models.TextChoices):
    """小事不出村、中事不出乡、大事不出县 (方案四(二))."""

    VILLAGE = "village", "村"
    TOWNSHIP = "township", "乡"
    COUNTY = "county", "县"


class Outcome(models.TextChoices):
    SOLVED = "solved", "已解决"
    PARTLY = "partly", "部分解决"
    EXPLAINED = "explained", "政策解释"


class Satisfaction(models.TextChoices):
    SATISFIED = "satisfied", "满意"
    BASICALLY = "basically", "基本满意"
    DISSATISFIED = "dissatisfied", "不满意"


class GrievanceState(models.TextChoices):
    """The steps no matter may skip; `grievances.history` reads the state off imported dates."""

    REGISTERED = "registered", "已挂号"
    ASSIGNED = "assigned", "已交办"
    REPLIED = "replied", "已答复"
    REVISITED = "revisited", "已回访"
    CLOSED = "closed", "已销号"
    PUBLISHED = "published", "已公示"


# What needs nobody's work any more.
OVER = (GrievanceState.CLOSED, GrievanceState.PUBLISHED)


class Category(models.Model):
    """类别: the first set is from 方案四(三)-(四); the office edits it."""

    name = models.CharField("名称", max_length=50, unique=True)
    position = models.PositiveSmallIntegerField("次序")

    class Meta:
        verbose_name = "类别"
        verbose_name_plural = "类别"
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class Grievance(Voidable):
    """诉求/问题: one matter, of a household or of a whole village."""

    number = models.CharField("诉求编号", max_length=40, unique=True)
    kind = models.CharField("类型", max_length=20, choices=GrievanceKind.choices)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name="类别")
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="grievances", verbose_name="户"
    )
    village = models.ForeignKey(Village, models.PROTECT, related_name="grievances", verbose_name="村")
    title = models.CharField("标题", max_length=200)
    content = models.TextField("内容")
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    state = models.CharField("状态", max_length=12, choices=GrievanceState.choices)
    handler = models.ForeignKey(
        Cadre, models.PROTECT, null=True, blank=True, related_name="grievances", verbose_name="主办人"
    )
    registered_on = models.DateField("挂号日期")
    replied_on = models.DateField("答复日期", null=True, blank=True)
    outcome = models.CharField("答复结果", max_length=10, choices=Outcome.choices, blank=True)
    satisfaction = models.CharField("回访结果", max_length=12, choices=Satisfaction.choices, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)
    visit = models.ForeignKey(
        Visit, models.PROTECT, null=True, blank=True, related_name="grievances", verbose_name="走访"
    )
    # The family's own code is never stored: its keyed hash finds the matter (contract, section 3).
    query_code_hash = models.BinaryField("查询码", null=True)
    captured_at = models.DateTimeField("听到的时间", null=True, blank=True)
    published_on = models.DateField("公示日期", null=True, blank=True)

    class Meta:
        verbose_name = "诉求"
        verbose_name_plural = "诉求"
        constraints = (
            models.CheckConstraint(
                name="grievance_days_ordered",
                condition=(
                    (Q(replied_on__isnull=True) | Q(replied_on__gte=F("registered_on")))
                    & (Q(closed_on__isnull=True) | Q(closed_on__gte=F("replied_on")))
                    & (Q(published_on__isnull=True) | Q(published_on__gte=F("closed_on")))
                ),
            ),
            models.UniqueConstraint(fields=["query_code_hash"], name="grievance_one_a_query_code"),
            models.CheckConstraint(
                name="grievance_no_step_skipped",
                condition=(
                    (Q(closed_on__isnull=True) | Q(replied_on__isnull=False))
                    & (Q(published_on__isnull=True) | Q(closed_on__isnull=False))
                    & (Q(replied_on__isnull=True, outcome="") | Q(replied_on__isnull=False) & ~Q(outcome=""))
                ),
            ),
        )
        indexes = (
            models.Index(fields=["visit"], name="grievance_visit", condition=Q(visit__isnull=False)),
            models.Index(fields=["handler", "closed_on"], name="grievance_handler_closed"),
            models.Index(fields=["household"], name="grievance_household"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class GrievanceAction(models.TextChoices):
    """Verbs of section 4 that imported history can show; the workflow adds the rest."""

    REGISTER = "register", "挂号"
    ASSIGN = "assign", "交办"
    REPLY = "reply", "答复"
    REVISIT = "revisit", "回访"
    CLOSE = "close", "销号"
    PUBLISH = "publish", "公示"
    CORRECT = "correct", "更正"
    HAND_OVER = "hand_over", "接替"


class GrievanceEvent(models.Model):
    """One step: who, when, from, to, why. Append-only, held by a trigger."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="events", verbose_name="诉求")
    action = models.CharField("动作", max_length=12, choices=GrievanceAction.choices)
    from_state = models.CharField("原状态", max_length=12, choices=GrievanceState.choices, blank=True)
    to_state = models.CharField("新状态", max_length=12, choices=GrievanceState.choices)
    on = models.DateField("日期")
    reason = models.CharField("说明", max_length=500, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    recorded_at = models.DateTimeField("记录时间")

    class Meta:
        verbose_name = "办理过程"
        verbose_name_plural = "办理过程"
        ordering = ("id",)
        indexes = (models.Index(fields=["grievance", "id"], name="event_timeline"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.on}"


class NumberCounter(models.Model):
    """The year's highest serial; the next matter takes one more (contract, section 4)."""

    year = models.PositiveSmallIntegerField("年", primary_key=True)
    highest = models.PositiveIntegerField("最大流水号")

    class Meta:
        verbose_name = "编号"
        verbose_name_plural = "编号"

    def __str__(self) -> str:
        return f"{self.year}: {self.highest}"

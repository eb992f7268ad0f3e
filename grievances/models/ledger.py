"""What was asked and answered: the one ledger (contract, section 4)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, TextField

from accounts.models import User
from grievances.numbering import NumberField
from grievances.querysets import GrievanceQuerySet
from grievances.states import OVER, GrievanceState
from registry.models import Cadre, Household, Unit, Village
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


class Mark(models.TextChoices):
    """重点人、事、物、地、时 (方案四(二))."""

    PERSON = "person", "重点人"
    AFFAIR = "affair", "重点事"
    THING = "thing", "重点物"
    PLACE = "place", "重点地"
    TIME = "time", "重点时"


class Approach(models.TextChoices):
    """五诊: the way a matter is handled (方案四(二))."""

    DESK = "desk", "门诊"
    AT_HOME = "at_home", "出诊"
    TOGETHER = "together", "会诊"
    URGENT = "urgent", "急诊"
    AGAIN = "again", "复诊"


class WithheldKind(models.TextChoices):
    """Why a matter never appears in public."""

    SECRET = "secret", "涉密"
    PRIVACY = "privacy", "隐私"
    REPORT = "report", "举报"


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

    number = NumberField("诉求编号", max_length=40, unique=True)
    kind = models.CharField("类型", max_length=20, choices=GrievanceKind.choices)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name="类别")
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="grievances", verbose_name="户"
    )
    village = models.ForeignKey(
        Village, models.PROTECT, related_name="grievances", verbose_name="村", db_index=False
    )
    title = models.CharField("标题", max_length=200)
    content = models.TextField("内容")
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    state = models.CharField("状态", max_length=12, choices=GrievanceState.choices)
    handler = models.ForeignKey(
        Cadre,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grievances",
        verbose_name="主办人",
        db_index=False,
    )
    registered_on = models.DateField("挂号日期")
    replied_on = models.DateField("答复日期", null=True, blank=True)
    outcome = models.CharField("答复结果", max_length=10, choices=Outcome.choices, blank=True)
    satisfaction = models.CharField("回访结果", max_length=12, choices=Satisfaction.choices, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)
    visit = models.ForeignKey(
        Visit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="grievances",
        verbose_name="走访",
        db_index=False,
    )
    # The family's own code is never stored: its keyed hash finds the matter (contract, section 3).
    query_code_hash = models.BinaryField("查询码", null=True)
    captured_at = models.DateTimeField("听到的时间", null=True, blank=True)
    published_on = models.DateField("公示日期", null=True, blank=True)

    # --- by when, with whom, how often (`grievances.deadlines`, `grievances.workflow`) ---
    assign_due_on = models.DateField("交办期限", null=True, blank=True)
    # 暂定 while a year on the way has no official calendar yet.
    assign_due_certain = models.BooleanField(default=True, db_default=True)
    reply_due_on = models.DateField("答复期限", null=True, blank=True)
    extension_days = models.PositiveSmallIntegerField("延期天数", default=0, db_default=0)
    # Since when it is with the present handler, or waits at its level to be assigned.
    held_since = models.DateField("到手日期", null=True, blank=True)
    returns = models.PositiveSmallIntegerField("退回次数", default=0, db_default=0)
    reopenings = models.PositiveSmallIntegerField("退回重办次数", default=0, db_default=0)
    lead_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主办单位"
    )
    helping_units = models.ManyToManyField(Unit, blank=True, related_name="+", verbose_name="协办单位")
    marks = ArrayField(
        models.CharField(max_length=10, choices=Mark.choices),
        verbose_name="重点",
        default=list,
        db_default=[],
        blank=True,
    )
    approach = models.CharField(
        "办理方式", max_length=10, choices=Approach.choices, blank=True, default="", db_default=""
    )

    # --- what came of it ---
    reply = models.TextField("答复内容", blank=True, default="", db_default="")
    policy = models.ForeignKey(
        "Policy", models.PROTECT, null=True, blank=True, related_name="cited_by", verbose_name="政策依据"
    )
    revisited_on = models.DateField("回访日期", null=True, blank=True)
    revisit_waived = models.BooleanField("免回访", default=False, db_default=False)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name="并入",
        db_index=False,
    )
    withheld_kind = models.CharField(
        "不予公示", max_length=10, choices=WithheldKind.choices, blank=True, default="", db_default=""
    )
    withheld_reason = models.CharField("不予公示原因", max_length=500, blank=True, default="", db_default="")
    # 剔除: the satisfaction stays, and is not counted (`grievances.satisfaction`).
    set_aside_at = models.DateTimeField("剔除时间", null=True, blank=True)
    set_aside_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="剔除人"
    )
    set_aside_reason = models.CharField("剔除原因", max_length=500, blank=True, default="", db_default="")

    # What two characters are searched in (PERFORMANCE 5): pg_trgm has no index for so few.
    bigrams = models.GeneratedField(
        expression=Func("number", "title", "content", function="grievances_bigrams"),
        output_field=ArrayField(TextField()),
        db_persist=True,
    )

    objects: ClassVar[GrievanceQuerySet] = GrievanceQuerySet.as_manager()  # type: ignore[assignment]

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
            models.CheckConstraint(
                name="grievance_not_its_own_parent", condition=Q(parent__isnull=True) | ~Q(parent=F("pk"))
            ),
            models.CheckConstraint(
                name="grievance_extension_at_most_30_days", condition=Q(extension_days__lte=30)
            ),
            models.CheckConstraint(
                name="grievance_withheld_with_reason",
                condition=Q(withheld_kind="", withheld_reason="")
                | ~Q(withheld_kind="") & ~Q(withheld_reason=""),
            ),
            models.CheckConstraint(
                name="grievance_withheld_is_not_public",
                condition=Q(withheld_kind="") | Q(published_on__isnull=True),
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
            GinIndex(fields=["bigrams"], name="grievance_bigrams"),
            models.Index(fields=["parent"], name="grievance_parent", condition=Q(parent__isnull=False)),
            models.Index(fields=["visit"], name="grievance_visit", condition=Q(visit__isnull=False)),
            models.Index(fields=["handler", "closed_on"], name="grievance_handler_closed"),
            # The ledger's order, with all that its filters and counts ask: they read no row for it.
            models.Index(
                fields=["registered_on", "id"],
                include=[
                    *(
                        "state",
                        "voided_at",
                        "parent",
                        "level",
                        "village",
                        "household",
                        "handler",
                        "lead_unit",
                    ),
                    *("kind", "category", "marks", "satisfaction", "outcome", "withheld_kind"),
                    *("assign_due_on", "reply_due_on"),
                ],
                name="grievance_ledger",
            ),
            models.Index(fields=["village", "registered_on", "id"], name="grievance_of_village"),
            # What somebody still has to do something with: few, however long the ledger.
            models.Index(
                fields=["state", "level", "village"],
                condition=Q(voided_at__isnull=True, parent__isnull=True)
                & Q(state__in=("registered", "assigned", "replied", "revisited", "closed")),
                name="grievance_in_work",
            ),
            # 不予公示, and those up or over, as the pages of 公示 list them.
            models.Index(
                fields=["-registered_on", "-id"],
                condition=~Q(withheld_kind=""),
                name="grievance_withheld",
            ),
            models.Index(
                fields=["-published_on", "-id"],
                condition=Q(state="published", withheld_kind=""),
                name="grievance_up",
            ),
            # Refused by the database, and looked for all the same: nothing to read.
            models.Index(
                fields=["registered_on", "id"],
                condition=Q(voided_at__isnull=True, state__in=("closed", "published"))
                & (Q(replied_on__isnull=True) | Q(outcome="")),
                name="grievance_over_unanswered",
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_open(self) -> bool:
        """Somebody still owes something: not closed, not void, not part of another matter."""
        return self.voided_at is None and self.parent_id is None and self.state not in OVER

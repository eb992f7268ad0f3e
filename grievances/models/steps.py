"""What happened to a matter: its steps, what was asked of the next level, the year's counter."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from accounts.models import User
from grievances.models.ledger import Grievance, Level
from grievances.states import GrievanceState
from registry.models import Cadre


class GrievanceAction(models.TextChoices):
    """Verbs of section 4. What each needs, and who may: `grievances.workflow.STEPS`."""

    REGISTER = "register", "挂号"
    ASSIGN = "assign", "交办"
    TRANSFER = "transfer", "转办"
    ESCALATE = "escalate", "升级"
    RETURN = "return", "退回"
    ASK_EXTENSION = "ask_extension", "申请延期"
    EXTEND = "extend", "批准延期"
    REFUSE_EXTENSION = "refuse_extension", "不批准延期"
    REPLY = "reply", "答复"
    REVISIT = "revisit", "回访"
    ASK_WAIVER = "ask_waiver", "申请免回访"
    WAIVE = "waive", "批准免回访并销号"
    REFUSE_WAIVER = "refuse_waiver", "不批准免回访"
    CLOSE = "close", "销号"
    PUBLISH = "publish", "公示"
    WITHHOLD = "withhold", "不予公示"
    REOPEN = "reopen", "退回重办"
    OBJECT = "object", "提出异议"
    KEEP = "keep", "答复异议"
    MERGE = "merge", "并案"
    UNMERGE = "unmerge", "取消并案"
    VOID = "void", "作废"
    NOTE = "note", "办理进展"
    REMIND = "remind", "催办"
    OVERDUE = "overdue", "逾期上报"
    TELL = "tell", "告知群众"
    RATE = "rate", "群众评价"
    SET_ASIDE = "set_aside", "剔除评价"
    RESCHEDULE = "reschedule", "重算期限"
    CORRECT = "correct", "更正"
    HAND_OVER = "hand_over", "接替"


class GrievanceEvent(models.Model):
    """One step: who, when, from, to, why. Append-only, held by a trigger.

    `handler` and `level` are those the step led to; `value` is what was said in one word: an outcome, a
    satisfaction, days of extension, the other matter's number.
    """

    grievance = models.ForeignKey(
        Grievance, models.PROTECT, related_name="events", verbose_name="诉求", db_index=False
    )
    action = models.CharField("动作", max_length=20, choices=GrievanceAction.choices)
    from_state = models.CharField("原状态", max_length=12, choices=GrievanceState.choices, blank=True)
    to_state = models.CharField("新状态", max_length=12, choices=GrievanceState.choices)
    on = models.DateField("日期")
    reason = models.TextField("说明", blank=True)
    handler = models.ForeignKey(
        Cadre, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主办人"
    )
    level = models.CharField(
        "层级", max_length=10, choices=Level.choices, blank=True, default="", db_default=""
    )
    value = models.CharField("内容", max_length=60, blank=True, default="", db_default="")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="经办人")
    recorded_at = models.DateTimeField("记录时间")

    class Meta:
        verbose_name = "办理过程"
        verbose_name_plural = "办理过程"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["grievance", "id"], name="event_timeline"),
            # What came after a cut-off (`reports.quotas.as_recorded`); rows lie in the order they were recorded.
            BrinIndex(fields=["recorded_at"], name="event_recorded"),
            # Few of a million steps, and counted for each public page.
            models.Index(
                fields=["grievance"],
                name="event_dissatisfied",
                condition=Q(action="revisit", value="dissatisfied"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.on}"


class RequestKind(models.TextChoices):
    EXTENSION = "extension", "延期"
    WAIVER = "waiver", "免回访"


class StepRequest(models.Model):
    """延期 or 免回访, asked by who handles the matter and decided by the next level up (contract, section 4)."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="requests", verbose_name="诉求")
    kind = models.CharField("类型", max_length=10, choices=RequestKind.choices)
    days = models.PositiveSmallIntegerField("延期天数", null=True, blank=True)
    reason = models.CharField("原因", max_length=500)
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    approved = models.BooleanField("批准", null=True, blank=True)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="决定人"
    )

    class Meta:
        verbose_name = "申请"
        verbose_name_plural = "申请"
        constraints = (
            models.UniqueConstraint(
                fields=["grievance", "kind"],
                condition=Q(decided_at__isnull=True),
                name="step_request_one_waiting",
            ),
            # 延期 once (contract, section 4).
            models.UniqueConstraint(
                fields=["grievance"],
                condition=Q(kind="extension", approved=True),
                name="step_request_one_extension",
            ),
            models.CheckConstraint(
                name="step_request_days_of_extension",
                condition=Q(kind="waiver", days__isnull=True) | Q(kind="extension", days__range=(1, 30)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.grievance_id}"


class NumberCounter(models.Model):
    """The year's highest serial; the next matter takes one more (contract, section 4)."""

    year = models.PositiveSmallIntegerField("年", primary_key=True)
    highest = models.PositiveIntegerField("最大流水号")

    class Meta:
        verbose_name = "编号"
        verbose_name_plural = "编号"

    def __str__(self) -> str:
        return f"{self.year}: {self.highest}"

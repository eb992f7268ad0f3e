"""What the desks work with: filings of residents, attachments, templates, policies, saved filters."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import User
from grievances.models.ledger import Category, Grievance, GrievanceKind
from registry.models import Village


class FilingState(models.TextChoices):
    """Before REGISTERED (contract, section 4)."""

    WAITING = "waiting", "待挂号"
    REGISTERED = "registered", "已挂号"
    DECLINED = "declined", "不予受理"


class Filing(models.Model):
    """我要反映: filed by a resident without an account; it has no number until the branch registers it.

    The filer reads state, number and reason by the query code, of which only the keyed hash is kept. Name and
    phone are the filer's to give; the phone is sealed.
    """

    village = models.ForeignKey(Village, models.PROTECT, related_name="filings", verbose_name="村")
    kind = models.CharField("类型", max_length=20, choices=GrievanceKind.choices)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="类别"
    )
    title = models.CharField("标题", max_length=200)
    content = models.TextField("内容")
    filer_name = models.CharField("反映人", max_length=50, blank=True)
    phone_sealed = models.BinaryField("电话", null=True)
    query_code_hash = models.BinaryField("查询码")
    filed_at = models.DateTimeField("提交时间")
    # The same form sent twice (double tap, answer lost) is one filing.
    form_id = models.UUIDField(unique=True)
    state = models.CharField("状态", max_length=12, choices=FilingState.choices, default=FilingState.WAITING)
    decline_reason = models.CharField("不予受理原因", max_length=500, blank=True)
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办人"
    )
    grievance = models.OneToOneField(
        Grievance, models.PROTECT, null=True, blank=True, related_name="filing", verbose_name="诉求"
    )

    class Meta:
        verbose_name = "群众反映"
        verbose_name_plural = "群众反映"
        ordering = ("filed_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["query_code_hash"], name="filing_one_a_query_code"),
            models.CheckConstraint(
                name="filing_stands_where_it_says",
                condition=Q(state="waiting", grievance__isnull=True, decided_at__isnull=True)
                | Q(state="registered", grievance__isnull=False, decided_at__isnull=False)
                | Q(state="declined", grievance__isnull=True, decided_at__isnull=False)
                & ~Q(decline_reason=""),
            ),
        )
        indexes = (
            models.Index(fields=["village", "filed_at"], name="filing_waiting", condition=Q(state="waiting")),
            models.Index(fields=["village", "filed_at"], name="filing_of_village"),
            models.Index(fields=["filed_at"], name="filing_filed"),
        )

    def __str__(self) -> str:
        return self.title


class Attachment(models.Model):
    """A photo or a PDF of a matter. Photos are re-encoded; `file` and `thumbnail` are names in the photo storage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="attachments", verbose_name="诉求")
    name = models.CharField("名称", max_length=100)
    content_type = models.CharField("类型", max_length=30)
    file = models.CharField("文件", max_length=200, blank=True)
    thumbnail = models.CharField("缩略图", max_length=200, blank=True)
    digest = models.CharField("摘要", max_length=64)
    size = models.PositiveIntegerField("字节")
    added_at = models.DateTimeField("上传时间")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    removed_at = models.DateTimeField("清除时间", null=True, blank=True)

    class Meta:
        verbose_name = "附件"
        verbose_name_plural = "附件"
        ordering = ("added_at", "id")

    def __str__(self) -> str:
        return self.name


class ReplyTemplate(models.Model):
    """答复模板, for one category or for all."""

    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="类别"
    )
    title = models.CharField("名称", max_length=100)
    text = models.TextField("内容")
    retired_on = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        verbose_name = "答复模板"
        verbose_name_plural = "答复模板"
        ordering = ("category__position", "title", "id")

    def __str__(self) -> str:
        return self.title


class Policy(models.Model):
    """政策库: what a 政策解释 cites. `taken_from`: the published reply it was made of, if so."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name="类别")
    title = models.CharField("名称", max_length=200)
    text = models.TextField("内容")
    source = models.CharField("依据", max_length=200, blank=True)
    taken_from = models.ForeignKey(
        Grievance, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="来自诉求"
    )
    added_at = models.DateTimeField("加入时间")
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="加入人")
    retired_on = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        verbose_name = "政策"
        verbose_name_plural = "政策库"
        ordering = ("category__position", "title", "id")

    def __str__(self) -> str:
        return self.title


class SavedFilter(models.Model):
    """常用筛选 of one person: the ledger's query string under a name."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters", verbose_name="账号")
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=500)

    class Meta:
        verbose_name = "常用筛选"
        verbose_name_plural = "常用筛选"
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["user", "name"], name="saved_filter_once"),)

    def __str__(self) -> str:
        return self.name


class ProminentProblem(models.Model):
    """十大突出问题清单: picked by the office from the year's ledger, promised by a unit, tracked to its end."""

    year = models.PositiveSmallIntegerField("年")
    position = models.PositiveSmallIntegerField("序号")
    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="prominent", verbose_name="诉求")
    title = models.CharField("问题", max_length=200, help_text="公开的说法，不写姓名、电话和住址")
    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+", verbose_name="责任单位")
    promise = models.CharField("承诺", max_length=500)
    due_on = models.DateField("完成期限")
    progress = models.CharField("进展", max_length=500, blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)
    published_at = models.DateTimeField("公布时间", null=True, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="列入人")
    added_at = models.DateTimeField("列入时间")

    class Meta:
        verbose_name = "十大突出问题"
        verbose_name_plural = "十大突出问题清单"
        ordering = ("-year", "position")
        constraints = (
            models.UniqueConstraint(fields=["year", "grievance"], name="prominent_once_a_year"),
            models.UniqueConstraint(
                fields=["year", "position"],
                name="prominent_one_a_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(name="prominent_ten_a_year", condition=Q(position__range=(1, 10))),
        )

    def __str__(self) -> str:
        return f"{self.year} {self.position}"

"""What is never deleted, and what counts only once it is approved."""

from django.db import models

from accounts.models import User


class Voidable(models.Model):
    """Nothing is ever deleted: it is voided (作废) with a reason and stays visible as such."""

    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废原因", max_length=500, blank=True)
    recorded_at = models.DateTimeField("录入时间")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="录入人")

    class Meta:
        abstract = True


class Backfillable(models.Model):
    """Entered more than 7 days after the trip's last day: 补录, which counts only once the unit leader approves
    it (contract, section 3). A refusal says why; what was refused stays, and does not count."""

    backfilled = models.BooleanField("补录", default=False, db_default=False)
    approved_at = models.DateTimeField("批准时间", null=True, blank=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="批准人"
    )
    refused_at = models.DateTimeField("不批准时间", null=True, blank=True)
    refused_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="不批准的人"
    )
    refuse_reason = models.CharField("不批准原因", max_length=300, blank=True, default="", db_default="")

    class Meta:
        abstract = True

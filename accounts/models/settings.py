"""Values the office may change from a date on, and the calendar of working days."""

from django.db import models

from accounts.models.people import User


class Setting(models.Model):
    """A value that holds from a day until the next one of its name. What there is: `accounts.settings`."""

    name = models.CharField("设置", max_length=40)
    value = models.PositiveIntegerField("值")
    begins_on = models.DateField("从哪天起")
    set_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, editable=False, related_name="+", verbose_name="修改人"
    )
    set_at = models.DateTimeField("修改时间", auto_now=True)

    class Meta:
        verbose_name = "设置"
        verbose_name_plural = "设置"
        ordering = ("name", "-begins_on")
        constraints = (models.UniqueConstraint(fields=["name", "begins_on"], name="setting_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.name} {self.begins_on}"


class CalendarYear(models.Model):
    """A year whose official schedule of holidays is known; of other years working days are 暂定."""

    year = models.PositiveSmallIntegerField("年", primary_key=True)
    source = models.CharField("依据", max_length=200)

    class Meta:
        verbose_name = "已公布的年份"
        verbose_name_plural = "已公布的年份"
        ordering = ("-year",)

    def __str__(self) -> str:
        return f"{self.year}年"


class CalendarDay(models.Model):
    """A day that is not what its weekday says: 休 on a weekday, 班 on a weekend (调休)."""

    day = models.DateField("日期", unique=True)
    works = models.BooleanField("上班", default=False)
    name = models.CharField("名称", max_length=50)

    class Meta:
        verbose_name = "节假日与调休"
        verbose_name_plural = "节假日与调休"
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{self.day} {'班' if self.works else '休'}"

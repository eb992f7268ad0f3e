"""The audit log: only ever added to, sealed into a keyed chain (contract, section 8)."""

from django.db import models

from accounts.models.people import User


class AuditKind(models.TextChoices):
    SIGN_IN = "sign_in", "登录"
    SIGN_IN_FAILED = "sign_in_failed", "登录失败"
    SIGN_IN_LOCKED = "sign_in_locked", "登录被锁定"
    SIGN_OUT = "sign_out", "退出"
    SESSION_ENDED = "session_ended", "登录被结束"
    CODE_ISSUED = "code_issued", "打印激活条"
    ACTIVATED = "activated", "激活账号"
    PASSWORD_CHANGED = "password_changed", "修改密码"
    TWO_FACTOR = "two_factor", "两步验证"
    READ = "read", "查看户档案"
    REVEAL = "reveal", "查看完整信息"
    EXPORT = "export", "导出"
    IMPORT = "import", "导入"
    ADDED = "added", "新增"
    CHANGED = "changed", "修改"
    REMOVED = "removed", "删除"
    ERASED = "erased", "清除个人信息"
    CHECKED = "checked", "核对审计日志"


class AuditEntry(models.Model):
    """One thing that was done. Added unsealed in the transaction of the act, sealed within seconds.

    `number`, `mac` and `hash` are set once, by the sealer; a trigger refuses every other change.
    `detail` is text, since what is sealed must come back byte for byte.
    """

    at = models.DateTimeField("时间")
    kind = models.CharField("种类", max_length=20, choices=AuditKind.choices)
    # No constraint: an entry must not wait for, or lock, the account it names.
    actor = models.ForeignKey(
        User,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name="操作人",
    )
    actor_name = models.CharField("操作人", max_length=100, blank=True)
    address = models.CharField("网络地址", max_length=45, blank=True)
    request_id = models.CharField("请求编号", max_length=64, blank=True)
    subject_table = models.CharField("对象种类", max_length=63, blank=True)
    subject_id = models.BigIntegerField("对象", null=True)
    subject_key = models.CharField("对象编码", max_length=100, blank=True)
    detail = models.TextField("内容", blank=True)
    private_digest = models.CharField(max_length=64, blank=True)
    number = models.BigIntegerField("序号", null=True, unique=True)
    mac = models.BinaryField(null=True)
    hash = models.BinaryField(null=True)

    class Meta:
        verbose_name = "审计记录"
        verbose_name_plural = "审计记录"
        indexes = (
            models.Index(fields=["id"], name="audit_unsealed", condition=models.Q(number__isnull=True)),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["kind", "-id"], name="audit_kind"),
            models.Index(fields=["subject_table", "subject_id", "-id"], name="audit_subject"),
            models.Index(fields=["subject_key", "-id"], name="audit_subject_key"),
            models.Index(fields=["at"], name="audit_at"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at}"


class AuditPrivate(models.Model):
    """What an entry says of a family: kept apart, so that it can be blacked out with the chain intact.

    The entry holds only a salted digest; blacked out, salt and body go and the digest tells nothing.
    """

    entry = models.OneToOneField(AuditEntry, models.PROTECT, primary_key=True, related_name="private")
    salt = models.CharField(max_length=64)
    body = models.TextField()
    erased_by = models.ForeignKey(
        AuditEntry, models.PROTECT, null=True, related_name="+", verbose_name="清除记录"
    )

    class Meta:
        verbose_name = "审计记录中的家庭信息"
        verbose_name_plural = "审计记录中的家庭信息"

    def __str__(self) -> str:
        return f"{self.entry_id}"


class AuditCheck(models.Model):
    """What verifying the chain found."""

    at = models.DateTimeField("时间")
    sound = models.BooleanField("完好")
    entries = models.BigIntegerField("已封存")
    told = models.CharField("结果", max_length=500)

    class Meta:
        verbose_name = "审计日志核对"
        verbose_name_plural = "审计日志核对"

    def __str__(self) -> str:
        return f"{self.at} {self.told}"

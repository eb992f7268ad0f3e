"""The whole ledger: its workflow, deadlines, desks, notices to the family, publication."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.audit.triggers import LogChanges

# Two characters are enough to search by, and pg_trgm has no index for so few (PERFORMANCE 5).
BIGRAMS = r"""
CREATE FUNCTION grievances_bigrams(number text, title text, content text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$
    SELECT coalesce(array_agg(DISTINCT c || next) FILTER (WHERE c || next !~ '\s'), '{}')
    FROM (SELECT c, lead(c) OVER (ORDER BY place) AS next
          FROM unnest(string_to_array(lower(number || E'\n' || title || E'\n' || content), NULL)) WITH ORDINALITY AS u (c, place)) pair
    WHERE next IS NOT NULL
$$
"""
_BEFORE = "title content void_reason"


class Migration(migrations.Migration):
    dependencies = [
        ("grievances", "0006_hand_over"),
        ("registry", "0006_field_work"),
        ("visits", "0004_log_photos"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(BIGRAMS, "DROP FUNCTION grievances_bigrams(text, text, text)"),
        migrations.CreateModel(
            name="ProminentProblem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(verbose_name="年")),
                ("position", models.PositiveSmallIntegerField(verbose_name="序号")),
                (
                    "title",
                    models.CharField(
                        help_text="公开的说法，不写姓名、电话和住址", max_length=200, verbose_name="问题"
                    ),
                ),
                ("promise", models.CharField(max_length=500, verbose_name="承诺")),
                ("due_on", models.DateField(verbose_name="完成期限")),
                ("progress", models.CharField(blank=True, max_length=500, verbose_name="进展")),
                ("done_on", models.DateField(blank=True, null=True, verbose_name="完成日期")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="公布时间")),
                ("added_at", models.DateTimeField(verbose_name="列入时间")),
            ],
            options={
                "verbose_name": "十大突出问题",
                "verbose_name_plural": "十大突出问题清单",
                "ordering": ("-year", "position"),
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="公开标题")),
                ("question", models.TextField(verbose_name="反映的问题")),
                ("answer", models.TextField(verbose_name="答复")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="确认时间")),
                ("harmless", models.JSONField(blank=True, default=list, verbose_name="不是姓名的词")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="公示时间")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="公示到")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="撤下时间")),
            ],
            options={
                "verbose_name": "公示",
                "verbose_name_plural": "公示",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="PublicPhoto",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("boxes", models.JSONField(blank=True, default=list, verbose_name="遮住的地方")),
                ("file", models.CharField(blank=True, max_length=200, verbose_name="文件")),
                ("description", models.CharField(max_length=100, verbose_name="图片说明")),
                ("chosen_at", models.DateTimeField(verbose_name="选用时间")),
            ],
            options={
                "verbose_name": "公示照片",
                "verbose_name_plural": "公示照片",
                "ordering": ("chosen_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="ReplyTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=100, verbose_name="名称")),
                ("text", models.TextField(verbose_name="内容")),
                ("retired_on", models.DateField(blank=True, null=True, verbose_name="停用日期")),
            ],
            options={
                "verbose_name": "答复模板",
                "verbose_name_plural": "答复模板",
                "ordering": ("category__position", "title", "id"),
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=30, verbose_name="名称")),
                ("query", models.CharField(max_length=500, verbose_name="条件")),
            ],
            options={
                "verbose_name": "常用筛选",
                "verbose_name_plural": "常用筛选",
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="StepRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("extension", "延期"), ("waiver", "免回访")],
                        max_length=10,
                        verbose_name="类型",
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="延期天数")),
                ("reason", models.CharField(max_length=500, verbose_name="原因")),
                ("asked_at", models.DateTimeField(verbose_name="申请时间")),
                ("approved", models.BooleanField(blank=True, null=True, verbose_name="批准")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="决定时间")),
            ],
            options={
                "verbose_name": "申请",
                "verbose_name_plural": "申请",
            },
        ),
        migrations.AddField(
            model_name="grievance",
            name="approach",
            field=models.CharField(
                blank=True,
                choices=[
                    ("desk", "门诊"),
                    ("at_home", "出诊"),
                    ("together", "会诊"),
                    ("urgent", "急诊"),
                    ("again", "复诊"),
                ],
                db_default="",
                default="",
                max_length=10,
                verbose_name="办理方式",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="assign_due_certain",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="grievance",
            name="assign_due_on",
            field=models.DateField(blank=True, null=True, verbose_name="交办期限"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="helping_units",
            field=models.ManyToManyField(
                blank=True, related_name="+", to="registry.unit", verbose_name="协办单位"
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="lead_unit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.unit",
                verbose_name="主办单位",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="grievances.grievance",
                verbose_name="并入",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="set_aside_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="剔除人",
            ),
        ),
        migrations.AddField(
            model_name="grievanceevent",
            name="handler",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.cadre",
                verbose_name="主办人",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="extension_days",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="延期天数"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="held_since",
            field=models.DateField(blank=True, null=True, verbose_name="到手日期"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="marks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("person", "重点人"),
                        ("affair", "重点事"),
                        ("thing", "重点物"),
                        ("place", "重点地"),
                        ("time", "重点时"),
                    ],
                    max_length=10,
                ),
                blank=True,
                db_default=[],
                default=list,
                size=None,
                verbose_name="重点",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="reopenings",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="退回重办次数"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="reply",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="答复内容"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="reply_due_on",
            field=models.DateField(blank=True, null=True, verbose_name="答复期限"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="returns",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="退回次数"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="revisit_waived",
            field=models.BooleanField(db_default=False, default=False, verbose_name="免回访"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="revisited_on",
            field=models.DateField(blank=True, null=True, verbose_name="回访日期"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="set_aside_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="剔除时间"),
        ),
        migrations.AddField(
            model_name="grievance",
            name="set_aside_reason",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=500, verbose_name="剔除原因"
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="withheld_kind",
            field=models.CharField(
                blank=True,
                choices=[("secret", "涉密"), ("privacy", "隐私"), ("report", "举报")],
                db_default="",
                default="",
                max_length=10,
                verbose_name="不予公示",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="withheld_reason",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=500, verbose_name="不予公示原因"
            ),
        ),
        migrations.AddField(
            model_name="grievanceevent",
            name="level",
            field=models.CharField(
                blank=True,
                choices=[("village", "村"), ("township", "乡"), ("county", "县")],
                db_default="",
                default="",
                max_length=10,
                verbose_name="层级",
            ),
        ),
        migrations.AddField(
            model_name="grievanceevent",
            name="value",
            field=models.CharField(blank=True, db_default="", default="", max_length=60, verbose_name="内容"),
        ),
        migrations.AlterField(
            model_name="grievanceevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("register", "挂号"),
                    ("assign", "交办"),
                    ("transfer", "转办"),
                    ("escalate", "升级"),
                    ("return", "退回"),
                    ("ask_extension", "申请延期"),
                    ("extend", "批准延期"),
                    ("refuse_extension", "不批准延期"),
                    ("reply", "答复"),
                    ("revisit", "回访"),
                    ("ask_waiver", "申请免回访"),
                    ("waive", "批准免回访并销号"),
                    ("refuse_waiver", "不批准免回访"),
                    ("close", "销号"),
                    ("publish", "公示"),
                    ("withhold", "不予公示"),
                    ("reopen", "退回重办"),
                    ("object", "提出异议"),
                    ("keep", "答复异议"),
                    ("merge", "并案"),
                    ("unmerge", "取消并案"),
                    ("void", "作废"),
                    ("note", "办理进展"),
                    ("remind", "催办"),
                    ("overdue", "逾期上报"),
                    ("tell", "告知群众"),
                    ("rate", "群众评价"),
                    ("set_aside", "剔除评价"),
                    ("reschedule", "重算期限"),
                    ("correct", "更正"),
                    ("hand_over", "接替"),
                ],
                max_length=20,
                verbose_name="动作",
            ),
        ),
        migrations.AlterField(
            model_name="grievanceevent",
            name="reason",
            field=models.TextField(blank=True, verbose_name="说明"),
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="名称")),
                ("content_type", models.CharField(max_length=30, verbose_name="类型")),
                ("file", models.CharField(blank=True, max_length=200, verbose_name="文件")),
                ("thumbnail", models.CharField(blank=True, max_length=200, verbose_name="缩略图")),
                ("digest", models.CharField(max_length=64, verbose_name="摘要")),
                ("size", models.PositiveIntegerField(verbose_name="字节")),
                ("added_at", models.DateTimeField(verbose_name="上传时间")),
                ("removed_at", models.DateTimeField(blank=True, null=True, verbose_name="清除时间")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="上传人",
                    ),
                ),
                (
                    "grievance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="grievances.grievance",
                        verbose_name="诉求",
                    ),
                ),
            ],
            options={
                "verbose_name": "附件",
                "verbose_name_plural": "附件",
                "ordering": ("added_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="FamilyNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("register", "挂号"),
                            ("reply", "答复"),
                            ("extend", "延期"),
                            ("close", "销号"),
                        ],
                        max_length=10,
                        verbose_name="事由",
                    ),
                ),
                ("text", models.TextField(verbose_name="告知内容")),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("slip", "民情回执"),
                            ("phone", "电话"),
                            ("in_person", "当面"),
                            ("sms", "短信"),
                            ("online", "本人查询"),
                        ],
                        max_length=10,
                        verbose_name="方式",
                    ),
                ),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="告知时间")),
                ("remark", models.CharField(blank=True, max_length=300, verbose_name="备注")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grievances.grievanceevent",
                        verbose_name="步骤",
                    ),
                ),
                (
                    "grievance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="family_notices",
                        to="grievances.grievance",
                        verbose_name="诉求",
                    ),
                ),
                (
                    "told_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="告知人",
                    ),
                ),
            ],
            options={
                "verbose_name": "告知",
                "verbose_name_plural": "告知",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="FamilyRating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "satisfaction",
                    models.CharField(
                        choices=[
                            ("satisfied", "满意"),
                            ("basically", "基本满意"),
                            ("dissatisfied", "不满意"),
                        ],
                        max_length=12,
                        verbose_name="评价",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="说明")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "grievance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ratings",
                        to="grievances.grievance",
                        verbose_name="诉求",
                    ),
                ),
                (
                    "reply_event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rating",
                        to="grievances.grievanceevent",
                        verbose_name="答复",
                    ),
                ),
            ],
            options={
                "verbose_name": "群众评价",
                "verbose_name_plural": "群众评价",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Filing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("livelihood", "民生诉求"),
                            ("dispute", "矛盾纠纷"),
                            ("hazard", "问题隐患"),
                            ("project", "民生项目问题"),
                            ("suggestion", "意见建议"),
                        ],
                        max_length=20,
                        verbose_name="类型",
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="标题")),
                ("content", models.TextField(verbose_name="内容")),
                ("filer_name", models.CharField(blank=True, max_length=50, verbose_name="反映人")),
                ("phone_sealed", models.BinaryField(null=True, verbose_name="电话")),
                ("query_code_hash", models.BinaryField(verbose_name="查询码")),
                ("filed_at", models.DateTimeField(verbose_name="提交时间")),
                ("form_id", models.UUIDField(unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "待挂号"), ("registered", "已挂号"), ("declined", "不予受理")],
                        default="waiting",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("decline_reason", models.CharField(blank=True, max_length=500, verbose_name="不予受理原因")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="办理时间")),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grievances.category",
                        verbose_name="类别",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人",
                    ),
                ),
                (
                    "grievance",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filing",
                        to="grievances.grievance",
                        verbose_name="诉求",
                    ),
                ),
                (
                    "village",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filings",
                        to="registry.village",
                        verbose_name="村",
                    ),
                ),
            ],
            options={
                "verbose_name": "群众反映",
                "verbose_name_plural": "群众反映",
                "ordering": ("filed_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="异议")),
                ("at", models.DateTimeField(verbose_name="提出时间")),
                ("reopened", models.BooleanField(blank=True, null=True, verbose_name="退回重办")),
                ("answer", models.TextField(blank=True, verbose_name="答复")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="答复时间")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="答复人",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="代为登记",
                    ),
                ),
            ],
            options={
                "verbose_name": "异议",
                "verbose_name_plural": "异议",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="名称")),
                ("text", models.TextField(verbose_name="内容")),
                ("source", models.CharField(blank=True, max_length=200, verbose_name="依据")),
                ("added_at", models.DateTimeField(verbose_name="加入时间")),
                ("retired_on", models.DateField(blank=True, null=True, verbose_name="停用日期")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="加入人",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grievances.category",
                        verbose_name="类别",
                    ),
                ),
                (
                    "taken_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grievances.grievance",
                        verbose_name="来自诉求",
                    ),
                ),
            ],
            options={
                "verbose_name": "政策",
                "verbose_name_plural": "政策库",
                "ordering": ("category__position", "title", "id"),
            },
        ),
        migrations.AddField(
            model_name="grievance",
            name="policy",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cited_by",
                to="grievances.policy",
                verbose_name="政策依据",
            ),
        ),
        migrations.AddIndex(
            model_name="grievance",
            index=models.Index(
                condition=models.Q(("parent__isnull", False)), fields=["parent"], name="grievance_parent"
            ),
        ),
        migrations.AddConstraint(
            model_name="grievance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True),
                    models.Q(("parent", models.F("pk")), _negated=True),
                    _connector="OR",
                ),
                name="grievance_not_its_own_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="grievance",
            constraint=models.CheckConstraint(
                condition=models.Q(("extension_days__lte", 30)), name="grievance_extension_at_most_30_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="grievance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withheld_kind", ""), ("withheld_reason", "")),
                    models.Q(
                        models.Q(("withheld_kind", ""), _negated=True),
                        models.Q(("withheld_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="grievance_withheld_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="grievance",
            constraint=models.CheckConstraint(
                condition=models.Q(("withheld_kind", ""), ("published_on__isnull", True), _connector="OR"),
                name="grievance_withheld_is_not_public",
            ),
        ),
        migrations.AddField(
            model_name="prominentproblem",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="列入人",
            ),
        ),
        migrations.AddField(
            model_name="prominentproblem",
            name="grievance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prominent",
                to="grievances.grievance",
                verbose_name="诉求",
            ),
        ),
        migrations.AddField(
            model_name="prominentproblem",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="registry.unit",
                verbose_name="责任单位",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="确认人",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="grievance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="publications",
                to="grievances.grievance",
                verbose_name="诉求",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="published_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="公示人",
            ),
        ),
        migrations.AddField(
            model_name="objection",
            name="publication",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="objections",
                to="grievances.publication",
                verbose_name="公示",
            ),
        ),
        migrations.AddField(
            model_name="publicphoto",
            name="attachment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="grievances.attachment",
            ),
        ),
        migrations.AddField(
            model_name="publicphoto",
            name="chosen_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="选用人",
            ),
        ),
        migrations.AddField(
            model_name="publicphoto",
            name="photo",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="visits.photo",
            ),
        ),
        migrations.AddField(
            model_name="publicphoto",
            name="publication",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photos",
                to="grievances.publication",
                verbose_name="公示",
            ),
        ),
        migrations.AddField(
            model_name="replytemplate",
            name="category",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="grievances.category",
                verbose_name="类别",
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_filters",
                to=settings.AUTH_USER_MODEL,
                verbose_name="账号",
            ),
        ),
        migrations.AddField(
            model_name="steprequest",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="申请人",
            ),
        ),
        migrations.AddField(
            model_name="steprequest",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="决定人",
            ),
        ),
        migrations.AddField(
            model_name="steprequest",
            name="grievance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests",
                to="grievances.grievance",
                verbose_name="诉求",
            ),
        ),
        migrations.AddIndex(
            model_name="familynotice",
            index=models.Index(
                condition=models.Q(("told_at__isnull", True)),
                fields=["grievance"],
                name="family_notice_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="familynotice",
            constraint=models.UniqueConstraint(fields=("event",), name="family_notice_once_a_step"),
        ),
        migrations.AddConstraint(
            model_name="familynotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("told_at__isnull", True), ("way", "")),
                    models.Q(("told_at__isnull", False), models.Q(("way", ""), _negated=True)),
                    _connector="OR",
                ),
                name="family_notice_told_in_a_way",
            ),
        ),
        migrations.AddIndex(
            model_name="filing",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["village", "filed_at"],
                name="filing_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.UniqueConstraint(fields=("query_code_hash",), name="filing_one_a_query_code"),
        ),
        migrations.AddConstraint(
            model_name="filing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("grievance__isnull", True), ("state", "waiting")),
                    models.Q(
                        ("decided_at__isnull", False), ("grievance__isnull", False), ("state", "registered")
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("grievance__isnull", True),
                        ("state", "declined"),
                        models.Q(("decline_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="filing_stands_where_it_says",
            ),
        ),
        migrations.AddField(
            model_name="grievance",
            name="bigrams",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func("number", "title", "content", function="grievances_bigrams"),
                output_field=django.contrib.postgres.fields.ArrayField(
                    base_field=models.TextField(), size=None
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="prominentproblem",
            constraint=models.UniqueConstraint(fields=("year", "grievance"), name="prominent_once_a_year"),
        ),
        migrations.AddConstraint(
            model_name="prominentproblem",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("year", "position"),
                name="prominent_one_a_position",
            ),
        ),
        migrations.AddConstraint(
            model_name="prominentproblem",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__range", (1, 10))), name="prominent_ten_a_year"
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False), ("withdrawn_at__isnull", True)),
                fields=["-published_at", "-id"],
                name="publication_ledger",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("grievance",),
                name="publication_one_standing",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ends_on__isnull", True), ("published_at__isnull", True)),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("ends_on__isnull", False),
                        ("published_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="publication_is_confirmed_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_at__isnull", True)),
                fields=("publication",),
                name="objection_one_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", ""), ("answered_at__isnull", True), ("reopened__isnull", True)),
                    models.Q(
                        ("answered_at__isnull", False),
                        ("reopened__isnull", False),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="objection_answered_one_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="publicphoto",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("attachment__isnull", True), ("photo__isnull", False)),
                    models.Q(("attachment__isnull", False), ("photo__isnull", True)),
                    _connector="OR",
                ),
                name="public_photo_has_one_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="saved_filter_once"),
        ),
        migrations.AddConstraint(
            model_name="steprequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at__isnull", True)),
                fields=("grievance", "kind"),
                name="step_request_one_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="steprequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved", True), ("kind", "extension")),
                fields=("grievance",),
                name="step_request_one_extension",
            ),
        ),
        migrations.AddConstraint(
            model_name="steprequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("days__isnull", True), ("kind", "waiver")),
                    models.Q(("days__range", (1, 30)), ("kind", "extension")),
                    _connector="OR",
                ),
                name="step_request_days_of_extension",
            ),
        ),
        migrations.AddIndex(
            model_name="grievance",
            index=django.contrib.postgres.indexes.GinIndex(fields=["bigrams"], name="grievance_bigrams"),
        ),
        migrations.RunSQL(
            LogChanges("grievances_grievance").reverse_sql, LogChanges("grievances_grievance", _BEFORE).sql
        ),
        LogChanges("grievances_grievance", private=f"{_BEFORE} reply withheld_reason set_aside_reason"),
        LogChanges("grievances_steprequest", private="reason"),
        LogChanges("grievances_filing", private="title content filer_name decline_reason"),
        LogChanges("grievances_attachment", private="name", subject="grievance_id"),
        LogChanges("grievances_replytemplate"),
        LogChanges("grievances_policy"),
        LogChanges("grievances_prominentproblem"),
        LogChanges("grievances_familynotice", private="text remark"),
        LogChanges("grievances_publication", private="title question answer harmless"),
        LogChanges("grievances_publicphoto", private="description", subject="publication_id"),
        LogChanges("grievances_objection", private="text answer"),
        LogChanges("grievances_familyrating", private="text"),
    ]

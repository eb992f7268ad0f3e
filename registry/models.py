"""What exists: units, villages, cadres, households, and who answers for whom, since when."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from accounts.models import User
from lianhu.kit.db import no_overlap, ordered_days
from lianhu.kit.pinyin import letters
from registry.querysets import (
    CadreQuerySet,
    DatedQuerySet,
    HouseholdQuerySet,
    UnitQuerySet,
    VillageQuerySet,
)


class UnitType(models.TextChoices):
    COUNTY_DEPARTMENT = "county_department", "县级部门"
    TOWNSHIP = "township", "乡镇"
    ENTERPRISE = "enterprise", "企事业单位"


class Unit(models.Model):
    """单位: a county department, a township, an enterprise or public institution."""

    code = models.CharField("单位编码", max_length=50, unique=True)
    name = models.CharField("单位名称", max_length=100)
    type = models.CharField("单位类型", max_length=20, choices=UnitType.choices)
    principal = models.ForeignKey(
        "Cadre", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主要负责人"
    )
    deputy = models.ForeignKey(
        "Cadre", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分管班子成员"
    )
    liaison = models.ForeignKey(
        "Cadre", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="联络员"
    )

    objects: ClassVar[UnitQuerySet] = UnitQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "单位"
        verbose_name_plural = "单位"

    def __str__(self) -> str:
        return self.name


class VillageType(models.TextChoices):
    VILLAGE = "village", "行政村"
    TOWN_COMMUNITY = "town_community", "城镇社区"
    RURAL_COMMUNITY = "rural_community", "农村社区"


class Village(models.Model):
    """村(社区), with its 12-digit statistical code (GB/T 10114)."""

    code = models.CharField("村编码", max_length=12, unique=True)
    name = models.CharField("村名称", max_length=100)
    township = models.ForeignKey(Unit, models.PROTECT, related_name="villages", verbose_name="乡镇")
    type = models.CharField("类型", max_length=20, choices=VillageType.choices)
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)

    objects: ClassVar[VillageQuerySet] = VillageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "村(社区)"
        verbose_name_plural = "村(社区)"
        constraints = (
            models.CheckConstraint(name="village_code_12_digits", condition=Q(code__regex=r"^[0-9]{12}$")),
        )

    def __str__(self) -> str:
        return self.name


class Rank(models.TextChoices):
    """职级. 科级 in the programme means the three in the middle (contract, section 1)."""

    COUNTY_LEADER = "county_leader", "县级领导"
    SECTION_CHIEF = "section_chief", "正科级"
    DEPUTY_SECTION_CHIEF = "deputy_section_chief", "副科级"
    FORMER_LEADER = "former_leader", "改非"
    STAFF = "staff", "一般干部"


class Cadre(models.Model):
    """干部: a person in the programme. In post from `joined_on` to `left_on`, both inclusive."""

    code = models.CharField("工号", max_length=50, unique=True)
    user = models.OneToOneField(User, models.PROTECT, related_name="cadre", verbose_name="账号")
    name = models.CharField("姓名", max_length=100)
    pinyin = models.CharField("拼音首字母", max_length=200, blank=True, editable=False)
    is_leadership = models.BooleanField("班子成员", default=False)
    phone_sealed = models.BinaryField("手机", null=True)
    phone_hash = models.BinaryField(null=True)
    joined_on = models.DateField("到岗日期")
    left_on = models.DateField("离岗日期", null=True, blank=True)

    objects: ClassVar[CadreQuerySet] = CadreQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "干部"
        verbose_name_plural = "干部"
        constraints = (ordered_days("cadre_days_ordered", "joined_on", "left_on"),)

    def __str__(self) -> str:
        return f"{self.name} {self.code}"

    def save(self, *args: Any, **options: Any) -> None:
        self.pinyin = letters(self.name)
        super().save(*args, **options)


class PostKind(models.TextChoices):
    STANDING = "standing", "干部表"
    TERM = "term", "任职表"


class Post(models.Model):
    """Unit and rank of a cadre, dated.

    A *standing* row is what sheet 干部 says: it holds from `begins_on` (the first one since ever)
    until the next standing row. A *term* is a row of sheet 任职 and wins on its days. Which of
    them holds on a day is answered once, by the view behind `PostSpan`.
    """

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="posts", verbose_name="干部")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    rank = models.CharField("职级", max_length=20, choices=Rank.choices)
    kind = models.CharField("来源", max_length=10, choices=PostKind.choices)
    begins_on = models.DateField("开始日期", null=True)
    ends_on = models.DateField("结束日期", null=True, blank=True)

    class Meta:
        verbose_name = "任职"
        verbose_name_plural = "任职"
        constraints = (
            ordered_days("post_days_ordered"),
            models.CheckConstraint(
                name="post_term_has_begin_standing_no_end",
                condition=Q(kind="term", begins_on__isnull=False) | Q(kind="standing", ends_on__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["cadre", "begins_on"],
                condition=Q(kind="standing"),
                nulls_distinct=False,
                name="post_one_standing_a_day",
            ),
            no_overlap("post_terms_do_not_overlap", ["cadre"], Q(kind="term")),
        )

    def __str__(self) -> str:
        return f"{self.get_rank_display()} {self.begins_on}"


class PostSpan(models.Model):
    """The unit and rank that hold on each day: one row a cadre and stretch of days, never two a day.

    Reckoned from `Post` by triggers (migration 0002); nobody else writes it. It is a table because
    every figure and every scope asks it.
    """

    key = models.CharField(primary_key=True, max_length=60)
    cadre = models.ForeignKey(Cadre, models.CASCADE, related_name="post_spans")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    rank = models.CharField(max_length=20, choices=Rank.choices)
    begins_on = models.DateField()
    ends_on = models.DateField()
    days = DateRangeField()

    class Meta:
        db_table = "registry_post_span"
        verbose_name = "任职区间"
        verbose_name_plural = "任职区间"
        constraints = (no_overlap("post_span_one_a_day", ["cadre"]),)

    def __str__(self) -> str:
        return self.key


class Leave(models.Model):
    """请假, approved. Days on leave are not obliged (contract 6, rule 4)."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="leaves", verbose_name="干部")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)
    reason = models.CharField("事由", max_length=500)

    objects: ClassVar[DatedQuerySet] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "请假"
        verbose_name_plural = "请假"
        constraints = (
            ordered_days("leave_days_ordered"),
            models.UniqueConstraint(fields=["cadre", "begins_on"], name="leave_once"),
        )

    def __str__(self) -> str:
        return f"{self.begins_on} {self.reason}"


class Cover(models.Model):
    """代管: a named colleague sees and handles the absent cadre's households and matters. The pairing stays."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="covers", verbose_name="请假的干部")
    colleague = models.ForeignKey(Cadre, models.PROTECT, related_name="covering", verbose_name="代管人")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    reason = models.CharField("事由", max_length=500)

    objects: ClassVar[DatedQuerySet] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "代管"
        verbose_name_plural = "代管"
        constraints = (
            ordered_days("cover_days_ordered"),
            no_overlap("cover_one_colleague_a_day", ["cadre"]),
            models.CheckConstraint(name="cover_by_another", condition=~Q(cadre=F("colleague"))),
        )

    def __str__(self) -> str:
        return f"{self.colleague} 代 {self.cadre}"


class HouseholdKind(models.TextChoices):
    """Who may hold which kind: `registry.rules.may_hold` (方案三(三))."""

    RURAL = "rural", "农村户"
    TOWN = "town", "城镇居民户"
    RETIRED = "retired", "离退休干部户"
    CADRE_FAMILY = "cadre_family", "干部职工家庭"


class Household(models.Model):
    """户: a family, with its head, its people count and its marks."""

    code = models.CharField("户编码", max_length=50, unique=True)
    village = models.ForeignKey(Village, models.PROTECT, related_name="households", verbose_name="村")
    group = models.CharField("村民小组", max_length=50, blank=True)
    head_name = models.CharField("户主", max_length=100)
    pinyin = models.CharField("拼音首字母", max_length=200, blank=True, editable=False)
    phone_sealed = models.BinaryField("电话", null=True)
    phone_hash = models.BinaryField(null=True)
    phone_tail_hash = models.BinaryField(null=True)
    id_number_sealed = models.BinaryField("身份证号", null=True)
    id_number_hash = models.BinaryField(null=True)
    people_count = models.PositiveSmallIntegerField("人口数")
    kind = models.CharField("户类型", max_length=20, choices=HouseholdKind.choices)
    former_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="原单位"
    )
    family_cadre = models.ForeignKey(
        Cadre, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="干部工号"
    )
    is_party_member = models.BooleanField("党员户", default=False)
    is_village_cadre = models.BooleanField("村组干部户", default=False)
    is_registered_poor = models.BooleanField("建档立卡户", default=False)
    is_hardship = models.BooleanField("特殊困难户", default=False)
    hardship_reason = models.CharField("困难原因", max_length=500, blank=True)
    income_sources = models.CharField("经济来源", max_length=500, blank=True)
    address = models.CharField("地址", max_length=300, blank=True)
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)
    closed_on = models.DateField("销户日期", null=True, blank=True)
    erased_at = models.DateTimeField("遮蔽时间", null=True, blank=True)

    objects: ClassVar[HouseholdQuerySet] = HouseholdQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "户"
        verbose_name_plural = "户"
        constraints = (models.CheckConstraint(name="household_has_people", condition=Q(people_count__gte=1)),)
        indexes = (
            models.Index(
                fields=["village"],
                name="household_key_marks",
                condition=Q(is_party_member=True)
                | Q(is_village_cadre=True)
                | Q(is_registered_poor=True)
                | Q(is_hardship=True),
            ),
            models.Index(fields=["phone_hash"], name="household_phone"),
            models.Index(fields=["phone_tail_hash"], name="household_phone_tail"),
            models.Index(fields=["id_number_hash"], name="household_id_number"),
        )

    def __str__(self) -> str:
        return f"{self.head_name}户"

    def save(self, *args: Any, **options: Any) -> None:
        self.pinyin = letters(self.head_name)
        super().save(*args, **options)

    def marks(self) -> list[str]:
        """The labels of the marks that are set, in the contract's order."""
        names = ("is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship")
        return [str(self._meta.get_field(name).verbose_name) for name in names if getattr(self, name)]  # type: ignore[union-attr]


class HouseholdChangeKind(models.TextChoices):
    SPLIT = "split", "分户"
    MERGE = "merge", "并户"
    MOVE_IN = "move_in", "迁入"
    MOVE_OUT = "move_out", "迁出"
    CLOSE = "close", "销户"
    CHANGE_HEAD = "change_head", "更换户主"
    REOPEN = "reopen", "恢复"


class HouseholdChange(models.Model):
    """户变动 (contract, section 2): what became of a household, from which day. Only ever added to.

    `other`: for 分户 the household that was split off, for 并户 the one that this was merged into. `village`:
    where 迁出 led to within the county. `old_head` and `new_head` are the history of heads.
    """

    household = models.ForeignKey(Household, models.PROTECT, related_name="changes", verbose_name="户")
    kind = models.CharField("变动", max_length=12, choices=HouseholdChangeKind.choices)
    on = models.DateField("日期")
    other = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="另一户"
    )
    village = models.ForeignKey(
        Village, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="迁往的村"
    )
    old_head = models.CharField("原户主", max_length=100, blank=True)
    new_head = models.CharField("新户主", max_length=100, blank=True)
    reason = models.CharField("说明", max_length=300, blank=True)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="登记人")

    class Meta:
        verbose_name = "户变动"
        verbose_name_plural = "户变动"
        ordering = ("on", "id")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.on}"


class DuplicateVerdict(models.Model):
    """What the office found about two households that look alike; `first` is the one with the lower id."""

    first = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="户")
    second = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name="另一户")
    same = models.BooleanField("是同一户")
    note = models.CharField("说明", max_length=300, blank=True)
    settled_at = models.DateTimeField("认定时间")
    settled_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="认定人")

    class Meta:
        verbose_name = "重复户认定"
        verbose_name_plural = "重复户认定"
        constraints = (
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_settled_once"),
            models.CheckConstraint(name="duplicate_in_order", condition=Q(first__lt=F("second"))),
        )

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class VillageLink(models.Model):
    """单位包村 (方案三(三))."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="village_links", verbose_name="单位")
    village = models.ForeignKey(Village, models.PROTECT, related_name="links", verbose_name="村")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)

    objects: ClassVar[DatedQuerySet] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "单位包村"
        verbose_name_plural = "单位包村"
        constraints = (
            ordered_days("village_link_days_ordered"),
            models.UniqueConstraint(fields=["unit", "village", "begins_on"], name="village_link_once"),
        )

    def __str__(self) -> str:
        return f"{self.unit}—{self.village}"


class LeaderLink(models.Model):
    """领导包联: a county leader and a unit or township (方案三(三))."""

    leader = models.ForeignKey(Cadre, models.PROTECT, related_name="leader_links", verbose_name="领导")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leader_links", verbose_name="单位")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)

    objects: ClassVar[DatedQuerySet] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "领导包联"
        verbose_name_plural = "领导包联"
        constraints = (
            ordered_days("leader_link_days_ordered"),
            models.UniqueConstraint(fields=["leader", "unit", "begins_on"], name="leader_link_once"),
        )

    def __str__(self) -> str:
        return f"{self.leader}—{self.unit}"


class Handover(models.Model):
    """接替 (方案五(一)): a successor for some or all of a cadre's households, and its filing (备案)."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="handovers", verbose_name="原结对干部")
    successor = models.ForeignKey(Cadre, models.PROTECT, related_name="+", verbose_name="接替干部")
    on = models.DateField("接替日期", help_text="接替干部从这一天起结对")
    reason = models.CharField("原因", max_length=300)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    filed_at = models.DateTimeField("备案时间", null=True, blank=True)
    filed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="备案人"
    )

    class Meta:
        verbose_name = "接替"
        verbose_name_plural = "接替"
        constraints = (
            models.CheckConstraint(name="handover_to_another", condition=~Q(cadre=F("successor"))),
        )

    def __str__(self) -> str:
        return f"{self.cadre} → {self.successor} {self.on}"


class LeaveRequest(models.Model):
    """请假申请: asked for by the cadre or entered by the liaison; approved by the unit leader it becomes a `Leave`."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="leave_requests", verbose_name="干部")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    reason = models.CharField("事由", max_length=500)
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人"
    )
    refuse_reason = models.CharField("不批准原因", max_length=300, blank=True)
    leave = models.OneToOneField(
        Leave, models.PROTECT, null=True, blank=True, related_name="request", verbose_name="请假"
    )

    class Meta:
        verbose_name = "请假申请"
        verbose_name_plural = "请假申请"
        constraints = (ordered_days("leave_request_days_ordered"),)

    def __str__(self) -> str:
        return f"{self.cadre} {self.begins_on}"


class Pairing(models.Model):
    """结对: at most one cadre a household and day; history is never overwritten (contract, section 2)."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="pairings", verbose_name="干部")
    household = models.ForeignKey(Household, models.PROTECT, related_name="pairings", verbose_name="户")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)
    handover = models.ForeignKey(
        Handover, models.PROTECT, null=True, blank=True, related_name="pairings", verbose_name="接替"
    )

    objects: ClassVar[DatedQuerySet] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "结对"
        verbose_name_plural = "结对"
        constraints = (
            ordered_days("pairing_days_ordered"),
            no_overlap("pairing_one_holder_a_day", ["household"]),
        )

    def __str__(self) -> str:
        return f"{self.cadre}—{self.household}"


class Role(models.TextChoices):
    """What a person acts as (contract, section 0)."""

    CADRE = "cadre", "干部"
    VILLAGE_BRANCH = "village_branch", "村党组织"
    TOWNSHIP = "township", "乡镇"
    UNIT_LIAISON = "unit_liaison", "单位联络员"
    UNIT_LEADER = "unit_leader", "单位负责人"
    COUNTY_OFFICE = "county_office", "县联户联情办"
    COUNTY_LEADER = "county_leader", "县级领导"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    AUDITOR = "auditor", "审计员"


class RoleGrant(models.Model):
    """账号角色: a role, where it holds, and from when to when."""

    cadre = models.ForeignKey(Cadre, models.PROTECT, related_name="role_grants", verbose_name="干部")
    role = models.CharField("角色", max_length=20, choices=Role.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, verbose_name="单位")
    village = models.ForeignKey(Village, models.PROTECT, null=True, blank=True, verbose_name="村")
    begins_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期", null=True, blank=True)

    objects: ClassVar[DatedQuerySet] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "账号角色"
        verbose_name_plural = "账号角色"
        constraints = (
            ordered_days("role_grant_days_ordered"),
            models.UniqueConstraint(
                fields=["cadre", "role", "unit", "village", "begins_on"],
                nulls_distinct=False,
                name="role_grant_once",
            ),
            models.CheckConstraint(
                name="role_grant_has_its_place",
                condition=Q(role="village_branch", village__isnull=False)
                | Q(role__in=["township", "unit_liaison", "unit_leader"], unit__isnull=False)
                | Q(role__in=["cadre", "county_office", "county_leader", "system_admin", "auditor"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cadre} {self.get_role_display()}"


class UnitPermission(UserObjectPermissionBase):
    """另行授权: `view_unit` given to an account without a role; on a township it opens its villages too."""

    content_object = models.ForeignKey(Unit, models.CASCADE, verbose_name="单位")

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = "单位授权"
        verbose_name_plural = "单位授权"


class VillagePermission(UserObjectPermissionBase):
    """另行授权: `view_village` given to an account without a role."""

    content_object = models.ForeignKey(Village, models.CASCADE, verbose_name="村")

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = "村授权"
        verbose_name_plural = "村授权"

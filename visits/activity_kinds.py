"""The kinds of 活动: action, clause, who enters them, what each asks for (contract, section 5; 方案四, 六)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.models import Role
from visits.models import ActivityKind as Kind

OFFICE = frozenset({Role.COUNTY_OFFICE})
# 单位的工作: its liaison and leader; a township's liaison for the township and its villages.
UNIT_WORK = OFFICE | {Role.UNIT_LIAISON, Role.UNIT_LEADER, Role.TOWNSHIP}
# 干部的工作: whoever goes out, and who types for them (代录).
FIELD_WORK = UNIT_WORK | {Role.CADRE, Role.COUNTY_LEADER}
# 村里的事: the branch, and the cadres who take part.
VILLAGE_WORK = FIELD_WORK | {Role.VILLAGE_BRANCH}


@dataclass(frozen=True)
class KindOf:
    """What one kind is like.

    `asks`: the fields of its page besides kind, day and topic, in their order. `places`: one of these must be
    told. `of_place`: the work of a unit or a village, so that no 工号 owns it; else the first one does.
    `written_elsewhere`: it has a page of its own and is not entered as a plain activity.
    """

    action: str
    clause: str
    roles: frozenset[str]
    asks: tuple[str, ...]
    places: tuple[str, ...] = ()
    of_place: bool = False
    subtypes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    written_elsewhere: bool = False


_WHO = ("cadres", "organiser", "headcount", "summary")
_REVIEW = ("project", "checked", "fault", "plan", "plan_due_on")

KINDS: Mapping[str, KindOf] = {
    Kind.DISPUTE_WORK: KindOf(
        "矛盾纠纷化解",
        "方案四(二)",
        VILLAGE_WORK,
        ("subtype", "village", "unit", *_WHO),
        ("village", "unit"),
        subtypes={
            "open_reception": "开门接访",
            "grassroots_calls": "基层寻访",
            "patient_hearing": "耐心听访",
            "all_staff_review": "全员研访",
            "settling": "努力息访",
            "screening": "问题隐患排查",
        },
        labels={"subtype": "五项活动", "topic": "接访或排查的事", "headcount": "接待人数"},
        hint="群众当面提出的具体诉求，请到“诉求”里挂号，才有编号和期限。",
    ),
    Kind.PROJECT_REVIEW: KindOf(
        "民生问题整改",
        "方案四(四)",
        FIELD_WORK,
        ("subtype", "village", *_REVIEW, "cadres", "summary"),
        ("village",),
        subtypes={"project_check": "项目排查", "big_revisit": "已解决问题大回访"},
        labels={"topic": "这次回头看", "subtype": "回头看什么", "summary": "群众怎么说"},
        hint="发现问题的，写明整改方案和期限；整改完成前会列在“整改”里。",
    ),
    Kind.TALK_MEETING: KindOf(
        "政策法规宣讲",
        "方案四(五)",
        VILLAGE_WORK,
        ("subtype", "village", "unit", *_WHO),
        ("village", "unit"),
        subtypes={
            "law_offices": "法律进机关",
            "law_villages": "法律进乡村",
            "law_communities": "法律进社区",
            "law_schools": "法律进学校",
            "law_enterprises": "法律进企业",
            "law_institutions": "法律进单位",
            "law_temples": "法律进寺庙",
            "clear_health": "政策一口清：医疗",
            "clear_schooling": "政策一口清：教育",
            "clear_housing": "政策一口清：住房",
            "clear_relief": "政策一口清：低保医保",
            "clear_income": "政策一口清：产业就业",
            "gratitude": "爱党爱国爱家乡",
            "then_and_now": "新旧对比",
            "examples": "正反典型案例",
        },
        labels={"subtype": "讲的内容", "topic": "宣讲主题"},
        hint="县级领导参加的，请把他的姓名或工号写在参加干部里。",
    ),
    Kind.FORUM: KindOf(
        "政策法规宣讲",
        "方案四(五)",
        VILLAGE_WORK,
        ("village", *_WHO),
        ("village",),
        of_place=True,
        labels={"topic": "谈了什么"},
    ),
    Kind.NIGHT_SCHOOL: KindOf(
        "政策法规宣讲",
        "方案四(五)",
        VILLAGE_WORK,
        ("subtype", "village", *_WHO),
        ("village",),
        of_place=True,
        subtypes={
            "learn_reading": "学文化",
            "learn_skills": "学技术",
            "learn_policy": "学政策",
            "learn_law": "学法律",
            "learn_examples": "学典型",
        },
        labels={"subtype": "学什么", "topic": "讲课内容", "organiser": "讲课人", "headcount": "到课人数"},
    ),
    Kind.ASSEMBLY: KindOf(
        "政策法规宣讲",
        "方案四(五)",
        VILLAGE_WORK,
        ("village", *_WHO),
        ("village",),
        of_place=True,
        labels={"topic": "议题", "headcount": "到会人数", "summary": "议定的事"},
    ),
    Kind.PARTY_BUILDING: KindOf(
        "夯实基层基础",
        "方案四(六)",
        VILLAGE_WORK,
        ("subtype", "village", "unit", *_WHO),
        ("village", "unit"),
        subtypes={
            "rectify": "软弱涣散党组织整顿",
            "four_helps": "四带四帮",
            "five_basics": "五个基本建设",
            "reserves": "带头人和后备力量",
            "collective": "发展集体经济",
        },
        labels={"subtype": "帮扶内容"},
    ),
    Kind.JOINT_ACTIVITY: KindOf(
        "干群鱼水深情",
        "方案四(七)",
        UNIT_WORK,
        ("unit", "village", *_WHO),
        ("unit",),
        of_place=True,
    ),
    Kind.INCOME_SUPPORT: KindOf(
        "全域脱贫奔康",
        "方案四(八)",
        FIELD_WORK,
        ("subtype", "village", "unit", *_WHO),
        ("village", "unit"),
        subtypes={
            "jobs": "介绍就业",
            "industry": "产业发展",
            "tourism": "旅游服务",
            "training": "技术培训",
        },
        labels={"subtype": "帮扶方式", "headcount": "受益人数"},
    ),
    Kind.COMMENDATION: KindOf(
        "助推乡村振兴",
        "方案四(九)",
        UNIT_WORK | {Role.VILLAGE_BRANCH},
        ("subtype", "unit", "village", "names", *_WHO),
        ("unit", "village"),
        of_place=True,
        subtypes={"ten_stars": "十佳百星", "ten_best": "十佳百优", "other_honours": "其他表彰"},
        labels={"subtype": "评选项目"},
        hint="以单位名义举办的才计入。",
    ),
    Kind.VILLAGE_RULES: KindOf(
        "助推乡村振兴",
        "方案四(九)",
        VILLAGE_WORK,
        ("subtype", "village", *_WHO),
        ("village",),
        of_place=True,
        subtypes={"decide_together": "一定两议三监督", "rules": "村规民约", "other_matters": "其他议事"},
        labels={"subtype": "议事方式", "topic": "议题", "summary": "议定的事"},
    ),
    Kind.HEART_TALK: KindOf(
        "情暖干部心",
        "方案四(十)",
        FIELD_WORK,
        ("cadres", "summary"),
        labels={"cadres": "和谁谈的", "topic": "谈话主题"},
        hint="主题、内容和附件只有谈话的两个人和县联户联情办看得到，别人只看到谈过一次。",
    ),
    Kind.CONSULT: KindOf(
        "组织保障",
        "方案六(一)",
        UNIT_WORK,
        ("unit", *_WHO),
        ("unit",),
        of_place=True,
        labels={"topic": "会商什么", "summary": "议定的事", "headcount": "到会人数"},
    ),
    Kind.ASSESS: KindOf(
        "组织保障",
        "方案六(一)",
        UNIT_WORK,
        ("unit", *_WHO),
        ("unit",),
        of_place=True,
        labels={"topic": "研判什么", "summary": "研判结论", "headcount": "到会人数"},
    ),
    Kind.NOTIFY: KindOf(
        "组织保障",
        "方案六(一)",
        UNIT_WORK,
        ("unit", "organiser", "summary"),
        ("unit",),
        of_place=True,
        labels={"topic": "通报标题", "summary": "通报内容"},
    ),
    Kind.INSPECTION: KindOf(
        "组织保障",
        "方案六(一)",
        UNIT_WORK,
        ("unit", "village", "cadres", "summary"),
        ("unit",),
        of_place=True,
        labels={"topic": "督查什么", "cadres": "带队和参加的", "summary": "发现的问题和处理"},
        hint="单位负责人亲自督促检查。",
    ),
    Kind.WORK_PLAN: KindOf(
        "组织保障",
        "方案六(二)",
        UNIT_WORK,
        ("unit", "summary"),
        ("unit",),
        of_place=True,
        labels={"topic": "计划标题", "day": "印发日期", "summary": "主要安排"},
        hint="计入印发日期所在的年度。计划原文保存后作为附件上传。",
    ),
    Kind.ERRAND: KindOf(
        "联系服务群众",
        "方案五(一)",
        FIELD_WORK,
        ("village", "cadres", "summary"),
        ("village",),
        labels={"topic": "代办的事", "summary": "办的结果"},
        written_elsewhere=True,
    ),
    Kind.SELF_CHECK: KindOf("思想作风体检", "方案四(一)", FIELD_WORK, ("cadres",), written_elsewhere=True),
}

SUBTYPES: Mapping[str, str] = {
    name: label for each in KINDS.values() for name, label in each.subtypes.items()
}
# What a village owes by the month and the quarter (方案四(五)).
VILLAGE_MEETINGS = (Kind.FORUM, Kind.NIGHT_SCHOOL, Kind.ASSEMBLY)


def label_of(kind: str, name: str, default: str) -> str:
    """How a field is called where it is about this kind."""
    return KINDS[kind].labels.get(name, default)

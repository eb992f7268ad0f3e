"""The demo's activities with their details, errands and 体检报告: entered by the services, by the people of the demo.

Imported activities have only a kind, a day and a topic; these show what else there is.
"""

import datetime
from typing import Any

from registry.models import Cadre, Household, Pairing, PostSpan, Role, Unit, Village
from registry.querysets import in_force
from reports.self_check_figures import answers_of
from visits import errands, self_check
from visits.activity_forms import ActivityEntryForm
from visits.activity_services import enter_activity
from visits.models import ActivityKind as Kind

_CHECK = {
    "smile": "进门先打招呼、先坐下来听，老人听不清就放慢了说。上半年有两次走得急，以后留足时间。",
    "faith": "按时参加学习，结合宣讲把政策讲给群众听；理论学得还不够系统。",
    "purpose": "答应群众的事记在本子上，一件一件对账；有一件拖过期限，已经当面说明。",
    "duty": "草场边界的纠纷没有绕开，和村里一起去了三趟现场。",
    "honesty": "下乡自带食宿，没有收过群众的东西。",
    "shown": "在恳谈会上把全年办结和没有办结的事念给大家听，群众提了两条意见：来之前先说一声、说过的事要有回音。",
}


def fill(chosen: dict[str, Cadre], today: datetime.date) -> None:
    """`chosen`: the person of each role who can be signed in as."""
    cadre, branch = chosen[Role.CADRE], chosen[Role.VILLAGE_BRANCH]
    home = _home_of(cadre, today)
    held = branch.role_grants.filter(role=Role.VILLAGE_BRANCH).exclude(village=None).first()
    village = held.village if held and held.village else home.village
    _work_of(cadre, home.village, today)
    _meetings_of(branch, village, today)
    _unit_work(chosen, today)
    _checks(chosen[Role.UNIT_LEADER], today)
    _errands(branch, village, cadre, home, today)


def _home_of(cadre: Cadre, today: datetime.date) -> Household:
    pairing = Pairing.objects.in_force(today).filter(cadre=cadre).order_by("household__code").first()
    assert pairing is not None
    home: Household = pairing.household
    return home


def _enter(by: Cadre, kind: Kind, today: datetime.date, ago: int, **told: Any) -> None:
    fields: dict[str, Any] = ActivityEntryForm.base_fields
    values = {name: field.empty for name, field in fields.items()}
    values |= {"kind": kind, "day": today - datetime.timedelta(days=ago)} | told
    enter_activity(values, on=today, by=by.user)


def _work_of(cadre: Cadre, village: Village, today: datetime.date) -> None:
    own: dict[str, Any] = {"village": village.code, "cadres": (cadre.code,)}
    _enter(
        *(cadre, Kind.DISPUTE_WORK, today, 4),
        subtype="open_reception",
        topic="村委会开门接访半天",
        headcount=6,
        summary="来了六个人，问得最多的是草场补奖发放时间和饮水管道。\n能答的当场答了，两件挂了号。",
        **own,
    )
    _enter(
        *(cadre, Kind.INCOME_SUPPORT, today, 9),
        subtype="jobs",
        topic="景区保洁和检票岗位进村登记",
        headcount=11,
        **own,
    )
    _enter(
        *(cadre, Kind.PROJECT_REVIEW, today, 40),
        subtype="project_check",
        topic="安全饮水项目回头看",
        project="安全饮水巩固提升",
        checked=("quality", "upkeep"),
        fault="蓄水池没有围栏，冬天管道冻裂两处，没有明确谁来管。",
        plan="加装围栏，裂管更换并埋深，村里定一名管水员，写进村规民约。",
        plan_due_on=today - datetime.timedelta(days=6),
        summary="群众说水比以前好，就怕冬天。",
        **own,
    )


def _meetings_of(branch: Cadre, village: Village, today: datetime.date) -> None:
    _enter(
        *(branch, Kind.NIGHT_SCHOOL, today, 3),
        subtype="learn_skills",
        village=village.code,
        topic="花椒冬季管护",
        organiser="县农业局技术员",
        headcount=34,
    )
    _enter(
        *(branch, Kind.VILLAGE_RULES, today, 12),
        subtype="decide_together",
        village=village.code,
        topic="公共浴室收费和值日",
        headcount=47,
        summary="四十七户到会，四十一户同意：每人每次两元，值日按户轮流。",
    )


def _unit_work(chosen: dict[str, Cadre], today: datetime.date) -> None:
    leader, liaison = chosen[Role.UNIT_LEADER], chosen[Role.UNIT_LIAISON]
    unit = _unit_of(liaison, Role.UNIT_LIAISON)
    _enter(
        *(liaison, Kind.COMMENDATION, today, 20),
        subtype="ten_stars",
        unit=unit.code,
        topic="“十佳百星”年度表彰",
        names="清洁之星：泽仁卓玛户\n孝老之星：罗尔伍户\n先进集体：驻村工作队",
        headcount=60,
    )
    posts = PostSpan.objects.filter(in_force(today), unit=_unit_of(leader, Role.UNIT_LEADER)).exclude(
        cadre=leader
    )
    other = posts.select_related("cadre").order_by("cadre__code").first()
    if other is not None:
        _enter(
            *(leader, Kind.HEART_TALK, today, 8),
            cadres=(leader.code, other.cadre.code),
            topic="近期工作压力和家里情况",
            summary="孩子刚上学，下乡的日子尽量提前一周定下来。",
        )


def _unit_of(person: Cadre, role: Role) -> Unit:
    grant = person.role_grants.filter(role=role).exclude(unit=None).first()
    unit: Unit | None = grant and grant.unit
    assert unit is not None
    return unit


def _checks(leader: Cadre, today: datetime.date) -> None:
    """Last year's handed in; this year's begun."""
    last = today.year - 1
    draft = self_check.save_draft(last, _CHECK, seen=0, on=today, by=leader.user)
    answers = answers_of(leader.pk, last, as_of=today)
    self_check.submit(last, answers, seen=draft.version, on=today, by=leader.user)
    begun = {name: _CHECK[name] if name in ("smile", "duty") else "" for name in self_check.WRITTEN}
    self_check.save_draft(today.year, begun, seen=0, on=today, by=leader.user)


def _errands(branch: Cadre, village: Village, cadre: Cadre, home: Household, today: datetime.date) -> None:
    def post(by: Cadre, where: Village, topic: str, household: str = "") -> Any:
        told = {"village": where.code, "household": household, "topic": topic}
        return errands.post_errand(told, on=today, by=by.user)

    post(branch, village, "请能开车的干部带三位老人去县医院复查，本周都行")
    withdrawn = post(branch, village, "打印低保复核表二十份")
    errands.withdraw(withdrawn, "乡里已经送来了", by=branch.user)
    post(cadre, home.village, "代交医保，回单拍照发给在外打工的儿子", home.code)
    done = post(cadre, home.village, "换领残疾证", home.code)
    errands.finish_errand(done, "残联已换新证，送到家里。", on=today, by=cadre.user)

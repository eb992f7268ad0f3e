"""The words of the demo's ledger: what was asked and answered, templates, policies, the year's problems."""

from dataclasses import dataclass, field
from typing import Any

from grievances.models import GrievanceAction as A

BRANCH, TOWNSHIP, OFFICE, HANDLER = "branch", "township", "office", "handler"


@dataclass(frozen=True)
class Move:
    """One step: how many days ago, by whom, and its words. The handler's 工号 is filled in."""

    ago: int
    who: str
    action: A
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """`place`: which of the demo's villages; `home`: which of its families, None for the whole village.

    `public`: title, question and answer as the public reads them. `told`: the family has heard of every step.
    """

    place: int
    home: int | None
    category: str
    title: str
    content: str
    registered: int
    moves: tuple[Move, ...] = ()
    level: str = "village"
    kind: str = "livelihood"
    by: str = BRANCH
    public: tuple[str, str, str] | None = None
    told: bool = True
    into: str = ""
    objection: tuple[int, str] | None = None


def assign(ago: int, who: str = BRANCH, reason: str = "") -> Move:
    return Move(ago, who, A.ASSIGN, {"reason": reason})


def reply(ago: int, reason: str, outcome: str = "solved") -> Move:
    return Move(ago, HANDLER, A.REPLY, {"outcome": outcome, "reason": reason})


def explain(ago: int, reason: str, policy: str) -> Move:
    """`policy`: the title of the entry it cites."""
    return Move(ago, HANDLER, A.REPLY, {"outcome": "explained", "reason": reason, "policy": policy})


def revisit(ago: int, said: str = "satisfied", reason: str = "", who: str = BRANCH) -> Move:
    return Move(ago, who, A.REVISIT, {"satisfaction": said, "asked": "户主本人", "reason": reason})


def close(ago: int, who: str = BRANCH) -> Move:
    return Move(ago, who, A.CLOSE)


def publish(ago: int, who: str = TOWNSHIP) -> Move:
    return Move(ago, who, A.PUBLISH)


def done(ago: int, answer: str, *, said: str = "satisfied", desk: str = BRANCH) -> tuple[Move, ...]:
    """Assigned, answered, asked, closed and published, the last of it so many days ago."""
    over = TOWNSHIP if desk == BRANCH else OFFICE
    return (
        assign(ago + 8, desk),
        reply(ago + 4, answer),
        revisit(ago + 3, said, who=BRANCH),
        close(ago + 2, desk),
        publish(ago, over),
    )


def _public(place: int, home: int | None, category: str, words: tuple[str, str, str], ago: int) -> Story:
    """A matter that went all the way; its public words are close to what was said."""
    title, question, answer = words
    village = home is None
    return Story(
        place,
        home,
        category,
        title,
        question,
        registered=ago + 9,
        moves=done(
            ago,
            answer,
            said=("satisfied", "satisfied", "basically")[ago % 3],
            desk=TOWNSHIP if village else BRANCH,
        ),
        level="township" if village else "village",
        public=words,
    )


_BURST = "水管裂了，一周没有水"
_LAMPS = "村口到小学的路灯坏了七盏"
_JOBS, _ROADSIDE = "公益性岗位安排什么人", "公路两边哪里不能建房"

STORIES = (
    # --- on the desk, to be assigned ---
    Story(0, 0, "其他", "院坝里的路灯不亮", "门口的路灯坏了半个月，晚上老人出门看不见。", 1, told=False),
    Story(0, 1, "饮水用电", _BURST, "水管埋得浅，车一压就裂，要到沟里背水，盼着早点修。", 8),
    Story(1, 0, "农业生产", "饲草不够", "今年草场干，饲草差一半，想统一买一批。", 2, level="township"),
    # --- with a handler ---
    Story(
        0,
        2,
        "医疗",
        "慢性病门诊证办不下来",
        "高血压三年了，材料交过两次，说不清还差什么。",
        5,
        (
            assign(4, reason="请到县医保局问清楚差什么材料"),
            Move(2, HANDLER, A.NOTE, {"reason": "已到县医保局窗口问过，差一份二级医院的诊断证明。"}),
        ),
    ),
    Story(
        0,
        3,
        "出行道路",
        "门口入户路下雨全是泥",
        "到主路一百多米没有硬化，老人摔过一次。",
        13,
        (
            assign(12),
            Move(3, TOWNSHIP, A.REMIND, {"reason": "已经逾期，请先把现场情况写清楚"}),
        ),
    ),
    Story(
        2,
        0,
        "就业",
        "想学挖掘机驾驶",
        "职高毕业在家两年，想参加政府组织的挖掘机培训。",
        4,
        (assign(3, TOWNSHIP),),
        level="township",
        by=HANDLER,
    ),
    Story(
        1,
        1,
        "增收",
        "花椒没有客商上门",
        "家里还压着三百多斤花椒，路远运费高，盼帮忙联系销路。",
        11,
        (
            assign(10, TOWNSHIP),
            Move(
                1,
                HANDLER,
                A.ASK_EXTENSION,
                {"days": 10, "reason": "已联系两家合作社，下周来看货定价，要等他们回话"},
            ),
        ),
        level="township",
    ),
    Story(
        1,
        None,
        "出行道路",
        "便桥护栏松动",
        "连续降雨后便桥两头的护栏松了，全村上学都从这里过。",
        16,
        (
            assign(15, TOWNSHIP),
            Move(9, HANDLER, A.ESCALATE, {"reason": "桥是县道上的，要县里定方案和资金"}),
            Move(7, OFFICE, A.ASSIGN, {"reason": "请会同交通运输局现场查看"}),
        ),
        level="township",
        kind="hazard",
    ),
    # --- answered: to be revisited, to be closed ---
    Story(
        0,
        4,
        "社会保障",
        "老人满六十没有领到养老金",
        "母亲三月满六十，到现在没有领到养老金。",
        6,
        (
            assign(5),
            reply(2, "经查是银行卡信息有误，已在乡便民服务中心更正，从本月起发放，以前的一并补发。"),
        ),
    ),
    Story(
        2,
        1,
        "生态环境",
        "垃圾池半个月没有清运",
        "夏天气味大，希望定下来几天清一次。",
        9,
        (
            assign(8),
            reply(6, "已和清运公司约定每周二、周五各清一次。"),
            revisit(4, "dissatisfied", "只清了一次又堆满了"),
        ),
    ),
    Story(
        2,
        2,
        "上学",
        "住校孩子周末没有班车",
        "周末要走四十分钟到公路边等车，天黑不放心。",
        10,
        (
            assign(9),
            reply(5, "县客运站从本周起周五下午、周日下午各加开一班，停村口。"),
            revisit(2),
        ),
    ),
    Story(
        0,
        5,
        "住房",
        "老房后墙裂缝",
        "后墙裂了两指宽，想请人来鉴定。",
        14,
        (
            assign(13, TOWNSHIP),
            reply(6, "住建局已上门鉴定为 C 级，列入明年改造名单；住人的一间已先做支护。", "partly"),
            Move(3, HANDLER, A.ASK_WAIVER, {"reason": "全家外出务工，电话里说清了，人要到春节才回来"}),
        ),
        level="township",
    ),
    # --- closed: to be published, or never ---
    Story(
        0,
        6,
        "邻里纠纷",
        "与隔壁因通道起争执",
        "两家不说话快一年，请村上来调解。",
        12,
        (
            assign(11),
            reply(7, "村调解委员会调解两次，双方签了协议：通道共用，不堆东西。"),
            revisit(5, "basically"),
            close(4),
        ),
        kind="dispute",
    ),
    Story(
        1,
        2,
        "社会保障",
        "家里的困难不想让人知道",
        "家人重病，借了不少钱，想问能不能救助。",
        15,
        (
            assign(14),
            Move(13, BRANCH, A.WITHHOLD, {"kind": "privacy", "reason": "涉及家人病情，本人不愿公开"}),
            reply(9, "已按临时救助程序受理，款项已打到卡上。"),
            revisit(7),
            close(6),
        ),
    ),
    # --- two who asked the same, one that was no matter ---
    Story(
        2,
        None,
        "其他",
        _LAMPS,
        "放学天已经黑了，孩子们走这段路。",
        6,
        (assign(5, TOWNSHIP),),
        level="township",
    ),
    Story(
        2,
        3,
        "其他",
        "去小学的路灯坏了",
        "村口到小学那一段晚上看不见。",
        4,
        (Move(3, TOWNSHIP, A.MERGE, {"reason": "和全村反映的路灯是同一件事"}),),
        into=_LAMPS,
    ),
    Story(
        1,
        3,
        "其他",
        "试着登记一条",
        "看看怎么用。",
        3,
        (Move(2, OFFICE, A.VOID, {"reason": "学用系统时登记的，不是群众反映的事"}),),
    ),
    # --- public now: one with an objection, one set aside, one that the law explains ---
    Story(
        0,
        7,
        "饮水用电",
        "自来水时断时续",
        "水压不够，二楼放不出水。",
        16,
        (
            assign(15),
            reply(10, "更换了加压泵，每天早晚各供水四小时，水压已正常。"),
            revisit(8),
            close(6),
            publish(3),
        ),
        public=(
            "自来水时断时续",
            "水压不够，二楼放不出水。",
            "更换了加压泵，每天早晚各供水四小时，水压已正常。",
        ),
        objection=(1, "前两天又停了一整天，没有人通知。"),
    ),
    Story(
        1,
        4,
        "政策咨询",
        "退休以后还能不能报名公益岗位",
        "今年六十二岁，想报名村里的公益岗位。",
        20,
        (
            assign(19),
            explain(14, "公益性岗位面向劳动年龄内的就业困难人员，超过退休年龄不能再安排。", _JOBS),
            revisit(12, "basically", "道理懂了"),
            close(11),
            publish(9),
        ),
        kind="suggestion",
        public=(
            "超过退休年龄能不能报名公益岗位",
            "群众年过六十，想报名村里的公益岗位。",
            "公益性岗位面向劳动年龄内的就业困难人员，超过退休年龄不能再安排。",
        ),
    ),
    Story(
        2,
        4,
        "住房",
        "想把宅基地换到公路边",
        "希望在公路边换一块地建房。",
        24,
        (
            assign(23),
            explain(18, "公路两侧建筑控制区内不能新建房屋，可在村庄规划区内申请。", _ROADSIDE),
            revisit(16, "dissatisfied", "就是想要公路边的"),
            Move(
                15,
                OFFICE,
                A.SET_ASIDE,
                {"reason": "要求违反公路法的建筑控制区规定，不满意的是规定，不是办理"},
            ),
            explain(13, "再次上门说明规定，并陪同到村庄规划区看了两处地。", _ROADSIDE),
            revisit(11, "basically"),
            close(10),
            publish(8),
        ),
        public=(
            "想在公路边换一块宅基地",
            "群众希望在公路边换一块地建房。",
            "公路两侧建筑控制区内不能新建房屋，可在村庄规划区内申请，已陪同看过两处。",
        ),
    ),
    _public(
        0,
        8,
        "医疗",
        (
            "希望家庭医生按时来",
            "家里有慢性病人，医生三个月没来。",
            "已调整签约医生，每月第一周上门，电话贴在门上。",
        ),
        5,
    ),
    _public(
        0,
        9,
        "上学",
        (
            "寄宿学生生活补助没有到账",
            "孩子在乡小学寄宿，补助没有到账。",
            "学校核对了名单，已经和下学期的一起到账。",
        ),
        13,
    ),
    _public(
        0,
        None,
        "生态环境",
        ("河边有人倒建筑垃圾", "河道边堆了两处弃渣，汛期前要清。", "弃渣已清完，立了牌子，村上每周巡一次。"),
        21,
    ),
    _public(
        1,
        5,
        "饮水用电",
        ("晚上电压低，电器带不动", "用电高峰灯都发黄。", "供电所换了大一级的变压器，现场测过电压正常。"),
        7,
    ),
    _public(
        1,
        6,
        "社会保障",
        ("残疾证到期，去县城不方便", "证已到期，行动不便去不了县城。", "县残联上门办理，新证已送到家里。"),
        28,
    ),
    _public(
        1,
        None,
        "医疗",
        (
            "卫生室常用药不齐",
            "村卫生室常用药不齐，血压计坏了。",
            "乡卫生院已补齐药品，换了血压计，每月来巡诊一次。",
        ),
        11,
    ),
    _public(
        2,
        5,
        "农业生产",
        (
            "水渠渗漏，地里灌不上水",
            "三处渗漏，下面几块地灌不上水。",
            "组织村民投工修补，材料由乡上出，已通水。",
        ),
        17,
    ),
    _public(
        2,
        6,
        "增收",
        (
            "莴笋下来怕没有人收",
            "莴笋快下来了，上一季压价厉害。",
            "已联系县供销社，按协议价收，装箱点设在村口。",
        ),
        35,
    ),
    _public(
        2,
        None,
        "出行道路",
        ("通组路起坑，边沟堵了", "路修了两年起坑，边沟堵了没人清。", "坑已补平，边沟清完，养护到人。"),
        31,
    ),
)

# What residents filed by QR code, and waits or was declined: place, title, content, reason of declining.
FILINGS = (
    (0, "快递只到乡上，老人取不了", "村里老人多，快递只送到乡上，希望村里能设一个点。", ""),
    (1, "沟里三组没有信号", "打电话要走到公路边，家里有病人不放心。", ""),
    (1, "在网上买的手机坏了", "网上买的手机坏了，商家不退。", "买卖纠纷请打 12315，村里已电话告诉您怎么说"),
)

# Title, category ("" is for all), text.
TEMPLATES = (
    ("已经办好", "", "您反映的事已经办好：________。如果再有问题，请随时告诉结对干部或村党组织。"),
    ("要等一段时间", "", "您反映的事正在办，要等________，预计________前有结果，到时候再告诉您。"),
    (
        "材料还差一份",
        "社会保障",
        "申请已收到，还差________。请交到乡便民服务中心，不方便的可以由结对干部代交。",
    ),
    ("报销手续", "医疗", "住院费用凭发票、费用清单、出院证明和医保卡到________办理，________天内到账。"),
    ("水电抢修", "饮水用电", "已于________派人抢修，________恢复供应。以后停水停电会提前在村里通知。"),
    (
        "道路修补",
        "出行道路",
        "已到现场看过，________由________负责，________前修好；没有修好以前请绕行________。",
    ),
    ("调解结果", "邻里纠纷", "经村调解委员会调解，双方同意：________。协议一式三份，双方和村里各存一份。"),
    ("技术上门", "农业生产", "农技员已于________到地里看过，建议________，所需________已联系________供应。"),
)

# Category, title, text, source.
POLICIES = (
    (
        "社会保障",
        "最低生活保障怎样申请",
        "共同生活的家庭成员人均收入低于当地最低生活保障标准、财产符合规定的，可以申请低保。"
        "由户主向户籍所在地的乡镇人民政府提出，也可以委托村民委员会代为提出；"
        "乡镇入户调查、民主评议、张榜公示，县级民政部门审批。",
        "《社会救助暂行办法》（国务院令第 649 号）",
    ),
    (
        "住房",
        "危房改造由谁来定",
        "农村低收入群体等重点对象的住房，由住建部门鉴定安全等级；C 级修缮加固，D 级拆除重建。"
        "本人申请，村评议公示，乡镇审核，县级审批。同一户不重复享受。",
        "《关于做好农村低收入群体等重点对象住房安全保障工作的实施意见》（建村〔2021〕35 号）",
    ),
    (
        "农业生产",
        "野生动物毁坏庄稼怎么补偿",
        "因保护国家或地方重点保护的野生动物，造成人员伤亡、农作物或其他财产损失的，由当地人民政府给予补偿。"
        "受损后请保留现场，尽快报乡镇和林草部门查看登记。",
        "《中华人民共和国野生动物保护法》第十九条",
    ),
    (
        "邻里纠纷",
        "人民调解不收费，协议有约束力",
        "人民调解委员会调解民间纠纷，不收任何费用。达成的调解协议具有法律约束力；"
        "双方认为必要的，可以自协议生效之日起三十日内共同向人民法院申请司法确认。",
        "《中华人民共和国人民调解法》第四条、第三十一条、第三十三条",
    ),
    (
        "政策咨询",
        _JOBS,
        "公益性岗位用来安置就业困难人员，在劳动年龄内、有就业愿望、符合当地认定条件的可以申请。"
        "达到法定退休年龄的不再安排；已在岗的，期满退出。",
        "《中华人民共和国就业促进法》第五十二条、第五十三条",
    ),
    (
        "住房",
        _ROADSIDE,
        "公路建筑控制区内，除公路保护需要外，禁止修建建筑物和地面构筑物："
        "从公路用地外缘起，国道不少于 20 米，省道不少于 15 米，县道不少于 10 米，乡道不少于 5 米。",
        "《公路安全保护条例》第十一条",
    ),
    (
        "上学",
        "生源地信用助学贷款",
        "考上大学、家庭经济困难的，可以在户籍所在县的学生资助管理中心申请，在校期间利息由财政补贴，"
        "毕业后再还本付息。每年贷款有最高限额，以当年公布的为准。",
        "国家助学贷款政策，以县学生资助管理中心当年通知为准",
    ),
)

# Title of the story, public title, a word of the unit's name, promise, days until due, progress.
PROBLEMS = (
    (
        "便桥护栏松动",
        "便桥护栏松动，学生每天经过",
        "交通",
        "加固两头护栏，换掉朽坏的桥面板，验收合格后通行。",
        45,
        "交通运输局已看过现场，方案在定。",
    ),
    (
        _LAMPS,
        "村口到小学的路灯不亮",
        "住房",
        "修好坏掉的七盏路灯，定下谁来管、坏了几天修好。",
        30,
        "",
    ),
    (
        "花椒没有客商上门",
        "花椒卖不出去、运费高",
        "农业",
        "联系两家以上合作社上门收购，签一份保底价协议。",
        -2,
        "两家合作社已答应下周来看货。",
    ),
)

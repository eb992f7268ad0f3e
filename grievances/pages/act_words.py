"""What the page of a step says before and after it (contract, section 4)."""

from grievances.models import GrievanceAction, RequestKind

A = GrievanceAction

WILL: dict[GrievanceAction, tuple[str, ...]] = {
    A.ASSIGN: ("主办人会收到消息，答复期限 {matter.reply_due_on} 不变。",),
    A.TRANSFER: ("由新的主办人接着办，会收到消息；答复期限 {matter.reply_due_on} 不变。",),
    A.ESCALATE: ("交到上一级重新交办，期限改按上一级的天数，仍从挂号那天算起。",),
    A.RETURN: ("回到交办的人手里重新交办，退回次数加一。",),
    A.ASK_EXTENSION: ("由上一级决定；批准前期限不变，批准后要告知群众。",),
    A.EXTEND: ("答复期限顺延，主办人会收到消息，并告知群众延期和原因。",),
    A.REFUSE_EXTENSION: ("答复期限不变，主办人会收到消息。",),
    A.REPLY: ("答复后等别人回访，答复的人不能自己回访。", "这些话要告知群众。"),
    A.REVISIT: ("满意或基本满意的，等销号；不满意的，退回重办。",),
    A.ASK_WAIVER: ("由上一级决定；批准后直接销号。",),
    A.WAIVE: ("不回访，直接销号，并告知群众。",),
    A.REFUSE_WAIVER: ("要照常回访，申请的人会收到消息。",),
    A.CLOSE: ("办结销号，并告知群众；接着准备公示。",),
    A.PUBLISH: ("确认过的文字马上公开，公示 7 天。",),
    A.WITHHOLD: ("这件事不会公开，照常办理、销号。",),
    A.REOPEN: ("重新办理：答复、回访和销号都要再做一遍，公示的内容撤下。原来的经过都留着。",),
    A.KEEP: ("公示照旧，异议到此答复。",),
    A.MERGE: ("编号还在，和并入的那一件一起办；以后可以取消并案。",),
    A.UNMERGE: ("恢复单独办理，期限照原来的算。",),
    A.VOID: ("记录和原因都留着，谁都看得见是作废的；不再计入任何数字。",),
    A.NOTE: ("写在经过里，本级会收到消息。",),
    A.REMIND: ("主办人会收到消息；还没有交办的，提醒本级。",),
    A.SET_ASIDE: ("评价留着，不计入满意率；剔除的件数和原因公开说明。",),
}
FINAL: dict[GrievanceAction, str] = {
    A.REPLY: "答复写入后不能修改。",
    A.CLOSE: "销号后只能退回重办，不能改回。",
    A.WAIVE: "销号后只能退回重办，不能改回。",
    A.PUBLISH: "公开后谁都看得到，只能退回重办时撤下。",
    A.WITHHOLD: "标为不予公示后不能取消。",
    A.REOPEN: "退回重办后不能取消。",
    A.KEEP: "答复后不能修改。",
    A.VOID: "作废后不能恢复。",
    A.MERGE: "并案会写进两件事的经过。",
    A.SET_ASIDE: "剔除后不能恢复。",
}
DONE: dict[GrievanceAction, str] = {
    A.ASSIGN: "已交办，主办人会收到消息",
    A.TRANSFER: "已转办，新的主办人会收到消息",
    A.ESCALATE: "已升级，上一级会收到消息",
    A.RETURN: "已退回，交办的人会收到消息",
    A.ASK_EXTENSION: "延期已申请，等上一级决定",
    A.EXTEND: "已批准延期，请告知群众",
    A.REFUSE_EXTENSION: "没有批准延期，主办人会收到消息",
    A.REPLY: "已答复，请告知群众；接下来等回访",
    A.REVISIT: "回访已记录",
    A.ASK_WAIVER: "免回访已申请，等上一级决定",
    A.WAIVE: "已批准并销号，请告知群众",
    A.REFUSE_WAIVER: "没有批准免回访，请安排回访",
    A.CLOSE: "已销号，请告知群众；接下来准备公示",
    A.PUBLISH: "已公示",
    A.WITHHOLD: "已标为不予公示",
    A.REOPEN: "已退回重办",
    A.KEEP: "异议已答复，公示照旧",
    A.MERGE: "已并案",
    A.UNMERGE: "已取消并案，恢复单独办理",
    A.VOID: "已作废，记录还在",
    A.NOTE: "进展已写上",
    A.REMIND: "已催办，对方会收到消息",
    A.SET_ASIDE: "评价已剔除",
}
GONE = "它不再由您经办，您看不到了"
# The decision, and what was asked.
ASKED: dict[GrievanceAction, str] = {
    A.EXTEND: RequestKind.EXTENSION,
    A.REFUSE_EXTENSION: RequestKind.EXTENSION,
    A.WAIVE: RequestKind.WAIVER,
    A.REFUSE_WAIVER: RequestKind.WAIVER,
}

"""The contract held against two workbooks by plain Python: what an import would refuse. SPEC 2, 9."""

import datetime
from collections import Counter, defaultdict
from itertools import pairwise

FOREVER = datetime.date(9999, 12, 31)
ONE_DAY = datetime.timedelta(days=1)

REGISTRY = {
    "单位": "单位编码 单位名称 单位类型 主要负责人 分管班子成员 联络员",
    "村": "村编码 村名称 乡镇编码 类型 经度 纬度",
    "单位包村": "单位编码 村编码 开始日期 结束日期",
    "领导包联": "工号 单位编码 开始日期 结束日期",
    "干部": "工号 姓名 单位编码 职级 班子成员 手机 到岗日期 离岗日期",
    "任职": "工号 单位编码 职级 开始日期 结束日期",
    "请假": "工号 开始日期 结束日期 事由",
    "户": "户编码 村编码 村民小组 户主 电话 身份证号 人口数 户类型 原单位编码 干部工号 党员户 村组干部户 "
    "建档立卡户 特殊困难户 困难原因 经济来源 地址 经度 纬度",
    "结对": "工号 户编码 开始日期 结束日期",
    "账号角色": "工号 角色 单位编码 村编码 开始日期 结束日期",
}
VISITS = {
    "驻村": "工号 村编码 开始日期 结束日期 补录",
    "走访": "工号 户编码 走访日期 结果 宣讲 宣讲主题 经济来源 存在困难 群众意见 当场解决",
    "诉求": "诉求编号 工号 户编码 村编码 类型 类别 标题 内容 层级 挂号日期 "
    "答复日期 答复结果 回访结果 销号日期 公示日期",
    "活动": "类型 日期 单位编码 村编码 工号 人数 主题",
}
REQUIRED = {
    "单位": "单位编码 单位名称 单位类型",
    "村": "村编码 村名称 乡镇编码 类型",
    "单位包村": "单位编码 村编码 开始日期",
    "领导包联": "工号 单位编码 开始日期",
    "干部": "工号 姓名 单位编码 职级 到岗日期",
    "任职": "工号 单位编码 职级 开始日期",
    "请假": "工号 开始日期 结束日期 事由",
    "户": "户编码 村编码 户主 人口数 户类型",
    "结对": "工号 户编码 开始日期",
    "账号角色": "工号 角色 开始日期",
    "驻村": "工号 村编码 开始日期 结束日期",
    "走访": "工号 户编码 走访日期 存在困难 群众意见",
    "诉求": "诉求编号 工号 类型 类别 标题 内容 层级 挂号日期",
    "活动": "类型 日期 主题",
}
KEYS = {
    "单位": "单位编码",
    "村": "村编码",
    "单位包村": "单位编码 村编码 开始日期",
    "领导包联": "工号 单位编码 开始日期",
    "干部": "工号",
    "任职": "工号 开始日期",
    "请假": "工号 开始日期",
    "户": "户编码",
    "结对": "工号 户编码 开始日期",
    "账号角色": "工号 角色 单位编码 村编码 开始日期",
    "驻村": "工号 村编码 开始日期",
    "走访": "工号 户编码 走访日期",
    "诉求": "诉求编号",
    "活动": "类型 日期 单位编码 村编码 工号 主题",
}
CHOICES = {
    ("单位", "单位类型"): "县级部门 乡镇 企事业单位",
    ("村", "类型"): "行政村 城镇社区 农村社区",
    ("干部", "职级"): "县级领导 正科级 副科级 改非 一般干部",
    ("户", "户类型"): "农村户 城镇居民户 离退休干部户 干部职工家庭",
    ("账号角色", "角色"): "干部 村党组织 乡镇 单位联络员 单位负责人 县联户联情办 县级领导 系统管理员 审计员",
    ("走访", "结果"): "见面 未遇 电话联系",
    ("诉求", "类型"): "民生诉求 矛盾纠纷 问题隐患 民生项目问题 意见建议",
    (
        "诉求",
        "类别",
    ): "上学 医疗 就业 增收 住房 出行道路 饮水用电 社会保障 农业生产 生态环境 邻里纠纷 政策咨询 其他",
    ("诉求", "层级"): "村 乡 县",
    ("诉求", "答复结果"): "已解决 部分解决 政策解释",
    ("诉求", "回访结果"): "满意 基本满意 不满意",
    ("活动", "类型"): "思想作风体检报告 矛盾排查/接访 代办事项 民生项目回头看 宣讲会 干群恳谈会 农民夜校 "
    "群众(代表)大会 基层党建帮扶 结对共建 就业/产业帮扶 表彰活动 村规民约议事 谈心谈话 会商 研判 通报 年度工作计划",
}
FLAGS = "班子成员 党员户 村组干部户 建档立卡户 特殊困难户 补录 宣讲 当场解决".split()
FUTURE_ALLOWED = {"单位包村", "领导包联", "请假", "干部", "任职"}


def day_in(row, begin="开始日期", end="结束日期"):
    return row[begin], row[end] or FOREVER


def overlaps(spans):
    return any(before[1] >= after[0] for before, after in pairwise(sorted(spans)))


def faults(registry, visits, until):
    yield from form_faults({**registry, **visits}, until)
    yield from reference_faults({**registry, **visits})
    yield from pairing_faults(registry)
    yield from career_faults(registry)
    yield from work_faults(registry, visits)
    yield from matter_faults(visits["诉求"])


def form_faults(sheets, until):
    for sheet, rows in sheets.items():
        seen = Counter(tuple(row[name] for name in KEYS[sheet].split()) for row in rows)
        yield from (f"{sheet} twice: {key}" for key, count in seen.items() if count > 1)
        for row in rows:
            for name in REQUIRED[sheet].split():
                if row[name] in (None, ""):
                    yield f"{sheet}: {name} is empty in {row}"
            if row.get("结束日期") and row["结束日期"] < row["开始日期"]:
                yield f"{sheet}: ends before it begins {row}"
            for name, value in row.items():
                labels = CHOICES.get((sheet, name))
                if labels and value and value not in labels.split():
                    yield f"{sheet}: {value} is no {name}"
                if name in FLAGS and value not in ("是", "否", None):
                    yield f"{sheet}: {value} is no flag"
                late = isinstance(value, datetime.date) and value > until
                if late and sheet not in FUTURE_ALLOWED:
                    yield f"{sheet}: {name} lies in the future {row}"


def reference_faults(sheets):
    units = {row["单位编码"]: row for row in sheets["单位"]}
    known = {
        "工号": {row["工号"] for row in sheets["干部"]},
        "单位编码": set(units),
        "村编码": {row["村编码"] for row in sheets["村"]},
        "户编码": {row["户编码"] for row in sheets["户"]},
        "乡镇编码": {code for code, row in units.items() if row["单位类型"] == "乡镇"},
    }
    same = dict.fromkeys(("主要负责人", "分管班子成员", "联络员", "干部工号"), "工号")
    same["原单位编码"] = "单位编码"
    for sheet, rows in sheets.items():
        for row in rows:
            for name, value in row.items():
                codes = str(value).split("、") if value else []
                wanted = known.get(same.get(name, name), codes)
                if any(code not in wanted for code in codes):
                    yield f"{sheet}: {name} {value} is unknown"


def pairing_faults(registry):
    homes = {row["户编码"]: row for row in registry["户"]}
    cadres = {row["工号"]: row for row in registry["干部"]}
    moved = {row["工号"] for row in registry["任职"]}
    spans = defaultdict(list)
    for row in registry["结对"]:
        spans[row["户编码"]].append(day_in(row))
        home, cadre = homes[row["户编码"]], cadres[row["工号"]]
        if row["开始日期"] < cadre["到岗日期"]:
            yield f"paired before being in post: {row}"
        if home["户类型"] == "干部职工家庭" and row["工号"] != home["干部工号"]:
            yield f"staff family held by another: {row}"
        if home["户类型"] == "离退休干部户" and (
            cadre["班子成员"] != "是"
            or cadre["单位编码"] != home["原单位编码"]
            or cadre["工号"] in moved
            or cadre["离岗日期"]
        ):
            yield f"retired cadre held by no leader of the former unit: {row}"
    yield from (f"pairings of {home} overlap" for home, found in spans.items() if overlaps(found))
    for home in homes.values():
        if bool(home["原单位编码"]) != (home["户类型"] == "离退休干部户"):
            yield f"former unit: {home}"
        if bool(home["干部工号"]) != (home["户类型"] == "干部职工家庭"):
            yield f"member: {home}"
        if bool(home["困难原因"]) != (home["特殊困难户"] == "是"):
            yield f"hardship and reason: {home}"


def career_faults(registry):
    leave, posts = defaultdict(list), defaultdict(list)
    cadres = {row["工号"]: row for row in registry["干部"]}
    for row in registry["干部"]:
        if row["离岗日期"] and row["离岗日期"] < row["到岗日期"]:
            yield f"leaves before coming: {row}"
    for row in registry["请假"]:
        cadre = cadres[row["工号"]]
        leave[row["工号"]].append(day_in(row))
        if not cadre["到岗日期"] <= row["开始日期"] <= row["结束日期"] <= (cadre["离岗日期"] or FOREVER):
            yield f"leave outside the post: {row}"
    for row in registry["任职"]:
        posts[row["工号"]].append((*day_in(row), row["单位编码"], row["职级"]))
    yield from (f"leave of {code} overlaps" for code, spans in leave.items() if overlaps(spans))
    for code, spans in posts.items():
        spans.sort()
        cadre = cadres[code]
        if spans[0][0] != cadre["到岗日期"]:
            yield f"history of {code} begins elsewhere"
        if any(before[1] + ONE_DAY != after[0] for before, after in pairwise(spans)):
            yield f"history of {code} has a gap or an overlap"
        if spans[-1][2:] != (cadre["单位编码"], cadre["职级"]):
            yield f"history of {code} ends elsewhere"


def work_faults(registry, visits):
    village_of = {row["户编码"]: row["村编码"] for row in registry["户"]}
    stays = defaultdict(list)
    for row in visits["驻村"]:
        stays[row["工号"], row["村编码"]].append((row["开始日期"], row["结束日期"]))
    yield from (f"trips overlap: {key}" for key, spans in stays.items() if overlaps(spans))
    for row in visits["走访"]:
        spans = stays[row["工号"], village_of[row["户编码"]]]
        if not any(begin <= row["走访日期"] <= end for begin, end in spans):
            yield f"visit outside a trip: {row}"
    for row in visits["活动"]:
        if not (row["单位编码"] or row["村编码"] or row["工号"]):
            yield f"activity of nobody: {row}"
    days = [row["走访日期"] for row in visits["走访"]]
    if days != sorted(days):
        yield "visits are not in order of days"


def matter_faults(rows):
    for row in rows:
        number = row["诉求编号"]
        if not number.startswith(f"LH-{row['挂号日期'].year}-") or len(number) != 14:
            yield f"number: {row}"
        steps = [row[name] for name in ("挂号日期", "答复日期", "销号日期", "公示日期")]
        filled = [day for day in steps if day]
        if steps[: len(filled)] != filled or filled != sorted(filled):
            yield f"steps out of order: {row}"
        if bool(row["答复日期"]) != bool(row["答复结果"]):
            yield f"reply without outcome: {row}"
        if row["回访结果"] and not row["答复日期"]:
            yield f"revisit without reply: {row}"
        if row["销号日期"] and row["回访结果"] not in ("满意", "基本满意"):
            yield f"closed without a content family: {row}"
        if bool(row["户编码"]) == bool(row["村编码"]):
            yield f"household or village: {row}"

"""Units and villages by name. Townships and villages are invented."""

import random

DEPARTMENTS = (
    ("县委办公室", "XW"), ("县政府办公室", "ZF"), ("县文化体育和旅游局", "WL"), ("县教育局", "JY"),
    ("县农业农村和水务局", "NY"), ("县卫生健康局", "WJ"), ("县委组织部", "ZZ"), ("县审计局", "SJ"),
    ("县民政局", "MZ"), ("县交通运输局", "JT"), ("县人力资源和社会保障局", "RS"),
    ("县住房和城乡建设局", "ZJ"), ("县林业和草原局", "LC"), ("县公安局", "GA"), ("县财政局", "CZ"),
    ("县委宣传部", "XC"), ("县自然资源局", "ZR"), ("县司法局", "SF"), ("县发展和改革局", "FG"),
    ("县应急管理局", "YJ"), ("县医疗保障局", "YB"), ("县市场监督管理局", "SC"), ("县统计局", "TJ"),
    ("县委政法委员会", "ZW"), ("县委统战部", "TZ"), ("县纪委监委", "JW"), ("县人大办公室", "RD"),
    ("县政协办公室", "ZX"), ("县人民法院", "FY"), ("县人民检察院", "JC"), ("县税务局", "SW"),
    ("县退役军人事务局", "TY"), ("县经济商务和信息化局", "JX"), ("县科学技术协会", "KX"),
    ("县总工会", "GH"), ("共青团县委", "TW"), ("县妇女联合会", "FL"), ("县残疾人联合会", "CL"),
    ("县工商业联合会", "GS"), ("县文学艺术界联合会", "WX"), ("县信访局", "XF"), ("县委党校", "DX"),
    ("县档案馆", "DA"), ("县供销合作社联合社", "GX"), ("县机关事务服务中心", "JG"),
    ("县行政审批局", "SP"), ("县生态环境局", "HB"), ("县气象局", "QX"), ("县红十字会", "HS"),
    ("县融媒体中心", "RM"), ("县乡村振兴服务中心", "XZ"), ("县消防救援大队", "XX"),
)  # fmt: skip

ENTERPRISES = (
    "县人民医院", "县旅游发展有限公司", "县中学校", "县国有林场", "县供水公司", "县藏医院",
    "县妇幼保健院", "县职业技术学校", "国网县供电公司", "县城关小学", "县疾病预防控制中心",
    "县农村信用合作联社", "县邮政分公司", "县粮油储备公司", "县自然保护区管理处", "县幼儿园",
    "县国有资产投资公司", "县图书馆", "县博物馆", "县畜牧兽医站", "县种子站", "县公路养护段",
)  # fmt: skip

TOWNSHIPS = (
    "云屯镇", "松坪乡", "岷源镇", "红岩乡", "雪溪镇", "青柯乡", "金河镇", "白草乡", "川盘镇", "牟溪乡",
    "安谷镇", "燕子乡", "龙台镇", "大湾乡", "镇西镇", "黑沟乡", "玉瓦镇", "羊角乡", "双河镇", "木瓜乡",
    "林坡镇", "草海乡",
)  # fmt: skip

_STREETS = "南街 北街 古城 东门 西门 新城 滨河 顺江 安居 和谐".split()
_FIRST = "上 下 大 小 中 老 新 前 后 东 西 石 水 高 长".split()
_MIDDLE = "羊 泥 磨 岩 松 柏 云 红 白 龙 牛 麻 瓦 木 青 花 桥 药 椒 羌 藏 沙 金 银".split()
_LAST = "寨 坝 沟 坪 堡 湾 山 坡 梁 口 屯 岭".split()


def village_names(rng: random.Random) -> list[str]:
    """All names a village can have, in random order; no two the same."""
    names = [f"{a}{b}{c}村" for a in _FIRST for b in _MIDDLE for c in _LAST]
    rng.shuffle(names)
    return names


def community_names(rng: random.Random, count: int) -> list[str]:
    names = [f"{street}社区" for street in _STREETS]
    numbers = "一 二 三 四 五 六 七 八 九".split()
    names += [f"{street}第{number}社区" for number in numbers for street in _STREETS]
    rng.shuffle(names)
    return names[:count] + [f"安置点{n}号社区" for n in range(1, count - len(names) + 1)]

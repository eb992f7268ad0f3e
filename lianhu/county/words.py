"""What is said at the kitchen table: difficulties, opinions, topics. `{a|b}` takes one of them."""

import random
import re
from dataclasses import dataclass
from pathlib import Path

_CHOICE = re.compile(r"\{([^{}]*)\}")


def fill(rng: random.Random, text: str) -> str:
    """The text with each choice made."""
    if "{" not in text:
        return text
    return _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)


@dataclass(frozen=True, slots=True)
class Matter:
    """A difficulty that can become a matter of the ledger."""

    kind: str
    category: str
    level: str
    title: str
    text: str
    rainy: bool = False


def _read(scope: str) -> tuple[Matter, ...]:
    """`matters.tsv` holds them, a line each, where the office can read and add to them."""
    lines = (Path(__file__).with_name("matters.tsv")).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    return tuple(
        Matter(kind, category, level, title, text, rainy == "是")
        for of, kind, category, level, rainy, title, text in rows
        if of == scope
    )


HOUSEHOLD_MATTERS, VILLAGE_MATTERS = _read("户"), _read("村")

NO_DIFFICULTY = (
    "暂无突出困难。", "生产生活正常，暂无困难。", "无。", "暂无。", "目前没有需要帮助解决的困难。",
    "{老人|孩子|牲畜}都好，暂无困难。",
)  # fmt: skip
SMALL_DIFFICULTIES = (
    "{劳动力不足|缺少技术|缺启动资金}，{想扩种花椒|想养几头牦牛|想开个小吃店}。",
    "{老人腿脚不便|孩子小，走不开}，{外出务工难|地里活忙不过来}。",
    "{化肥|饲料|油料}涨价，今年成本高了些。",
    "冬季{用水|取暖|交通}不太方便。",
    "不会用手机缴费，{医保|养老保险}要人代办。",
    "{承包地离家远|地块零散}，打算流转出去。",
)  # fmt: skip
OPINIONS = (
    "对{当前政策|村里工作|驻村干部}满意，没有意见。",
    "希望多组织{农技培训|外出务工信息发布|文艺活动}。",
    "建议{村务公开再及时些|低保评议多听群众意见|公益岗轮流安排}。",
    "盼望{早点通上水泥路|把灌溉渠修好|学校旁装减速带}。",
    "关心{医保报销比例|草原补奖标准|退耕还林补助}，已当面解释。",
    "谈到__，建议{早安排|提前通知|集中办一次}。",
    "感谢{上次帮忙办证|介绍的工作|送来的种苗}，日子比去年好。",
    "说话实在：{会开得多，事办得慢|填表太多|来的人多，办成的少}，请多办实事。",
    "没有意见。",
    "建议{卫生检查别搞突击|垃圾桶多放两个|晚上广播早点停}。",
)  # fmt: skip
SOLVED_ON_THE_SPOT = (
    "当场帮忙{完成医保缴费|下载并登录社保应用|填写补贴申请表}。",
    "当场联系{电工|水管员|村医}上门处理。",
    "当场解释{低保条件|异地就医备案|购机补贴办法}。",
)  # fmt: skip
NOT_MET = (
    "未遇：全家外出务工，{家门上锁|邻居代为转告}。",
    "未遇：{上山采药|进城看病|走亲戚}，改日再访。",
)  # fmt: skip
BY_PHONE = (
    "电话联系：{户主在成都务工|户主在外省工地|全家在县城陪读}，一切平安。",
    "电话联系：因{封路|大雪|塌方}未能到户，已通电话。",
)  # fmt: skip
TALKS = (
    "医保和养老保险参保政策", "乡村振兴和产业奖补政策", "防范电信网络诈骗", "森林草原防火条例",
    "义务教育和控辍保学", "宪法和民法典进村", "铸牢中华民族共同体意识", "防汛避险和地质灾害知识",
    "惠民惠农补贴“一卡通”政策", "禁毒和道路交通安全", "反邪教和国家安全法", "移风易俗、抵制高额彩礼",
    "党的惠民政策“一口清”", "农民工工资支付保障条例", "残疾人和低收入人口帮扶政策",
)  # fmt: skip

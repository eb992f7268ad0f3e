"""Names of Han, Tibetan, Qiang and Hui people, as a registry in the upper Min valley holds them."""

import random

# The second line reads otherwise as a surname; pinyin search has to know.
_COMMON = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹彭肖蒋蔡余杜叶程苏魏吕丁任"
_TRICKY = "单解仇曾查区翟覃乐朴盖缪种尉那华应"
_DOUBLE = ("欧阳", "尉迟", "令狐", "上官", "司马")
_MALE = "强军勇平明国林东建波辉海涛刚斌峰松云山川福贵安康宏志永德文武荣祥光龙虎"
_FEMALE = "红梅英秀芳霞燕玲兰琴丽娟萍敏洁静雪莲春凤珍慧蓉琼月艳佳欣"
_RARE = ("𠮷", "䶮", "堃", "喆", "旻", "昇")

_TIBETAN_MALE = (
    "扎西 泽仁 多吉 次仁 尼玛 丹增 洛桑 旦真 嘎绒 仁青 索朗 桑吉 罗尔伍 阿旺 格勒 彭措 "
    "降初 夺尔基 华尔丹 泽郎 三郎 俄玛 甲初"
).split()
_TIBETAN_FEMALE = "卓玛 拉姆 央金 格桑 白玛 达瓦 德吉 措姆 娜姆 泽让娜 俄满 什基 仁真 求吉 班玛".split()
_TIBETAN_ENDS = "初 善 他 甲 波 修 磋".split()

_QIANG_SURNAMES = "余陈杨王龙何苟耿坤毛冯祁"
_QIANG_MALE = "木基 尔基 木初 兴全 尔甲 志全 俄比 世荣 木尔 水生".split()
_QIANG_FEMALE = "木姐 花姐 尔妹 秀姐 木吉 云珠 泽花 尔玛姐".split()

_HUI_SURNAMES = "马马马撒沙苏"


def person(rng: random.Random, sex: str) -> str:
    """A full name. It is never to be split into surname and given name."""
    draw = rng.random()
    if draw < 0.42:
        return han(rng, sex)
    if draw < 0.78:
        return tibetan(rng, sex)
    if draw < 0.95:
        return qiang(rng, sex)
    return rng.choice(_HUI_SURNAMES) + _given(rng, sex)


def han(rng: random.Random, sex: str) -> str:
    draw = rng.random()
    if draw < 0.012:
        surname = rng.choice(_DOUBLE)
    elif draw < 0.09:
        surname = rng.choice(_TRICKY)
    else:
        surname = rng.choice(_COMMON)
    return surname + _given(rng, sex)


def _given(rng: random.Random, sex: str) -> str:
    letters = _MALE if sex == "男" else _FEMALE
    if rng.random() < 0.012:
        return rng.choice(_RARE) + rng.choice(letters)
    if rng.random() < 0.3:
        return rng.choice(letters)
    return rng.choice(letters) + rng.choice(letters)


def tibetan(rng: random.Random, sex: str) -> str:
    own = rng.choice(_TIBETAN_MALE if sex == "男" else _TIBETAN_FEMALE)
    draw = rng.random()
    if draw < 0.3:
        first = rng.choice(_TIBETAN_MALE)
        return f"{first}·{own}" if first != own else own
    if draw < 0.55:
        return own + rng.choice(_TIBETAN_ENDS)
    if draw < 0.7:
        return own
    if draw < 0.72:
        return f"阿旺洛桑·{own}{rng.choice(_TIBETAN_MALE)}"
    second = rng.choice(_TIBETAN_FEMALE if sex == "女" else _TIBETAN_MALE)
    return own + second if second != own else own


def qiang(rng: random.Random, sex: str) -> str:
    given = rng.choice(_QIANG_MALE if sex == "男" else _QIANG_FEMALE)
    if rng.random() < 0.08:
        return f"尔玛·{given}"
    return rng.choice(_QIANG_SURNAMES) + given

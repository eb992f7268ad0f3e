"""Names of the registry in a text, and whether a find is a name there or a word (contract, section 4; FORMATS c).

A county has a hundred thousand names: the text is cut into pieces, and one query asks which of them a name begins
with. What lies between the characters of a name, blanks, dots, something invisible, does not hide it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rjieba
from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Left

from grievances.masking_numbers import Hit, Kind, unseen, without_overlaps
from registry.models import Cadre, Household, HouseholdChange

# By so many characters a name is looked up; the index is on the same (`registry`, household_name_stem).
STEM = 4
# From here on a word of the language is more than a name that the dictionary happens to know.
_COMMON = 40
# The commonest surnames: 李强 is in the dictionary of words, and a name.
_OFTEN = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_SURNAMES = _OFTEN | frozenset(
    "严华卫戚柏水章云俞窦奚彭郎鲁韦昌马苗凤花鲍廉岑倪殷罗毕安乐时皮卞齐伍卜和穆尹祁狄米贝明计伏成茅庞纪舒屈项祝"
    "阮蓝闵席季麻强路娄危童颜梅盛刁骆高柯管莫经房裘缪干解应宗宣丁邓郁单杭洪包诸左吉钮嵇邢滑裴荣翁荀羊甄曲封芮储靳"
    "焦巴牧车侯宓蓬全班仰仲伊宫宁仇甘厉祖符景詹束叶司韶郜黎蓟薄印宿怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘翟谭"
    "贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古慎戈廖庾终暨居衡步都耿"
    "满弘匡国寇广禄阙东殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空母沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公"
    "苟涂肖覃朴尉种折召繁"
)
_DOUBLE = (
    "欧阳",
    "尉迟",
    "令狐",
    "上官",
    "司马",
    "诸葛",
    "长孙",
    "万俟",
    "单于",
    "澹台",
    "司徒",
    "皇甫",
    "夏侯",
    "东方",
)

_PERSON_BEFORE = re.compile(
    r"(?:村民|户主|群众|老人|贫困户|脱贫户|监测户|低保户|五保户|特困户|困难户|党员|学生|患者|病人|残疾人|同志|司机|驾驶员|居民"
    r"|农户|住户|邻居|[人者]是|反映人|申请人|当事人|联系人|投诉人|负责人|儿子|女儿|妻子|丈夫|老伴|父亲|母亲|爱人|孙子|孙女|哥哥"
    r"|弟弟|姐姐|妹妹|大哥|名叫|叫做|我叫|他叫|她叫|姓名|我是|书记|主任|组长|村长|支书|文书|干部|医生|老师|乡长|镇长|护林员"
    r"|人员)[：:为是叫（(“]?$"
)
_NAMED_BEFORE = re.compile(
    r"(?:户主|名叫|叫做|我叫|他叫|她叫|姓名|联系人|反映人|申请人|当事人|投诉人|老伴|妻子|丈夫|儿子|女儿|户主)[：:为是叫（(“]?$"
)
_TITLES = (
    r"同志|书记|主任|组长|支书|村长|文书|老师|医生|师傅|大爷|大妈|大叔|大哥|大姐|大娘|阿姨|叔叔|老人|等人|夫妇|夫妻|一家|本人"
    r"|之[子妻女]|的(?:儿子|女儿|妻子|丈夫|父亲|母亲|老伴|孙子|孙女)|[一两二三四五六七八九十]人"
)
_TITLE_AFTER = re.compile(rf"(?:{_TITLES})")
_PERSON_AFTER = re.compile(
    rf"(?:{_TITLES}|家|户|反映|反应|称|表示|提出|来电|来访|诉|说|及其|要求|申请|[（(]|$)"
)
_PLACE_AFTER = re.compile(
    r"村(?!民)|乡|镇|社区|寨|水库|小学|中学|学校|草原|牧场|[县路山河街桥湖沟](?![上下里边过坡外面])"
)
_NEAR = 12
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]")


def surname_of(name: str) -> str:
    """The surname a Han name of two to four characters begins with; empty for any other (never split those)."""
    if "·" in name or not 2 <= len(name) <= 4:
        return ""
    if name[:2] in _DOUBLE and len(name) > 2:
        return name[:2]
    return name[0] if name[0] in _SURNAMES and len(name) <= 3 else ""


# --- a text without what lies between its characters ------------------------------------------

_BETWEEN = set("·•・･‧∙⋅●．.-_*/\\|~^+=#'\"“”‘’")


@dataclass(frozen=True)
class Stretch:
    """Letters that follow each other, and where each of them stands in the text."""

    letters: str
    at: tuple[int, ...]

    @cached_property
    def pieces(self) -> list["Piece"]:
        found, place = [], 0
        for word, tag in rjieba.tag(self.letters):
            found.append(Piece(word, tag, place, place + len(word)))
            place += len(word)
        return found

    def span(self, first: int, last: int) -> tuple[int, int]:
        return self.at[first], self.at[last - 1] + 1


@dataclass(frozen=True)
class Piece:
    """One word as the segmenter cuts it."""

    word: str
    tag: str
    start: int
    end: int

    @property
    def common(self) -> bool:
        return is_common(self.word, self.tag)


def is_common(word: str, tag: str) -> bool:
    """A word of the language, whoever may be called so: 高兴, 平安, 水利."""
    if not rjieba.has_word(word):
        return False
    often = rjieba.suggest_freq(word)
    if tag in {"nr", "nrfg"} and word[0] in _OFTEN and often < 500:
        return False
    return often >= _COMMON


def stretches(text: str) -> list[Stretch]:
    found: list[Stretch] = []
    letters: list[str] = []
    at: list[int] = []
    for place, character in enumerate(text):
        if unseen(character):
            continue
        if character.isalnum():
            letters.append(unicodedata.normalize("NFC", character)[:1])
            at.append(place)
        elif letters and character not in _BETWEEN:
            found.append(Stretch("".join(letters), tuple(at)))
            letters, at = [], []
    if letters:
        found.append(Stretch("".join(letters), tuple(at)))
    return found


# --- which of its pieces the registry knows ---------------------------------------------------


def known_names(parts: Iterable[Stretch]) -> set[str]:
    """Heads, former heads and cadres whose name may stand in the text, in one query."""
    stems = sorted(
        {
            part.letters[place : place + length]
            for part in parts
            for place in range(len(part.letters))
            for length in range(2, STEM + 1)
            if place + length <= len(part.letters)
        }
    )
    if not stems:
        return set()
    asked = [
        _named(Household.objects.filter(erased_at__isnull=True), "head_name", stems),
        _named(Cadre.objects.all(), "name", stems),
        _named(HouseholdChange.objects.all(), "old_head", stems),
        _named(HouseholdChange.objects.all(), "new_head", stems),
    ]
    return set(asked[0].union(*asked[1:]))


def stem_of(column: str) -> Left:
    """The name's first characters without its `·`."""
    return Left(Func(F(column), Value("·"), Value(""), function="replace", output_field=TextField()), STEM)


def _named(rows: QuerySet[Any], column: str, stems: list[str]) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.order_by().alias(stem=stem_of(column)).filter(stem__in=stems)
    return found.values_list(column, flat=True)


# --- is it a name here? -----------------------------------------------------------------------


def names_in(text: str, *, own: Collection[str] = (), harmless: Collection[str] = ()) -> list[Hit]:
    """`own`: names of the family, whose given names too are theirs. `harmless`: words said to be no names; what
    can only be a name stays one.
    """
    parts = stretches(text)
    given = {_given(name) for name in own}
    hits: list[Hit] = []
    for name in known_names(parts) | set(own) | given:
        plain = name.replace("·", "")
        for part in parts if len(plain) > 1 else ():
            for first in _places(part.letters, plain):
                last = first + len(plain)
                kind = Kind.NAME if name in own else _verdict(text, part, first, last)
                if kind == Kind.NAME:
                    first, last = _whole_name(part, first, last)
                if kind == Kind.WORD and (name in given or name in harmless):
                    continue
                if kind:
                    hits.append(Hit(*part.span(first, last), kind, name))
    return without_overlaps(hits)


def _given(name: str) -> str:
    surname = surname_of(name)
    given = name[len(surname) :] if surname else ""
    return given if len(given) == 2 else ""


def _places(letters: str, plain: str) -> Iterator[int]:
    place = letters.find(plain)
    while place >= 0:
        if plain.isascii() and (_latin(letters, place - 1) or _latin(letters, place + len(plain))):
            place = letters.find(plain, place + 1)
            continue
        yield place
        place = letters.find(plain, place + 1)


def _latin(letters: str, place: int) -> bool:
    return 0 <= place < len(letters) and letters[place].isascii()


def _verdict(text: str, part: Stretch, first: int, last: int) -> Kind | None:
    """A name; a word, which may be one; or neither: a place, or the end of one word and the beginning of another."""
    before, after = _around(text, *part.span(first, last))
    if _PLACE_AFTER.match(after):
        return None
    word = _is_word(part, first, last)
    if is_named(before, after, common=word):
        return Kind.NAME
    if word:
        return Kind.WORD
    if last - first > 2:
        return Kind.NAME
    return (Kind.NAME, Kind.WORD, None)[_cuts(part, first, last)]


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    return _BLANKS.sub("", before), _BLANKS.sub("", after)


def is_named(before: str, after: str, *, common: bool) -> bool:
    """Do the words around say that a person is meant? Of a common word they have to say it plainly."""
    if common:
        return bool(
            _NAMED_BEFORE.search(before)
            or _TITLE_AFTER.match(after)
            or (_PERSON_BEFORE.search(before) and after and _PERSON_AFTER.match(after))
        )
    return bool(_PERSON_BEFORE.search(before) or _TITLE_AFTER.match(after))


def _is_word(part: Stretch, first: int, last: int) -> bool:
    word = part.letters[first:last]
    tag = next((each.tag for each in part.pieces if (each.start, each.end) == (first, last)), "")
    if not tag:
        alone = rjieba.tag(word)
        tag = alone[0][1] if len(alone) == 1 else ""
    return is_common(word, tag)


def _cuts(part: Stretch, first: int, last: int) -> int:
    """How many of its two ends lie within a common word: 水管 in 自来水|管道 has both."""
    begin = next(each for each in part.pieces if each.start <= first < each.end)
    end = next(each for each in part.pieces if each.start < last <= each.end)
    return (begin.start < first and begin.common) + (end.end > last and end.common)


def _whole_name(part: Stretch, first: int, last: int) -> tuple[int, int]:
    """王军 in 王军伟: the longer name, which nobody has registered, goes with it. 王军家 stays 王军 and 家."""
    for each in part.pieces:
        if (
            each.start == first
            and each.end == last + 1
            and _looks_like_a_name(each)
            and each.word[-1] not in "家户村组"
        ):
            return each.start, each.end
    return first, last


# --- names that nobody has registered ---------------------------------------------------------

_NICKNAME = re.compile(
    r"(?:外号|绰号|小名|人称|诨名)[叫是为：“”\"「]{0,3}(?P<find>[\u4e00-\u9fff]{2,4}?)(?=[”\"」，。、；（）家的]|$)"
)
_OLD = re.compile(
    rf"老(?P<find>[{''.join(sorted(_SURNAMES - set('家师路')))}])(?=[家汉]|头(?!发)|爷子|师傅|大爷|支书|书记|两口)"
)


def unregistered_in(text: str, *, harmless: Collection[str] = ()) -> list[Hit]:
    """Proposed only, never insisted on: 老王家, 外号二娃, 儿子王小明."""
    hits = [Hit(*match.span("find"), Kind.NAME, match["find"]) for match in _NICKNAME.finditer(text)]
    hits += (Hit(*match.span(), Kind.NAME, match.group()) for match in _OLD.finditer(text))
    for part in stretches(text):
        for each in part.pieces:
            span = part.span(each.start, each.end)
            if _looks_like_a_name(each) and is_named(*_around(text, *span), common=True):
                hits.append(Hit(*span, Kind.NAME, each.word))
    return without_overlaps([hit for hit in hits if hit.word not in harmless])


def _looks_like_a_name(piece: Piece) -> bool:
    return piece.tag == "nr" and bool(surname_of(piece.word)) and not piece.common

"""Names by their letters, as FORMATS g lists what a package gets wrong."""

import pytest

from lianhu.kit.pinyin import initials, spelt


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("泽仁初", {"zrc"}),
        ("扎西·卓玛", {"zxzm"}),
        ("扎西．卓玛", {"zxzm"}),
        ("嘎绒", {"gr"}),
        ("什基", {"sj"}),
        ("张　三", {"zs"}),
        ("单田芳", {"dtf", "stf"}),
        ("解放", {"jf", "xf"}),
        ("曾国藩", {"cgf", "zgf"}),
        ("乐毅", {"ly", "yy"}),
        ("欧阳修", {"oyx"}),
        ("尉迟恭", {"wcg", "ycg"}),
        ("万俟卨", {"wqx", "mqx"}),
        ("吕布", {"lb"}),
        ("𠮷", set()),
        ("𠮷田", {"t"}),
        ("Ａb", {"ab"}),
        ("张", {"z"}),
        ("", set()),
    ],
)
def test_first_letters_by_either_reading(name, letters):
    assert set(initials(name)) == letters


def test_the_whole_spelling_sorts_names_as_an_office_does():
    names = ["张三", "阿依", "扎西·卓玛", "安宁", "𠮷田"]
    assert sorted(names, key=spelt)[:4] == ["阿依", "安宁", "扎西·卓玛", "张三"]

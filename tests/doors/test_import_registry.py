"""What the registry workbook may say, what each fault looks like, and what a second file changes."""

import datetime

import pytest

from accounts.models import User
from lianhu.kit.privacy import unseal
from registry.models import Cadre, Household, Pairing, Unit
from tests.doors import books

DAY = datetime.date
pytestmark = pytest.mark.django_db


def test_the_small_county_is_written_as_it_says():
    answer = books.import_(books.registry())
    assert answer["ok"]
    assert answer["warnings"] == []
    assert answer["counts"]["户"] == {"new": 4, "changed": 0, "same": 0}
    home = Household.objects.get(code="H1")
    assert (home.head_name, home.people_count, home.kind, home.group) == ("多吉", 4, "rural", "一组")
    assert home.marks() == ["党员户", "建档立卡户", "特殊困难户"]
    assert unseal(home.phone_sealed, "household:H1:phone") == "13900000001"
    assert unseal(home.id_number_sealed, "household:H1:id_number") == "513224199003150019"
    assert Household.objects.get(code="H4").family_cadre.name == "泽仁初"
    assert Unit.objects.get(code="D1").liaison.code == "00002"
    assert Cadre.objects.get(code="00003").name == "扎西·卓玛"
    assert Cadre.objects.get(code="00009").name == "𠮷英"
    assert not User.objects.get(username="00002").has_usable_password()
    assert list(Pairing.objects.filter(household=home).order_by("begins_on").values_list("cadre__code")) == [
        ("00002",), ("00003",),
    ]  # fmt: skip


NOT_FOUND = [
    ("单位", 0, "主要负责人"), ("单位", 0, "联络员"), ("单位包村", 0, "单位编码"), ("单位包村", 0, "村编码"),
    ("领导包联", 0, "工号"), ("领导包联", 0, "单位编码"), ("干部", 1, "单位编码"), ("任职", 0, "工号"),
    ("任职", 0, "单位编码"), ("请假", 0, "工号"), ("户", 0, "村编码"), ("户", 2, "原单位编码"),
    ("户", 3, "干部工号"), ("结对", 0, "工号"), ("结对", 0, "户编码"), ("账号角色", 0, "工号"),
    ("账号角色", 0, "单位编码"), ("账号角色", 1, "村编码"), ("村", 0, "乡镇编码"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "row", "column"), NOT_FOUND)
def test_a_reference_to_nothing_is_one_fault_at_its_cell(sheet, row, column):
    nothing = "999999999999" if column == "村编码" else "NOPE"
    answer = books.import_(books.changed(sheet, row, **{column: nothing}))
    assert books.places(answer) == [(sheet, row + 2, column)]
    assert books.codes(answer) == ["not_found"]


def test_a_code_that_a_faulty_row_brings_is_known():
    rows = books.registry()
    rows["户"][0] |= {"人口数": "四", "户类型": "草房"}
    rows["干部"][1] |= {"职级": "科员", "到岗日期": "2020.1.1"}
    rows["单位"][0]["单位类型"] = "部"
    rows["村"][0]["类型"] = "屯"
    assert books.places(books.import_(rows)) == [
        ("单位", 2, "单位类型"), ("村", 2, "类型"), ("干部", 3, "职级"), ("干部", 3, "到岗日期"),
        ("户", 2, "人口数"), ("户", 2, "户类型"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "row", "values"),
    [
        ("户", 2, {"原单位编码": "D 1"}),  # the pairing of H3 can't be judged any more
        ("户", 2, {"户类型": "离退休"}),
        ("户", 3, {"干部工号": "\x07"}),
        ("干部", 0, {"单位编码": "D\n1"}),
        ("干部", 0, {"班子成员": "√"}),
    ],
)
def test_a_cell_that_cannot_be_read_is_not_told_again_at_the_pairing(sheet, row, values):
    [(column, value)] = values.items()
    if "\x07" in value:
        values = {column: "_x0007_"}
    answer = books.import_(books.changed(sheet, row, **values))
    assert books.places(answer) == [(sheet, row + 2, column)]


@pytest.mark.parametrize(
    ("row", "values", "reason"),
    [
        (2, {"工号": "00009"}, None),  # 城镇居民户: any cadre
        (3, {"工号": "00002"}, "班子成员"),  # 离退休干部户: same unit, not of its leadership
        (3, {"工号": "00003"}, "原单位"),  # leadership of another unit
        (4, {"工号": "00001"}, "只能由本人"),  # 干部职工家庭: that cadre only
    ],
)
@pytest.mark.clause("方案三(三)")
def test_who_may_hold_which_kind_of_household(row, values, reason):
    answer = books.import_(books.changed("结对", row, **values))
    if reason is None:
        assert answer["ok"]
    else:
        assert books.places(answer) == [("结对", row + 2, "工号")]
        assert books.codes(answer) == ["may_not_hold"]
        assert reason in answer["faults"][0]["message"]


@pytest.mark.parametrize(("row", "column"), [(2, "原单位编码"), (3, "干部工号")])
def test_a_household_that_says_not_whose_it_is_can_be_held_by_nobody(row, column):
    answer = books.import_(books.changed("户", row, **{column: None}))
    assert books.places(answer) == [("结对", row + 3, "工号")]


def test_retired_households_go_by_the_unit_held_on_the_day_the_pairing_begins():
    rows = books.registry()
    rows["任职"].append(dict(zip(("工号", "单位编码", "职级", "开始日期", "结束日期"),
                               ("00001", "D2", "正科级", DAY(2020, 1, 1), DAY(2026, 1, 1)), strict=True)))  # fmt: skip
    assert books.codes(books.import_(rows)) == ["may_not_hold"]
    rows["结对"][3]["开始日期"] = DAY(2026, 1, 2)
    assert books.import_(rows)["ok"]


ENDS = [
    ("单位包村", 1, "开始日期", "结束日期"), ("领导包联", 0, "开始日期", "结束日期"),
    ("任职", 0, "开始日期", "结束日期"), ("请假", 0, "开始日期", "结束日期"),
    ("结对", 2, "开始日期", "结束日期"), ("账号角色", 0, "开始日期", "结束日期"),
    ("干部", 2, "到岗日期", "离岗日期"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "row", "begin", "end"), ENDS)
def test_an_end_before_its_begin_is_a_fault_at_the_end(sheet, row, begin, end):
    rows = books.changed(sheet, row, **{end: DAY(2019, 12, 31)})
    answer = books.import_(rows)
    assert books.places(answer) == [(sheet, row + 2, end)]
    assert books.codes(answer) == ["end_before_begin"]
    rows[sheet][row][end] = rows[sheet][row][begin]
    assert books.import_(rows)["ok"]


def test_dates_are_compared_also_where_the_references_are_broken():
    answer = books.import_(books.changed("结对", 2, 工号="NOPE", 户编码="NOPE", 结束日期=DAY(2025, 1, 1)))
    assert books.places(answer) == [("结对", 4, "工号"), ("结对", 4, "户编码"), ("结对", 4, "结束日期")]


TWICE = [
    ("单位", "单位编码"), ("村", "村编码"), ("单位包村", "村编码"), ("领导包联", "单位编码"), ("干部", "工号"),
    ("任职", "工号"), ("请假", "工号"), ("户", "户编码"), ("结对", "户编码"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "column"), TWICE)
def test_a_key_twice_is_a_fault_at_each_later_row_even_if_equal(sheet, column):
    rows = books.registry()
    rows[sheet] += [dict(rows[sheet][0]), dict(rows[sheet][0])]
    answer = books.import_(rows)
    last = len(rows[sheet]) + 1
    assert books.places(answer) == [(sheet, last - 1, column), (sheet, last, column)]
    assert books.codes(answer) == ["key_twice", "key_twice"]
    assert all("第 2 行" in fault["message"] for fault in answer["faults"])


@pytest.mark.parametrize(("row", "column"), [(0, "单位编码"), (1, "村编码"), (2, "工号")])
def test_a_role_twice_is_told_at_its_place(row, column):
    rows = books.registry()
    rows["账号角色"].append(dict(rows["账号角色"][row]))
    assert books.places(books.import_(rows)) == [("账号角色", 5, column)]


def test_keys_are_compared_also_where_the_references_are_broken():
    rows = books.changed("结对", 2, 工号="NOPE")
    rows["结对"].append(dict(rows["结对"][2]))
    assert books.places(books.import_(rows)) == [
        ("结对", 4, "工号"), ("结对", 7, "工号"), ("结对", 7, "户编码"),
    ]  # fmt: skip


def test_a_later_row_of_the_same_household_does_not_speak_for_the_first():
    rows = books.registry()
    rows["户"].append(rows["户"][0] | {"户类型": "干部职工家庭", "干部工号": "00001"})
    rows["干部"].append(rows["干部"][0] | {"单位编码": "D2", "班子成员": "否"})
    rows["单位"].append(rows["单位"][2] | {"单位类型": "县级部门"})
    assert books.places(books.import_(rows)) == [
        ("单位", 5, "单位编码"),
        ("干部", 6, "工号"),
        ("户", 6, "户编码"),
    ]


def test_two_holders_on_one_day_are_told_at_the_later_row():
    rows = books.changed("结对", 1, 开始日期=DAY(2025, 12, 31))
    answer = books.import_(rows)
    assert books.places(answer) == [("结对", 3, "工号")]
    assert "第 2 行" in answer["faults"][0]["message"]


def test_two_posts_on_one_day_are_told_at_the_later_row():
    post = {"工号": "00003", "单位编码": "D1", "职级": "副科级", "开始日期": DAY(2024, 12, 31)}
    assert books.places(books.import_(books.changed("任职", 1, **post))) == [("任职", 3, "开始日期")]


def test_a_village_lies_in_a_township_and_a_role_has_its_place():
    rows = books.changed("村", 0, 乡镇编码="D1")
    rows["账号角色"][0]["单位编码"] = None
    rows["账号角色"][1] |= {"村编码": None, "单位编码": "T1"}
    assert books.places(books.import_(rows)) == [
        ("村", 2, "乡镇编码"), ("账号角色", 2, "单位编码"), ("账号角色", 3, "村编码"),
    ]  # fmt: skip


def test_an_account_of_somebody_else_is_not_taken_over():
    User.objects.create_user("00002", "别人")
    assert books.places(books.import_(books.registry())) == [("干部", 3, "工号")]


def test_faults_of_several_sheets_and_cells_are_all_told_at_once():
    rows = books.registry()
    rows["户"][1] |= {"人口数": 0, "电话": "12345", "身份证号": "513224199003150018", "党员户": "有"}
    rows["请假"][0] |= {"结束日期": "2026-02-30", "事由": None}
    rows["单位"][1]["单位名称"] = " "
    assert books.places(books.import_(rows)) == [
        ("单位", 3, "单位名称"), ("请假", 2, "结束日期"), ("请假", 2, "事由"), ("户", 3, "电话"),
        ("户", 3, "身份证号"), ("户", 3, "人口数"), ("户", 3, "党员户"),
    ]  # fmt: skip
    assert Household.objects.count() == 0


def test_what_section_9_lets_pass_is_no_fault():
    rows = books.registry()
    rows["结对"][1]["结束日期"] = DAY(2027, 12, 31)  # outlives the holder's post
    rows["结对"][2]["开始日期"] = DAY(2019, 1, 1)
    rows["单位包村"].append({"单位编码": "T1", "村编码": books.V2, "开始日期": DAY(2026, 1, 1)})
    rows["单位"].append({"单位编码": "T2", "单位名称": "沙坝乡", "单位类型": "乡镇"})
    rows["单位包村"].append({"单位编码": "T2", "村编码": books.V1, "开始日期": DAY(2026, 1, 1)})
    rows["村"][0]["类型"] = "城镇社区"  # any household kind in any village type
    rows["户"][1]["身份证号"] = rows["户"][0]["身份证号"]
    answer = books.import_(rows)
    assert answer["ok"], answer["faults"]
    assert [(w["sheet"], w["code"]) for w in answer["warnings"]] == [("村", "odd_village_type")]

"""What the registry workbook may say, what each fault looks like, and what a second file changes."""

import datetime

import pytest

from accounts.models import User
from lianhu.kit.privacy import unseal
from registry.models import Cadre, Household, Pairing, Post, PostSpan, Unit, VillageLink
from tests.doors import books

DAY = datetime.date
pytestmark = pytest.mark.django_db


def changed(sheet, row, **values):
    rows = books.registry()
    if row == len(rows[sheet]):
        rows[sheet].append({})
    rows[sheet][row].update(values)
    return rows


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
    answer = books.import_(changed(sheet, row, **{column: nothing}))
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
    answer = books.import_(changed(sheet, row, **values))
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
    answer = books.import_(changed("结对", row, **values))
    if reason is None:
        assert answer["ok"]
    else:
        assert books.places(answer) == [("结对", row + 2, "工号")]
        assert books.codes(answer) == ["may_not_hold"]
        assert reason in answer["faults"][0]["message"]


@pytest.mark.parametrize(("row", "column"), [(2, "原单位编码"), (3, "干部工号")])
def test_a_household_that_says_not_whose_it_is_can_be_held_by_nobody(row, column):
    answer = books.import_(changed("户", row, **{column: None}))
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
    rows = changed(sheet, row, **{end: DAY(2019, 12, 31)})
    answer = books.import_(rows)
    assert books.places(answer) == [(sheet, row + 2, end)]
    assert books.codes(answer) == ["end_before_begin"]
    rows[sheet][row][end] = rows[sheet][row][begin]
    assert books.import_(rows)["ok"]


def test_dates_are_compared_also_where_the_references_are_broken():
    answer = books.import_(changed("结对", 2, 工号="NOPE", 户编码="NOPE", 结束日期=DAY(2025, 1, 1)))
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
    rows = changed("结对", 2, 工号="NOPE")
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
    rows = changed("结对", 1, 开始日期=DAY(2025, 12, 31))
    answer = books.import_(rows)
    assert books.places(answer) == [("结对", 3, "开始日期")]
    assert "第 2 行" in answer["faults"][0]["message"]


def test_two_posts_on_one_day_are_told_at_the_later_row():
    post = {"工号": "00003", "单位编码": "D1", "职级": "副科级", "开始日期": DAY(2024, 12, 31)}
    assert books.places(books.import_(changed("任职", 1, **post))) == [("任职", 3, "开始日期")]


def test_a_village_lies_in_a_township_and_a_role_has_its_place():
    rows = changed("村", 0, 乡镇编码="D1")
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


def test_the_same_file_again_changes_nothing_at_all():
    books.both()
    before = books.fingerprint()
    for day in (books.TODAY, DAY(2026, 7, 1)):
        for rows in (books.registry(), books.visits()):
            answer = books.import_(rows, on=day)
            assert answer["ok"]
            assert all(counts["new"] == counts["changed"] == 0 for counts in answer["counts"].values())
            assert books.fingerprint() == before


def test_a_dry_run_tells_the_counts_and_writes_nothing():
    before = books.row_counts()
    answer = books.import_(books.registry(), dry_run=True)
    assert answer["ok"]
    assert answer["counts"]["结对"]["new"] == 5
    assert books.row_counts() == before
    books.both()
    before = books.fingerprint()
    answer = books.import_(changed("户", 0, 户主="多吉次仁"), dry_run=True)
    assert answer["counts"]["户"] == {"new": 0, "changed": 1, "same": 3}
    assert books.fingerprint() == before


def test_rows_absent_from_a_later_file_are_left_alone():
    books.import_(books.registry())
    before = books.fingerprint()
    rows = {sheet: found[:1] for sheet, found in books.registry().items()}
    assert books.import_(rows)["ok"]
    assert books.import_({"户": []})["ok"]
    assert books.fingerprint() == before


def test_a_column_absent_from_a_later_file_keeps_what_is_there():
    books.import_(books.registry())
    before = books.fingerprint()
    answer = books.import_(books.registry(), columns=only_required())
    assert answer["ok"], answer["faults"]
    assert books.fingerprint() == before


def only_required():
    required = dict(books.county_contract.REQUIRED)
    required["账号角色"] += " 单位编码 村编码"  # parts of the key
    return {sheet: required[sheet] for sheet in books.registry()}


def test_a_file_without_end_dates_is_held_to_the_ends_that_are_there():
    books.import_(books.registry())
    rows = books.registry()
    rows["结对"].append({"工号": "00009", "户编码": "H1", "开始日期": DAY(2024, 1, 1)})
    answer = books.import_(rows, columns={"结对": "工号 户编码 开始日期"})
    assert books.places(answer) == [("结对", 7, "开始日期")]


def test_a_blank_optional_cell_empties_what_was_there():
    books.import_(books.registry())
    rows = changed("户", 0, 电话=None, 身份证号=" ", 村民小组=None, 党员户=None, 经度=None, 困难原因="")
    rows["单位"][0]["联络员"] = None
    rows["单位包村"][1]["结束日期"] = None
    assert books.import_(rows)["ok"]
    home = Household.objects.get(code="H1")
    assert (home.phone_sealed, home.phone_hash, home.phone_tail_hash) == (None, None, None)
    assert (home.id_number_sealed, home.id_number_hash) == (None, None)
    assert (home.group, home.is_party_member, home.longitude, home.hardship_reason) == ("", False, None, "")
    assert Unit.objects.get(code="D1").liaison is None
    assert VillageLink.objects.get(unit__code="D2").ends_on is None


def pairing(cadre, home, begin, end=None):
    return {"结对": [{"工号": cadre, "户编码": home, "开始日期": begin, "结束日期": end}]}


def test_a_second_file_closes_reopens_and_hands_over_a_pairing():
    books.import_(books.registry())
    assert books.import_(pairing("00003", "H1", DAY(2026, 1, 1), DAY(2026, 5, 31)))["ok"]
    assert books.import_(pairing("00009", "H1", DAY(2026, 6, 1)))["ok"]
    answer = books.import_(pairing("00003", "H1", DAY(2026, 1, 1)))
    assert books.places(answer) == [("结对", 2, "开始日期")]
    assert "系统里" in answer["faults"][0]["message"]
    both = pairing("00003", "H1", DAY(2026, 1, 1))
    both["结对"] += pairing("00009", "H1", DAY(2026, 6, 1), DAY(2026, 6, 1))["结对"]
    assert books.places(books.import_(both)) == [("结对", 3, "开始日期")]
    found = Pairing.objects.filter(household__code="H1", begins_on__gte=DAY(2026, 1, 1)).order_by("begins_on")
    assert list(found.values_list("ends_on", flat=True)) == [DAY(2026, 5, 31), None]


def test_a_pairing_overlaps_what_the_database_has():
    books.import_(books.registry())
    answer = books.import_(pairing("00009", "H1", DAY(2026, 3, 1), DAY(2026, 3, 1)))
    assert books.places(answer) == [("结对", 2, "开始日期")]


def home(**values):
    columns = {"户编码": "H2", "村编码": books.V1, "户主": "张三", "人口数": 2, "户类型": "城镇居民户"}
    return {"户": [columns | values]}


def test_a_kind_may_not_be_changed_under_the_present_holder():
    books.import_(books.registry())
    answer = books.import_(home(户类型="干部职工家庭", 干部工号="00001"))
    assert books.places(answer) == [("户", 2, "户类型")]
    assert books.import_(home(户类型="干部职工家庭", 干部工号="00002"))["ok"]


def test_a_changed_kind_does_not_ask_after_pairings_that_have_ended():
    books.import_(books.registry())
    rows = books.registry()
    rows["户"][0] |= {"户类型": "干部职工家庭", "干部工号": "00003"}  # 00002 held it until 2025
    answer = books.import_(rows)
    assert answer["ok"], answer["faults"]


def test_a_pairing_accepted_before_outlives_what_it_stood_on():
    books.import_(books.registry())
    rows = books.registry()
    rows["干部"][0] |= {"班子成员": "否", "单位编码": "D2"}
    assert books.import_(rows)["ok"]
    rows["结对"].append({"工号": "00001", "户编码": "H3", "开始日期": DAY(2026, 6, 20)})
    rows["结对"][3]["结束日期"] = DAY(2026, 6, 19)
    assert books.places(books.import_(rows)) == [("结对", 7, "工号")]


def spans(code):
    found = PostSpan.objects.filter(cadre__code=code).order_by("begins_on")
    return [(row.unit.code, row.rank, row.begins_on, row.ends_on) for row in found]


FOREVER = DAY(9999, 12, 30)


def test_a_changed_unit_or_rank_holds_from_the_day_of_import():
    books.import_(books.registry())
    rows = changed("干部", 1, 单位编码="D2", 职级="副科级")
    assert books.import_(rows, on=DAY(2026, 6, 15))["ok"]
    before = ("D1", "staff", DAY(1, 1, 1), DAY(2026, 6, 14))
    assert spans("00002") == [before, ("D2", "deputy_section_chief", DAY(2026, 6, 15), FOREVER)]
    rows["干部"][1]["单位编码"] = "D1"
    assert books.import_(rows, on=DAY(2026, 6, 15))["ok"]  # put right on the same day
    assert spans("00002") == [before, ("D1", "deputy_section_chief", DAY(2026, 6, 15), FOREVER)]
    assert books.import_(rows, on=DAY(2026, 8, 1))["ok"]
    assert Post.objects.filter(cadre__code="00002").count() == 2
    rows["干部"][1]["职级"] = "正科级"
    assert books.import_(rows, on=DAY(2026, 8, 1))["ok"]
    assert spans("00002")[1:] == [
        ("D1", "deputy_section_chief", DAY(2026, 6, 15), DAY(2026, 7, 31)),
        ("D1", "section_chief", DAY(2026, 8, 1), FOREVER),
    ]


def test_a_row_of_sheet_posts_wins_on_its_days():
    books.import_(books.registry())
    rows = changed("干部", 1, 单位编码="D2")
    rows["任职"] = [
        {
            "工号": "00002",
            "单位编码": "D1",
            "职级": "一般干部",
            "开始日期": DAY(2020, 1, 1),
            "结束日期": DAY(2026, 2, 28),
        },
        {"工号": "00002", "单位编码": "D2", "职级": "一般干部", "开始日期": DAY(2026, 3, 1)},
    ]
    assert books.import_(rows, on=DAY(2026, 6, 15))["ok"]
    assert [span for span in spans("00002") if span[2] >= DAY(2020, 1, 1)] == [
        ("D1", "staff", DAY(2020, 1, 1), DAY(2026, 2, 28)), ("D2", "staff", DAY(2026, 3, 1), FOREVER),
    ]  # fmt: skip


def test_codes_may_come_from_a_file_before():
    rows = books.registry()
    pairs = {"结对": rows.pop("结对")}
    assert books.import_(rows)["ok"]
    assert books.import_(pairs)["ok"]
    assert Pairing.objects.count() == 5

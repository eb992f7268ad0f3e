"""What a second registry workbook changes, and what it leaves alone."""

import datetime

import pytest

from registry.models import Household, Pairing, Post, PostSpan, Unit, VillageLink
from tests.doors import books

DAY = datetime.date
pytestmark = pytest.mark.django_db


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
    answer = books.import_(books.changed("户", 0, 户主="多吉次仁"), dry_run=True)
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
    assert books.places(answer) == [("结对", 7, "工号")]


def test_a_blank_optional_cell_empties_what_was_there():
    books.import_(books.registry())
    rows = books.changed("户", 0, 电话=None, 身份证号=" ", 村民小组=None, 党员户=None, 经度=None, 困难原因="")
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
    assert books.places(answer) == [("结对", 2, "工号")]
    assert "系统里" in answer["faults"][0]["message"]
    both = pairing("00003", "H1", DAY(2026, 1, 1))
    both["结对"] += pairing("00009", "H1", DAY(2026, 6, 1), DAY(2026, 6, 1))["结对"]
    assert books.places(books.import_(both)) == [("结对", 3, "工号")]
    found = Pairing.objects.filter(household__code="H1", begins_on__gte=DAY(2026, 1, 1)).order_by("begins_on")
    assert list(found.values_list("ends_on", flat=True)) == [DAY(2026, 5, 31), None]


def test_a_pairing_overlaps_what_the_database_has():
    books.import_(books.registry())
    answer = books.import_(pairing("00009", "H1", DAY(2026, 3, 1), DAY(2026, 3, 1)))
    assert books.places(answer) == [("结对", 2, "工号")]


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
    rows = books.changed("干部", 1, 单位编码="D2", 职级="副科级")
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
    rows = books.changed("干部", 1, 单位编码="D2")
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

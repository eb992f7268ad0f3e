"""The workbooks are read back and held against the contract by plain Python. SPEC sections 2 and 9."""

import datetime
from collections import Counter, defaultdict

import openpyxl
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianhu.county.codes import check_character
from lianhu.county.population import make_county
from lianhu.county.workbook import write_registry, write_visits
from tests.county_contract import CHOICES, FOREVER, ONE_DAY, REGISTRY, VISITS, faults

UNTIL = datetime.date(2026, 11, 24)


def read(path):
    book = openpyxl.load_workbook(path, read_only=True)
    sheets = {}
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        headers = next(rows)
        sheets[sheet.title] = [dict(zip(headers, row, strict=True)) for row in rows]
        for row in sheets[sheet.title]:
            for name, value in row.items():
                if isinstance(value, datetime.datetime):
                    row[name] = value.date()
    book.close()
    return sheets


def make(folder, size, seed, until=UNTIL):
    county = make_county(size, seed, until)
    write_registry(county, folder / "registry.xlsx")
    write_visits(county, folder / "visits.xlsx")
    return read(folder / "registry.xlsx"), read(folder / "visits.xlsx")


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """A county of size 12: about 480 households."""
    return make(tmp_path_factory.mktemp("county"), 12, 7)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 6),
    seed=st.integers(0, 10**6),
    until=st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 12, 31)),
)
def test_every_county_is_free_of_faults_whatever_seed_and_day(tmp_path, size, seed, until):
    registry, visits = make(tmp_path, size, seed, until)
    assert list(faults(registry, visits, until)) == []


def test_a_larger_county_is_free_of_faults(county):
    assert list(faults(*county, UNTIL)) == []


def test_sheets_and_headers_are_those_of_the_contract(county):
    for sheets, wanted in zip(county, (REGISTRY, VISITS), strict=True):
        assert {name: " ".join(rows[0]) for name, rows in sheets.items()} == wanted


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_county(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        (tmp_path / name).mkdir()
        make(tmp_path / name, 2, seed)
    for file in ("registry.xlsx", "visits.xlsx"):
        first, second, other = ((tmp_path / name / file).read_bytes() for name in "abc")
        assert first == second != other


@pytest.mark.parametrize("size", [1, 3, 12])
def test_the_county_has_forty_households_a_size(tmp_path, size):
    registry, _ = make(tmp_path, size, 5)
    assert len(registry["户"]) == 40 * size


def test_a_demo_county_has_two_hundred_cadres_for_two_thousand_households():
    county = make_county(50, 1, UNTIL)
    assert len(county.homes) == 2000
    assert 190 <= len(county.cadres) <= 210
    kinds = Counter(unit.kind for unit in county.units)
    assert (12 <= kinds["县级部门"] <= 15, kinds["乡镇"] >= 3, kinds["企事业单位"] >= 2) == (True,) * 3
    assert 20 <= len(county.villages) <= 40


@pytest.mark.parametrize(("size", "seed"), [(1, 1), (2, 9), (4, 33)])
def test_every_type_rank_kind_and_role_occurs_in_the_smallest_county(tmp_path, size, seed):
    registry, _ = make(tmp_path, size, seed)
    for (sheet, column), labels in CHOICES.items():
        if sheet in registry:
            assert {row[column] for row in registry[sheet]} == set(labels.split()), column
    for mark in ("党员户", "村组干部户", "建档立卡户", "特殊困难户"):
        assert {row[mark] for row in registry["户"]} == {"是", "否"}, mark


def test_every_result_outcome_and_kind_of_activity_occurs(county):
    _, visits = county
    for (sheet, column), labels in CHOICES.items():
        if sheet in visits:
            assert {row[column] for row in visits[sheet]} - {None} == set(labels.split()), column


def test_every_unit_has_leader_and_liaison_and_every_village_its_branch(county):
    registry, _ = county
    held = defaultdict(set)
    for row in registry["账号角色"]:
        held[row["角色"]].add(row["单位编码"] or row["村编码"])
    units = {row["单位编码"] for row in registry["单位"]}
    assert held["单位负责人"] == held["单位联络员"] == units
    assert held["村党组织"] == {row["村编码"] for row in registry["村"]}
    assert held["乡镇"] == {row["单位编码"] for row in registry["单位"] if row["单位类型"] == "乡镇"}


def test_identity_numbers_check_and_codes_have_their_shape(county):
    registry, _ = county
    numbers = [row["身份证号"] for row in registry["户"] if row["身份证号"]]
    assert numbers
    assert all(len(n) == 18 and check_character(n[:17]) == n[17] for n in numbers)
    assert check_character("51322419900315001") == "9"
    assert check_character("11010519491231002") == "X"
    for row in registry["村"]:
        code = row["村编码"]
        assert (len(code), code[:6]) == (12, "513224")
        ward = int(code[9:])
        assert 200 <= ward <= 399 if row["类型"] == "行政村" else 1 <= ward <= 199
    mobiles = [row["手机"] for row in registry["干部"] if row["手机"]]
    assert all(len(mobile) == 11 and mobile[0] == "1" and mobile[1] in "3456789" for mobile in mobiles)


def test_codes_are_text_and_dates_are_dates_in_the_cells(tmp_path):
    make(tmp_path, 1, 1)
    book = openpyxl.load_workbook(tmp_path / "registry.xlsx")
    code, begin = book["干部"]["A2"], book["干部"]["G2"]
    assert (code.data_type, code.number_format) == ("s", "@")
    assert begin.is_date


def test_names_are_han_tibetan_and_qiang_and_some_are_rare():
    heads = [home.head for home in make_county(60, 1, UNTIL).homes]
    assert any("·" in head for head in heads)
    assert any(head[0] in "单解仇曾查区翟覃" for head in heads)
    assert any("𠮷" in head or "䶮" in head for head in heads)
    assert any(head.endswith(("木姐", "尔基", "木基")) for head in heads)
    assert any(head.startswith("泽仁") for head in heads)


def test_coverage_has_gaps_and_posts_change(county):
    registry, _ = county
    now = [r for r in registry["结对"] if r["开始日期"] <= UNTIL <= (r["结束日期"] or FOREVER)]
    assert {row["户编码"] for row in registry["户"]} - {row["户编码"] for row in now}
    assert {row["工号"] for row in registry["干部"]} - {row["工号"] for row in now}
    assert any(row["离岗日期"] and row["离岗日期"] < UNTIL for row in registry["干部"])
    assert any(row["到岗日期"] >= datetime.date(2025, 10, 1) for row in registry["干部"])
    assert any((row["结束日期"] - row["开始日期"]).days > 150 for row in registry["请假"])
    ends = {(row["户编码"], row["结束日期"] + ONE_DAY) for row in registry["结对"] if row["结束日期"]}
    assert ends & {(row["户编码"], row["开始日期"]) for row in registry["结对"]}


def test_work_covers_fourteen_months_with_every_kind_of_trip(county):
    registry, visits = county
    trips = visits["驻村"]
    assert len({(row["开始日期"].year, row["开始日期"].month) for row in trips}) == 14
    assert any(row["补录"] == "是" for row in trips)
    assert any(row["开始日期"].month != row["结束日期"].month for row in trips)
    rank = {row["工号"]: row["职级"] for row in registry["干部"]}
    assert any(rank[row["工号"]] == "一般干部" and row["开始日期"] == row["结束日期"] for row in trips)
    unit = {row["工号"]: row["单位编码"] for row in registry["干部"]}
    linked = {(row["单位编码"], row["村编码"]) for row in registry["单位包村"]}
    village = {row["户编码"]: row["村编码"] for row in registry["户"]}
    paired = {(row["工号"], village[row["户编码"]]) for row in registry["结对"]}
    near = [(row["工号"], row["村编码"]) for row in trips]
    assert any(pair not in paired and (unit[pair[0]], pair[1]) not in linked for pair in near)


def test_most_households_are_met_and_matters_stand_in_every_state(county):
    registry, visits = county
    met = {row["户编码"] for row in visits["走访"] if row["结果"] == "见面" and row["走访日期"].year == 2026}
    assert len(met) / len(registry["户"]) > 0.8
    states = Counter(
        sum(bool(row[step]) for step in ("答复日期", "回访结果", "销号日期", "公示日期"))
        for row in visits["诉求"]
    )
    assert set(states) == {0, 1, 2, 3, 4}
    solved = sum(row["答复结果"] == "已解决" for row in visits["诉求"])
    assert 0.6 < solved / len(visits["诉求"]) < 0.95


def test_the_command_writes_both_workbooks_and_says_what_is_in_them(tmp_path, capsys):
    call_command("make_county", str(tmp_path / "new"), "--size", "1", "--seed", "2", "--until", "2026-03-31")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["registry.xlsx", "visits.xlsx"]
    out = capsys.readouterr().out
    assert "户 40" in out
    assert "驻村" in out
    latest = max(row["结束日期"] for row in read(tmp_path / "new" / "visits.xlsx")["驻村"])
    assert latest <= datetime.date(2026, 3, 31)


def test_without_a_last_day_work_ends_today(tmp_path, monkeypatch):
    monkeypatch.setattr("lianhu.management.commands.make_county.today", lambda: UNTIL)
    call_command("make_county", str(tmp_path / "a"), "--size", "1", "--seed", "2", verbosity=0)
    make(tmp_path, 1, 2, UNTIL)
    assert (tmp_path / "a" / "visits.xlsx").read_bytes() == (tmp_path / "visits.xlsx").read_bytes()

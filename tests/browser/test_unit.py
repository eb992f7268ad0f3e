"""A unit leader at a desk: filter, evidence beside the table, export."""

import openpyxl
import pytest
from playwright.sync_api import expect

from tests import county

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def leader(desktop, people, enter):
    enter(desktop, people.unit_leader)
    desktop.goto("/")
    desktop.wait_for_url(f"**/units/{people.unit.code}/")
    return desktop


def names(page, count):
    expect(page.locator("table tbody th")).to_have_count(count)
    return [text.split()[0] for text in page.locator("table tbody th").all_inner_texts()]


def test_a_leader_filters_by_month_and_by_what_is_missing(leader):
    leader.get_by_label("期间").select_option("2026-05")
    leader.get_by_role("button", name="筛选").click()
    expect(leader.locator("h1")).to_have_text("5月有 3 人没完成，共差 6 天驻村")
    leader.get_by_role("link", name="有未完成 3").click()
    assert sorted(names(leader, 3)) == sorted(["杨小燕", "赵敏", "尼玛"])
    leader.get_by_label("姓名、工号").fill("杨小")
    leader.get_by_label("姓名、工号").press("Enter")
    assert names(leader, 1) == ["杨小燕"]
    assert "month=2026-05" in leader.url
    assert "state=missed" in leader.url


def test_evidence_stands_beside_the_table_by_keyboard_alone(leader, people):
    leader.goto(f"/units/{people.unit.code}/?month=2026-05&q=泽仁")
    cell = leader.get_by_role("link", name="2 / 2 已完成")
    cell.focus()
    leader.keyboard.press("Enter")
    panel = leader.get_by_role("complementary")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("heading").first).to_have_text("泽仁初 · 驻村天数")
    expect(panel).to_contain_text("未计入 1 条")
    expect(panel.get_by_role("button", name="关闭")).to_be_focused()
    expect(cell).to_have_attribute("aria-current", "true")
    # The table is pushed aside, not covered.
    table, aside = leader.locator(".scroll").bounding_box(), panel.bounding_box()
    assert table["x"] + table["width"] <= aside["x"]
    leader.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(cell).to_be_focused()


def test_a_click_with_the_control_key_opens_a_page_of_its_own(leader, people):
    leader.goto(f"/units/{people.unit.code}/?month=2026-05&q=泽仁")
    with leader.context.expect_page() as opened:
        leader.get_by_role("link", name="2 / 2 已完成").click(modifiers=["Control"])
    expect(opened.value.locator("h1")).to_have_text("泽仁初 · 驻村天数")


def test_head_and_first_column_stay_while_the_table_moves(leader, people):
    for number in range(40):
        county.add_cadre(f"干部{number}", unit=people.unit)
    leader.set_viewport_size({"width": 1000, "height": 600})
    leader.goto(f"/units/{people.unit.code}/")
    scroll = leader.locator(".scroll")
    where = """() => { const box = (one) => document.querySelector(one).getBoundingClientRect();
        const frame = box(".scroll");
        return { groups: box("thead tr:first-child th").top - frame.top,
                 head: box("thead tr:last-child th:nth-child(3)").top - box("thead tr:first-child th").bottom,
                 first: box("tbody tr:last-child th").left - frame.left }; }"""
    scroll.evaluate("(one) => one.scrollTo(200, 500)")
    assert scroll.evaluate("(one) => one.scrollTop") == 500
    assert scroll.evaluate("(one) => one.scrollLeft") > 0
    kept = leader.evaluate(where)
    assert {name: round(value) for name, value in kept.items()} == {"groups": 0, "head": 0, "first": 0}


def test_the_export_is_the_table_in_the_offices_layout(leader, people, tmp_path):
    leader.goto(f"/units/{people.unit.code}/?month=2026-05&state=missed")
    with leader.expect_download() as started:
        leader.get_by_role("link", name="导出 Excel").click()
    assert started.value.suggested_filename == "联户联情任务_教育局_2026年5月.xlsx"
    started.value.save_as(tmp_path / "unit.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "unit.xlsx").active
    assert sheet["A1"].value == "联户联情任务完成情况（2026年5月）"
    assert sheet["A2"].value == "填报单位：教育局"
    assert sheet.freeze_panes == "A5"
    assert sheet.page_setup.orientation == "landscape"
    assert [row[2].value for row in sheet.iter_rows(min_row=5) if row[1].value] == names(leader, 3)
    assert sheet.cell(sheet.max_row, 1).value.startswith("单位负责人(签字)：")

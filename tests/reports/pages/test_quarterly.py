"""季度报告 as its people see it: by quarter, one report, its steps and its papers (方案五(二))."""

import datetime
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document
from openpyxl import load_workbook

from reports.models import QuarterlyReport
from reports.quarterly.figures import months_of
from reports.quotas.freeze import freeze
from reports.quotas.stored import store_period
from tests import county
from tests.reports.quarterly.reports import QUARTER, WORDS, act, draft
from visits.models import Visit

pytestmark = [pytest.mark.django_db, pytest.mark.clause("方案五(二)")]
CODE = QUARTER.code


@pytest.fixture
def people(on_day):
    on_day("2026-07-08")
    found = county.build()
    county.add_trip(found.cadre, found.village, "2026-04-07", "2026-04-08")
    county.add_visit(found.cadre, found.household, "2026-04-07")
    county.add_activity("consult", "2026-05-20", unit=found.unit)
    for period in (QUARTER, *months_of(QUARTER)):
        store_period(period, county.day("2026-07-08"))
    return found


@pytest.fixture
def report(people):
    return draft(people.unit, **WORDS)


def page(client, path="/reports/", **query):
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def of(unit, more=""):
    return f"/reports/{unit.code}/{CODE}/{more}"


def told(answer):
    return [str(message) for message in answer.context["messages"]]


# --- the list --------------------------------------------------------------------------------


def test_the_office_sees_all_units_by_the_names_pinyin(people, report, signed_in):
    act(report, "submit", people.unit_leader)
    html = page(signed_in(people.office))
    names = ["教育局", "农业局", "桑朗乡", "沙坝乡", "县联户联情办"]
    places = [html.index(name, html.index("records")) for name in names]
    assert places == sorted(places)
    assert "4 个单位没有报送，1 份待审" in html


def test_a_unit_sees_its_own_alone(people, report, signed_in):
    draft(people.other_unit)
    html = page(signed_in(people.unit_liaison))
    assert "教育局的季度报告" in html
    assert "农业局" not in html


def test_late_ones_are_listed(people, report, signed_in, on_day):
    act(report, "submit", people.unit_leader)
    draft(people.other_unit)
    on_day("2026-07-13")
    late = page(signed_in(people.office), state="late")
    assert "农业局" in late
    assert "逾期 3 天" in late
    assert of(people.unit) not in late


def test_the_filter_by_state_and_name_counts_what_it_shows(people, report, signed_in):
    act(report, "submit", people.unit_leader)
    html = page(signed_in(people.office), state="submitted", q="教育")
    assert "待审 1" in html
    assert of(people.unit) in html
    assert "没有符合条件的单位" in page(signed_in(people.office), state="accepted")


def test_a_quarter_without_reports_says_what_comes_here(people, signed_in, on_day):
    assert "9月30日自动生成" in page(signed_in(people.office), period="2026Q3")
    assert signed_in(people.office).get("/reports/", {"period": "2026Q4"}).status_code == 404
    assert signed_in(people.office).get("/reports/", {"period": "2026-05"}).status_code == 404


# --- one report ------------------------------------------------------------------------------


def test_figures_lead_to_what_they_are_made_of(people, report, signed_in):
    client = signed_in(people.unit_liaison)
    html = page(client, of(people.unit))
    rows = of(people.unit, "rows/visits/")
    assert rows in html
    assert f"/figures/quarter_consult/unit/{people.unit.code}/?period={CODE}" in html
    assert f"/units/{people.unit.code}/?month=2026-04&amp;duty=trip_days" in html
    assert "多吉户" in page(client, rows)
    assert client.get(of(people.unit, "rows/nothing/")).status_code == 404
    homes = of(people.unit, "rows/households/")
    assert homes in html
    assert "走访到的户：1 户" in page(client, homes)


def test_behind_a_frozen_figure_stand_its_rows_and_what_changed_since_is_marked(people, report, signed_in):
    client = signed_in(people.unit_liaison)
    freeze(QUARTER)
    rows = of(people.unit, "rows/visits/")
    assert "现在是" not in page(client, rows)
    after = county.evening("2026-07-06")
    Visit.objects.update(voided_at=after, void_reason="录错")
    for day in ("2026-04-08", "2026-04-09"):
        county.add_visit(people.cadre, people.household, day, recorded_at=after)
    html = page(client, rows)
    assert "见面走访：1 户次" in html
    assert "现在是 2：后来计入 2 条，不再计入 1 条" in html
    assert (html.count("，现在不计入"), html.count("，定格后计入")) == (1, 2)


def test_once_frozen_the_page_reads_no_visit_matter_or_activity_for_its_figures(people, report, signed_in):
    freeze(QUARTER)
    client = signed_in(people.county_leader)
    with CaptureQueriesContext(connection) as asked:
        html = page(client, of(people.unit))
    assert "数字（已定格）" in html
    counted = "visits_visit", "visits_trip", "visits_activity", "grievances_grievanceevent"
    assert not [each["sql"] for each in asked if any(table in each["sql"] for table in counted)]


def test_a_draft_s_words_are_its_unit_s_own(people, report, signed_in):
    assert WORDS["work_done"] in page(signed_in(people.unit_liaison), of(people.unit))
    for who in (people.office, people.county_leader):
        client = signed_in(who)
        assert WORDS["work_done"] not in page(client, of(people.unit))
        assert WORDS["work_done"] not in page(client, of(people.unit, "print/"))
        texts = Document(io.BytesIO(client.get(of(people.unit)[:-1] + ".docx").getvalue())).paragraphs
        assert WORDS["work_done"] not in [each.text for each in texts]
        book = load_workbook(io.BytesIO(client.get(of(people.unit)[:-1] + ".xlsx").getvalue()))
        assert book.sheetnames == ["工作数据"]
    act(report, "submit", people.unit_leader)
    assert WORDS["work_done"] in page(signed_in(people.office), of(people.unit))


def test_words_are_written_by_the_liaison_and_submitted_by_the_leader(people, report, signed_in):
    liaison, leader = signed_in(people.unit_liaison), signed_in(people.unit_leader)
    answer = liaison.post(of(people.unit, "edit/"), WORDS | {"problems": "车少", "seen": 0}, follow=True)
    assert told(answer) == ["已保存"]
    assert "由单位负责人报送" in answer.content.decode()
    html = page(leader, of(people.unit, "submit/"))
    assert "报送以后不能再改" in html
    answer = leader.post(of(people.unit, "submit/"), {"seen": 1}, follow=True)
    assert told(answer) == ["已报送"]
    report.refresh_from_db()
    assert (report.state, report.problems) == ("submitted", "车少")


def test_who_was_overtaken_keeps_what_was_typed(people, report, signed_in):
    signed_in(people.unit_leader).post(of(people.unit, "edit/"), WORDS | {"problems": "先写的", "seen": 0})
    client = signed_in(people.unit_liaison)
    answer = client.post(of(people.unit, "edit/"), WORDS | {"problems": "后写的", "seen": 0})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "后写的" in html
    assert "先写的" in html
    answer = client.post(of(people.unit, "edit/"), WORDS | {"problems": "后写的", "seen": 1}, follow=True)
    assert told(answer) == ["已保存"]


def test_words_that_are_too_long_are_told_beside_the_field_and_kept(people, report, signed_in):
    answer = signed_in(people.unit_liaison).post(
        of(people.unit, "edit/"), WORDS | {"work_done": "长" * 5001, "next_steps": "保留这一段", "seen": 0}
    )
    assert answer.status_code == 422
    assert "最多 5000 个字，现在 5001 个" in answer.content.decode()
    assert "保留这一段" in answer.content.decode()


def test_the_office_returns_with_a_reason_and_accepts_what_was_mended(people, report, signed_in):
    office, leader = signed_in(people.office), signed_in(people.unit_leader)
    act(report, "submit", people.unit_leader)
    without = office.post(of(people.unit, "return/"), {"reason": " ", "seen": 1})
    assert without.status_code == 422
    assert "请写明要改什么" in without.content.decode()
    office.post(of(people.unit, "return/"), {"reason": "写一个事例", "seen": 1})
    html = page(leader, of(people.unit))
    assert "写一个事例" in html
    leader.post(of(people.unit, "edit/"), WORDS | {"problems": "", "seen": 2})
    leader.post(of(people.unit, "submit/"), {"seen": 3})
    answer = office.post(of(people.unit, "accept/"), {"seen": 4}, follow=True)
    assert told(answer)[-1] == "已采纳"
    assert "不能再改" in answer.content.decode()
    assert leader.get(of(people.unit, "edit/")).status_code == 302
    assert QuarterlyReport.objects.get().accepted_on is not None


def test_two_of_the_office_at_once_the_second_is_told(people, report, signed_in):
    act(report, "submit", people.unit_leader)
    act(report, "accept", people.office)
    answer = signed_in(people.office).post(of(people.unit, "return/"), {"reason": "再改", "seen": 1})
    assert "何静已在 07-08 10:00 采纳" in answer.content.decode()


def test_without_words_there_is_nothing_to_submit(people, signed_in):
    draft(people.unit)
    html = page(signed_in(people.unit_leader), of(people.unit))
    assert of(people.unit, "submit/") not in html
    assert of(people.unit, "edit/") in html
    assert "“工作开展情况”还没有写" in page(signed_in(people.unit_leader), of(people.unit, "submit/"))


# --- papers ----------------------------------------------------------------------------------


def test_as_word_it_is_a_report_upward(people, report, signed_in):
    act(report, "submit", people.unit_leader)
    answer = signed_in(people.unit_liaison).get(of(people.unit)[:-1] + ".docx")
    assert "wordprocessingml" in answer["Content-Type"]
    document = Document(io.BytesIO(answer.getvalue()))
    texts = [each.text for each in document.paragraphs]
    assert texts[0] == "教育局文件"
    assert "　〔2026〕　号\t签发人：尼玛" in texts
    assert "县“联户联情”工作办公室：" in texts
    assert texts.index("一、工作开展情况") < texts.index("二、存在的问题") < texts.index("三、下一步打算")
    assert "附件：2026年第二季度“联户联情”工作数据表" in texts
    assert "2026年7月8日" in texts
    rows = {row.cells[0].text: row.cells[-1].text for table in document.tables for row in table.rows}
    assert rows["季度会商"] == "1 / 1 次 已完成"
    assert rows["见面走访"] == "1 户次"
    act(report, "return", people.office, reason="少了六月")
    again = Document(
        io.BytesIO(signed_in(people.unit_liaison).get(of(people.unit)[:-1] + ".docx").getvalue())
    )
    assert "2026年7月8日" not in [each.text for each in again.paragraphs]


def test_as_excel_it_is_a_sheet_as_offices_file_it(people, signed_in):
    report = draft(people.unit, **WORDS | {"work_done": "=1+1 办了实事"})
    answer = signed_in(people.unit_liaison).get(of(people.unit)[:-1] + ".xlsx")
    book = load_workbook(io.BytesIO(answer.getvalue()))
    figures, words = book.worksheets
    assert figures["A1"].value == "“联户联情”工作季度报告（2026年第二季度）"
    assert figures["A2"].value == "填报单位：教育局"
    header = [cell.value for cell in figures[3]]
    assert header == ["序号", "类别", "项目", "单位", "4月", "5月", "6月", "本季度", "状态或比率", "备注"]
    assert figures.freeze_panes == "A4"
    visits = next(row for row in figures.iter_rows(values_only=True) if row[2] == "见面走访")
    assert visits[7] == 1
    said = words.cell(4, 3)
    assert (said.value, said.data_type, said.quotePrefix) == (report.work_done, "s", True)


def test_the_page_asks_the_same_number_of_queries_for_50_units(
    people, report, signed_in, django_assert_max_num_queries
):
    client = signed_in(people.office)
    client.get("/reports/")

    def asked(path):
        with django_assert_max_num_queries(60) as caught:
            client.get(path)
        return len(caught)

    few = asked("/reports/"), asked(of(people.unit))
    for number in range(50):
        draft(county.add_unit(f"单位{number}"))
        day = datetime.date(2026, 5, 1) + datetime.timedelta(days=number)
        county.add_visit(people.cadre, people.household, day)
    assert (asked("/reports/"), asked(of(people.unit))) == few


# --- overtaken -------------------------------------------------------------------------------


def test_what_was_typed_is_shown_when_the_report_was_submitted_meanwhile(people, report, signed_in):
    act(report, "submit", people.unit_leader)
    typed = WORDS | {"work_done": "写了一个下午的话", "seen": 0}
    answer = signed_in(people.unit_liaison).post(of(people.unit, "edit/"), typed)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "报送" in answer.context["told"]
    assert "写了一个下午的话" in html
    report.refresh_from_db()
    assert report.work_done == WORDS["work_done"]


def test_the_reason_typed_is_shown_when_a_colleague_accepted_meanwhile(people, report, signed_in):
    act(report, "submit", people.unit_leader)
    act(report, "accept", people.office)
    answer = signed_in(people.office).post(of(people.unit, "return/"), {"reason": "少了六月", "seen": 0})
    assert answer.status_code == 409
    assert "采纳" in answer.context["told"]
    assert "少了六月" in answer.content.decode()

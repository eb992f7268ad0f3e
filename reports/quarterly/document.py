"""The report and the 通报 as 公文 (FORMATS a): a 报告 goes upward, a 通报 downward."""

import re
from collections.abc import Iterator, Sequence

from lianhu.kit import clock
from lianhu.kit.word import Attachment, Block, OfficialDocument, Table
from reports.models import QuarterlyReport
from reports.quarterly.figures import Reading
from reports.quarterly.lines import Group, groups, month_labels
from reports.quarterly.outcomes import HEADER, County
from reports.quarterly.services import WORDS
from reports.quarterly.workflow import WRITABLE

OFFICE = "县“联户联情”工作办公室"
_EVERYBODY = "各乡镇，县级各部门，各企事业单位"
_LEADERS = "县级领导"
NOTE = "注：数字由系统按记录汇总，不足 5 的只列数量，不算比率。"

# What people number by themselves keeps its level; a long one is a sentence, not a heading.
_SECOND = re.compile(r"（[一二三四五六七八九十]{1,3}）[^。]{1,30}")
_THIRD = re.compile(r"\d{1,2}[.．、][^。]{1,30}")


def report_document(report: QuarterlyReport, reading: Reading, *, with_words: bool) -> OfficialDocument:
    """`with_words`: a draft's are its unit's own."""
    unit, label = report.unit, report.period.label
    # What was returned is written anew, and is dated when it is submitted again.
    stands = report.submitted_at if report.state not in WRITABLE else None
    submitted = stands.astimezone(clock.SHANGHAI).date() if stands else None
    return OfficialDocument(
        head=f"{unit.name}文件",
        number=f"〔{report.period.last.year}〕　号",
        signer=unit.principal.name if unit.principal else "",
        title=(unit.name, f"关于{label}", "“联户联情”工作开展情况的", "报告"),
        addressee=OFFICE,
        body=list(_report_body(report, with_words)),
        attachments=[
            Attachment(
                (label, "“联户联情”", "工作数据表"),
                [_figures(group, report) for group in groups(reading, unit)],
            )
        ],
        signed=unit.name,
        dated=submitted,
        printed_by=unit.name,
        printed_on=submitted,
    )


def _report_body(report: QuarterlyReport, with_words: bool) -> Iterator[Block]:
    yield Block(f"现将{report.period.label}“联户联情”工作开展情况报告如下，数据见附件。")
    if with_words:
        said = [(label, getattr(report, name)) for name, label in WORDS.items()]
        yield from _sections([(title, text) for title, text in said if text])


def _sections(said: Sequence[tuple[str, str]]) -> Iterator[Block]:
    for number, (title, text) in zip("一二三四五", said, strict=False):
        yield Block(f"{number}、{title}", 1)
        yield from paragraphs(text)


def paragraphs(text: str) -> Iterator[Block]:
    for line in (each.strip(" \t　") for each in text.splitlines()):
        if line:
            yield Block(line, 2 if _SECOND.fullmatch(line) else 3 if _THIRD.fullmatch(line) else 0)


def _figures(group: Group, report: QuarterlyReport) -> Table:
    if not group.by_month:
        return Table([group.title, "本季度"], [[line.name, line.told] for line in group.lines], [3, 2])
    months = month_labels(report.period)
    rows = [
        [line.name, *([cell.text for cell in line.months] or ["—"] * 3), line.told] for line in group.lines
    ]
    return Table([group.title, *months, "本季度"], rows, [2.6, 1.2, 1.2, 1.2, 2.2])


def summary_document(county: County) -> OfficialDocument:
    summary, label = county.summary, county.quarter.label
    rows = [[each.unit.name, *map(_narrow, each.cells)] for each in county.outcomes]
    table = Table(
        HEADER, rows, [2.4, 1.9, 1.1, 2.5, 0.9, 0.9, 0.9, 0.9, 1.1], f"{NOTE}单位按名称的拼音排列。"
    )
    return OfficialDocument(
        head=f"{OFFICE}文件",
        number=summary.document_number or f"〔{county.quarter.last.year}〕　号",
        title=(OFFICE, f"关于{label}", "“联户联情”工作开展情况的", "通报"),
        addressee=_EVERYBODY,
        body=list(_summary_body(county)),
        attachments=[Attachment(("各单位", label, "“联户联情”工作情况"), [table])],
        signed=OFFICE,
        dated=summary.issued_on,
        copies_to=_LEADERS,
        printed_by=OFFICE,
        printed_on=summary.issued_on,
    )


def _narrow(cell: str) -> str:
    """A share stays on its line; its rate, or how late it was, stands below."""
    return cell.replace(" ", "").replace("（", "\n（").replace("，", "，\n")


def _summary_body(county: County) -> Iterator[Block]:
    yield Block(f"现将{county.quarter.label}“联户联情”工作开展情况通报如下，各单位的情况见附件。")
    open_now = "\n".join(f"{each.what}：{each.names}。" for each in county.open)
    said = (
        ("总体情况", county.summary.opening),
        ("需要跟进的事项", open_now),
        ("下一步要求", county.summary.requirements),
    )
    yield from _sections([(title, text) for title, text in said if text])

"""公文 as a Word file in the layout of GB/T 9704-2012 (FORMATS a). Only this module handles Word files."""

import datetime
import io
import itertools
import math
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml import parse_xml
from docx.shared import Mm, Pt, Twips
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from lianhu.kit import clock
from lianhu.kit import word_styles as style
from lianhu.kit.excel.style import clean_text

__all__ = ["DOCX", "Attachment", "Block", "OfficialDocument", "Table", "chinese_day", "official_document"]

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LEVELS = {1: "一级标题", 2: "二级标题", 3: "三级标题"}
_TITLE_MOST, _HEAD_SIZES = 19, (22, 42)


@dataclass(frozen=True)
class Block:
    """A paragraph of the text; `level` 1 to 3 is a heading, whose number the text itself has (一、（一）1.)."""

    text: str
    level: int = 0


@dataclass(frozen=True)
class Table:
    """`widths` are parts of the line. The first column is text, the others figures. `note` stands below."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    note: str = ""


@dataclass(frozen=True)
class Attachment:
    """`title` in pieces, as the document's; together they are its name."""

    title: Sequence[str]
    tables: Sequence[Table]


@dataclass(frozen=True)
class OfficialDocument:
    """`head` is what stands in red. With `signer` it goes upward: the number left, 签发人 right.

    `title` in pieces between which a line may end by sense. `dated` None leaves the day to be written by hand.
    """

    head: str
    title: Sequence[str]
    addressee: str
    body: Sequence[Block]
    signed: str
    dated: datetime.date | None
    number: str = ""
    signer: str | None = None
    attachments: Sequence[Attachment] = ()
    copies_to: str = ""
    printed_by: str = ""
    printed_on: datetime.date | None = None


def chinese_day(day: datetime.date) -> str:
    """2026年3月5日: the whole year, no zeros in front."""
    return f"{day.year}年{day.month}月{day.day}日"


def official_document(target: IO[bytes], paper: OfficialDocument) -> None:
    document = Document(io.BytesIO(_empty()))
    _page(document)
    _above_the_text(document, paper)
    body = [_add(document, _LEVELS.get(block.level, "公文正文"), block.text) for block in paper.body]
    _attachment_note(document, paper.attachments)
    _signature(document, paper)
    _keep_together(document, since=body[-1] if len(body) > 1 else None)
    for number, attachment in enumerate(paper.attachments, 1):
        _attachment(document, attachment, number if len(paper.attachments) > 1 else None)
    _imprint(document, paper)
    _properties(document, paper)
    document.save(target)


@cache
def _empty() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, xml in style.parts().items():
            package.writestr(name, xml)
    return file.getvalue()


def _properties(document: WordDocument, paper: OfficialDocument) -> None:
    said = document.core_properties
    now = clock.now().astimezone(datetime.UTC).replace(tzinfo=None)
    said.author = said.last_modified_by = clean_text(paper.signed)[:255]
    said.title = clean_text("".join(paper.title))[:255]
    said.language = "zh-CN"
    said.created = said.modified = now


# --- the page --------------------------------------------------------------------------------


def _page(document: WordDocument) -> None:
    section: Any = document.sections[0]
    section.page_width, section.page_height = Mm(style.PAGE_WIDTH_MM), Mm(style.PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(style.TOP_MM), Mm(style.BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(style.LEFT_MM), Mm(style.RIGHT_MM)
    section.header_distance, section.footer_distance, section.gutter = Mm(15), Mm(style.FOOTER_MM), Mm(0)
    section._sectPr.append(
        _xml(
            f'<w:docGrid w:type="linesAndChars" w:linePitch="{style.LINE_PITCH}" w:charSpace="{style.CHAR_SPACE}"/>'
        )
    )
    for footer, name in ((section.footer, "页码（奇数页）"), (section.even_page_footer, "页码（偶数页）")):
        footer.is_linked_to_previous = False
        _page_number(footer.paragraphs[0], document, name)


def _page_number(paragraph: Paragraph, document: WordDocument, name: str) -> None:
    paragraph.style = document.styles[name]
    _write(paragraph, "— ")
    paragraph._p.append(
        _xml('<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'),
    )
    _write(paragraph, " —")


# --- above the text --------------------------------------------------------------------------


def _above_the_text(document: WordDocument, paper: OfficialDocument) -> None:
    head = _add(document, "发文机关标志", paper.head)
    size = _head_size(paper.head)
    head.runs[0].font.size = Pt(size)
    # 35 mm from the text area's top to the letters.
    head.paragraph_format.space_before, head.paragraph_format.line_spacing = Mm(35), Pt(round(size * 1.15))
    _blank(document, 2)
    _number(document, paper)
    _blank(document, 2)
    for line in title_lines(paper.title):
        _add(document, "公文标题", line)
    _blank(document, 1)
    _add(document, "主送机关", f"{paper.addressee}：")


def _number(document: WordDocument, paper: OfficialDocument) -> None:
    """With the red rule 4 mm below. An indent would shorten the rule: a blank character and a tab stand in for it."""
    line = _add(document, "发文字号", "")
    if paper.signer is None:
        _write(line, paper.number)
    else:
        line._p.get_or_add_pPr().append(_xml('<w:jc w:val="left"/>'))
        line.paragraph_format.tab_stops.add_tab_stop(
            Twips(style.TEXT_WIDTH - style.CHARACTER), alignment=WD_TAB_ALIGNMENT.RIGHT
        )
        _write(line, f"　{paper.number}\t签发人：")
        _write(line, paper.signer or "　　　", font=style.KAITI)
    line._p.get_or_add_pPr().insert_element_before(
        _xml(
            f'<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="11" w:color="{style.RED}"/></w:pBdr>',
        ),
        *_AFTER_BORDER,
    )


_AFTER_BORDER = (
    *("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct"),
    *("w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid"),
    *("w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents", "w:jc", "w:outlineLvl", "w:rPr"),
)


def _head_size(text: str) -> int:
    """As large as stands on one line, within reason: the standard names no size."""
    least, most = _HEAD_SIZES
    return max(least, min(most, int(style.TEXT_WIDTH / 20 / max(1.0, characters(text)))))


def title_lines(pieces: Sequence[str]) -> list[str]:
    """As few lines as hold it, ended between pieces; of those the widest above, as a trapezium stands."""
    for count in range(1, len(pieces) + 1):
        cuts = itertools.combinations(range(1, len(pieces)), count - 1)
        lines = [
            ["".join(pieces[a:b]) for a, b in itertools.pairwise((0, *cut, len(pieces)))] for cut in cuts
        ]
        fitting = [each for each in lines if all(characters(line) <= _TITLE_MOST for line in each)]
        if fitting:
            return min(fitting, key=_shape)
    return ["".join(pieces)]


def _shape(lines: Sequence[str]) -> tuple[bool, float]:
    widths = [characters(line) for line in lines]
    grows = any(upper < lower for upper, lower in itertools.pairwise(widths))
    return grows, max(widths) - min(widths)


def characters(text: str) -> float:
    """How many characters wide; digits and Latin letters take half of one."""
    return sum(1.0 if unicodedata.east_asian_width(each) in "WFA" else 0.5 for each in text)


# --- below the text --------------------------------------------------------------------------


def _attachment_note(document: WordDocument, attachments: Sequence[Attachment]) -> None:
    if not attachments:
        return
    _blank(document, 1)
    for number, attachment in enumerate(attachments, 1):
        label = "附件：" if number == 1 else "　　　"
        told = f"{number}. " if len(attachments) > 1 else ""
        line = _add(document, "附件说明", f"{label}{told}{''.join(attachment.title)}")
        # Wrapped names begin below the name's first character.
        hang = 300 + round(100 * characters(told))
        _indent(line, leftChars=200 + hang, hangingChars=hang)


def _signature(document: WordDocument, paper: OfficialDocument) -> None:
    """For a seal: the day four characters in from the right, the name centred above it."""
    day = chinese_day(paper.dated) if paper.dated else "　　年　月　日"
    name_width, day_width = characters(paper.signed), characters(day)
    day_in = 4.0
    name_in = day_in + (day_width - name_width) / 2
    if name_in < 2:
        name_in, day_in = 2.0, 2 + (name_width - day_width) / 2
    _blank(document, 2)
    _indent(_add(document, "发文机关署名", paper.signed), rightChars=round(100 * name_in))
    _indent(_add(document, "成文日期", day), rightChars=round(100 * day_in))


def _keep_together(document: WordDocument, *, since: Paragraph | None) -> None:
    """The end of the text goes with the signature, which never stands on a page alone."""
    if since is not None:
        paragraphs = document.paragraphs
        begin = next(place for place, each in enumerate(paragraphs) if each._p is since._p)
        for each in paragraphs[begin:-1]:
            each.paragraph_format.keep_with_next = True


def _attachment(document: WordDocument, attachment: Attachment, number: int | None) -> None:
    _add(document, "附件标识", f"附件{number or ''}")
    _blank(document, 1)
    for line in title_lines(attachment.title):
        _add(document, "公文标题", line)
    for table in attachment.tables:
        _blank(document, 1)
        _table(document, table)
        if table.note:
            _add(document, "表注", table.note)


def _table(document: WordDocument, table: Table) -> None:
    """The header comes again on each page, and no row is broken between two."""
    made = document.add_table(rows=0, cols=len(table.header))
    whole = sum(table.widths)
    widths = [int(style.TEXT_WIDTH * width / whole) for width in table.widths]
    _frame(made, widths, borders=("top", "left", "bottom", "right", "insideH", "insideV"))
    _row(made, document, table.header, ["表头"] * len(widths), widths, header=True)
    styles = ["表内文字", *["表内数字"] * (len(widths) - 1)]
    for row in table.rows:
        _row(made, document, row, styles, widths)


def _row(
    table: WordTable,
    document: WordDocument,
    texts: Iterable[str],
    styles: Sequence[str],
    widths: Sequence[int],
    *,
    header: bool = False,
) -> None:
    cells = table.add_row().cells  # type: ignore[no-untyped-call]  # its method has no types
    properties = table.rows[-1]._tr.get_or_add_trPr()
    properties.append(_xml("<w:cantSplit/>"))
    if header:
        properties.append(_xml("<w:tblHeader/>"))
    for cell, text, name, width in zip(cells, texts, styles, widths, strict=True):
        cell.width = Twips(width)
        cell._tc.get_or_add_tcPr().append(_xml('<w:vAlign w:val="center"/>'))
        cell.paragraphs[0].style = document.styles[name]
        _write(cell.paragraphs[0], text)


def _frame(table: WordTable, widths: Sequence[int], *, borders: Sequence[str], more: str = "") -> None:
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in borders)
    properties = table._tbl.tblPr
    for child in list(properties):
        properties.remove(child)
    whole = f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
    for xml in (
        *([more] if more else []),
        whole,
        f"<w:tblBorders>{lines}</w:tblBorders>" if lines else "",
        '<w:tblLayout w:type="fixed"/>',
    ):
        if xml:
            properties.append(_xml(xml))
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Twips(width)


# --- 版记 --------------------------------------------------------------------------------------

# In twips from the page's top to the text area's bottom, and of one line of the 版记.
_BOTTOM = round((style.PAGE_HEIGHT_MM - style.BOTTOM_MM) * 1440 / 25.4)
_LINE, _RULE_ROOM = 400, 30
# 0.35 and 0.25 mm, in eighths of a point.
_THICK, _THIN = 8, 6


def _imprint(document: WordDocument, paper: OfficialDocument) -> None:
    """At the bottom of the last page: two frames, since LibreOffice takes no frame of two ruled lines."""
    if not paper.printed_by:
        return
    day = f"{chinese_day(paper.printed_on)}印发" if paper.printed_on else "　　年　月　日印发"
    place = _BOTTOM - _LINE - 2 * _RULE_ROOM
    lines = [(place, _THIN if paper.copies_to else _THICK, _THICK, f"　{paper.printed_by}\t{day}")]
    if paper.copies_to:
        told = f"　抄送：{paper.copies_to}。"
        height = math.ceil(characters(told) * 280 / style.TEXT_WIDTH) * _LINE + _RULE_ROOM
        lines.insert(0, (place - height, _THICK, 0, told))
    for top, above, below, text in lines:
        line = _add(document, "版记", text)
        line.paragraph_format.tab_stops.add_tab_stop(
            Twips(style.TEXT_WIDTH - 280), alignment=WD_TAB_ALIGNMENT.RIGHT
        )
        properties = line._p.get_or_add_pPr()
        properties.insert_element_before(_frame_at(top), "w:tabs")
        properties.insert_element_before(_rules(above, below), "w:tabs")
    # What the frames hang on: as high as they are, so that it stands where there is room for them.
    _add(document, "版记", "").paragraph_format.line_spacing = Pt((_BOTTOM - lines[0][0]) / 20)


def _frame_at(top: int) -> Any:
    return _xml(
        f'<w:framePr w:w="{style.TEXT_WIDTH}" w:hSpace="0" w:vSpace="0" w:wrap="around" w:vAnchor="page" '
        f'w:hAnchor="margin" w:xAlign="left" w:y="{top}"/>'
    )


def _rules(above: int, below: int) -> Any:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="1" w:color="000000"/>'
        for side, size in (("top", above), ("bottom", below))
        if size
    )
    return _xml(f"<w:pBdr>{sides}</w:pBdr>")


# --- pieces ----------------------------------------------------------------------------------


def _add(document: WordDocument, name: str, text: str) -> Paragraph:
    paragraph = document.add_paragraph(style=name)
    if text:
        _write(paragraph, text)
    return paragraph


def _blank(document: WordDocument, lines: int) -> None:
    for _ in range(lines):
        _add(document, "主送机关", "")


def _write(paragraph: Paragraph, text: str, *, font: str = "") -> None:
    """“ ” — … take the Chinese font only with the hint; what XML cannot hold is left out."""
    run = paragraph.add_run(clean_text(text))
    names = {"hint": "eastAsia"} | (dict.fromkeys(("ascii", "hAnsi", "eastAsia"), font) if font else {})
    said = " ".join(f'w:{name}="{value}"' for name, value in names.items())
    run._r.get_or_add_rPr().insert(0, _xml(f"<w:rFonts {said}/>"))


def _indent(paragraph: Paragraph, **chars: int) -> None:
    twips = {name.removesuffix("Chars"): value * style.CHARACTER // 100 for name, value in chars.items()}
    said = " ".join(f'w:{name}="{value}"' for name, value in (chars | twips).items())
    paragraph._p.get_or_add_pPr().append(_xml(f"<w:ind {said}/>"))


def _xml(text: str) -> Any:
    name = text[1:].split(">")[0].split("/")[0].split(" ")[0]
    return parse_xml(text.replace(f"<{name}", f'<{name} xmlns:w="{style.NAMESPACE}"', 1))

"""公文 in the layout of GB/T 9704 (FORMATS a), as the file's own XML says it."""

import datetime
import io
import re
import zipfile

import pytest
from docx import Document

from lianhu.kit.word import Attachment, Block, OfficialDocument, Table, official_document, title_lines

DAY = datetime.date(2026, 7, 8)
BODY = [
    Block("现将有关情况报告如下。"),
    Block("一、工作开展情况", 1),
    Block("（一）走访", 2),
    Block("1. 到户", 3),
]
TABLE = Table(
    ["项目", "4月", "本季度"], [["结对户走访", "12 / 14", "85.7 %"]], [3, 1, 1], note="注：按记录汇总。"
)


def made(**changed):
    paper = {
        "head": "教育局文件",
        "number": "〔2026〕　号",
        "signer": "尼玛",
        "title": ("教育局", "关于2026年第二季度", "“联户联情”工作开展情况的", "报告"),
        "addressee": "县“联户联情”工作办公室",
        "body": BODY,
        "attachments": [Attachment(["工作数据表"], [TABLE])],
        "signed": "教育局",
        "dated": DAY,
        "printed_by": "教育局",
        "printed_on": DAY,
    } | changed
    file = io.BytesIO()
    official_document(file, OfficialDocument(**paper))
    return file


def parts(file):
    package = zipfile.ZipFile(file)
    return {name: package.read(name).decode() for name in package.namelist()}


@pytest.fixture(scope="module")
def report():
    return parts(made())


def paragraph(xml, text):
    """The XML of the paragraph that begins with the text."""
    every = re.findall(r"<w:p>.*?</w:p>", xml, re.S)
    return next(each for each in every if "".join(re.findall(r"<w:t[^>]*>([^<]*)", each)).startswith(text))


def test_the_page_is_a4_with_the_text_area_of_the_standard(report):
    xml = report["word/document.xml"]
    page = dict(re.findall(r'w:(\w+)="(\d+)"', re.search(r"<w:pgSz[^>]*>", xml)[0]))
    margins = dict(re.findall(r'w:(\w+)="(\d+)"', re.search(r"<w:pgMar[^>]*>", xml)[0]))

    def mm(twips):
        return int(twips) * 25.4 / 1440

    assert (round(mm(page["w"])), round(mm(page["h"]))) == (210, 297)
    assert [round(mm(margins[side])) for side in ("top", "left", "right", "bottom")] == [37, 28, 26, 35]
    assert 22 < mm(margins["footer"]) < 25
    assert '<w:docGrid w:type="linesAndChars" w:linePitch="579" w:charSpace="-849"/>' in xml


def test_text_has_28_characters_a_line_and_22_lines_a_page(report):
    """Also where a reader spreads the grid: the measures are the paragraphs' own."""
    normal = re.search(r'w:styleId="Normal".*?</w:style>', report["word/styles.xml"], re.S)[0]
    pitch = int(re.search(r'w:line="(\d+)" w:lineRule="exact"', normal)[1]) / 20
    size = int(re.search(r'<w:sz w:val="(\d+)"', normal)[1]) / 2
    tighter = int(re.search(r'<w:spacing w:val="(-?\d+)"', normal)[1]) / 20
    width, height = 156 / 25.4 * 72, 225 / 25.4 * 72
    assert size == 16
    assert int(height / pitch) == 22
    assert int(width / (size + tighter)) == 28


@pytest.mark.parametrize(
    ("style", "font", "size"),
    [
        ("发文机关标志", "方正小标宋简体", 42),
        ("公文标题", "方正小标宋简体", 22),
        ("公文正文", "仿宋_GB2312", 16),
        ("一级标题", "黑体", 16),
        ("二级标题", "楷体_GB2312", 16),
        ("三级标题", "仿宋_GB2312", 16),
        ("版记", "仿宋_GB2312", 14),
        ("页码（奇数页）", "宋体", 14),
    ],
)
def test_fonts_are_those_of_the_standard_for_chinese_text_too(report, style, font, size):
    xml = re.search(rf'<w:name w:val="{style}"/>.*?</w:style>', report["word/styles.xml"], re.S)[0]
    assert f'w:eastAsia="{font}"' in xml
    assert f'w:ascii="{font}"' in xml
    assert f'<w:sz w:val="{size * 2}"/>' in xml


def test_other_windows_find_the_fonts_by_their_other_names(report):
    fonts = report["word/fontTable.xml"]
    for name, other in (("仿宋_GB2312", "仿宋"), ("楷体_GB2312", "楷体"), ("方正小标宋简体", "宋体")):
        assert f'<w:font w:name="{name}"><w:altName w:val="{other}"/>' in fonts


def test_nothing_is_left_of_the_library_s_own_template(report):
    assert set(report) == {
        *("[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "docProps/core.xml"),
        *("word/document.xml", "word/_rels/document.xml.rels", "word/styles.xml", "word/settings.xml"),
        *("word/fontTable.xml", "word/footer1.xml", "word/footer2.xml"),
    }
    said = report["docProps/core.xml"]
    assert "<dc:creator>教育局</dc:creator>" in said
    assert "zh-CN" in said
    for word in ("python-docx", "2013-", "Calibri", "Cambria", "ja-JP"):
        assert not any(word in xml for xml in report.values())
    assert 'w:eastAsia="zh-CN"' in report["word/styles.xml"]


def test_page_numbers_stand_right_on_odd_pages_and_left_on_even_ones(report):
    assert "<w:evenAndOddHeaders/>" in report["word/settings.xml"]
    xml, styles = report["word/document.xml"], report["word/styles.xml"]
    targets = dict(
        re.findall(r'Id="(rId\d+)"[^>]*Target="(footer\d.xml)"', report["word/_rels/document.xml.rels"])
    )
    targets |= {
        rid: target
        for target, rid in re.findall(
            r'Target="(footer\d.xml)"[^>]*Id="(rId\d+)"', report["word/_rels/document.xml.rels"]
        )
    }
    for kind, name in (("default", "OddNumber"), ("even", "EvenNumber")):
        reference = next(
            tag for tag in re.findall(r"<w:footerReference[^>]*>", xml) if f'w:type="{kind}"' in tag
        )
        footer = report["word/" + targets[re.search(r'r:id="(rId\d+)"', reference)[1]]]
        assert f'w:val="{name}"' in footer
        assert '<w:fldSimple w:instr=" PAGE ">' in footer
        assert "".join(re.findall(r"<w:t[^>]*>([^<]*)", footer)) == "— 1 —"
    odd = re.search(r'w:styleId="OddNumber".*?</w:style>', styles, re.S)[0]
    assert '<w:ind w:right="280"/>' in odd
    assert '<w:jc w:val="right"/>' in odd


def test_the_head_is_red_with_a_rule_below_the_number(report):
    styles, xml = report["word/styles.xml"], report["word/document.xml"]
    assert '<w:color w:val="FF0000"/>' in re.search(r'w:styleId="Head".*?</w:style>', styles, re.S)[0]
    number = paragraph(xml, "　〔2026〕")
    assert '<w:bottom w:val="single" w:sz="12" w:space="11" w:color="FF0000"/>' in number
    assert 'w:before="1984"' in paragraph(xml, "教育局文件")  # 35 mm


def test_upward_the_signer_stands_right_and_downward_the_number_is_centred():
    up, down = parts(made()), parts(made(signer=None, number="联办〔2026〕3号"))
    number = paragraph(up["word/document.xml"], "　〔2026〕")
    assert "签发人：" in number
    assert re.search(r'w:eastAsia="楷体_GB2312"/></w:rPr><w:t[^>]*>尼玛', number)
    assert '<w:jc w:val="left"/>' in number
    assert "签发人" not in down["word/document.xml"]
    assert (
        '<w:jc w:val="center"/>'
        in re.search(r'w:styleId="Number".*?</w:style>', down["word/styles.xml"], re.S)[0]
    )


def test_addressee_levels_attachment_and_signature_stand_where_they_belong(report):
    xml, styles = report["word/document.xml"], report["word/styles.xml"]
    assert paragraph(xml, "县“联户联情”工作办公室：")
    for text, style in (
        ("一、工作", "Level1"),
        ("（一）走访", "Level2"),
        ("1. 到户", "Level3"),
        ("现将", "Paragraph"),
    ):
        assert f'<w:pStyle w:val="{style}"/>' in paragraph(xml, text)
        assert 'w:firstLineChars="200"' in re.search(rf'w:styleId="{style}".*?</w:style>', styles, re.S)[0]
    assert 'w:leftChars="500" w:hangingChars="300"' in paragraph(xml, "附件：工作数据表")
    assert 'w:rightChars="400"' in paragraph(xml, "2026年7月8日")
    # The day is six characters wide, the name three: it stands centred above.
    signed = next(
        each for each in re.findall(r"<w:p>.*?</w:p>", xml, re.S) if '<w:pStyle w:val="Signed"/>' in each
    )
    assert 'w:rightChars="550"' in signed
    # The name is told before the signature, and the table comes after it on a page of its own.
    assert (
        xml.index("附件：工作数据表") < xml.index(signed) < xml.index('<w:pStyle w:val="AttachmentLabel"/>')
    )
    assert "<w:pageBreakBefore/>" in re.search(r'w:styleId="AttachmentLabel".*?</w:style>', styles, re.S)[0]


def test_quotes_and_dashes_take_the_chinese_font(report):
    runs = re.findall(r"<w:r>.*?</w:r>", report["word/document.xml"], re.S)
    assert runs
    assert all('w:hint="eastAsia"' in run for run in runs if "<w:t" in run)


def test_a_table_repeats_its_header_and_breaks_no_row(report):
    table = re.search(r"<w:tbl>.*?</w:tbl>", report["word/document.xml"], re.S)[0]
    rows = re.findall(r"<w:tr>.*?</w:tr>", table, re.S)
    assert "<w:tblHeader/>" in rows[0]
    assert all("<w:cantSplit/>" in row for row in rows)
    assert '<w:insideH w:val="single" w:sz="4"' in table


def test_the_imprint_hangs_at_the_bottom_with_thick_and_thin_rules():
    xml = parts(made(copies_to="县级领导"))["word/document.xml"]
    copies, printed = paragraph(xml, "　抄送：县级领导。"), paragraph(xml, "　教育局2026年7月8日印发")
    for line in (copies, printed):
        assert 'w:vAnchor="page"' in line
        assert 'w:w="8845"' in line
    assert '<w:top w:val="single" w:sz="8"' in copies
    assert '<w:top w:val="single" w:sz="6"' in printed
    assert '<w:bottom w:val="single" w:sz="8"' in printed
    tops = [int(re.search(r'w:y="(\d+)"', line)[1]) for line in (copies, printed)]
    assert tops[0] < tops[1] < round(262 * 1440 / 25.4)


def test_what_xml_cannot_hold_is_left_out_and_rare_characters_stay():
    file = made(body=[Block("𠮷\x00\x0b\ud800道\ufffe路“补”——")], signed="=教育局")
    assert "𠮷道路“补”——" in [each.text for each in Document(file).paragraphs]


def test_several_attachments_are_numbered():
    xml = parts(made(attachments=[Attachment(["甲表"], [TABLE]), Attachment(["乙表"], [TABLE])]))[
        "word/document.xml"
    ]
    assert paragraph(xml, "附件：1. 甲表")
    assert paragraph(xml, "　　　2. 乙表")
    assert paragraph(xml, "附件1")
    assert paragraph(xml, "附件2")


def test_a_day_that_is_not_known_is_left_to_be_written():
    texts = [each.text for each in Document(made(dated=None, printed_on=None)).paragraphs]
    assert "　　年　月　日" in texts
    assert any(text.endswith("　　年　月　日印发") for text in texts)


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (("教育局", "关于2026年第二季度", "工作的", "报告"), ["教育局关于2026年第二季度工作的报告"]),
        (
            ("教育局", "关于2026年第二季度", "“联户联情”工作开展情况的", "报告"),
            ["教育局关于2026年第二季度", "“联户联情”工作开展情况的报告"],
        ),
        (
            ("一个长得一行也放不下而且中间又不能断开的单位名称",),
            ["一个长得一行也放不下而且中间又不能断开的单位名称"],
        ),
    ],
)
def test_a_title_ends_its_lines_by_sense(pieces, lines):
    assert title_lines(pieces) == lines

"""How a 公文 looks: page, grid, fonts and paragraph styles of GB/T 9704-2012 as WordprocessingML (FORMATS a)."""

from typing import NamedTuple

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# In twips (1/20 pt). 版心 is 156 by 225 mm: 28 characters of 15.79 pt a line, 22 lines a page.
TEXT_WIDTH, CHARACTER = 8845, 316
PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210, 297
TOP_MM, BOTTOM_MM, LEFT_MM, RIGHT_MM = 37, 35, 28, 26
# The number's line ends 7 mm below the text area: 35 - 7 - 14 pt.
FOOTER_MM = 23
# The grid is there for what people add. Our own paragraphs have its measures themselves, and do not snap to it:
# LibreOffice spreads the characters of such a grid over half as many places again.
LINE_PITCH, CHAR_SPACE = 579, -849
_TIGHTER = -5

FANGSONG, KAITI, HEITI, SONGTI = "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"
TITLE_SONG = "方正小标宋简体"
# Windows after XP has 仿宋 and 楷体 under other names; 小标宋 is a commercial font that few have.
_OTHER_NAMES = {FANGSONG: "仿宋", KAITI: "楷体", TITLE_SONG: "宋体", HEITI: "SimHei", SONGTI: "SimSun"}

RED = "FF0000"


class Style(NamedTuple):
    """A paragraph style. `size` in points; `properties` are further WordprocessingML of its paragraph."""

    id: str
    name: str
    font: str = FANGSONG
    size: float = 16
    properties: str = ""
    color: str = ""


def _indent(**chars: int) -> str:
    """In hundredths of a character, with what they are in a 三号 line for readers that know no characters."""
    both = {
        name: value
        for kind, hundredths in chars.items()
        for name, value in ((f"{kind}Chars", hundredths), (kind, hundredths * CHARACTER // 100))
    }
    return "<w:ind " + " ".join(f'w:{name}="{value}"' for name, value in both.items()) + "/>"


_CENTRED, _RIGHT, _LEFT = '<w:jc w:val="center"/>', '<w:jc w:val="right"/>', '<w:jc w:val="left"/>'
_EXACT_TITLE = '<w:spacing w:line="680" w:lineRule="exact"/>'
_IN_TABLE = '<w:spacing w:before="40" w:after="40" w:line="300" w:lineRule="exact"/>'
_SMALL = '<w:spacing w:line="280" w:lineRule="exact"/>'
_PARAGRAPH = _indent(firstLine=200)


def _level(number: int) -> str:
    return f'<w:keepNext/>{_PARAGRAPH}<w:outlineLvl w:val="{number - 1}"/>'


STYLES = (
    Style("Head", "发文机关标志", TITLE_SONG, 42, _CENTRED, RED),
    Style("Number", "发文字号", properties=_CENTRED),
    Style("Title", "公文标题", TITLE_SONG, 22, "<w:keepNext/>" + _EXACT_TITLE + _CENTRED),
    Style("Addressee", "主送机关"),
    Style("Paragraph", "公文正文", properties=_PARAGRAPH),
    Style("Level1", "一级标题", HEITI, properties=_level(1)),
    Style("Level2", "二级标题", KAITI, properties=_level(2)),
    Style("Level3", "三级标题", properties=_level(3)),
    Style("AttachmentNote", "附件说明"),
    Style("Signed", "发文机关署名", properties="<w:keepNext/><w:keepLines/>" + _RIGHT),
    Style("Dated", "成文日期", properties=_RIGHT),
    Style("AttachmentLabel", "附件标识", HEITI, properties="<w:keepNext/><w:pageBreakBefore/>"),
    Style("TableHead", "表头", HEITI, 10.5, _IN_TABLE + _CENTRED),
    Style("TableText", "表内文字", FANGSONG, 10.5, _IN_TABLE + _LEFT),
    Style("TableFigure", "表内数字", FANGSONG, 10.5, _IN_TABLE + _CENTRED),
    Style("TableNote", "表注", FANGSONG, 10.5, _IN_TABLE),
    Style("Imprint", "版记", FANGSONG, 14, _SMALL.replace('"280"', '"400"')),
    Style("OddNumber", "页码（奇数页）", SONGTI, 14, _SMALL + '<w:ind w:right="280"/>' + _RIGHT),
    Style("EvenNumber", "页码（偶数页）", SONGTI, 14, _SMALL + '<w:ind w:left="280"/>'),
)


def _run(font: str, size: float, color: str = "") -> str:
    half_points = round(size * 2)
    ink = f'<w:color w:val="{color}"/>' if color else ""
    tighter = _TIGHTER if size == 16 else 0
    return (
        f'<w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}" w:cs="{font}"/>{ink}'
        f'<w:spacing w:val="{tighter}"/><w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    )


def styles_xml() -> str:
    """Normal is 三号, which the grid's characters are counted against; nothing has space after it."""
    made = "".join(
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{style.id}"><w:name w:val="{style.name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{style.properties}</w:pPr>'
        f"<w:rPr>{_run(style.font, style.size, style.color)}</w:rPr></w:style>"
        for style in STYLES
    )
    return f"""{_HEAD}<w:styles xmlns:w="{NAMESPACE}">
<w:docDefaults>
<w:rPrDefault><w:rPr>{_run(FANGSONG, 16)}
<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>
<w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/></w:pPr></w:pPrDefault>
</w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>
<w:pPr><w:snapToGrid w:val="0"/><w:spacing w:line="{LINE_PITCH}" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>
<w:rPr>{_run(FANGSONG, 16)}</w:rPr></w:style>
<w:style w:type="character" w:default="1" w:styleId="DefaultText"><w:name w:val="Default Paragraph Font"/></w:style>
<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>
<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="85" w:type="dxa"/>
<w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>
{made}</w:styles>"""


def font_table_xml() -> str:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/>'
        f'<w:family w:val="auto"/><w:pitch w:val="default"/></w:font>'
        for name, other in _OTHER_NAMES.items()
    )
    return f'{_HEAD}<w:fonts xmlns:w="{NAMESPACE}">{fonts}</w:fonts>'


def settings_xml() -> str:
    return f"""{_HEAD}<w:settings xmlns:w="{NAMESPACE}"><w:zoom w:percent="100"/><w:evenAndOddHeaders/>
<w:defaultTabStop w:val="420"/><w:drawingGridVerticalSpacing w:val="156"/>
<w:characterSpacingControl w:val="compressPunctuation"/>
<w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/>
<w:doNotExpandShiftReturn/><w:useFELayout/>
<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>
<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>"""


_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CORE = "application/vnd.openxmlformats-package.core-properties+xml"
_APP = "application/vnd.openxmlformats-officedocument.extended-properties+xml"


def parts() -> dict[str, str]:
    """All parts of an empty document. python-docx's own is American, blue, and says that python-docx wrote it."""
    return {
        "[Content_Types].xml": f"""{_HEAD}<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="{_PARTS}.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_PARTS}.styles+xml"/>
<Override PartName="/word/settings.xml" ContentType="{_PARTS}.settings+xml"/>
<Override PartName="/word/fontTable.xml" ContentType="{_PARTS}.fontTable+xml"/>
<Override PartName="/docProps/core.xml" ContentType="{_CORE}"/>
<Override PartName="/docProps/app.xml" ContentType="{_APP}"/></Types>""",
        "_rels/.rels": _relations(
            (f"{_OFFICE}/relationships/officeDocument", "word/document.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
            (f"{_OFFICE}/relationships/extended-properties", "docProps/app.xml"),
        ),
        "word/_rels/document.xml.rels": _relations(
            *(
                (f"{_OFFICE}/relationships/{name}", f"{name}.xml")
                for name in ("styles", "settings", "fontTable")
            )
        ),
        "word/document.xml": f"""{_HEAD}<w:document xmlns:w="{NAMESPACE}"
xmlns:r="{_OFFICE}/relationships"><w:body><w:sectPr/></w:body></w:document>""",
        "word/styles.xml": styles_xml(),
        "word/settings.xml": settings_xml(),
        "word/fontTable.xml": font_table_xml(),
        "docProps/core.xml": f"""{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>""",
        "docProps/app.xml": f"""{_HEAD}<Properties xmlns="{_OFFICE}/extended-properties">
<Application>联户联情</Application></Properties>""",
    }


def _relations(*targets: tuple[str, str]) -> str:
    made = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'

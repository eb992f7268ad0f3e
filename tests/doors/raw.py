"""Workbooks written part by part, for what no office program would ever save."""

import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def inline(ref, text, style=""):
    return f'<c r="{ref}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def row(number, *cells):
    """Cells are inline texts, or ready XML that begins with <c."""
    made = (
        cell if cell.startswith("<c") else inline(f"{chr(65 + index)}{number}", cell)
        for index, cell in enumerate(cells)
    )
    return f'<row r="{number}">{"".join(made)}</row>'


def worksheet(*rows, before="", after=""):
    body = "".join(rows)
    return f'{_DECLARATION}<worksheet xmlns="{MAIN}">{before}<sheetData>{body}</sheetData>{after}</worksheet>'


def write(path, sheets, *, properties="", styles="", parts=None):
    """`sheets`: name to worksheet XML (or several chunks of it). `parts` replace or add parts."""
    numbered = list(enumerate(sheets, 1))
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in numbered)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    if styles:
        related += f'<Relationship Id="rId0" Type="{OFFICE}/styles" Target="styles.xml"/>'
    everything = {
        "[Content_Types].xml": f'{_DECLARATION}<Types xmlns="{TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{XLSX}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'{_DECLARATION}<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_DECLARATION}<Relationships xmlns="{PACKAGE}">{related}</Relationships>',
    }
    if styles:
        everything["xl/styles.xml"] = f'{_DECLARATION}<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    everything |= {f"xl/worksheets/sheet{n}.xml": sheets[name] for n, name in numbered}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (everything | (parts or {})).items():
            with archive.open(name, "w", force_zip64=True) as part:
                for chunk in [content] if isinstance(content, str | bytes) else content:
                    part.write(chunk.encode() if isinstance(chunk, str) else chunk)
    return path

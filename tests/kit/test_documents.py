"""A document is what its content says, whatever it is called; none with macros, none that is broken."""

import io
import zipfile

import pytest

from lianhu.kit.documents import MAX_BYTES, NotADocument, read_document

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def zipped(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return file.getvalue()


def old(*streams):
    return OLE + b"".join(name.encode("utf-16-le") for name in streams)


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (b"%PDF-1.7\n1 0 obj\n%%EOF\n", "pdf"),
        (zipped("[Content_Types].xml", "word/document.xml"), "docx"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (old("Root Entry", "WordDocument"), "doc"),
        (old("Root Entry", "Workbook"), "xls"),
    ],
)
def test_what_it_is_comes_from_its_content(data, suffix):
    assert read_document(data).suffix == suffix


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n1 0 obj\n", "没有传完整"),
        (b"%PDF-1.7" + bytes(MAX_BYTES), "10 MB"),
        (b"PK\x03\x04 broken", "没有传完整"),
        (zipped("a.txt"), "只收"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "只收"),
        (zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏"),
        (old("WordDocument", "_VBA_PROJECT"), "宏"),
        (old("PowerPoint Document"), "只收"),
        (b"MZ\x90\x00", "只收"),
        (b"<html>", "只收"),
    ],
)
def test_anything_else_is_refused_with_the_reason(data, reason):
    with pytest.raises(NotADocument, match=reason):
        read_document(data)

"""A document as it came, told by its content: PDF, Word, Excel, without macros (contract, section 5).

Nothing of it is unpacked or opened here; it leaves only as a download.
"""

import io
import zipfile
from dataclasses import dataclass

MAX_BYTES = 10 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_PARTS = 5_000


class NotADocument(ValueError):
    """Refused for good; the reason is for the person who sent it."""


@dataclass(frozen=True)
class DocumentType:
    suffix: str
    content_type: str
    label: str


_OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = DocumentType("pdf", "application/pdf", "PDF")
DOCX = DocumentType("docx", f"{_OFFICE}wordprocessingml.document", "Word")
XLSX = DocumentType("xlsx", f"{_OFFICE}spreadsheetml.sheet", "Excel")
DOC = DocumentType("doc", "application/msword", "Word")
XLS = DocumentType("xls", "application/vnd.ms-excel", "Excel")
BY_SUFFIX = {each.suffix: each for each in (PDF, DOCX, XLSX, DOC, XLS)}

_MACROS = "文件里有宏，请另存为不带宏的 Word 或 Excel 再传"
_BROKEN = "文件已损坏或没有传完整，请重新选一份"
_OTHER = "只收照片（JPEG、PNG、WebP）、PDF、Word、Excel"


def looks_like_a_document(data: bytes) -> bool:
    return data[:1024].lstrip().startswith(b"%PDF-") or data.startswith((b"PK\x03\x04", _OLE))


def read_document(data: bytes) -> DocumentType:
    """What it is. Raise NotADocument for anything but a whole PDF, Word or Excel file without macros."""
    if len(data) > MAX_BYTES:
        raise NotADocument("文件超过 10 MB，请缩小后再传")
    if data[:1024].lstrip().startswith(b"%PDF-"):
        if b"%%EOF" not in data[-2048:]:
            raise NotADocument(_BROKEN)
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    if data.startswith(_OLE):
        return _old(data)
    raise NotADocument(_OTHER)


def _zipped(data: bytes) -> DocumentType:
    try:
        names = {each.filename for each in zipfile.ZipFile(io.BytesIO(data)).infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise NotADocument(_BROKEN) from error
    if len(names) > _MOST_PARTS or "[Content_Types].xml" not in names:
        raise NotADocument(_OTHER)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise NotADocument(_MACROS)
    if "word/document.xml" in names:
        return DOCX
    if "xl/workbook.xml" in names:
        return XLSX
    raise NotADocument(_OTHER)


def _old(data: bytes) -> DocumentType:
    """By the names of the streams in its directory, as Word and Excel (and WPS) wrote until 2007."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if holds("_VBA_PROJECT"):
        raise NotADocument(_MACROS)
    if holds("WordDocument"):
        return DOC
    if holds("Workbook"):
        return XLS
    raise NotADocument(_OTHER)

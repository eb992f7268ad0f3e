"""The zip around a workbook nobody vouches for: bounded, without macros, every part plain XML."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

MIB = 1 << 20
MAX_BYTES_UNPACKED = 500 * MIB
_LARGE_PART = 100 * MIB
_MAX_RATIO = 100
_MAX_PARSED = 16 * MIB
_MAX_PARTS = 2000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENTITY = re.compile(rb"<!(DOCTYPE|ENTITY)|&(?!(amp|lt|gt|quot|apos);|#)", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)""")
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class UnreadableWorkbook(Exception):
    """The file as a whole can't be read. `code` is stable, the text is Chinese and says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def broken(what: str = "文件已损坏") -> UnreadableWorkbook:
    return UnreadableWorkbook("broken", f"{what}，请在 Excel 里打开后另存为 .xlsx")


def too_large() -> UnreadableWorkbook:
    return UnreadableWorkbook("too_large", "文件展开后太大，请拆成几个文件，或删去多余的工作表")


def open_package(path: Path) -> zipfile.ZipFile:
    """Raise UnreadableWorkbook unless it is a zip of bearable size without password and macros."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
            if head == _OLE:
                raise _old_format("EncryptedPackage".encode("utf-16-le") in file.read(64 * MIB))
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise UnreadableWorkbook("no_file", f"没有这个文件：{path.name}") from error
    except (IsADirectoryError, PermissionError) as error:
        raise UnreadableWorkbook("no_file", f"不能读这个文件：{path.name}") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise not_xlsx() from error
    try:
        _check_parts(archive.infolist())
    except UnreadableWorkbook:
        archive.close()
        raise
    return archive


def not_xlsx() -> UnreadableWorkbook:
    return UnreadableWorkbook(
        "not_xlsx", "这不是 Excel 工作簿（.xlsx），请选对文件，或在 Excel 里另存为 .xlsx"
    )


def _old_format(encrypted: bool) -> UnreadableWorkbook:
    if encrypted:
        return UnreadableWorkbook("password", "文件有打开密码，请去掉密码后另存为 .xlsx")
    return UnreadableWorkbook("old_format", "这是旧的 .xls 格式，请在 Excel 里另存为 .xlsx")


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > _MAX_PARTS or len({part.filename for part in parts}) != len(parts):
        raise broken("文件内部结构不正常")
    bombs = (part for part in parts if part.file_size > max(_LARGE_PART, _MAX_RATIO * part.compress_size))
    if sum(part.file_size for part in parts) > MAX_BYTES_UNPACKED or any(bombs):
        raise too_large()
    if any(part.flag_bits & 1 for part in parts):
        raise _old_format(encrypted=True)
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise UnreadableWorkbook("macros", "文件里带有宏，请另存为不带宏的 .xlsx")


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Worksheet names in the book's order, with the part each lives in."""
    names = set(archive.namelist())
    try:
        book = next(
            target
            for _, kind, target in _relations(archive, "_rels/.rels", "")
            if kind.endswith("/officeDocument")
        )
        folder, file = posixpath.split(book)
        targets = {
            ident: target
            for ident, kind, target in _relations(archive, f"{folder}/_rels/{file}.rels", folder)
            if kind.endswith("/worksheet")
        }
        found: dict[str, str] = {}
        for element in _parse(archive, book).iter():
            if element.tag.endswith("}sheet"):
                ident = next((value for key, value in element.items() if key.endswith("}id")), "")
                if targets.get(ident) in names:
                    found[element.get("name", "")] = targets[ident]
    except (KeyError, StopIteration, ElementTree.ParseError) as error:
        raise not_xlsx() from error
    if not found:
        raise UnreadableWorkbook("no_sheets", "文件里没有工作表")
    return found


def _relations(archive: zipfile.ZipFile, part: str, folder: str) -> Iterator[tuple[str, str, str]]:
    for element in _parse(archive, part).iter(_REL):
        target = element.get("Target", "")
        absolute = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        yield element.get("Id", ""), element.get("Type", ""), posixpath.normpath(absolute)


def _parse(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    if archive.getinfo(part).file_size > _MAX_PARSED:
        raise too_large()
    return ElementTree.fromstring(b"".join(chunks(archive, part)))


def chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The part in pieces cut before a `<`: no tag is torn. Never more than announced, UTF-8, no DOCTYPE."""
    left = archive.getinfo(part).file_size
    rest, first = b"", True
    try:
        with archive.open(part) as stream:
            while read := stream.read(MIB):
                left -= len(read)
                if left < 0:
                    raise broken("文件展开后的大小与所说不符")
                if first:
                    _check_prolog(read)
                    first = False
                piece = rest + read
                cut = piece.rfind(b"<")
                # A text longer than a piece has no `<`: it goes out as it is.
                rest, piece = (piece[cut:], piece[:cut]) if cut > 0 else (b"", piece)
                yield _without_entities(piece)
        yield _without_entities(rest)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise broken() from error
    except Exception as error:
        # zlib's and lzma's errors have no common ancestor but this.
        if isinstance(error, UnreadableWorkbook) or type(error).__module__ not in {"zlib", "_lzma", "lzma"}:
            raise
        raise broken() from error


def _check_prolog(piece: bytes) -> None:
    declared = _ENCODING.search(piece[:200])
    utf8 = not declared or declared[1].lower() in {b"utf-8", b"utf8", b"us-ascii"}
    if not utf8 or b"\0" in piece[:64]:
        raise broken("文件的编码不常见")


def _without_entities(piece: bytes) -> bytes:
    if (b"<!" in piece or b"&" in piece) and _ENTITY.search(piece):
        raise UnreadableWorkbook("entities", "文件里有不该有的 XML 声明，请在 Excel 里打开后另存为 .xlsx")
    return piece

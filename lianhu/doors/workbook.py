"""The Excel door: a county's workbook in, all or nothing, every fault told at once (contract, section 9)."""

import copy
import datetime
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction

from accounts import audit
from accounts.models import AuditKind, User
from lianhu.doors.faults import FaultLog, Place
from lianhu.doors.kinds import BOOKS, Book, Rows
from lianhu.doors.rows import SheetReader, SheetRows
from lianhu.kit import clock
from lianhu.kit.db import lock_for_transaction, may_pass
from lianhu.kit.errors import Fault
from lianhu.kit.excel.read import SheetSource, UnreadableWorkbook, open_workbook
from lianhu.kit.fields import FromNumber, fold
from lianhu.kit.sheets import Sheet, header
from reports.quotas.stored import touch_everyone

log = logging.getLogger(__name__)

Progress = Callable[[str, int], None]
_TRIES = 3
_NOTHING = {"new": 0, "changed": 0, "same": 0}


@dataclass(frozen=True)
class Answer:
    """What `--format json` prints."""

    counts: dict[str, dict[str, int]]
    fault_count: int
    faults: list[dict[str, Any]]
    warnings: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.fault_count == 0, "counts": self.counts, "fault_count": self.fault_count,
            "faults": self.faults, "warnings": self.warnings,
        }  # fmt: skip


def import_workbook(
    kind: str,
    path: Path,
    *,
    by: User | None,
    on: datetime.date,
    dry_run: bool = False,
    progress: Progress = lambda step, percent: None,
    name: str = "",
) -> Answer:
    """Read, check and write a workbook; nothing is written unless the whole file is right.

    `on` is the day of import, from which a changed unit or rank holds. A dry run does the same and
    takes it back. `name` is the file's name as its sender knows it.
    """
    return _Import(BOOKS[kind], by, on, progress, name or path.name).run(path, dry_run)


class _Import:
    def __init__(self, book: Book, by: User | None, on: datetime.date, progress: Progress, name: str) -> None:
        self._book, self._by, self._on, self._progress, self._name = book, by, on, progress, name
        self._faults, self._warnings = FaultLog(), FaultLog()

    def run(self, path: Path, dry_run: bool) -> Answer:
        counts = {sheet.title: dict(_NOTHING) for sheet in self._book.sheets}
        try:
            found = self._read(path)
        except UnreadableWorkbook as error:
            self._faults.add("file", Place("", 0, "", error.code, str(error)))
            return self._answer(counts)
        told_by_reading = self._faults, self._warnings
        for _ in range(_TRIES):
            self._faults, self._warnings = copy.deepcopy(told_by_reading)
            try:
                return self._answer(counts | self._check_and_write(found, path, dry_run))
            except IntegrityError:
                log.exception("import refused by the database")
                break
            except OperationalError as error:
                if not may_pass(error):
                    raise
                log.warning("import tried again: %s", type(error.__cause__).__name__)
        told = "写入时与别人刚改的数据冲突，什么也没有写入，请再试一次"
        self._faults.add("file", Place("", 0, "", "conflict", told))
        return self._answer(counts)

    def _check_and_write(
        self, found: list[SheetRows], path: Path, dry_run: bool
    ) -> dict[str, dict[str, int]]:
        with transaction.atomic():
            # One import at a time: the second sees what the first wrote.
            lock_for_transaction("import")
            audit.importing()
            self._progress("核对", 55)
            self._check(found)
            self._progress("与系统比较", 70)
            counts = self._stage(found)
            if not self._faults.count:
                self._progress("写入", 80)
                self._write()
            if dry_run or self._faults.count:
                transaction.set_rollback(True)
            else:
                told = {"kind": self._book.kind, "sha256": sha256_of(path), "counts": counts}
                audit.log(AuditKind.IMPORT, key=self._name, by=self._by, **told)
                if any(sheet["new"] or sheet["changed"] for sheet in counts.values()):
                    touch_everyone()
                with connection.cursor() as cursor:
                    cursor.execute(f"ANALYZE {self._book.tables}")
        return counts

    def _answer(self, counts: dict[str, dict[str, int]]) -> Answer:
        columns = [
            place
            for sheet in self._book.sheets
            for place in [
                (sheet.title, ""),
                *((sheet.title, header(field)) for field in sheet.fields.values()),
            ]
        ]
        return Answer(
            counts, self._faults.count, self._faults.listed(columns), self._warnings.listed(columns)
        )

    def _read(self, path: Path) -> list[SheetRows]:
        self._progress("打开文件", 1)
        workbook = open_workbook(path)
        if workbook.external_links:
            told = "文件里有指向别的文件的链接，按保存时的结果读取"
            self._warnings.add("file", Place("", 0, "", "external_links", told))
        sources, doubled = self._match_sheets(workbook.sheets)
        reader = SheetReader(self._faults, self._warnings)
        found = []
        for index, sheet in enumerate(self._book.sheets):
            share = 5 + 45 * index // len(self._book.sheets)

            def say(rows: int, title: str = sheet.title, percent: int = share) -> None:
                self._progress(f"读取“{title}” {rows} 行", percent)

            say(0)
            one = reader.read(sheet, sources.get(sheet.title), say)
            one.incomplete |= sheet.title in doubled
            found.append(one)
        return found

    def _match_sheets(self, sources: Sequence[SheetSource]) -> tuple[dict[str, SheetSource], set[str]]:
        """Sheets by the contract's title, and the titles that are there more than once."""
        titles = {sheet.title for sheet in self._book.sheets}
        matched: dict[str, SheetSource] = {}
        doubled: set[str] = set()
        for source in sources:
            title = "".join(fold(source.name).split())
            if title in matched:
                doubled.add(title)
            elif title in titles:
                matched[title] = source
            else:
                told = "不认识这张工作表，已忽略"
                self._warnings.add("sheet", Place(source.name, 0, "", "sheet_unknown", told))
        for title in doubled:
            self._faults.add(
                "sheet", Place(title, 0, "", "sheet_twice", f"“{title}”工作表不止一张，请只留一张")
            )
        return matched, doubled

    def _check(self, found: list[SheetRows]) -> None:
        for one in found:
            _fill_absent(one)
        rows: Rows = {one.sheet.title: list(one.rows) for one in found}
        facts = self._book.facts(rows, self._on)
        # What a sheet brings that can't be read as a whole is no fault of those who name it.
        untold = {one.sheet.defines for one in found if one.incomplete}
        for one in found:
            repeated = self._check_keys(one)
            for number, row in one.rows:
                facts.row = number
                for fault in _faults_of(one.sheet, row, facts, number in repeated, untold):
                    self._tell(self._faults, "rules", one, number, fault)
                for hint in one.sheet.hints:
                    for fault in hint(row, facts):
                        self._tell(self._warnings, "hints", one, number, fault)

    def _check_keys(self, one: SheetRows) -> set[int]:
        """A key twice is a fault at each later row, naming the first, even if the rows are equal."""
        sheet, repeated = one.sheet, set()
        first_row: dict[tuple[Any, ...], int] = {}
        for number, row in one.rows:
            key = _key(sheet, row)
            first = first_row.setdefault(key, number) if key else number
            if first != number:
                repeated.add(number)
                at = sheet.key_fault_at if isinstance(sheet.key_fault_at, str) else sheet.key_fault_at(row)
                self._tell(self._faults, "keys", one, number, Fault(at, "key_twice", f"和第 {first} 行重复"))
        return repeated

    def _tell(self, log_: FaultLog, step: str, one: SheetRows, number: int, fault: Fault) -> None:
        column = one.sheet.header_of(fault.field)
        log_.add(step, Place(one.sheet.title, number, column, fault.code, fault.message))
        if log_ is self._faults:
            one.faulty.add(number)

    def _stage(self, found: list[SheetRows]) -> dict[str, dict[str, int]]:
        """Compare the rows without a fault with the database, so that the counts are told even with faults."""
        counts = {}
        for one in found:
            derived = one.sheet.derived
            absent = {name for name in one.sheet.merge.columns if derived.get(name, name) in one.absent}
            counts[one.sheet.title] = one.sheet.merge.stage(_tuples(one), frozenset(absent))
        return counts

    def _write(self) -> None:
        params = {"now": clock.now(), "on": self._on, "by": self._by and self._by.pk}
        for sheet in self._book.sheets:
            sheet.merge.write(params)
        with connection.cursor() as cursor:
            for last in self._book.afterwards:
                cursor.execute(last) if isinstance(last, str) else last()
            # Deferred foreign keys are asked now, so that a refusal is told and not raised at commit.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(sheet: Sheet, row: dict[str, Any]) -> tuple[Any, ...] | None:
    """None where a part of the key can't be read."""
    return tuple(row[name] for name in sheet.key) if all(name in row for name in sheet.key) else None


def _fill_absent(one: SheetRows) -> None:
    """A column that the file does not have keeps what is there, and rules judge by that."""
    merge = one.sheet.merge
    kept = set(merge.columns) - set(merge.key) - merge.not_compared
    names = [name for name in one.sheet.fields if name in one.absent & kept]
    if names and one.rows:
        keys = (_key(one.sheet, row) for _, row in one.rows)
        there = dict(merge.there((key for key in keys if key), names))
        for _, row in one.rows:
            row.update(zip(names, there.get(_key(one.sheet, row) or (), ()), strict=False))


def _faults_of(
    sheet: Sheet, row: dict[str, Any], facts: Any, repeated: bool, untold: set[str]
) -> Iterator[Fault]:
    for name, kind in sheet.refers.items():
        value = row.get(name)
        for code in value if isinstance(value, tuple) else (value,):
            if code and kind not in untold and not facts.knows(kind, code):
                zeros = "；数字格式的单元格会丢掉前面的 0，请设为文本" if isinstance(code, FromNumber) else ""
                yield Fault(name, "not_found", f"没有{_THINGS[kind]} {code}，请核对{zeros}")
    for rule in sheet.rules if repeated else (*sheet.rules, *sheet.claims):
        yield from rule(row, facts)


_THINGS = {"unit": "单位编码", "village": "村编码", "cadre": "工号", "household": "户编码"}


def _tuples(one: SheetRows) -> Iterator[tuple[Any, ...]]:
    """Rows without a fault, in the order of the merge's columns."""
    columns, prepare = tuple(one.sheet.merge.columns), one.sheet.prepare
    for number, row in one.rows:
        if number not in one.faulty and not one.incomplete:
            if prepare:
                row = dict(row)
                prepare(row)
            yield tuple([row.get(name) for name in columns])

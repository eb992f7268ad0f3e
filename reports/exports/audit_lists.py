"""审计日志: all that its filter leaves, the newest first, without what it holds of families (contract, section 8)."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Max

from accounts.models import AuditEntry
from lianhu.kit import clock
from lianhu.kit.excel.write import Column
from registry.models import Role
from registry.scope import scope_of
from reports.exports.kinds import Asked, Export, Table
from reports.pages.audit import FilterForm, Line

_COLUMNS = (
    Column("日志序号", "number"),
    Column("时间", width=20),
    Column("种类"),
    Column("操作人"),
    Column("网络地址"),
    Column("对象"),
    Column("对象编码", "code"),
    Column("内容", width=60),
    Column("请求编号"),
)


def _entries(asked: Asked) -> Table:
    # It grows while it is written: the rows are those that are counted.
    newest = AuditEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0

    def rows(batch: list[Any]) -> Iterable[Sequence[Any]]:
        for line in map(Line, batch):
            entry = line.entry
            yield (
                entry.number,
                f"{entry.at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}",
                entry.get_kind_display(),
                line.who,
                entry.address,
                line.subject,
                entry.subject_key,
                line.told,
                entry.request_id,
            )

    return Table(_COLUMNS, FilterForm(asked.query).entries().filter(pk__lte=newest), rows)


def _audits(asked: Asked) -> bool:
    return scope_of(asked.user).has(Role.AUDITOR)


EXPORTS = (Export("audit_log", "审计日志", _audits, _entries),)

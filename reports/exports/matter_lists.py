"""Lists of the ledger: 台账, 未能解决, 件件有着落, 十大突出问题, 待挂号, 公示, 待告知, 政策库, 答复模板 (section 4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from grievances import filings, ledger, library, publications
from grievances.family import words
from grievances.ledger import DUE_FIRST, NEWEST
from grievances.ledger import Asked as Filter
from grievances.models import Filing, Grievance
from grievances.owing import may_look, owing
from grievances.pages import notices as notices_page
from grievances.pages import policies as policies_page
from grievances.pages import publications as publications_page
from grievances.pages.ledger import found_for, may_have_matters, rows_of
from grievances.pages.ledger_unsolved import unsolved, unsolved_rows
from grievances.pages.prominent import of_year
from grievances.prominent import visible_to
from grievances.querysets import GrievanceQuerySet
from grievances.satisfaction import set_aside_steps
from lianhu.kit import clock
from lianhu.kit.excel.write import Column
from registry.models import Household
from registry.scope import scope_of
from reports.exports.kinds import Asked, Export, Several, Table, day_of
from reports.exports.registry_lists import of_the_office

Rows = Iterable[Sequence[Any]]
# Of ids alone, answered from an index; words are searched for once a stride.
_STRIDE = 10_000


@dataclass(frozen=True)
class _Matters:
    """The ledger's own pages of ids, one after the other: however far back, as fast as the first."""

    matters: GrievanceQuerySet
    order: ledger.Order
    total: int

    def count(self) -> int:
        return self.total

    def iterator(self, chunk_size: int) -> Iterator[int]:
        page = ledger.page_of(self.matters, self.order, _STRIDE)
        yield from page.ids
        while page.older:
            page = ledger.page_of(self.matters, self.order, _STRIDE, older=page.older)
            yield from page.ids


def _ledger(asked: Asked) -> Table:
    found = found_for(asked.user, Filter.of(asked.query), asked.on)
    matters = _Matters(found.matters, DUE_FIRST if found.due_first else NEWEST, found.total)

    def rows(batch: list[int]) -> Rows:
        for row in rows_of(batch, asked.user, asked.on):
            matter = row.matter
            yield (
                *(matter.number, matter.title, matter.village.name, row.family, matter.get_kind_display()),
                *(matter.category.name, matter.get_level_display(), row.standing, row.holder),
                *(matter.registered_on, matter.due_on, row.told, row.age, row.held),  # type: ignore[attr-defined]
                *(matter.replied_on, matter.get_outcome_display(), matter.get_satisfaction_display()),
                *(matter.closed_on, matter.published_on),
            )

    columns = (
        *(Column("诉求编号", "code"), Column("标题", width=30), Column("村(社区)"), Column("户主")),
        *(Column("类型"), Column("类别"), Column("层级"), Column("状态"), Column("主办人")),
        *(
            Column("挂号日期", "date"),
            Column("期限", "date"),
            Column("是否逾期"),
            Column("历时(天)", "number"),
        ),
        *(Column("在手(天)", "number"), Column("答复日期", "date"), Column("答复结果"), Column("回访结果")),
        *(Column("销号日期", "date"), Column("公示日期", "date")),
    )
    return Table(columns, matters, rows)


def _unsolved(asked: Asked) -> Table:
    found = Filter.of(asked.query).apply(unsolved(), asked.on)
    matters = _Matters(found, NEWEST, ledger.count(found, asked.on).of())

    def rows(batch: list[int]) -> Rows:
        for each in unsolved_rows(batch):
            matter = each.matter
            yield (
                *(matter.number, matter.title, matter.village.township.name, matter.village.name),
                *(matter.category.name, each.unit, matter.handler.name if matter.handler else ""),
                *(each.policy, matter.reply, matter.registered_on, matter.replied_on, each.standing),
            )

    columns = (
        *(Column("诉求编号", "code"), Column("标题", width=30), Column("乡镇"), Column("村(社区)")),
        *(Column("类别"), Column("主办单位"), Column("主办人"), Column("引用的政策", width=24)),
        *(
            Column("答复内容", width=40),
            Column("挂号日期", "date"),
            Column("答复日期", "date"),
            Column("状态"),
        ),
    )
    return Table(columns, matters, rows)


def _owing(asked: Asked) -> Table:
    found = Several({kind.label: kind.rows for kind in owing(asked.user, asked.on)})

    def rows(batch: list[tuple[str, Any]]) -> Rows:
        homes = [one.household_id for _, one in batch if isinstance(one, Grievance)]
        seen = set(Household.objects.visible_to(asked.user).filter(pk__in=homes).values_list("pk", flat=True))
        for word, one in batch:
            if isinstance(one, Filing):
                yield word, "", one.title, one.village.name, "", "待挂号", "", "", day_of(one.filed_at), None
                continue
            family = (
                ""
                if one.household is None
                else one.household.head_name
                if one.household_id in seen
                else "一户"
            )
            yield (
                *(word, one.number, one.title, one.village.name, family, one.get_state_display()),
                *(one.get_level_display(), one.handler.name if one.handler else ""),
                *(one.registered_on, one.reply_due_on),
            )

    columns = (
        *(Column("怎样没有着落"), Column("诉求编号", "code"), Column("标题", width=30), Column("村(社区)")),
        *(Column("户主"), Column("状态"), Column("层级"), Column("主办人")),
        *(Column("挂号或提交日期", "date"), Column("答复期限", "date")),
    )
    return Table(columns, found, rows)


def _prominent(asked: Asked) -> Table:
    word = asked.get("year")
    shown = of_year(
        visible_to(asked.user), int(word) if word.isascii() and word.isdecimal() and len(word) == 4 else None
    )
    columns = (
        *(Column("问题", width=30), Column("责任单位"), Column("承诺", width=30), Column("完成期限", "date")),
        *(Column("进展", width=30), Column("完成日期", "date"), Column("状态"), Column("公布日期", "date")),
    )

    def rows(batch: list[Any]) -> Rows:
        for line in batch:
            one = line.problem
            yield (
                *(one.title, one.unit.name, one.promise, one.due_on, one.progress, one.done_on),
                *(line.word, day_of(one.published_at)),
            )

    return Table(columns, shown["lines"], rows, period=f"{shown['year']} 年")


def _filings(asked: Asked) -> Table:
    """With the filer's name as the page shows it; no phone is on the page, and none is here."""
    found: QuerySet[Any] = filings.waiting(asked.user)
    same = asked.get("same")
    if same.isascii() and same.isdecimal() and len(same) < 19:
        like = filings.decidable_by(asked.user).filter(pk=int(same)).first()
        found = found.filter(village=like.village_id, title=like.title) if like else found.none()
    columns = (
        *(
            Column("标题", width=24),
            Column("内容", width=40),
            Column("村(社区)"),
            Column("类型"),
            Column("类别"),
        ),
        *(
            Column("反映人"),
            Column("提交时间", "datetime"),
            Column("等了(天)", "number"),
            Column("同样的标题(件)", "number"),
        ),
    )

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            at = one.filed_at.astimezone(clock.SHANGHAI).replace(tzinfo=None, second=0, microsecond=0)
            yield (
                *(one.title, one.content, one.village.name, one.get_kind_display()),
                *(one.category.name if one.category else "", one.filer_name, at),
                *(filings.age(one, asked.on), one.same),
            )

    return Table(columns, found, rows)


def _publications(asked: Asked) -> Table:
    tab = publications_page.tab_of(asked.get("show"), asked.on)
    columns = (
        *(Column("诉求编号", "code"), Column("标题", width=30), Column("村(社区)"), Column("类别")),
        *(
            Column("销号日期", "date"),
            Column("公示到", "date"),
            Column("情况", width=24),
            Column("等答复的异议", width=30),
        ),
    )

    def rows(batch: list[Any]) -> Rows:
        for matter in batch:
            row = publications_page.row_of(matter, asked.on)
            withheld = f"{matter.get_withheld_kind_display()}：{matter.withheld_reason}"
            yield (
                *(matter.number, row.text.title if row.text else matter.title, matter.village.name),
                *(matter.category.name, matter.closed_on, row.text.ends_on if row.text else None),
                *(
                    withheld if matter.withheld_kind else row.standing,
                    row.objection.text if row.objection else "",
                ),
            )

    found = publications_page.found_for(asked.user, tab, asked.on)
    return Table(columns, found, rows, period=tab.label)


def _family_notices(asked: Asked) -> Table:
    """To be read aloud or handed on; no phone is here."""
    columns = (
        *(Column("村(社区)"), Column("组"), Column("户主"), Column("诉求编号", "code"), Column("事由")),
        *(Column("要告知的话", width=60), Column("等了(天)", "number")),
    )

    def rows(batch: list[Any]) -> Rows:
        for each in batch:
            matter = each.grievance
            home, filing = matter.household, getattr(matter, "filing", None)
            name = home.head_name if home else filing.filer_name if filing else ""
            yield (
                *(matter.village.name, home.group if home else "", name, matter.number),
                *(each.get_occasion_display(), words(each), (asked.on - each.event.on).days),
            )

    found = notices_page.notices_found(asked.user, notices_page.asked_for(asked.query))
    return Table(columns, found, rows)


def _set_aside(asked: Asked) -> Table:
    columns = (
        *(Column("诉求编号", "code"), Column("标题", width=30), Column("乡镇"), Column("村(社区)")),
        *(Column("类别"), Column("剔除原因", width=40), Column("剔除人"), Column("剔除日期", "date")),
    )

    def rows(batch: list[Any]) -> Rows:
        for step in batch:
            matter = step.grievance
            yield (
                *(matter.number, matter.title, matter.village.township.name, matter.village.name),
                *(matter.category.name, step.reason, step.by.name, day_of(step.recorded_at)),
            )

    return Table(columns, set_aside_steps(), rows)


def _policies(asked: Asked) -> Table:
    columns = (
        *(Column("类别"), Column("名称", width=30), Column("内容", width=70), Column("依据", width=30)),
        *(Column("加入日期", "date"), Column("停用日期", "date")),
    )

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            added = day_of(one.added_at)
            yield (one.category.name, one.title, one.text, one.source, added, one.retired_on)

    return Table(
        columns, policies_page.policies_found(policies_page.asked_for(asked.query, asked.user)), rows
    )


def _reply_templates(asked: Asked) -> Table:
    columns = (Column("类别"), Column("名称", width=30), Column("内容", width=70), Column("停用日期", "date"))

    def rows(batch: list[Any]) -> Rows:
        for one in batch:
            category = one.category.name if one.category else "各类都用"
            yield (category, one.title, one.text, one.retired_on)

    return Table(
        columns, policies_page.templates_found(policies_page.asked_for(asked.query, asked.user)), rows
    )


EXPORTS = (
    Export("ledger", "诉求台账", lambda asked: may_have_matters(asked.user), _ledger),
    Export("ledger_unsolved", "未能解决诉求清单", of_the_office, _unsolved),
    Export("owing", "没有着落的诉求", lambda asked: may_look(asked.user), _owing),
    Export("prominent", "十大突出问题清单", lambda asked: bool(asked.user.is_active), _prominent),
    Export("filings", "待挂号清单", lambda asked: scope_of(asked.user).has(*filings.DECIDING), _filings),
    Export(
        "publications",
        "公示清单",
        lambda asked: scope_of(asked.user).has(*publications.PREPARING),
        _publications,
    ),
    Export("family_notices", "待告知群众清单", lambda asked: may_have_matters(asked.user), _family_notices),
    Export("set_aside", "剔除的评价", lambda asked: scope_of(asked.user).county, _set_aside),
    Export("policies", "政策库", lambda asked: library.may_read(asked.user), _policies),
    Export("reply_templates", "答复模板", lambda asked: library.may_read(asked.user), _reply_templates),
)

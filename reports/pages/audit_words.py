"""An audit entry in the office's words: tables and columns by their Chinese names."""

import datetime
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField, Field, Model

from accounts.models import AuditEntry
from lianhu.kit import clock

# What entries other than changes tell.
_WORDS = {
    "act": "做了什么",
    "address": "地址",
    "codes": "数量",
    "counts": "条数",
    "device": "设备",
    "ended": "结束了几个登录",
    "fields": "看了什么",
    "filter": "筛选",
    "kind": "种类",
    "matter": "诉求",
    "on": "打开",
    "phone": "自己的手机",
    "reason": "原因",
    "reset": "重设密码",
    "rows": "行数",
    "seconds": "锁定秒数",
    "sha256": "文件指纹",
    "sound": "完好",
    "two_factor": "两步验证",
    "until": "有效期至",
    "visit": "走访",
    "why": "原因",
}


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str


@lru_cache(maxsize=1)
def _models() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for model in apps.get_models()}


def subject_of(entry: AuditEntry) -> str:
    model = _models().get(entry.subject_table)
    return str(model._meta.verbose_name) if model else entry.subject_table


def changes_of(entry: AuditEntry, text: str) -> list[Change]:
    """Column by column, before and after; of an entry that is no change, what it tells as after."""
    detail = json.loads(text or "{}")
    if not {"before", "after"} & detail.keys():
        return [Change(_WORDS.get(name, name), "", _shown(value)) for name, value in detail.items()]
    before, after = detail.get("before") or {}, detail.get("after") or {}
    names = [*after, *(name for name in before if name not in after)]
    found = [
        Change(
            _label(entry, name), _shown(before.get(name), entry, name), _shown(after.get(name), entry, name)
        )
        for name in names
    ]
    return [change for change in found if change.before or change.after]


def told(entry: AuditEntry) -> str:
    """One line: 人口数 4 → 5，…"""
    parts = [
        f"{change.label} {change.before} → {change.after or '空'}"
        if change.before
        else f"{change.label} {change.after}"
        for change in changes_of(entry, entry.detail)
    ]
    if entry.private_digest:
        parts.append("家庭信息（未列出）")
    return "，".join(parts)


def _column(entry: AuditEntry, name: str) -> "Field[Any, Any] | None":
    model = _models().get(entry.subject_table)
    columns = {field.column: field for field in model._meta.concrete_fields} if model else {}
    return columns.get(name)


def _label(entry: AuditEntry, name: str) -> str:
    if name.endswith("_hash"):
        # Sealed values are told only as changed; their label is the sealed column's.
        return _label(entry, name.removesuffix("_hash") + "_sealed")
    field = _column(entry, name)
    return str(field.verbose_name) if field else name


def _shown(value: Any, entry: AuditEntry | None = None, name: str = "") -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {True: "是", False: "否", None: ""}[value]
    field = _column(entry, name) if entry else None
    if isinstance(field, DateTimeField):
        moment = datetime.datetime.fromisoformat(value).astimezone(clock.SHANGHAI)
        return f"{moment:%Y-%m-%d %H:%M:%S}"
    return str(dict(field.flatchoices).get(value, value)) if field and field.choices else str(value)

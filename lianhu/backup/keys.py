"""Which keys a backup needs, without any of them: a value sealed by each, to be opened at the restore."""

import base64
import hmac
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidTag

from accounts.audit.sealing import keyed
from grievances.filings import FILERS_PHONE
from lianhu.kit.privacy import keyed_hash, sealed_by_each, unseal
from registry.contact import SEALED

COLUMNS = (*SEALED, FILERS_PHONE)
_PROBE = "lianhu backup probe"


def probes(cursor: Any) -> dict[str, Any]:
    """`encryption`: key id → sealed probe; `in_use`: ids that rows of the database are sealed with."""
    ring = {name: base64.b64encode(each).decode() for name, each in sealed_by_each(_PROBE, _PROBE).items()}
    return {"encryption": ring, "in_use": _in_use(cursor), "hash": _hash(), "audit": _audit()}


def faults(kept: dict[str, Any]) -> Iterator[str]:
    """What of today's keys does not fit the backup, by the name of the setting."""
    for name in kept["in_use"]:
        # Rows under a key that was lost before the backup cannot be read with any.
        if sealed := kept["encryption"].get(name):
            yield from _ring_faults(name, base64.b64decode(sealed))
    if not hmac.compare_digest(kept["hash"], _hash()):
        yield "LIANHU_HASH_KEY 不是备份时的那一把"
    if not audit_key_fits(kept):
        yield "LIANHU_AUDIT_KEY 不是备份时的那一把"


def audit_key_fits(kept: dict[str, Any]) -> bool:
    return hmac.compare_digest(kept["audit"], _audit())


def _ring_faults(name: str, sealed: bytes) -> Iterator[str]:
    try:
        unseal(sealed, _PROBE)
    except KeyError:
        yield f"LIANHU_ENCRYPTION_KEYS 里缺少 {name}"
    except InvalidTag:
        yield f"LIANHU_ENCRYPTION_KEYS 里的 {name} 不是备份时的那一把"


def _in_use(cursor: Any) -> list[str]:
    found: set[str] = set()
    for column in COLUMNS:
        cursor.execute(
            f"""SELECT DISTINCT encode(substring({column.column} FOR position('\\x3a'::bytea IN {column.column}) - 1),
                                       'escape')
                FROM {column.model._meta.db_table} WHERE position('\\x3a'::bytea IN {column.column}) > 0"""
        )
        found |= {name for (name,) in cursor.fetchall()}
    return sorted(found)


def _hash() -> str:
    return keyed_hash(_PROBE, "backup").hex()


def _audit() -> str:
    return keyed(b"backup", _PROBE.encode()).hex()

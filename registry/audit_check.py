"""Verifying the audit chain on schedule or on demand; whoever must know of a fault is told."""

import logging

from accounts import audit
from accounts.jobs import Heartbeat, claim, finish
from accounts.models import AuditCheck, AuditKind
from lianhu.kit import clock

log = logging.getLogger(__name__)


def check_audit() -> AuditCheck:
    """Verify the whole chain, keep what was found, and log that it was done."""
    finding = audit.verify()
    told = "审计日志完好。" if finding.sound else f"审计日志有问题：{finding.fault}。"
    check = AuditCheck.objects.create(
        at=clock.now(), sound=finding.sound, entries=finding.entries, told=told[:500]
    )
    audit.log(AuditKind.CHECKED, sound=finding.sound, rows=finding.entries, reason=finding.fault)
    if not finding.sound:
        # To the operators' own log too: whoever broke the chain may hold the database.
        log.error("audit chain broken at entry %s", finding.number)
    return check


def run_check(job_id: int) -> None:
    job = claim(job_id, "check_audit")
    if job is None:
        return
    with Heartbeat(job):
        check = check_audit()
    finish(job, {"sound": check.sound})

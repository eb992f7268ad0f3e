import pytest

from accounts import audit
from accounts.models import AuditKind
from tests import county


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    """Checkpoints of this test's chain."""
    settings.AUDIT_DIR = tmp_path / "audit"
    return settings.AUDIT_DIR


@pytest.fixture
def chain(on_day):
    """Ten entries, sealed."""
    on_day("2026-06-15")
    for number in range(10):
        audit.log(AuditKind.READ, key=f"HH-{number}", why="入户前核对")
    audit.seal()
    assert audit.verify().sound


@pytest.fixture
def household(db):
    return county.add_household("多吉", village=county.add_village(), address="格桑村三组 12 号")

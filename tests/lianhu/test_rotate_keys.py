"""Changing the encryption key: all is sealed again, nothing is lost, and nobody has to stop working."""

import base64

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry, AuditKind
from lianhu.kit.privacy import seal
from registry import key_rotation
from registry.contact import opened
from registry.key_rotation import rotate_keys
from registry.models import Cadre, Household
from tests import county

pytestmark = pytest.mark.django_db

OLD = f"old:{base64.b64encode(b'1' * 32).decode()}"
NEW = f"new:{base64.b64encode(b'2' * 32).decode()}"


@pytest.fixture
def sealed(settings):
    """Twelve households and a cadre under the old key; the new one is now in front."""
    settings.ENCRYPTION_KEYS = OLD
    village = county.add_village()
    for number in range(12):
        code = f"HH-{number:02}"
        county.add_household(
            village=village,
            code=code,
            phone_sealed=seal(f"1381234{number:04}", f"household:{code}:phone"),
            id_number_sealed=seal(f"id{number}", f"household:{code}:id_number") if number % 2 else None,
        )
    cadre = county.add_cadre(code="C-1")
    cadre.phone_sealed = seal("13900000001", "cadre:C-1:phone")
    cadre.save()
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"


def phones():
    return {
        home.code: opened(home.phone_sealed, f"household:{home.code}:phone")
        for home in Household.objects.all()
    }


def test_everything_opens_with_the_new_key_alone(sealed, settings, capsys):
    before = phones()
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = NEW
    assert phones() == before
    odd = Household.objects.get(code="HH-03")
    assert opened(odd.id_number_sealed, "household:HH-03:id_number") == "id3"
    assert Household.objects.get(code="HH-02").id_number_sealed is None
    cadre = Cadre.objects.get(code="C-1")
    assert opened(cadre.phone_sealed, "cadre:C-1:phone") == "13900000001"
    told = capsys.readouterr().out
    assert "共换 19 条，打不开 0 条，仍用旧密钥 0 条" in told
    assert "可以从 LIANHU_ENCRYPTION_KEYS 去掉旧密钥" in told


def test_again_changes_nothing(sealed):
    rotate_keys()
    before = list(Household.objects.order_by("pk").values_list("phone_sealed", flat=True))
    assert rotate_keys().count == 0
    assert list(Household.objects.order_by("pk").values_list("phone_sealed", flat=True)) == before


def test_the_log_has_one_entry_for_the_round(sealed):
    before = AuditEntry.objects.count()
    rotate_keys(batch=5)
    entry = AuditEntry.objects.order_by("-id")[0]
    assert AuditEntry.objects.count() == before + 1
    assert (entry.kind, entry.detail) == (AuditKind.CHANGED, '{"rows": 19}')
    rotate_keys()
    assert AuditEntry.objects.count() == before + 1


def test_stopped_in_the_middle_it_goes_on_where_it_was(sealed, monkeypatch):
    batches = iter(range(100))
    one_batch = key_rotation._one_batch

    def stop(*args, **kwargs):
        if next(batches) == 2:
            raise KeyboardInterrupt
        return one_batch(*args, **kwargs)

    monkeypatch.setattr(key_rotation, "_one_batch", stop)
    with pytest.raises(KeyboardInterrupt):
        rotate_keys(batch=5)
    monkeypatch.undo()
    rotated = rotate_keys(batch=5)
    assert (rotated.count, rotated.left) == (9, 0)
    assert phones()["HH-11"] == "13812340011"


def test_a_value_written_meanwhile_is_kept(sealed, monkeypatch, settings):
    """Somebody changes the phone between reading and writing: theirs stands."""
    theirs = seal("13700000000", "household:HH-04:phone")

    def meanwhile(text, owner):
        if owner == "household:HH-04:phone":
            Household.objects.filter(code="HH-04").update(phone_sealed=theirs)
        return seal(text, owner)

    monkeypatch.setattr(key_rotation, "seal", meanwhile)
    rotated = rotate_keys()
    assert (rotated.count, rotated.left) == (18, 0)
    assert phones()["HH-04"] == "13700000000"


def test_a_process_still_on_the_old_ring_is_noticed(sealed, monkeypatch, settings):
    def meanwhile(text, owner):
        if owner == "household:HH-04:phone":
            settings.ENCRYPTION_KEYS = OLD
            late = seal("13700000000", owner)
            settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
            Household.objects.filter(code="HH-04").update(phone_sealed=late)
        return seal(text, owner)

    monkeypatch.setattr(key_rotation, "seal", meanwhile)
    with pytest.raises(CommandError, match="还不能去掉旧密钥"):
        call_command("rotate_keys")
    monkeypatch.undo()
    call_command("rotate_keys")
    assert phones()["HH-04"] == "13700000000"


def test_what_does_not_open_is_named_and_stays(sealed, capsys):
    lost, moved = b"lost:" + b"0" * 40, Household.objects.get(code="HH-01").phone_sealed
    Household.objects.filter(code="HH-05").update(phone_sealed=lost)
    Household.objects.filter(code="HH-06").update(phone_sealed=moved)
    with pytest.raises(CommandError):
        call_command("rotate_keys")
    said = capsys.readouterr()
    assert "户·电话 HH-05" in said.err
    assert "户·电话 HH-06" in said.err
    assert "1381234" not in said.out + said.err
    assert "共换 17 条，打不开 2 条，仍用旧密钥 2 条" in said.out
    kept = dict(Household.objects.values_list("code", "phone_sealed"))
    assert bytes(kept["HH-05"]) == lost
    assert bytes(kept["HH-06"]) == bytes(moved)

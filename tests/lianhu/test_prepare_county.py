import json
import sys
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from registry.models import Unit, UnitType

pytestmark = pytest.mark.django_db
ACCOUNT = ["干部", "G0001", "secret"]


@pytest.fixture
def demo(monkeypatch):
    def load(stdout):
        made.calls += 1
        if made.interrupted:
            raise KeyboardInterrupt
        add_unit()

    made = SimpleNamespace(calls=0, interrupted=False, load=load, accounts=lambda: [tuple(ACCOUNT)])
    monkeypatch.setitem(sys.modules, "lianhu.demo", made)
    return made


@pytest.fixture
def prepare(settings, tmp_path):
    settings.LIANHU_DATA = tmp_path

    def run(**options):
        call_command("prepare_county", accounts=tmp_path / "accounts.json", **options)
        return json.loads((tmp_path / "accounts.json").read_text())

    return run


def add_unit():
    Unit.objects.create(code="U1", name="县林草局", type=UnitType.COUNTY_DEPARTMENT)


def test_the_demo_is_loaded_on_the_first_start_only(prepare, demo):
    assert prepare() == [ACCOUNT]
    assert prepare() == [ACCOUNT]
    assert demo.calls == 1


def test_an_interrupted_load_begins_again(prepare, demo):
    demo.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        prepare()
    demo.interrupted = False
    assert prepare() == [ACCOUNT]
    assert demo.calls == 2


def test_a_load_killed_after_its_commit_is_not_repeated(prepare, demo, tmp_path):
    (tmp_path / "demo.state").write_text("loading")
    add_unit()
    assert prepare() == [ACCOUNT]
    assert demo.calls == 0


def test_a_county_with_data_of_its_own_gets_no_demo(prepare, demo):
    add_unit()
    assert prepare() == []
    Unit.objects.all().delete()
    assert prepare() == []
    assert demo.calls == 0


def test_without_demo_nothing_is_loaded(prepare, demo):
    assert prepare(no_demo=True) == []
    assert demo.calls == 0

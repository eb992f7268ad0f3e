"""The restore drill (RELIABILITY): a county with something in every table, backed up, restored elsewhere, compared.

Real commands on two data directories. A table or folder that is missing from the drill fails it, and so does
everything that could not be compared.
"""

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from lianhu.backup import BackupError, files, keys, restoring, tables
from lianhu.backup.archive import FILES, MANIFEST, SEAL, Hashed, Reader, Writer, _seal, written_whole
from lianhu.backup.checking import check
from lianhu.embedded import cluster
from lianhu.embedded.postgres import DATABASE, USER, server
from lianhu.embedded.secrets import new_secrets, stored_secrets
from lianhu.management.commands import restore as restore_command
from tests import county
from tests.lianhu.conftest import ROOT, Station
from tests.photos import kept, use_folder

pytestmark = pytest.mark.django_db

# What a restore adds, and what it does not bring back.
MORE, NOT_CARRIED = {"accounts_epoch": 1, "accounts_auditentry": 1}, {"accounts_session"}
# Of the same number of rows, but not the same: what was under way has failed, what waited to be sent asks a person.
CHANGED = {"accounts_job", "accounts_delivery"}


@dataclass(frozen=True)
class Drill:
    source: Station
    target: Station
    file: Path
    before: dict
    after: dict


def silent(step, percent):
    pass


def county_of(station, word):
    words = [sys.executable, "-m", "tests.lianhu.whole_county", word]
    done = subprocess.run(words, cwd=ROOT, env=station.env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def bare(tmp_path_factory, django_db_setup, django_db_blocker):
    """A data directory with its keys and all tables, without a row: those of the tests' own database."""
    place = tmp_path_factory.mktemp("drill") / "bare"
    stored_secrets(place)
    with django_db_blocker.unblock():
        connection.ensure_connection()
        known = connection.settings_dict
    made = server(place)
    socket = made.join()
    dump = [str(cluster.binary("pg_dump")), "-h", known["HOST"], "-U", USER, known["NAME"]]
    load = [
        str(cluster.binary("psql")),
        "-qX",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        str(socket),
        "-U",
        USER,
        DATABASE,
    ]
    for what in (["--schema-only"], ["--data-only", "--table=django_migrations"]):
        text = subprocess.run([*dump, *what], capture_output=True, check=True).stdout
        subprocess.run(load, input=text, check=True, capture_output=True)
    made.leave()
    return place


def copied(bare, name):
    """With the owner of its files: the server runs under an account of its own."""
    place = bare.with_name(name)
    subprocess.run(["cp", "-a", str(bare), str(place)], check=True)
    return Station(place)


@pytest.fixture(scope="module")
def drill(bare):
    """Built, backed up, restored into an empty one; what both are is looked at once."""
    source, target = copied(bare, "source"), copied(bare, "target")
    before = county_of(source, "build")
    file = bare.with_name("night.zip")
    made = source.manage("backup", str(file))
    assert made.returncode == 0, made.stderr
    restored = target.manage("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    after = county_of(target, "facts")
    yield Drill(source, target, file, before, after)
    source.close()
    target.close()


# --- the same county on the other side -----------------------------------------------------------


def test_every_table_has_something_in_it_and_is_compared(drill):
    """A model that nobody has put into the county fails the drill."""
    assert not [name for name in drill.before["models"] if not drill.before["rows"][name][0]]
    assert set(drill.before["models"]) | {"django_migrations"} == set(drill.before["rows"])


def test_every_table_has_its_rows_again(drill):
    before, after = drill.before["rows"], drill.after["rows"]
    assert before.keys() == after.keys()
    differing = {name for name in before if before[name] != after[name]}
    # Nobody gets a second message today.
    more = MORE | {"accounts_digest": before["accounts_user"][0]}
    assert differing == more.keys() | NOT_CARRIED | CHANGED
    for name, count in more.items():
        assert after[name][0] == before[name][0] + count, name
    assert after["accounts_job"][0] == before["accounts_job"][0]
    assert all(after[name][0] == 0 for name in NOT_CARRIED)


def test_photos_and_attachments_are_the_same_bytes(drill):
    """Of every folder that holds files of people; a new one is in the drill, or fails it."""
    assert drill.after["files"] == drill.before["files"]
    folders = {name.split("/")[0] if "/" in name[3:] else "visits" for name in drill.before["files"]}
    assert folders == {"visits", "matters", "public", "activities"}


def test_every_column_that_names_a_file_is_known():
    named = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name in ("file", "thumbnail")
    }
    assert named == set(files.COLUMNS)


def test_figures_phones_and_the_next_number_are_the_same(drill):
    assert drill.before["compliance_rows"] > 50
    for name in ("compliance", "phones", "next"):
        assert drill.after[name] == drill.before[name], name
    assert "13800000007" in drill.after["phones"].values()
    assert "读不出来" not in drill.after["phones"].values()
    assert drill.after["next"] == ["LH-2026-000524"]


def test_the_audit_chain_is_sound_and_goes_on(drill):
    assert drill.before["sound"]
    assert drill.after["sound"], drill.after["told"]
    # What waited to be sealed, and the restore's own entry.
    assert drill.after["sealed"] == drill.before["sealed"] + 2


def test_phones_send_again(drill):
    assert drill.after["epoch"] != drill.before["epoch"]


def test_no_key_is_in_the_file(drill):
    inside = zipfile.ZipFile(drill.file)
    text = b"".join(inside.read(name) for name in inside.namelist())
    for value in json.loads((drill.source.data / "secrets.json").read_text()).values():
        assert value.split(":")[-1].encode() not in text


def test_every_sealed_column_is_asked_for_its_key():
    sealed = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.endswith("_sealed")
    }
    assert sealed == {(column.model, column.column) for column in keys.COLUMNS}


def test_of_two_nights_mixed_nothing_is_restored(drill, ours):
    """A photo of another night, put in by somebody who has the keys: only its row can tell."""
    small = next(name for name in sorted(drill.before["files"]) if re.fullmatch(r"../.*-small.jpg", name))
    name = small.replace("-small", "")
    mixed = changed(drill.file, {f"files/{name}": b"another night"}, listed={name: b"another night"})
    refused = drill.target.manage("restore", str(mixed), "--replace", "--noinput")
    assert refused.returncode == 1
    assert f"照片与记录不符：{name}" in refused.stderr
    assert county_of(drill.target, "facts") == drill.after


def test_a_restore_that_is_killed_leaves_everything_as_it_was(drill):
    process = drill.target.start("restore", str(drill.file), "--replace", "--noinput")
    for line in process.stdout:
        if "正在恢复数据库" in line:
            break
    process.kill()
    process.wait()
    assert county_of(drill.target, "facts") == drill.after


def test_on_a_server_of_its_own_a_restore_replaces_what_is_there(drill):
    """DATABASE_URL; everything that has happened since is gone, and told so."""
    data = drill.target.data
    running = server(data)
    socket = running.join()
    env = stored_secrets(data) | {
        "DATABASE_URL": f"postgresql://{USER}@localhost/{DATABASE}?host={socket}",
        "REDIS_URL": "redis://localhost:1/0",
        "ALLOWED_HOSTS": "example.cn",
    }
    try:
        done = drill.target.manage("restore", str(drill.file), "--replace", env=env, input="替换\n")
        assert done.returncode == 0, done.stderr
    finally:
        running.leave()
    asides = list((data / "audit").glob("before-restore-*/head.json"))
    assert asides, "the checkpoints of what was replaced are kept"


KILLED = """
import os, signal
from django.core.management import call_command
from accounts.audit import outside
from lianhu.backup import restoring

def killed(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def killed_after(work):
    return lambda *args, **options: (work(*args, **options), killed())

def killed_at(name, work):
    return lambda source, path: killed() if path.name == name else work(source, path)

{patch}
call_command("restore", {file!r}, replace=True, noinput=True)
"""
BEFORE_IT_COMMITS = "outside.stage = killed_after(outside.stage)"
ONCE_COMMITTED = [
    "restoring.files.put = killed",
    "outside._keep = killed_after(outside._keep)",
    "outside._take_over = killed_at('head.json', outside._take_over)",
]


def test_killed_between_the_rows_and_the_checkpoints_of_its_log_either_is_of_the_same_county(drill):
    folder = drill.target.data / "audit"

    def killed(patch):
        """The facts afterwards, the checkpoints there were and those there are."""
        old = (folder / "head.json").read_bytes()
        done = drill.target.shell(KILLED.format(patch=patch, file=str(drill.file)))
        assert done.returncode == -signal.SIGKILL, (patch, done.stderr)
        assert list(folder.glob("restore-*")), patch
        facts = county_of(drill.target, "facts")
        assert facts["sound"], (patch, facts["told"])
        assert not list(folder.glob("restore-*"))
        return facts, old, (folder / "head.json").read_bytes()

    before = county_of(drill.target, "facts")
    facts, old, new = killed(BEFORE_IT_COMMITS)
    assert (facts, new) == (before, old)
    epochs = {before["epoch"]}
    for patch in ONCE_COMMITTED:
        facts, old, new = killed(patch)
        epochs.add(facts["epoch"])
        # Sealed are what the backup had sealed; the restore's own entry waits.
        assert (facts["sealed"], json.loads(new)["count"]) == (drill.before["sealed"],) * 2
        [aside] = folder.glob(f"before-restore-*-{facts['epoch']}")
        assert (aside / "head.json").read_bytes() == old
    assert len(epochs) == 1 + len(ONCE_COMMITTED)
    assert drill.target.manage("verify_audit").returncode == 0


# --- what is found before anything is touched ----------------------------------------------------


@pytest.fixture
def ours(drill, settings):
    """Today's keys are those of the backup."""
    made = stored_secrets(drill.source.data)
    settings.ENCRYPTION_KEYS = made["LIANHU_ENCRYPTION_KEYS"]
    settings.HASH_KEY, settings.AUDIT_KEY = made["LIANHU_HASH_KEY"], made["LIANHU_AUDIT_KEY"]
    return settings


def checked(path, **options):
    return check(Reader(path), say=silent, **options)


def changed(path, parts=(), *, without=(), listed=None, manifest=lambda whole: None, resealed=True):
    """Another file of the same backup with other parts; sealed again by somebody who has the key, or not."""
    parts = dict(parts)
    inside = zipfile.ZipFile(path)
    whole = json.loads(inside.read(MANIFEST))
    for name, data in (listed or {}).items():
        lines = [line.split("\t") for line in inside.read(FILES).decode().splitlines()]
        new = [
            (hashlib.sha256(data).hexdigest(), str(len(data)), named) if named == name else (sha, size, named)
            for sha, size, named in lines
        ]
        parts[FILES] = "".join("\t".join(line) + "\n" for line in new).encode()
    for name, data in parts.items():
        if resealed and name in whole["parts"]:
            whole["parts"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    for name in without:
        whole["parts"].pop(name, None)
    manifest(whole)
    text = json.dumps(whole).encode() if resealed else inside.read(MANIFEST)
    other = path.with_name(f"changed-{uuid.uuid4()}.zip")
    with zipfile.ZipFile(other, "w") as made:
        for name in inside.namelist():
            if name not in (MANIFEST, SEAL, *without):
                made.writestr(name, parts.get(name, inside.read(name)))
        made.writestr(MANIFEST, text)
        made.writestr(SEAL, _seal(text) if resealed else inside.read(SEAL))
    return other


def test_the_untouched_file_passes(drill, ours):
    assert len(checked(drill.file).files) == len(drill.before["files"])


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("ENCRYPTION_KEYS", "k1:{}", "k1 不是备份时的那一把"),
        ("ENCRYPTION_KEYS", "k2:{}", "缺少 k1"),
        ("HASH_KEY", "{}", "LIANHU_HASH_KEY 不是"),
        ("AUDIT_KEY", "{}", "LIANHU_AUDIT_KEY 不是"),
    ],
)
def test_a_wrong_or_missing_key_is_named(drill, ours, setting, value, told):
    setattr(ours, setting, value.format(new_secrets()["LIANHU_AUDIT_KEY"]))
    with pytest.raises(BackupError, match=told):
        checked(drill.file)
    # Lost for good: the rest can still be had, when somebody says so.
    assert [key for key in checked(drill.file, lost_keys=True).lost if told in key]


def test_a_key_that_was_only_added_since_is_no_fault(drill, ours):
    ours.ENCRYPTION_KEYS = f"k2:{new_secrets()['LIANHU_AUDIT_KEY']},{ours.ENCRYPTION_KEYS}"
    assert not checked(drill.file).lost


HOUSEHOLDS = "tables/registry_household.copy"


def test_a_changed_byte_of_the_database_is_found(drill, ours):
    rows = zipfile.ZipFile(drill.file).read(HOUSEHOLDS)
    other = rows.replace(b"rural", b"rurax", 1)
    with pytest.raises(BackupError, match=f"{HOUSEHOLDS} 的内容与清单不符"):
        checked(changed(drill.file, {HOUSEHOLDS: other}, resealed=False))
    # Its hash changed along with it, by somebody without the key.
    digest = {"sha256": hashlib.sha256(other).hexdigest(), "bytes": len(other)}
    made = changed(drill.file, {HOUSEHOLDS: other}, manifest=lambda whole: whole["parts"].update(x=digest))
    ours.AUDIT_KEY, kept_key = new_secrets()["LIANHU_AUDIT_KEY"], ours.AUDIT_KEY
    forged = changed(made)
    ours.AUDIT_KEY = kept_key
    with pytest.raises(BackupError, match="清单被改过"):
        checked(forged)


def test_a_bad_spot_on_the_disk_is_found(drill, ours):
    data = bytearray(drill.file.read_bytes())
    part = zipfile.ZipFile(drill.file).getinfo(HOUSEHOLDS)
    data[part.header_offset + 100 + part.compress_size // 2] ^= 1
    other = drill.file.with_name("spot.zip")
    other.write_bytes(data)
    with pytest.raises(BackupError, match=f"{HOUSEHOLDS} .*(缺少或读不出来|不符)"):
        checked(other)


@pytest.mark.parametrize("left", [0, 1000, -100, -1])
def test_a_file_cut_short_is_found(drill, ours, left):
    other = drill.file.with_name("cut.zip")
    other.write_bytes(drill.file.read_bytes()[:left])
    with pytest.raises(BackupError, match="不是完整的备份"):
        checked(other)


def test_a_missing_table_is_named(drill, ours):
    with pytest.raises(BackupError, match="缺少数据表 registry_household"):
        checked(changed(drill.file, without=[HOUSEHOLDS]))


def test_a_row_too_few_is_found(drill, ours):
    rows = zipfile.ZipFile(drill.file).read(HOUSEHOLDS)
    with pytest.raises(BackupError, match="registry_household 的行数与清单不符"):
        checked(changed(drill.file, {HOUSEHOLDS: rows[: rows.rindex(b"\n", 0, -1) + 1]}))


def test_photos_of_another_night_and_missing_ones_are_found(drill, ours):
    name = next(iter(drill.before["files"]))
    with pytest.raises(BackupError, match=f"{name} 不是这一晚的"):
        checked(changed(drill.file, {f"files/{name}": b"another night"}))
    with pytest.raises(BackupError, match=f"files/{name} 缺少"):
        checked(changed(drill.file, without=[f"files/{name}"]))


def test_what_is_not_listed_is_not_restored(drill, ours):
    other = changed(drill.file)
    with zipfile.ZipFile(other, "a") as more:
        more.writestr("files/../../evil.jpg", b"x")
    with pytest.raises(BackupError, match="多出了"):
        checked(other)


def test_a_newer_backup_is_refused_with_the_reason(drill, ours):
    with pytest.raises(BackupError, match="格式是第 2 版"):
        checked(changed(drill.file, manifest=lambda whole: whole.update(format=2)))
    newer = changed(
        drill.file, manifest=lambda whole: whole["migrations"].append(["visits", "9999_not_yet_thought_of"])
    )
    with pytest.raises(BackupError, match=r"没有 visits\.9999_not_yet_thought_of"):
        checked(newer)


def test_another_file_is_no_backup(tmp_path, ours):
    (tmp_path / "a.zip").write_bytes(b"no zip at all")
    with pytest.raises(BackupError, match="不是完整的备份"):
        Reader(tmp_path / "a.zip")
    with pytest.raises(BackupError, match="无法读取"):
        Reader(tmp_path / "not there.zip")


# --- what stands in the way of a restore ---------------------------------------------------------


def test_a_database_with_people_in_it_is_replaced_only_when_told_so(drill):
    manifest = Reader(drill.file).manifest
    restoring._may_be_filled(manifest, replace=False)
    county.build()
    with pytest.raises(BackupError, match="数据库不是空的"):
        restoring._may_be_filled(manifest, replace=False)
    restoring._may_be_filled(manifest, replace=True)


def test_nothing_is_replaced_before_the_word_is_typed(drill, ours, monkeypatch):
    county.build()
    typed = iter(["好", EOFError()])

    def answer():
        said = next(typed)
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(restore_command, "restore", lambda *args, **options: pytest.fail("not asked for"))
    for _ in range(2):
        with pytest.raises(CommandError, match="没有确认，什么也没有做"):
            call_command("restore", str(drill.file), replace=True)


def test_another_programs_database_is_never_replaced(drill):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE wage_slip (id int)")
    with pytest.raises(BackupError, match="别的程序的表（wage_slip）"):
        restoring._may_be_filled(Reader(drill.file).manifest, replace=True)


def test_rows_and_files_are_held_against_each_other(settings, tmp_path):
    use_folder(settings, tmp_path)
    people = county.build()
    visit = county.add_visit(people.cadre, people.household, "2026-06-10")
    photo, lost = kept(visit), kept(visit)
    class_ = files.Listed
    both = [class_(photo.digest, 1, photo.file), class_("0" * 64, 1, photo.thumbnail)]
    assert files.faults_of_rows(both, [lost.file, lost.thumbnail]) == []
    told = files.faults_of_rows(
        [class_("1" * 64, 1, photo.file), class_("", 1, "no/row.jpg")], [lost.thumbnail]
    )
    assert told == [
        *(f"库里有记录，备份里没有文件：{name}" for name in sorted([lost.file, photo.thumbnail])),
        "备份里有文件，库里没有记录：no/row.jpg",
        f"照片与记录不符：{photo.file}",
    ]


# --- a backup that fails -------------------------------------------------------------------------


@pytest.fixture
def old(tmp_path):
    """Last night's, which must survive whatever happens to the new one."""
    path = tmp_path / "night.zip"
    with written_whole(path) as file, Writer(file, tmp_path) as writer:
        writer.close({"which": "old"})
    return path


def write_new(path):
    with written_whole(path) as file, Writer(file, path.parent) as writer:
        writer.add("tables/a.copy", os.urandom(100_000))
        writer.close({"which": "new"})


def test_a_new_backup_takes_the_place_of_the_old_one(old):
    write_new(old)
    assert Reader(old).manifest["which"] == "new"
    assert old.stat().st_mode & 0o777 == 0o600
    assert list(old.parent.iterdir()) == [old]


def test_on_a_full_disk_the_old_backup_stays(old, monkeypatch):
    def full(sink, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Hashed, "write", full)
    with pytest.raises(BackupError, match="磁盘已满。原有的备份没有动"):
        write_new(old)
    assert Reader(old).manifest["which"] == "old"
    assert list(old.parent.iterdir()) == [old]


def test_it_gives_up_before_the_disk_is_full(old, monkeypatch):
    """The database is on that disk too."""
    monkeypatch.setattr("lianhu.backup.archive.LEAST_FREE_BYTES", 10**18)
    with pytest.raises(BackupError, match="磁盘快满了"):
        write_new(old)
    assert Reader(old).manifest["which"] == "old"


def test_nothing_but_a_backup_is_overwritten(tmp_path):
    letter = tmp_path / "通知.docx"
    letter.write_text("important")
    with pytest.raises(BackupError, match="不是备份"):
        write_new(letter)
    assert letter.read_text() == "important"


def test_sessions_alone_are_left_out():
    assert set(tables.LEFT_OUT) == NOT_CARRIED

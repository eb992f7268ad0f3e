import base64
import stat
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured

from lianhu import environment
from lianhu.embedded.secrets import NAMES, stored_secrets

KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "DATABASE_URL": "postgresql://lian%40hu:p%3Ass@db.example:5433/county?sslmode=require",
    "REDIS_URL": "redis://queue.example:6379/0",
    "ALLOWED_HOSTS": "lianhu.example.cn, 10.0.0.8",
    "SECRET_KEY": "of-the-tests-and-of-nothing-else-0123456789-abcdefghijk",
    "LIANHU_ENCRYPTION_KEYS": f"k2:{KEY},k1:{KEY}",
    "LIANHU_HASH_KEY": KEY,
    "LIANHU_AUDIT_KEY": KEY,
}
MUST_BE_SET = [name for name in PRODUCTION if name != "DATABASE_URL"]


def test_production_reads_its_settings(tmp_path):
    read = environment.read(PRODUCTION | {"LIANHU_DATA": str(tmp_path)})
    assert not read.embedded
    assert read.allowed_hosts == ["lianhu.example.cn", "10.0.0.8"]
    wanted = {"NAME": "county", "USER": "lian@hu", "PASSWORD": "p:ss", "HOST": "db.example", "PORT": "5433"}
    assert wanted.items() <= read.database.items()
    assert read.database["OPTIONS"] == {"sslmode": "require"}
    # Production keeps no secret on disk.
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", MUST_BE_SET)
def test_a_missing_setting_is_named(name):
    with pytest.raises(ImproperlyConfigured, match=name):
        environment.read(PRODUCTION | {name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://a@b/c"),
        ("DATABASE_URL", "postgresql://a@b:x/c"),
        ("DATABASE_URL", "postgresql://host-only"),
        ("REDIS_URL", "queue.example"),
        ("ALLOWED_HOSTS", "*"),
        ("SECRET_KEY", "short"),
        ("LIANHU_ENCRYPTION_KEYS", KEY),
        ("LIANHU_ENCRYPTION_KEYS", "k1:not base64"),
        ("LIANHU_ENCRYPTION_KEYS", f"k1:{KEY},k1:{KEY}"),
        ("LIANHU_HASH_KEY", base64.b64encode(b"short").decode()),
        ("LIANHU_AUDIT_KEY", KEY[:-4]),
        ("LIANHU_PHOTOS_S3", "http://id:key@store.example/photos"),
        ("LIANHU_PHOTOS_S3", "https://store.example/photos"),
        ("LIANHU_PHOTOS_S3", "https://id:key@store.example/"),
        ("LIANHU_PHOTOS_S3", "https://id:key@store.example/photos?style=other"),
        ("LIANHU_PHOTO_ACCEL", "kept-photos"),
        ("LIANHU_PHOTO_ACCEL", "/kept/../photos/"),
        ("LIANHU_EXPORT_ACCEL", "kept-exports"),
        ("LIANHU_MAP_TILES", "https://tiles.example/map.png"),
        ("LIANHU_MAP_TILES", "//tiles.example/{z}/{x}/{y}.png"),
        ("LIANHU_MAP_TILES", "https://tiles.example; script-src */{z}/{x}/{y}.png"),
    ],
)
def test_a_malformed_setting_is_named(name, value):
    with pytest.raises(ImproperlyConfigured, match=name):
        environment.read(PRODUCTION | {name: value})


def test_tiles_come_from_here_or_from_a_named_host():
    assert environment.read(PRODUCTION).map_tiles == ""
    own = environment.read(PRODUCTION | {"LIANHU_MAP_TILES": "/tiles/{z}/{x}/{y}.png"})
    assert (own.map_tiles, own.map_origin) == ("/tiles/{z}/{x}/{y}.png", "")
    other = environment.read(
        PRODUCTION | {"LIANHU_MAP_TILES": "https://tiles.example:8443/a/{z}/{x}/{y}.png?k=1"}
    )
    assert other.map_origin == "https://tiles.example:8443"


def test_photos_are_kept_beside_the_data_or_in_a_store(tmp_path):
    read = environment.read(PRODUCTION | {"LIANHU_DATA": str(tmp_path)})
    assert read.photos["OPTIONS"] == {"location": str(tmp_path / "media" / "photos")}
    assert (read.photo_origin, read.photo_accel) == ("", "")
    url = "https://id:k%2Fey@store.example:9000/photos"
    read = environment.read(PRODUCTION | {"LIANHU_PHOTOS_S3": url, "LIANHU_PHOTO_ACCEL": "/kept-photos/"})
    wanted = {"endpoint_url": "https://store.example:9000", "bucket_name": "photos", "secret_key": "k/ey"}
    assert wanted.items() <= read.photos["OPTIONS"].items()
    assert (read.photo_origin, read.photo_accel) == ("https://store.example:9000", "/kept-photos/")
    assert "k/ey" not in repr(read)
    virtual = environment.read(PRODUCTION | {"LIANHU_PHOTOS_S3": f"{url}?style=virtual"})
    assert virtual.photo_origin == "https://photos.store.example:9000"


def test_all_faults_are_named_at_once_and_no_value_is_repeated():
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.read({"DATABASE_URL": "postgresql://u:hidden@h/d", "SECRET_KEY": "tooshort"})
    text = str(caught.value)
    assert all(name in text for name in MUST_BE_SET)
    assert "hidden" not in text
    assert "tooshort" not in text


def test_every_command_stops_on_a_missing_secret_and_names_it(station):
    for words in (["check"], ["migrate"], ["help"]):
        done = station.manage(*words, env={"DATABASE_URL": PRODUCTION["DATABASE_URL"]})
        assert done.returncode == 1
        assert all(name in done.stderr for name in MUST_BE_SET)
        assert "Traceback" not in done.stderr
    assert not station.data.exists()


def test_production_settings_pass_the_deployment_check(station):
    done = station.manage("check", "--deploy", "--fail-level", "WARNING", env=PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(stored_secrets(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({tuple(each.items()) for each in found}) == 1
    assert len(set(found[0].values())) == len(NAMES)
    (made,) = tmp_path.iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert environment.read({"LIANHU_DATA": str(tmp_path)}).hash_key == found[0]["LIANHU_HASH_KEY"]


def test_a_broken_secrets_file_is_never_replaced(tmp_path):
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(ImproperlyConfigured, match="已损坏"):
        environment.read({"LIANHU_DATA": str(tmp_path)})
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_a_data_directory_that_cannot_be_written_is_told(station):
    station.data.write_text("a file where a directory should be")
    done = station.manage("check")
    assert done.returncode == 1
    assert str(station.data) in done.stderr
    assert "Traceback" not in done.stderr

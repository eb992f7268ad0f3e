"""走访: the frame that opens without a signal."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from reports.pages import field
from tests import county

ROOT = Path(__file__).resolve().parents[3]


def release(client=None):
    source = (client or Client()).get("/field/sw.js").content.decode()
    return json.loads(source.split("\n", 1)[0].removeprefix("self.FIELD = ").removesuffix(";"))


def test_the_frame_needs_no_sign_in_and_is_the_same_for_everyone():
    answer = Client().get("/field/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-cache"
    assert answer.content == Client().get("/field/").content


@pytest.mark.django_db
def test_whoever_is_signed_in_gets_the_same_bytes(on_day, signed_in):
    on_day("2026-06-15")
    people = county.build()
    answer = signed_in(people.cadre).get("/field/")
    assert answer.content == Client().get("/field/").content
    assert answer["Cache-Control"] == "no-cache"


@pytest.mark.django_db
def test_a_second_factor_that_is_still_owed_does_not_redirect_the_worker(on_day, signed_in, settings):
    on_day("2026-06-15")
    settings.SECOND_FACTOR_ASKED_OF = "registry.sign_in.needs_second_factor"
    people = county.build()
    client = signed_in(people.office)
    assert client.get("/me/").status_code == 302
    for address in ("/field/", "/field/sw.js", "/field/manifest.webmanifest"):
        assert client.get(address).status_code == 200


def test_without_javascript_it_says_so_and_leads_on():
    words = re.search(r"<noscript>(.*?)</noscript>", Client().get("/field/").content.decode(), re.S)[1]
    assert "关闭了 JavaScript" in words
    assert 'href="/me/"' in words


def test_only_the_import_map_is_inline_and_the_policy_names_it():
    answer = Client().get("/field/")
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", answer.content.decode(), re.S)
    assert len(inline) == 1
    assert json.loads(inline[0])["imports"]["field/store.js"] == "/static/js/field/store.js"
    assert field._release().import_map_digest in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_page_that_is_still_fresh_is_not_sent_again_and_keeps_its_policy():
    first = Client().get("/field/")
    again = Client().get("/field/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content
    assert again["Content-Security-Policy"] == first["Content-Security-Policy"]


def test_the_worker_knows_every_file_of_the_pages_and_its_digest():
    about = release()
    shell = Client().get("/field/").content
    assert about["assets"]["/field/"] == hashlib.sha256(shell).hexdigest()
    used = re.findall(r'(?:src|href)="(/static/[^"#]+)', shell.decode()) + list(
        json.loads(re.search(r'importmap">(.*?)</script>', shell.decode())[1])["imports"].values()
    )
    assert not set(used) - set(about["assets"])
    modules = {
        f"/static/js/{path.relative_to(ROOT / 'static' / 'js')}"
        for path in (ROOT / "static" / "js" / "field").rglob("*.js")
    }
    assert not modules - set(about["assets"]) - {"/static/js/field/sw.js", "/static/js/field/leave.js"}
    for address, digest in about["assets"].items():
        assert hashlib.sha256(_served(address)).hexdigest() == digest, address


def _served(address):
    """As the web server of the embedded default gives it."""
    answer = Client().get(address)
    assert answer.status_code == 200, address
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_another_file_is_another_version(monkeypatch):
    before = field._release.__wrapped__().version
    content = field._content
    monkeypatch.setattr(field, "_content", lambda path: content(path) + b"//" * path.endswith("store.js"))
    assert field._release.__wrapped__().version != before


def test_production_serves_the_hashed_names(tmp_path, settings, monkeypatch):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    made = field._release.__wrapped__()
    assets = json.loads(made.worker.split("\n", 1)[0].removeprefix("self.FIELD = ").removesuffix(";"))[
        "assets"
    ]
    static = [address for address in assets if address.startswith("/static/")]
    assert all(re.search(r"\.[0-9a-f]{12}\.\w+$", address) for address in static)
    for address in static:
        content = (tmp_path / address.removeprefix("/static/")).read_bytes()
        assert hashlib.sha256(content).hexdigest() == assets[address]


def test_only_listed_files_of_node_modules_are_served():
    assert _served("/static/vendor/idb/index.js")
    for address in (
        "/static/vendor/idb/index.cjs",
        "/static/vendor/lean-qr/cli.mjs",
        "/static/idb/package.json",
    ):
        assert Client().get(address).status_code == 404


def test_the_lock_names_no_registry_and_exact_versions():
    lock = (ROOT / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "http" not in lock
    package = json.loads((ROOT / "package.json").read_text())
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert all(each["integrity"] for path, each in json.loads(lock)["packages"].items() if path)
    assert settings.NODE_MODULES == ROOT / "node_modules"


def test_first_load_is_small():
    """Compressed as production serves it; the answer with thirty households comes on top (300 KB in all)."""
    import gzip

    size = sum(len(gzip.compress(_served(address))) for address in release()["assets"])
    assert size < 120_000

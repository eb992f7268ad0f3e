"""走访 on the phone: the frame that opens without a signal, its service worker and its manifest.

They hold nothing of anybody's, so they need no sign-in; households come by /api/field/. Contract, section 3,
offline.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe

SHEETS = ["tokens", "base", "components", "account", "field-queue"]
# What a page may import by a bare name besides field/….
LIBRARIES = {"idb": "vendor/idb/index.js", "lean-qr": "vendor/lean-qr/index.mjs"}
ICONS = ["icon.svg", "icons.svg", "icon-180.png", "icon-512.png"]
WORKER = "js/field/sw.js"
# Of the other pages.
ELSEWHERE = {WORKER, "js/field/leave.js"}


@dataclass(frozen=True)
class Release:
    """The frame and all it needs, under one version: the digest of it all."""

    shell: str
    # As the security policy names it. Unlike a nonce it stays true for a page from the browser's cache.
    import_map_digest: str
    worker: str
    version: str


@require_safe
def field(request: HttpRequest) -> HttpResponseBase:
    release = release_now()
    # Outside of `condition`: an answer 304 renews the headers of the kept page too.
    policy = csp_update({"script-src": [f"'sha256-{release.import_map_digest}'"]})
    return policy(_shell)(request)


def _version(request: HttpRequest) -> str:
    return f'"{release_now().version}"'


@cache_control(no_cache=True)
@condition(etag_func=_version)
def _shell(request: HttpRequest) -> HttpResponse:
    return HttpResponse(release_now().shell)


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    return HttpResponse(release_now().worker, content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(no_cache=True)
def manifest(request: HttpRequest) -> HttpResponse:
    return JsonResponse(_manifest(), content_type="application/manifest+json")


def _manifest() -> dict[str, Any]:
    return {
        "name": "联户联情 · 走访",
        "short_name": "走访",
        "lang": "zh-CN",
        "id": reverse("field"),
        "start_url": reverse("field"),
        "scope": reverse("field"),
        "display": "standalone",
        "background_color": "#FFFFFF",
        "theme_color": "#FFFFFF",
        "icons": [
            {"src": static("icon-512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
    }


def release_now() -> Release:
    """Files do not change under a running server, but for a developer's."""
    return _release.__wrapped__() if settings.DEBUG else _release()


@cache
def _release() -> Release:
    modules = _modules()
    import_map = json.dumps({"imports": {name: static(path) for name, path in modules.items()}})
    sheets = [f"css/{name}.css" for name in [*SHEETS, *_own_sheets()]]
    context = {
        # Addresses of our own files: nothing in it was typed by anybody.
        "import_map": mark_safe(import_map),
        "modules": modules.values(),
        "sheets": sheets,
        "demo": settings.DEMO,
    }
    shell = render_to_string("field/shell.html", context)
    files = [*modules.values(), *sheets, *ICONS]
    assets = {
        reverse("field"): _digest(shell.encode()),
        reverse("field_manifest"): _digest(JsonResponse(_manifest()).content),
        **{static(path): _digest(_content(path)) for path in files},
    }
    source = _content(WORKER).decode()
    version = _digest(json.dumps([assets, source]).encode())[:16]
    about = json.dumps({"version": version, "shell": reverse("field"), "assets": assets})
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    return Release(shell, digest, f"self.FIELD = {about};\n{source}", version)


def _modules() -> dict[str, str]:
    """Bare names and files: every module of the field app, so that none is forgotten."""
    source = settings.BASE_DIR / "static" / "js"
    found = sorted(path.relative_to(source) for path in (source / "field").rglob("*.js"))
    return LIBRARIES | {str(path): f"js/{path}" for path in found if f"js/{path}" not in ELSEWHERE}


def _own_sheets() -> list[str]:
    """Style sheets of the screens: field….css."""
    source: Path = settings.BASE_DIR / "static" / "css"
    return sorted(path.stem for path in source.glob("field*.css") if path.stem not in SHEETS)


def _content(path: str) -> bytes:
    """As it is served: in production the file with the hashed name."""
    if settings.STATIC_ROOT is None:
        found = finders.find(path)
        if found is None:
            raise FileNotFoundError(path)
        return Path(found).read_bytes()
    storage: Any = staticfiles_storage
    with storage.open(storage.stored_name(path)) as file:
        content: bytes = file.read()
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""Browser libraries from npm: these files of node_modules are served, and no others."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core import checks
from django.core.files.storage import FileSystemStorage

# Address below /static/, and where npm puts the file.
FILES = {
    "vendor/chart.js/chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
    # The script names its map; what it names has to be there when files get their hashed names.
    "vendor/chart.js/chart.umd.min.js.map": "chart.js/dist/chart.umd.min.js.map",
    "vendor/idb/index.js": "idb/build/index.js",
    "vendor/lean-qr/index.mjs": "lean-qr/index.mjs",
}


class BrowserLibraries(BaseFinder):
    def check(self, **options: Any) -> list[Any]:
        missing = [source for source in FILES.values() if not (settings.NODE_MODULES / source).is_file()]
        found = f"node_modules lacks {', '.join(missing)}: run `make install`"
        return [checks.Error(found, id="lianhu.E001")] if missing else []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        place = settings.NODE_MODULES / FILES[path] if path in FILES else None
        found = [str(place)] if place is not None and place.is_file() else []
        return found[0] if found and not find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for path, source in FILES.items():
            place = settings.NODE_MODULES / source
            if place.is_file() and not matches_patterns(path, ignore_patterns or []):
                storage = FileSystemStorage(location=place.parent)
                # Whoever lists the files puts this before their names.
                storage.prefix = str(PurePosixPath(path).parent)  # type: ignore[attr-defined]
                yield place.name, storage

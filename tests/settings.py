"""The product's settings on a data directory of the tests' own, which may be lost at any time."""

import os
from itertools import count
from pathlib import Path

from lianhu.embedded.locks import FileLock

VAR = Path(__file__).resolve().parent.parent / "var"


def _free_place() -> str:
    """Two runs of the tests side by side do not share a database; workers of one run do."""
    global _held
    for number in count(1):
        place = VAR / (f"test-{number}" if number > 1 else "test")
        place.mkdir(parents=True, exist_ok=True)
        _held = FileLock(place / "run-of-tests.lock")
        if _held.acquire(wait=False):
            return str(place)
    raise AssertionError


for _name in ("DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "LIANHU_DEBUG", "SITE_URL"):
    os.environ.pop(_name, None)
for _name in (
    "LIANHU_SMTP_URL",
    "LIANHU_WEBHOOK_URL",
    "LIANHU_SMS",
    "LIANHU_PHOTOS_S3",
    "LIANHU_PHOTO_ACCEL",
    "LIANHU_EXPORT_ACCEL",
):
    os.environ.pop(_name, None)
# A pytest-xdist worker inherits the place of the run that started it.
os.environ["LIANHU_TEST_DATA"] = os.environ.get("LIANHU_TEST_DATA") or _free_place()
os.environ["LIANHU_DATA"] = os.environ["LIANHU_TEST_DATA"]
os.environ["LIANHU_THROWAWAY_DATABASE"] = "1"

from lianhu.environment import embedded_redis_url  # noqa: E402
from lianhu.settings import *  # noqa: E402, F403  the lines above decide what it reads
from lianhu.settings import LIANHU_DATA  # noqa: E402

# One queue a pytest-xdist worker; the fixture `queue` starts it.
QUEUE_DATA = LIANHU_DATA / os.environ.get("PYTEST_XDIST_WORKER", "main")
REDIS_URL = embedded_redis_url(QUEUE_DATA)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Most tests enter without the sign-in page; tests/accounts/test_two_factor.py switches it on again.
SECOND_FACTOR_ASKED_OF = ""

"""For a worker in a process of its own: the tests' database, queue and files."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["LIANHU_TEST_DATABASE"]

#!/usr/bin/env python
"""Django's command line for 联户联情."""

import os
import sys


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianhu.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from lianhu import environment
    from lianhu.embedded import EmbeddedError

    try:
        # Django would let some commands go on with broken settings.
        environment.read()
        execute_from_command_line(sys.argv)
    except (EmbeddedError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Backup and restore: database, photos and audit checkpoints in one file (contract, section 10; RELIABILITY).

The database is carried as one COPY a table, out of one snapshot, not as a dump of `pg_dump`: that program would have
to be there in the server's own version, and the schema is in the migrations anyway. So a copy made on an
embedded PostgreSQL goes into any other one, and what is checked is what is written: rows, hashes, keys.
"""

from collections.abc import Callable

from accounts.backups import BackupError

Say = Callable[[str, int], None]

__all__ = ["BackupError", "Say"]

"""The audit log (contract, section 8).

`log` adds an entry in the transaction of the act; changes of rows are logged by triggers (`triggers`).
`seal` chains entries by a keyed hash, `verify` finds what was done to them since.
"""

from accounts.audit.sealing import seal
from accounts.audit.verifying import Finding, verify
from accounts.audit.writing import importing, log, log_each

__all__ = ["Finding", "importing", "log", "log_each", "seal", "verify"]

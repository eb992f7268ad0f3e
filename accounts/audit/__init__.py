"""The audit log (contract, section 8).

`log` adds an entry in the transaction of the act; changes of rows are logged by triggers (`triggers`).
`seal` chains entries by a keyed hash, `verify` finds what was done to them since.
"""

from accounts.audit.log import importing, log
from accounts.audit.seal import seal
from accounts.audit.verify import Finding, verify

__all__ = ["Finding", "importing", "log", "seal", "verify"]

"""查询码: the family's own key to its matter, made on the phone or here, kept as a keyed hash alone (contract, 3).

Ten of 32 signs are 50 random bits. I, L, O and U are none of them (Crockford's Base32): what is read as
one of the first three is meant as 1 or 0.
"""

import re
import secrets
import unicodedata

from lianhu.kit.privacy import keyed_hash

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_LOOKALIKES = str.maketrans("ILO", "110")


def new_code() -> str:
    """For a matter noted where there is no phone: fifty random bits, as a phone makes them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """Two groups of five, to be read aloud and copied by hand."""
    return f"{code[:5]} {code[5:]}"


def tidy(text: str) -> str:
    """What was meant by what was typed; empty if it can be no code."""
    plain = re.sub(r"[\s·・_—–−-]", "", unicodedata.normalize("NFKC", text)).upper().translate(_LOOKALIKES)
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else ""


def hash_of(code: str) -> bytes:
    return keyed_hash(code, "query_code")

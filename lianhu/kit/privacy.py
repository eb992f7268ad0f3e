"""Phones and ID numbers: sealed at rest, found by a keyed hash, masked on screen (contract, section 8)."""

import base64
import hashlib
import os
import re
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12


@lru_cache(maxsize=4)
def _ring(text: str) -> dict[bytes, AESGCM]:
    pairs = (part.split(":", 1) for part in text.split(","))
    return {name.strip().encode(): AESGCM(base64.b64decode(key)) for name, key in pairs}


def seal(text: str, owner: str) -> bytes:
    """Encrypt with the ring's first key. `owner` binds the value to its row and column.

    A ciphertext copied to another row does not open there.
    """
    key_id, key = next(iter(_ring(settings.ENCRYPTION_KEYS).items()))
    return _sealed(key_id, key, text, owner)


def _sealed(key_id: bytes, key: AESGCM, text: str, owner: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return key_id + b":" + nonce + key.encrypt(nonce, text.encode(), owner.encode())


def sealed_by_each(text: str, owner: str) -> dict[str, bytes]:
    """The same sealed with every key of the ring, by key id: whoever has the keys opens them all."""
    ring = _ring(settings.ENCRYPTION_KEYS)
    return {key_id.decode(): _sealed(key_id, key, text, owner) for key_id, key in ring.items()}


def unseal(sealed: bytes, owner: str) -> str:
    """Raise KeyError for a key not in the ring, InvalidTag for a changed or moved value."""
    key_id, rest = bytes(sealed).split(b":", 1)
    key = _ring(settings.ENCRYPTION_KEYS)[key_id]
    return key.decrypt(rest[:_NONCE], rest[_NONCE:], owner.encode()).decode()


def sealing_prefix() -> bytes:
    """How a value begins that is sealed with the ring's first key. To change keys, seal the others again."""
    return next(iter(_ring(settings.ENCRYPTION_KEYS))) + b":"


@lru_cache(maxsize=4)
def _hash_key(text: str) -> bytes:
    return base64.b64decode(text)


def keyed_hash(text: str, purpose: str) -> bytes:
    """The same text gives the same 16 bytes, which tell nothing without the key (BLAKE2, RFC 7693)."""
    key = _hash_key(settings.HASH_KEY)
    return hashlib.blake2b(f"{purpose}:{text}".encode(), key=key, digest_size=16).digest()


_LANDLINE = re.compile(r"(0\d{2,3})-(\d{7,8})(?:-\d+)?", re.ASCII)


def masked_phone(phone: str) -> str:
    """138****1234; a landline keeps its area code and last three (FORMATS c). What is neither shows nothing."""
    if re.fullmatch(r"1\d{10}", phone, re.ASCII):
        return f"{phone[:3]}****{phone[-4:]}"
    landline = _LANDLINE.fullmatch(phone)
    return f"{landline[1]}-****{landline[2][-3:]}" if landline else "*" * len(phone)


def masked_id(number: str) -> str:
    """First six and last four, on screens only (FORMATS c). What is no ID number shows nothing."""
    return f"{number[:6]}********{number[-4:]}" if len(number) == 18 else "*" * len(number)

"""PINs: a stored proof, attempts counted over all doors, a lock after too many wrong ones in a row.

The PIN itself is nowhere: not in a record, a trace, a log or an answer.

Source: charging.md 5.1, 8.11; B1-023, B1-102, B1-104.
"""

import hashlib
import hmac
from typing import Final, Literal

import msgspec

_WORK: Final = 4096
_OCTETS: Final = 32


class Attempts(msgspec.Struct, frozen=True, array_like=True):
    """Wrong PINs in a row, and the instant (ms) until which the account takes none (0: it does)."""

    wrong: int = 0
    locked_until_ms: int = 0


def hash_pin(pin: str, salt: bytes) -> str:
    """The text for the column `pin` of `accounts.csv`."""
    return f"scrypt${salt.hex()}${_digest(pin, salt).hex()}"


def matches(pin: str, stored: str) -> bool:
    """Whether a PIN is the one of a stored text; an account without one refuses every PIN."""
    try:
        name, salt, digest = stored.split("$")
        expected = bytes.fromhex(digest)
        return name == "scrypt" and hmac.compare_digest(_digest(pin, bytes.fromhex(salt)), expected)
    except ValueError:
        return False


def attempt(
    before: Attempts, pin: str, stored: str, now_ms: int, most: int, lock_ms: int
) -> tuple[Literal["", "PIN", "LOCKED"], Attempts]:
    """Try a PIN: what is said, and what is remembered. The `most`-th wrong one in a row locks for `lock_ms`."""
    if now_ms < before.locked_until_ms:
        return "LOCKED", before
    if matches(pin, stored):
        return "", Attempts()
    wrong = (0 if before.locked_until_ms else before.wrong) + 1
    return "PIN", Attempts(wrong, now_ms + lock_ms if wrong >= most else 0)


def _digest(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_WORK, r=8, p=1, dklen=_OCTETS)

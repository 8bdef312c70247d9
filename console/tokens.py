"""The tokens file: who may come in, by the SHA-256 of a token that is nowhere else. Needs no extra.

TOML, mode 0600, `schema = 1`, unknown keys are errors; every problem is reported at once.

Source: interfaces.md section 6.5.
"""

import datetime as dt
import hashlib
import hmac
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.console.sessions import Identity
from ain_scp.provisioning.problems import Problem, ProvisioningError

ROLES: Final = ("viewer", "customer", "operator", "approver")
MAY: Final = ("read", "charge", "admin")
_KEYS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "name": str, "sha256": str, "role": str, "customer": str, "accounts": (list, str), "enterprise": str, "may": list,
    "mask": bool, "until": dt.date,
}  # fmt: skip
_HEX: Final = frozenset("0123456789abcdef")


class Token(msgspec.Struct, frozen=True):
    """One row. `accounts` ("*" = all), `enterprise` and `may` are other doors' business and kept for them."""

    name: str
    sha256: str
    role: str | None = None
    customer: str | None = None
    accounts: tuple[str, ...] = ()
    enterprise: str | None = None
    may: tuple[str, ...] = ()
    mask: bool = False
    until: dt.date | None = None

    def identity(self) -> Identity | None:
        """What it may see of the console; None when that is nothing."""
        if self.role is None:
            return None
        seen = self.accounts, self.enterprise
        return Identity(self.name, self.role, self.customer, self.mask, *seen)  # type: ignore[arg-type]


def read_tokens(path: Path) -> tuple[Token, ...]:
    """Read the file; ProvisioningError with every problem, OSError when it cannot be read."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ProvisioningError([_problem(path, f"mode {mode:04o}: others can read it; chmod 600 {path}")])
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise ProvisioningError([_problem(path, f"not TOML: {fault}")]) from None
    problems = [_problem(path, f"unknown key {key}") for key in document if key not in ("schema", "token")]
    if document.get("schema") != 1:
        problems.append(_problem(path, "schema = 1 is missing"))
    rows = document.get("token", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProvisioningError([*problems, _problem(path, "token: expected [[token]] tables")])
    for number, row in enumerate(rows, 1):
        problems += [_problem(path, f"token {number}: {what}") for what in wrong(row)]
    names = [row.get("name") for row in rows]
    problems += [
        _problem(path, f"two tokens are named {name}")
        for name in sorted({str(n) for n in names if names.count(n) > 1})
    ]
    if problems:
        raise ProvisioningError(problems)
    return tuple(_token(row) for row in rows)


def _token(row: Mapping[str, object]) -> Token:
    accounts = row.get("accounts", [])
    listed = (
        (accounts,) if isinstance(accounts, str) else tuple(accounts) if isinstance(accounts, list) else ()
    )
    return msgspec.convert({**row, "accounts": listed}, Token)


def wrong(row: Mapping[str, object]) -> list[str]:
    """What is wrong with a row, in words."""
    found = [f"unknown key {key}" for key in row if key not in _KEYS]
    found += [
        f"{key}: another kind of value is expected"
        for key, kind in _KEYS.items()
        if key in row and not isinstance(row[key], kind)
    ]
    digest = row.get("sha256")
    if not isinstance(digest, str) or len(digest) != 64 or not set(digest) <= _HEX:
        found.append("sha256: 64 hexadecimal digits in lower case")
    if not isinstance(row.get("name"), str) or not row["name"]:
        found.append("name is missing")
    if row.get("role") not in (None, *ROLES):
        found.append(f"role: one of {', '.join(ROLES)}")
    if row.get("role") == "customer" and not row.get("customer"):
        found.append("role customer needs customer = a folder of customers/")
    may = row.get("may", [])
    if isinstance(may, list) and not set(map(str, may)) <= set(MAY):
        found.append(f"may: some of {', '.join(MAY)}")
    return found


def token_of(tokens: tuple[Token, ...], secret: str, today: dt.date) -> Token | None:
    """The row of a token; None for an unknown one, or one that is over. Every row is compared."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    found = None
    for token in tokens:
        if hmac.compare_digest(token.sha256, digest):
            found = token
    return None if found is None or (found.until is not None and today >= found.until) else found


def _problem(path: Path, text: str) -> Problem:
    return Problem(str(path), 0, 0, text, "tokens")

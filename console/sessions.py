"""Who is at the other end: a one-time code or a token opens a session, a cookie names it.

The secret of a session is 256 bits, kept as SHA-256 in memory only; it ends after 30 minutes without a request, after 12 hours,
with another User-Agent, and with the process. The one-time code is good for one login within 10 minutes and void after 5 wrong
tries, tokens included. Time and chance are passed in.

Source: console.md section 9.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Literal

import msgspec

Role = Literal["viewer", "customer", "operator", "approver", "owner"]
CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH: Final = 10
CODE_S: Final = 600.0
MOST_WRONG: Final = 5
IDLE_S: Final = 1800.0
LONGEST_S: Final = 12 * 3600.0
MOST_SESSIONS: Final = 400


class Identity(msgspec.Struct, frozen=True):
    """Who asks, and what may be seen: the first argument of every resource. `owner` started the console and may do all.

    A customer sees one customer of the data set, the accounts named (no "*") and one enterprise of tickets.
    """

    name: str
    role: Role
    customer: str | None = None
    mask: bool = False
    accounts: tuple[str, ...] = ()
    enterprise: str | None = None

    def may(self, *roles: Role) -> bool:
        """Whether one of these roles is held."""
        return self.role == "owner" or self.role in roles


class Session(msgspec.Struct):
    """One login."""

    identity: Identity
    agent: str
    began: float
    seen: float
    csrf: str
    busy: int = 0
    streams: int = 0


class Sessions:
    """Logins; `now` is a clock in seconds that does not go back, `chance` gives random octets."""

    def __init__(self, now: Callable[[], float], chance: Callable[[int], bytes]) -> None:
        self._now, self._chance = now, chance
        self._key = chance(32)
        self._open: dict[str, Session] = {}
        self._code = ""
        self._until = 0.0
        self._wrong = 0

    def new_code(self) -> str:
        """A one-time code to print where the owner sees it; the one before is void."""
        self._code = "".join(CODE_LETTERS[octet % 32] for octet in self._chance(CODE_LENGTH))
        self._until = self._now() + CODE_S
        self._wrong = 0
        return self._code

    def by_code(self, text: str) -> Identity | None:
        """The owner, for the code that was printed; None for any other text."""
        given = text.strip().upper().encode()
        right = hmac.compare_digest(given, self._code.encode())
        if not self._code or self._now() > self._until or not right:
            self._wrong += 1
            if self._wrong >= MOST_WRONG:
                self._code = ""
            return None
        self._code = ""
        return Identity("owner", "owner")

    def open(self, identity: Identity, agent: str) -> str:
        """Begin a session; the secret for its cookie. The one that was idle longest makes room."""
        secret = self._chance(32).hex()
        if len(self._open) >= MOST_SESSIONS:
            del self._open[min(self._open, key=lambda one: self._open[one].seen)]
        now, kept = self._now(), _kept(secret)
        csrf = hmac.new(self._key, kept.encode(), "sha256").hexdigest()
        self._open[kept] = Session(identity, agent, now, now, csrf)
        return secret

    def find(self, secret: str, agent: str) -> Session | None:
        """The session of a secret; None for an unknown or ended one, or another browser."""
        kept = _kept(secret)
        session = self._open.get(kept)
        if session is None:
            return None
        now = self._now()
        if session.agent != agent or now - session.seen > IDLE_S or now - session.began > LONGEST_S:
            del self._open[kept]
            return None
        session.seen = now
        return session

    def keep(self, known: Callable[[Identity], bool]) -> None:
        """End every session of an identity that is not known any more."""
        self._open = {kept: one for kept, one in self._open.items() if known(one.identity)}

    def close(self, secret: str) -> None:
        """End a session."""
        self._open.pop(_kept(secret), None)


def _kept(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

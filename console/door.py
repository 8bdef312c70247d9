"""What every request must pass before a handler sees it: host, session, role, origin, CSRF, and the headers of every answer.

A stranger gets the login page, its style and script, and nothing else: every other address answers 401 with the same body,
those that do not exist too.

Source: console.md section 9; Fetch Metadata, Content Security Policy Level 3.
"""

import hmac
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from ain_scp.console.sessions import Role, Session

OPEN: Final = frozenset(
    {"/login", "/api/login", "/health", "/static/console.css", "/static/parts.js", "/static/login.js"}
)
"""What a stranger may ask for."""
MAX_BODY: Final = 64 * 1024
MAX_RAW: Final = 64 << 20
MOST_BUSY: Final = 8
CSRF: Final = "x-ain-csrf"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_SAFE: Final = frozenset({"GET", "HEAD"})


class Asked(msgspec.Struct, frozen=True):
    """What of a request is judged; header names in lower case, of repeated ones the last."""

    method: str
    path: str
    headers: Mapping[str, str]
    scheme: str = "http"


def refusal(
    asked: Asked,
    session: Session | None,
    roles: Collection[Role] | None,
    hosts: Collection[str],
    *,
    raw: bool = False,
) -> tuple[int, str] | None:
    """Why a request is not let through, as status and words; None when it is. `roles` is None for an unknown address.

    `raw`: the address takes octets instead of JSON, more of them.
    """
    host = asked.headers.get("host", "")
    if _name(host) not in hosts:
        return 403, "this host is not served"
    if asked.method not in _SAFE:
        wrong = _forged(asked, host, raw=raw)
        if wrong:
            return 403, wrong
    if asked.path in OPEN:
        return None
    if session is None:
        return 401, "log in"
    if roles is None or not session.identity.may(*roles):
        return 404, "there is no such page"
    if asked.method not in _SAFE and not hmac.compare_digest(
        asked.headers.get(CSRF, "").encode(), session.csrf.encode()
    ):
        return 403, "the page is from another session; load it again"
    if session.busy >= MOST_BUSY:
        return 429, "too many requests at once"
    return None


def _forged(asked: Asked, host: str, *, raw: bool) -> str:
    """Why a request that changes something does not come from a page of ours; empty when it does."""
    if asked.headers.get("origin") != f"{asked.scheme}://{host}":
        return "a request that changes something comes from a page of this console only"
    if asked.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "a request that changes something comes from a page of this console only"
    kind, most = ("application/octet-stream", MAX_RAW) if raw else ("application/json", MAX_BODY)
    if asked.headers.get("content-type", "").partition(";")[0].strip() != kind:
        return f"a request that changes something is {'octets' if raw else 'JSON'} here"
    length = asked.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > most:
        return f"a request that changes something says its length, {most} octets at most"
    return ""


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()

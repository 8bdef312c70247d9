"""What the smaller commands print with `--json`.

Source: interfaces.md section 1 (`--json`).
"""

import datetime as dt
from typing import Any

import msgspec

from ain_scp.console.sources.metrics import ScpFrame


class VersionForm(msgspec.Struct):
    """The release, and whether it is compiled."""

    ain: str
    mode: str


class DemoForm(msgspec.Struct):
    """The shipped scenarios."""

    scenarios: list[str]


class PageForm(msgspec.Struct):
    """A page that was written, and how many calls it has."""

    page: str
    calls: int


class CompletionForm(msgspec.Struct):
    """A completion script."""

    shell: str
    script: str


class SchemasForm(msgspec.Struct):
    """Every form and file that has a schema, and where it is met."""

    forms: dict[str, str]
    files: dict[str, str]


class TokenRow(msgspec.Struct, omit_defaults=True):
    """A token, without its digest."""

    name: str
    role: str | None = None
    customer: str | None = None
    accounts: list[str] = []
    enterprise: str | None = None
    may: list[str] = []
    mask: bool = False
    until: dt.date | None = None


class TokensForm(msgspec.Struct):
    """The rows of a tokens file."""

    tokens: list[TokenRow]


class AskedForm(msgspec.Struct):
    """One query of number portability over the wire; octets in hexadecimal."""

    called: str
    routing_number: str | None
    ported: bool
    milliseconds: float
    query: str
    answer: str


class InProgressForm(msgspec.Struct):
    """Calls in progress: those charged one by one, the others by number."""

    calls: list[dict[str, Any]]
    in_progress: int
    counts: dict[str, int]
    routed: dict[str, int | bool]


class TopForm(msgspec.Struct):
    """What each SCP does in this second."""

    scp: list[ScpFrame]


class ReadyForm(msgspec.Struct, omit_defaults=True):
    """The ready line of a server: where it listens."""

    ready: bool
    pid: int
    mode: str
    udp: str = ""
    http: str = ""
    diameter: str = ""
    http_charging: str = msgspec.field(name="http-charging", default="")
    places: list[str] = []
    workers: int = 0

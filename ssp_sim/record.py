"""What a run keeps: every message on every link, and one record per call.

The nodes write these, the ladder, the report, the JSON and the capture read them; nothing else keeps state about a run.

Source: interfaces.md section 3 (`ain run --json`), A-178, A-179, D-007.
"""

from typing import Literal

import msgspec

Protocol = Literal["AIN", "ISUP", "SCCP", "M3UA", "MF", "LINE", "Diameter"]


class WireMessage(msgspec.Struct, frozen=True):
    """One message on one link, as it left its source.

    `time_ns` is simulated local time in nanoseconds since 1970-01-01. `fields` are the parameters a person wants in a
    ladder, name and text. `step` is the figure's step number ("2404") or empty. `octets` is the M3UA message, empty for
    MF digits and line events (off hook, second dial tone, announcement), which have no octets. `lost` says that the
    link dropped it.
    """

    number: int
    time_ns: int
    source: str
    destination: str
    call: str
    protocol: Protocol
    name: str
    fields: tuple[tuple[str, str], ...] = ()
    step: str = ""
    octets: bytes = b""
    lost: bool = False


class FacilitySeized(msgspec.Struct, frozen=True):
    """What the switch seized: PSTN, TRUNK, CARRIER or ALL_CIRCUITS_BUSY, and which."""

    facility: str
    id: str | None = None


class Unmet(msgspec.Struct, frozen=True):
    """An expectation that did not hold: its path as written and as found, both values as JSON text, its line (0 unknown).

    `got` is None when nothing stands there.
    """

    path: str
    at: str
    expected: str
    got: str | None
    line: int = 0

    def __str__(self) -> str:
        place = f" (line {self.line})" if self.line else ""
        if self.got is None:
            return f"{self.path}: expected {self.expected}, but there is nothing at {self.at}{place}"
        kind = " (a number, without quotes)" if self.expected == f'"{self.got}"' else ""
        return f"{self.at}: expected {self.expected}, got {self.got}{kind}{place}"


class AddressMessage(msgspec.Struct, frozen=True):
    """An initial address message, as far as services asked by called number shape it."""

    source: str = msgspec.field(name="from")
    to: str
    called: str
    generic_address: str | None
    number_translated: bool
    jurisdiction: str | None


class Release(msgspec.Struct, frozen=True):
    """Which switch refused a call, and the cause."""

    by: str
    cause: int


class Shown(msgspec.Struct, frozen=True):
    """What the called telephone is shown of the caller; None = nothing."""

    number: str | None
    name: str | None


class Display(msgspec.Struct, frozen=True):
    """What a telephone was given at set-up, and what it made of that by itself.

    `heeded`: it understood it. `messages` counts all that was ever sent to it. Length (ms) and cost of the call, and the cost
    with that of the period before it, as decimal text: None without a program, a rate or an answer.
    """

    text: str
    heeded: bool
    messages: int
    duration_ms: int | None = None
    cost: str | None = None
    total: str | None = None


class CallRecord(msgspec.Struct):
    """One call of a run. Times are simulated local nanoseconds; `status` is the final status of the call.

    status: COMPLETED, BUSY, NO_ANSWER, ABANDONED, BLOCKED:<cause>, ALL_CIRCUITS_BUSY, ANNOUNCEMENT:<cause>,
    DEFAULT_TREATMENT, FAILED, NOT_TRIGGERED... `legs` holds the SCP's decision per query (interfaces.md section 4) as JSON
    text, one element per leg, in order. `queries` are switch and service (None = the dialing plan's). The rest is explained where
    services are asked by called number: address messages, who refused the call, the line that answered, what it was shown.
    """

    id: str
    calling: str
    dialed: str
    placed_ns: int
    status: str = ""
    answered_ns: int | None = None
    released_ns: int | None = None
    facility: FacilitySeized | None = None
    leg_facilities: tuple[FacilitySeized, ...] = ()
    talk_path: tuple[str, ...] = ()
    legs: tuple[bytes, ...] = ()
    ama: bytes | None = None  # JSON of the priced AMA record, as spelled in cases.json
    smdr: bytes | None = None  # JSON of the consolidated Virtual SMDR record
    messages: tuple[WireMessage, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    queries: tuple[tuple[str, str | None], ...] = ()
    iams: tuple[AddressMessage, ...] = ()
    released: Release | None = None
    connected: str | None = None
    shown: Shown | None = None
    display: Display | None = None
    charge: bytes | None = None  # JSON of what came of charging it, where calls are charged while they run
    balance: bytes | None = None  # JSON of the balances of those who paid, by account

    @property
    def failures(self) -> tuple[str, ...]:
        """Each expectation that did not hold, as a sentence."""
        return tuple(map(str, self.unmet))

"""What the report is made of: the records of a run and what is known about its network.

Source: ain_scp.ssp_sim.record, interfaces.md section 3.
"""

from collections.abc import Callable, Sequence

import msgspec

from ain_scp.signaling.ain.describe import Line
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.record import CallRecord, WireMessage
from ain_scp.transport.loopback import Carried

Decode = Callable[[WireMessage], Line | None]
"""Says what a message holds down to every parameter; None = it has no octets worth decoding. Must not raise."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the page shows it.

    `kinds` names what each node is ("5ESS", "STP", "SCP", "ETN" ...) for the topology. `facts` are the lines under the
    title (data set, transport, seed ...), `summary` the figures of the whole run; both name and text. `latency` holds the
    SCP's answer times in nanoseconds. `point_codes` names those of nodes as written, `associations` what SCTP carried. `failures` are failed expectations of the whole run.
    """

    title: str
    calls: Sequence[CallRecord]
    kinds: dict[str, str] = {}
    facts: tuple[tuple[str, str], ...] = ()
    summary: tuple[tuple[str, str], ...] = ()
    failures: tuple[str, ...] = ()
    latency: Histogram | None = None
    decode: Decode | None = None
    point_codes: dict[str, str] = {}
    associations: Sequence[Carried] = ()

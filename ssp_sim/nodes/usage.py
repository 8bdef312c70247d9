"""The usage record a switch makes of an answered call.

Switches make it under the same circumstances as without the service, and add the AMAslpID when one was sent.

Source: A-225, requirements.md section 5.4 (AMA record), [0022], [0147], [0155], [0176].
"""

from typing import Protocol

import msgspec

from ain_scp.ssp_sim.nodes.call import Call
from ain_scp.ssp_sim.nodes.trunks import PSTN


class NumberQuery(msgspec.Struct, frozen=True):
    """What came of the number portability query of a call, and whether a toll free number was dialed.

    `query` NOT_ASKED, ANSWERED, NO_ANSWER or ERROR; `lrn` None where the number is not ported. The BAF module of these facts is
    not known (unconfirmed).
    """

    query: str
    lrn: str | None
    toll_free: bool


class UsageRecord(msgspec.Struct, frozen=True):
    """One answered call as one switch saw it. Times are simulated local nanoseconds.

    `called` is the number as routed; `facility` PSTN, TRUNK or CARRIER with `facility_id`; `originating` False = made by
    a host for its own leg. `class_of_service` is CENTREX, PBX, TO or OTHER, empty for a leg that came in on a trunk.
    """

    call: str
    switch: str
    originating: bool
    calling: str | None
    called: str
    called_non: int
    original_called: str | None
    start_ns: int
    answer_ns: int
    end_ns: int
    bearer: str
    class_of_service: str
    facility: str
    facility_id: str | None
    ama_slp_id: str | None
    number_query: NumberQuery | None = None
    """Where services are asked by called number: what they had to do with the call."""
    forwarded: bool = False
    """A line of this switch sent a call on that came in on a trunk: `calling` is that line, which pays (unconfirmed)."""

    @property
    def duration_ns(self) -> int:
        """Conversation time."""
        return self.end_ns - self.answer_ns


class UsageWriter(Protocol):
    """What takes the records: billing, or a list in a test."""

    def __call__(self, record: UsageRecord) -> None:
        """Take one record."""


def usage_of(call: Call, switch: str, now: int) -> UsageRecord:
    """Make the record of an answered call that ends now."""
    chosen = call.chosen or PSTN
    services = call.services
    numbers = None
    forwarded = services is not None and services.forwarded and not call.from_line
    if services is not None:
        numbers = NumberQuery(services.lnp_query, services.lrn or None, services.toll_free)
    return UsageRecord(
        call.id,
        switch,
        call.from_line,
        call.redirecting if forwarded else call.calling,
        (services.billed if services is not None else "") or call.called,
        call.called_non,
        call.original_called,
        call.started_ns,
        call.answered_ns or now,
        now if call.ended_ns is None else call.ended_ns,
        call.bearer,
        call.line.station_class if call.line is not None else "",
        chosen.kind,
        chosen.id,
        call.ama_slp_id,
        numbers,
        forwarded,
    )

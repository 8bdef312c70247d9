"""What is out to one provider, as a machine: batches sealed in order, receipts that move the position.

Forward on ACCEPTED and REPEATED. Back only when the provider says later, for a batch of ours, that it has less than it
once had (it was restored from a backup). A receipt that our own chain does not know means that this collector was
restored or copied: sealing stops, sources go on. Old, repeated and reordered receipts move nothing.

Source: C-014, C-015.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from ain_scp.journal.storage import Storage, replace_file
from ain_scp.tickets.collector.batching import Lines
from ain_scp.tickets.collector.chain import Chain, Link
from ain_scp.tickets.envelope.content import Header, digest_of, head_of
from ain_scp.tickets.envelope.receipt import Receipt

_STATE: Final = "state.json"
_RESTORED: Final = ("CONFLICT", "CHAIN")


class State(msgspec.Struct, frozen=True):
    """What must survive: batches up to `accepted_to` are the provider's; `time` of the newest receipt; why it stopped.

    `begins_after` is the last ticket that a provider added later does not get. `encrypt_to` is the certificate that the newest receipt asks for: it chooses among those configured, no other.
    """

    accepted_to: int = 0
    time: str = ""
    stopped: str = ""
    refused: str = ""
    encrypt_to: str = ""
    begins_after: int = 0


class Names(msgspec.Struct, frozen=True):
    """Who sends to whom, from which store."""

    enterprise: str
    provider: str
    store: str


class Outbox:
    """The batches of one provider."""

    def __init__(self, names: Names, chain: Chain, storage: Storage) -> None:
        self.names, self.chain, self._storage = names, chain, storage
        self.state = read_state(storage)

    def unreceipted(self) -> list[Link]:
        """Sealed and not yet the provider's, oldest first."""
        return [link for number, link in sorted(self.chain.links.items()) if number > self.state.accepted_to]

    @property
    def accepted_ticket(self) -> int:
        """The last ticket that the provider has."""
        link = self.chain.links.get(self.state.accepted_to)
        return link.header.last if link else self.state.begins_after

    @property
    def last_ticket(self) -> int:
        """The newest ticket that is in a batch, or is left out of them."""
        return max(self.chain.last_ticket, self.state.begins_after)

    def begin_after(self, ticket: int) -> None:
        """Leave the tickets up to this one out of the first batch; only before there is one, and only once."""
        if not self.chain.links and not self.state.begins_after:
            self._keep(msgspec.structs.replace(self.state, begins_after=ticket))

    def file_of(self, number: int) -> str:
        """The name under which a batch is delivered."""
        return f"{self.names.enterprise}-{self.names.store[:8]}-{number:08}.p7m"

    def header_of(self, lines: Lines, created: datetime, *, compress: bool) -> Header:
        """The head of the next batch."""
        return Header(
            self.names.enterprise,
            self.names.provider,
            self.names.store,
            self.chain.next_number,
            self.chain.last_digest,
            lines.first,
            lines.last,
            lines.tickets,
            len(lines.body),
            created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "gzip" if compress else "none",
        )

    def link(self, header: Header, lines: Lines, signed_by: str, sealed_to: str, now_ms: int) -> Link:
        """Chain a batch; it may be sealed to a file once this returns."""
        head = head_of(header)
        link = Link(
            header.number,
            head.decode(),
            digest_of(head, lines.body),
            header.previous,
            lines.layouts,
            signed_by,
            sealed_to,
            lines.sources,
        )
        self.chain.add(link, now_ms)
        return link

    def receive(self, receipt: Receipt) -> str:
        """Take a receipt's word; an alarm's name, or "" for nothing to report."""
        if (receipt.enterprise, receipt.provider) != (self.names.enterprise, self.names.provider):
            return "NOT_OURS"
        if receipt.store != self.names.store:
            return ""  # of the store before a renewal, or of another branch: it moves nothing
        if (
            self.chain.digest(receipt.number) != receipt.digest
            or receipt.accepted_to >= self.chain.next_number
        ):
            return self._stop("RESTORED", receipt)
        if receipt.time > self.state.time:
            self._keep(msgspec.structs.replace(self.state, encrypt_to=receipt.encrypt_to))
        if receipt.outcome == "REFUSED":
            if receipt.number <= self.state.accepted_to and receipt.time <= self.state.time:
                return ""
            return self._refused(receipt)
        if receipt.outcome == "WAITING":
            return self._waiting(receipt)
        self._forward(receipt)
        return ""

    def _forward(self, receipt: Receipt) -> None:
        state = self.state
        if receipt.time < state.time:  # from before the provider was restored, it may be
            return
        refused = "" if receipt.accepted_to > state.accepted_to else state.refused
        self._keep(
            msgspec.structs.replace(
                state,
                accepted_to=max(state.accepted_to, receipt.accepted_to),
                time=max(state.time, receipt.time),
                refused=refused,
            )
        )

    def _waiting(self, receipt: Receipt) -> str:
        state = self.state
        if receipt.accepted_to < state.accepted_to and receipt.time > state.time:
            self._keep(msgspec.structs.replace(state, accepted_to=receipt.accepted_to, time=receipt.time))
            return "PROVIDER_BEHIND"
        self._keep(msgspec.structs.replace(state, time=max(state.time, receipt.time)))
        return "SUSPENDED" if receipt.reason == "SUSPENDED" else ""

    def _refused(self, receipt: Receipt) -> str:
        if receipt.reason in _RESTORED:
            return self._stop("RESTORED", receipt)
        self._keep(
            msgspec.structs.replace(
                self.state, refused=receipt.reason, time=max(self.state.time, receipt.time)
            )
        )
        return receipt.reason

    def _stop(self, why: str, receipt: Receipt) -> str:
        self._keep(msgspec.structs.replace(self.state, stopped=why, time=max(self.state.time, receipt.time)))
        return why

    def _keep(self, state: State) -> None:
        if state != self.state:
            replace_file(self._storage, _STATE, msgspec.json.encode(state))
            if state.accepted_to < self.state.accepted_to:
                self.chain.recall(state.accepted_to)
            self.chain.forget(state.accepted_to)
            self.state = state


def read_state(storage: Storage) -> State:
    """What was kept of a provider's receipts."""
    if _STATE not in storage.names():
        return State()
    return msgspec.json.decode(storage.read(_STATE, 0, storage.size(_STATE)), type=State)

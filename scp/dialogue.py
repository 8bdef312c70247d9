"""One dialogue of a node: where its messages go, its script, and what it sent.

Source: ain-wire section 4.3 items 3, 4; T1.114.4.
"""

import msgspec

from ain_scp.scp.conversation import DialogueState, Exchange
from ain_scp.signaling.ain.messages import Operation
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.mtp3 import RoutingLabel
from ain_scp.signaling.sccp.structs import Address
from ain_scp.signaling.tcap import Component
from ain_scp.terms.decision import Decision


class Origin(msgspec.Struct, frozen=True):
    """Where a dialogue's messages go: the called address of answers, label and link of the query.

    `peer` is the point code that the dialogue is bound to: a query translated on its way comes from the translating node, what
    follows comes from the switch itself, so it is that of the calling address, where it has one.
    """

    called: Address
    label: RoutingLabel
    link: str

    @property
    def peer(self) -> int:
        """Who the dialogue is with."""
        return self.label.opc if self.called.point_code is None else self.called.point_code


class Dialogue:
    """One dialogue: its script, what it fell back to, and which invoke the next instruction answers."""

    __slots__ = ("decision", "exchange", "host", "invoke_id", "origin", "query_invoke", "sent", "state")

    def __init__(
        self, origin: Origin, decision: Decision, exchange: Exchange | None, invoke_id: int | None, host: bool
    ) -> None:
        self.origin = origin
        self.decision = decision
        self.exchange = exchange
        self.host = host
        self.query_invoke = invoke_id
        self.invoke_id = 1
        self.sent: dict[int, Operation] = {}
        """Our invokes in this dialogue: at most 255."""
        self.state = DialogueState.GRANTED

    def note(self, components: tuple[Component, ...]) -> None:
        """Remember what is sent, to know later what an answer answers."""
        for one in components:
            known = operation(one.code or 0) if one.is_invoke else None
            if known is not None and one.invoke_id is not None:
                self.sent[one.invoke_id] = known

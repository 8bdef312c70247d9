"""Which messages of a capture are asked for: by sender, by operation, by transaction.

Source: D-006, interfaces.md section 1.
"""

from typing import NamedTuple

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.mtp3 import format_point_code
from ain_scp.ssp_sim.capture.dialogues import Dialogue
from ain_scp.ssp_sim.capture.dissect import Message
from ain_scp.ssp_sim.capture.naming import payload_names
from ain_scp.ssp_sim.capture.portion import transaction
from ain_scp.ssp_sim.replay.meaning import meaning_of

CALLERS = ("callingPartyID", "chargeNumber", "userID")


class Selection(NamedTuple):
    """None = not asked. `sender` is a point code N-C-M, an address, a node of a trace, or a calling number."""

    sender: str | None = None
    operation: str | None = None
    transaction: int | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing was asked for."""
        return self == Selection()

    def wants(self, message: Message) -> bool:
        """Whether a message is asked for."""
        if self.transaction is not None and not self._in_transaction(message.payload):
            return False
        if self.operation is not None and not self._named(message):
            return False
        return self.sender is None or self._from(message)

    def wants_dialogue(self, dialogue: Dialogue) -> bool:
        """Whether any message of a dialogue is asked for."""
        return self.everything or any(self.wants(message) for message in dialogue.messages)

    def _in_transaction(self, payload: bytes) -> bool:
        try:
            portion = transaction(payload)
        except DecodeError:
            return False
        return self.transaction in (portion.originating, portion.responding)

    def _named(self, message: Message) -> bool:
        wanted = (self.operation or "").lower()
        return message.called is not None and wanted in (
            name.lower() for name in payload_names(message.payload)
        )

    def _from(self, message: Message) -> bool:
        source = message.frame.source
        if self.sender in (format_point_code(message.opc), source.address, str(source)):
            return True
        if message.called is None or not (self.sender or "").isdigit():
            return False
        for part in meaning_of(message.payload).parts:
            for name in CALLERS:
                if name in part.parameters and part.parameters[name].text.partition(" (")[0] == self.sender:
                    return True
        return False

"""What holds the answers of an edge: the samples' recorder, the ledger's keeper, or both.

Source: charging.md decision 7; reliability.md section 5.
"""

from typing import Protocol

from ain_scp.scp.edges.charging.ledger_keeper import Send
from ain_scp.scp.edges.recording import Recorder


class Keeps(Protocol):
    """Who holds answers until what they stand on is durable."""

    def hold(self, send: Send) -> None:
        """Do `send` when everything decided so far is durable."""

    def wake(self) -> None:
        """Something may have been decided that no answer waits for."""

    @property
    def held(self) -> int:
        """How many answers wait."""

    def lines(self) -> list[str]:
        """What an operator watches, for /metrics."""


class Holding:
    """Answers of a node that charges its calls: after the ledger's record, and after the sample where that is asked for."""

    def __init__(self, keeper: Keeps, recorder: Recorder | None) -> None:
        self._keeper = keeper
        self._recorder = recorder

    def take_and_send(self, texts: list[str], send: Send | None) -> None:
        """Take samples; answers wait for the ledger first."""
        later = None if send is None else lambda: self._keeper.hold(send)
        if self._recorder is not None:
            self._recorder.take_and_send(texts, later)
        elif later is not None:
            later()
        self._keeper.wake()

    @property
    def holds(self) -> bool:
        """Answers wait for the ledger."""
        return True

    @property
    def held(self) -> int:
        """How many answers wait."""
        return self._keeper.held + (0 if self._recorder is None else self._recorder.held)

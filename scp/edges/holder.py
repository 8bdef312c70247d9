"""What an edge hands its answers to: they leave at once, later, or never.

Source: reliability.md section 5; charging.md decision 7.
"""

from collections.abc import Callable
from typing import Protocol

Send = Callable[[], None]


class Holder(Protocol):
    """Takes the samples of some messages, and lets their answers go when they may leave."""

    def take_and_send(self, texts: list[str], send: Send | None) -> None:
        """Take samples; `send` is done at once, later or never."""

    @property
    def holds(self) -> bool:
        """Whether answers may have to wait: then the loop turns between batches."""

    @property
    def held(self) -> int:
        """How many answers wait."""

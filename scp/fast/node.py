"""The node as a server runs it: batches of messages in, batches of answers out.

Source: house.md section 2, performance.md section 7.
"""

from collections.abc import Callable

from scp.config import NodeConfig
from scp.node import ScpNode
from scp.service_logic.program import Program


class FastNode(ScpNode):
    """An ScpNode that takes batches; every answer is the one that `receive` gives for the same octets."""

    def __init__(
        self, program: Program, config: NodeConfig, draw: Callable[[], int], *, fast: bool = True
    ) -> None:
        super().__init__(program, config, draw)
        self.fast = fast

    def answer_all(self, datagrams: list[bytes], link: str, now: int) -> list[bytes]:
        """Take the messages of one link; the messages to send back to it, in order. `now` as for `receive`."""
        for octets in datagrams:
            self.receive(octets, link, now)
        return [octets for _, octets in self.octets_to_send()]

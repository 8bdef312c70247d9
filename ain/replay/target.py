"""An SCP at a UDP address that answers a replay.

Source: D-006, ain-wire section 6.2 (M3UA over UDP), A-125 (the call's own time).
"""

import select
import time
from typing import Final

from ain_scp.api.replay_target import Packer, belongs
from ain_scp.scp.config import NodeConfig
from ain_scp.ssp_sim.capture.dissect import Message
from ain_scp.ssp_sim.replay.meaning import Difference
from ain_scp.transport.udp import UdpPort

PATIENCE: Final = 5


class SilentTarget(Exception):
    """A target that has not answered a single query."""


class OverUdp:
    """An SCP at a UDP address, one query at a time; its own clock decides time of day.

    `ask` raises `SilentTarget` when the first `PATIENCE` queries have no answer.
    """

    def __init__(self, host: str, port: int, timeout_ms: int, point_code: int | None = None) -> None:
        config = NodeConfig() if point_code is None else NodeConfig(point_code=point_code)
        self._packer = Packer(config)
        self._port = UdpPort("::" if ":" in host else "0.0.0.0", 0)  # noqa: S104 - answers come from anywhere
        self._address = (host, port)
        self._timeout = timeout_ms / 1000
        self._silent = 0

    def ask(self, payload: bytes, message: Message) -> bytes | None:
        """Send a package and wait for the one that answers it."""
        self.tell(payload, message)
        until = time.monotonic() + self._timeout
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._port], [], [], left)[0]:
                break
            for _, datagrams in self._port.receive():
                for octets in datagrams:
                    found = self._packer.unpack(bytes(octets), message.frame.time_ns)
                    if found is not None and belongs(found, payload):
                        self._silent = -1
                        return found
        if self._silent >= 0:
            self._silent += 1
            if self._silent >= PATIENCE:
                raise SilentTarget(f"the first {PATIENCE} queries have no answer: is an SCP there?")
        return None

    def tell(self, payload: bytes, message: Message) -> None:
        """Send a package."""
        self._port.send(self._address, self._packer.pack(payload, message))

    def row(self, difference: Difference) -> str:  # noqa: ARG002 - a target's signature
        """Another SCP's rows are not known here."""
        return ""

    def close(self) -> None:
        """Close the socket."""
        self._port.close()

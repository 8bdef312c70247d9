"""A run's messages as a capture: each simulated node gets an address, each link a flow.

Source: D-007, A-178.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from ain_scp.ssp_sim.capture.frame import M3UA_PORT, Endpoint
from ain_scp.ssp_sim.capture.writer import DIAMETER_PAYLOAD, M3UA_PAYLOAD, CaptureWriter
from ain_scp.ssp_sim.record import WireMessage

DIAMETER_PORT = 3868
_FIRST_ADDRESS = int(IPv4Address("10.0.0.1"))


class RunCapture:
    """Writes the `WireMessage`s of a run, in the order given, through one `CaptureWriter`.

    A node named in `endpoints` has that address; others get 10.0.0.1, 10.0.0.2 ... with port 2905 in the order they
    appear. The comment of a packet is its call's id, with the step number of the figure and "lost" where they apply; a
    message a link dropped is written, since its source did send it. MF digits and line events have no octets and are
    left out, and Diameter where M3UA stands on UDP. `skipped` counts those.

    Source: D-007.
    """

    def __init__(self, writer: CaptureWriter, endpoints: Mapping[str, Endpoint] | None = None) -> None:
        self._writer = writer
        self._endpoints = dict(endpoints) if endpoints is not None else {}
        self._given = 0
        self.skipped = 0

    def write(self, message: WireMessage) -> None:
        """Write one message; raises `ValueError` as `CaptureWriter.write` does."""
        diameter = message.protocol == "Diameter"
        if not message.octets or (diameter and self._writer.framing == "udp"):
            self.skipped += 1
            return
        comment = " ".join(
            part for part in (message.call, message.step, "lost" if message.lost else "") if part
        )
        self._writer.write(
            message.time_ns,
            self._port_of(message.source, diameter=diameter),
            self._port_of(message.destination, diameter=diameter),
            message.octets,
            comment,
            f"{message.source} - {message.destination}",
            DIAMETER_PAYLOAD if diameter else M3UA_PAYLOAD,
        )

    def write_all(self, messages: Iterable[WireMessage]) -> None:
        """Write many messages by time, those of one time in the order given."""
        for message in sorted(messages, key=lambda one: one.time_ns):
            self.write(message)

    def _port_of(self, node: str, *, diameter: bool) -> Endpoint:
        return Endpoint(self.endpoint(node).address, DIAMETER_PORT) if diameter else self.endpoint(node)

    def endpoint(self, node: str) -> Endpoint:
        """Return the address of a node."""
        known = self._endpoints.get(node)
        while known is None:
            free = Endpoint(str(IPv4Address(_FIRST_ADDRESS + self._given)), M3UA_PORT)
            self._given += 1
            if free not in self._endpoints.values():
                known = self._endpoints[node] = free
        return known

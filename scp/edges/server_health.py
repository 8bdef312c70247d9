"""What the UDP server tells of itself on its health endpoint: the node's counters and the socket's.

Source: reliability section 9 (conservation identity), interfaces.md section 1 (`ain serve`).
"""

import time
from collections.abc import Callable

from ain_scp.scp.edges.health import HealthEndpoint
from ain_scp.scp.edges.metrics import Exporter, counter_lines, gauge_lines, node_lines, record_lines
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.node import ScpNode
from ain_scp.transport.udp import UdpPort


def health_of(
    node: ScpNode, port: UdpPort, faults: Callable[[], int], records: Recorder | None = None
) -> HealthEndpoint:
    """Make the endpoint of one node on one UDP port; `faults` counts faults of our own, `records` keeps its samples."""
    exporter = exporter_of(node, port, faults)
    if records is not None:
        exporter.add(lambda: record_lines(records.figures()))
    return HealthEndpoint(exporter.text, lambda: _status(node, records))


def exporter_of(node: ScpNode, port: UdpPort, faults: Callable[[], int]) -> Exporter:
    """The metrics of one node on one UDP port."""
    began = time.time()
    exporter = Exporter()
    exporter.add(lambda: node_lines(node.counters, node.in_flight, node.overload.level))
    exporter.add(lambda: counter_lines("ain_scp_datagrams_total", "port", {"udp": _datagrams(port)}))
    exporter.add(lambda: gauge_lines("ain_scp_operations", {'what="faults"': faults()}))
    exporter.add(lambda: gauge_lines("ain_scp_start_time_seconds", {"": began}))
    return exporter


def _datagrams(port: UdpPort) -> dict[str, int]:
    return {
        "received": port.received,
        "sent": port.sent,
        "dropped_too_long": port.too_long,
        "not_sent": port.unsent,
        "dropped_by_kernel": port.kernel_drops(),
    }


def _status(node: ScpNode, records: Recorder | None) -> tuple[bool, dict[str, object]]:
    status = "leaving" if node.leaving else "serving"
    told: dict[str, object] = {"status": status, "name": node.config.name, "in_flight": node.in_flight}
    if records is not None:
        told["records"] = records.stopped or "stored"
    return not node.leaving, told

"""How one SCP node is set up: who it is on the signaling network.

Source: ain-wire sections 5.1-5.3, D-001.
"""

import msgspec

from signaling.mtp3 import parse_point_code


class NodeConfig(msgspec.Struct, frozen=True):
    """Identity of a node.

    Point codes are 24-bit integers; `ssn` is the AIN subsystem; `node_id` 0..255 marks its echo data and transaction ids,
    so that mates never make the same.
    """

    name: str = "SCP"
    point_code: int = parse_point_code("245-1-2")
    ssn: int = 250
    routing_context: int | None = 100
    node_id: int = 1
    notify: bool = True
    """Ask for termination notifications, which complete the SMDR records."""

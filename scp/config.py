"""How one SCP node is set up: who it is on the signaling network, whom it hears, and its bounds.

Source: ain-wire sections 4.3, 5.1-5.3, D-001, reliability sections 3.3 and 4.
"""

import msgspec

from ain_scp.scp.overload.control import OverloadConfig
from ain_scp.signaling.m3ua.peers import Peer
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.terms.vocabulary import SCP_POINT_CODE


class NodeConfig(msgspec.Struct, frozen=True):
    """Identity and bounds of a node.

    Point codes are 24-bit integers; `ssn` is the AIN subsystem; `node_id` 0..255 marks its echo data and transaction ids,
    so that mates never make the same. Mates share `alias_point_codes`, to which switches send queries; each answers from
    its own `point_code`, so that what follows in a dialogue finds the mate that holds it. `peers` empty: everybody is
    heard (a simulated network); otherwise only the peers listed, each for what its row allows. `mates` are the own point
    codes of the other nodes of the alias: one that asks to leave its load to us is granted that while we are well.
    `t1_ms` is how long a switch waits for an answer: as long a repeated query gets the same one (0: never).
    """

    name: str = "SCP"
    point_code: int = parse_point_code(SCP_POINT_CODE)
    ssn: int = 250
    routing_context: int | None = 100
    node_id: int = 1
    notify: bool = True
    """Ask for termination notifications, which complete the SMDR records."""
    alias_point_codes: frozenset[int] = frozenset()
    network_appearance: int | None = None
    mates: frozenset[int] = frozenset()
    peers: tuple[Peer, ...] = ()
    t1_ms: int = 3_000
    repeats_kept: int = 32_768
    transactions: int = 5_000
    collect_ms: int = 60_000
    watch_ms: int = 600_000
    cancel_ms: int = 3_000
    refusals_per_second: float = 200.0
    """Rejects, aborts and ERR sent to one link."""
    overload: OverloadConfig = OverloadConfig()

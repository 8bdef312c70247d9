"""What a fast node is given besides its program: its innermost part, where that is compiled, and what it rehearses.

Source: performance.md section 7 (compiled column).
"""

import importlib.util
from typing import Protocol

from ain_scp.provisioning.services import LnpTables
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.scp.classes.callers import Callers
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.backs import Back
from ain_scp.scp.fast.kinds import CorePart
from ain_scp.scp.fast.recent import Memory
from ain_scp.scp.fast.services import ServicesPart
from ain_scp.scp.fast.tollfree import TollFreeEndings
from ain_scp.scp.service_logic.program import Program


class Innermost(Protocol):
    """What makes the innermost part: the module `ain_scp.scp.fast.core`, where it is compiled."""

    def make_memory(self, t1_ns: int, capacity: int) -> Memory:
        """The memory of what was answered lately, as that part reads it."""

    def make_core(
        self, callers: ExactTable, classes: int, node_id: int, recent: Memory, backs: dict[bytes, Back], /
    ) -> CorePart | None:
        """From the callers' table, the number of classes, the node's id and the ways back; None when it cannot read them."""

    def make_services(self, lnp: LnpTables | None, toll_free: TollFreeEndings | None, /) -> ServicesPart:
        """From the tables of ported numbers, and where toll free numbers lead; None: left to the general node."""


class Rehearsal(Protocol):
    """What makes messages like those to come: they teach the short way before it is used."""

    def __call__(
        self, program: Program, callers: Callers, config: NodeConfig, /
    ) -> list[tuple[bytes, bytes]]:
        """Messages without their transaction IDs: the octets before and after them."""


def compiled_core() -> Innermost | None:
    """What makes the innermost part where it is compiled; elsewhere it would be slower than what it replaces."""
    spec = importlib.util.find_spec("ain_scp.scp.fast.core")
    if spec is None or spec.origin is None or spec.origin.endswith(".py"):
        return None
    try:
        from ain_scp.scp.fast import core
    except ImportError:  # compiled, but its run-time library is missing: the rest goes on without
        return None
    return core

"""Where the nodes of a small network stand in a picture, and which links the messages used.

Rows from top to bottom: SCP, STPs, switches that query, everything beyond (ETN nodes, gateways, terminating switches,
points of presence). Telephones are left out.

Source: Fig. 1, Fig. 1a, Fig. 4; A-005, A-177.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ain_scp.figures.topology import lay_out
from ain_scp.ssp_sim.ladder import is_transit
from ain_scp.ssp_sim.record import WireMessage
from ain_scp.terms.digits import is_digits


class Spot(msgspec.Struct, frozen=True):
    """One node in the picture."""

    name: str
    kind: str
    x: int
    y: int


class Wire(msgspec.Struct):
    """One link used: how many messages it carried and lost, and by which protocols."""

    one: str
    other: str
    messages: int = 0
    lost: int = 0
    protocols: list[str] = []
    path: str = ""
    label_x: float = 0.0
    label_y: float = 0.0


class Topology(msgspec.Struct, frozen=True):
    """The whole picture in its own units."""

    width: int
    height: int
    spots: tuple[Spot, ...]
    wires: tuple[Wire, ...]


def topology(messages: Iterable[WireMessage], kinds: Mapping[str, str]) -> Topology:
    """Lay out the nodes that `messages` touch, with the links between them."""
    wires: dict[tuple[str, str], Wire] = {}
    names: dict[str, None] = {}
    queries: set[str] = set()
    for message in messages:
        ends = [message.source, message.destination]
        names.update((name, None) for name in ends if name and not is_digits(name))
        if message.protocol == "AIN":
            queries.add(message.source)
        if message.protocol == "LINE" or not all(ends) or any(is_digits(name) for name in ends):
            continue
        one, other = sorted(ends)
        wire = wires.setdefault((one, other), Wire(one, other))
        wire.messages += 1
        wire.lost += message.lost
        if message.protocol not in wire.protocols:
            wire.protocols.append(message.protocol)
    rows: list[list[str]] = [[], [], [], []]
    for name in names:
        rows[_row(name, kinds.get(name, ""), queries)].append(name)
    laid = lay_out(rows, wires)
    spots = tuple(Spot(spot.name, kinds.get(spot.name, ""), spot.x, spot.y) for spot in laid.spots)
    for way in laid.ways:
        wire = wires[(way.one, way.other)]
        wire.path, wire.label_x, wire.label_y = way.path, way.label_x, way.label_y
    return Topology(laid.width, laid.height, spots, tuple(wires.values()))


def _row(name: str, kind: str, queries: set[str]) -> int:
    if name == "SCP" or kind == "SCP":
        return 0
    if is_transit(name) or kind == "STP":
        return 1
    return 2 if name in queries else 3

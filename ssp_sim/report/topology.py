"""Where the nodes of a small network stand in a picture, and which links the messages used.

Rows from top to bottom: SCP, STPs, switches that query, everything beyond (ETN nodes, gateways, terminating switches,
points of presence). Within a row nodes keep the order in which they first took part. Telephones are left out.

Source: Fig. 1, Fig. 1a, Fig. 4; A-005, A-177.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ain_scp.ssp_sim.ladder import is_transit
from ain_scp.ssp_sim.record import WireMessage
from ain_scp.terms.digits import is_digits

_ROW_HEIGHT = 104
_COLUMN = 172
_TOP = 30
_BOTTOM = 60


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
    rows = [row for row in rows if row]
    width = max((len(row) for row in rows), default=1) * _COLUMN
    spots = tuple(
        Spot(
            name,
            kinds.get(name, ""),
            round(width * (at + 0.5) / len(row)),
            _TOP + number * _ROW_HEIGHT,
        )
        for number, row in enumerate(rows)
        for at, name in enumerate(row)
    )
    return Topology(width, max(len(rows) - 1, 0) * _ROW_HEIGHT + _TOP + _BOTTOM, spots, tuple(wires.values()))


def _row(name: str, kind: str, queries: set[str]) -> int:
    if name == "SCP" or kind == "SCP":
        return 0
    if is_transit(name) or kind == "STP":
        return 1
    return 2 if name in queries else 3

"""Messages of running SCPs: the exchanges that their taps sampled, and one of them down to each parameter.

Source: console.md section 6 (tap).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from ain_scp.console.resources.fault import absent
from ain_scp.console.sessions import Identity
from ain_scp.console.sources.tap import SeenRow, Tapped
from ain_scp.signaling.ain.describe import Line
from ain_scp.signaling.errors import DecodeError
from ain_scp.ssp_sim.fields.tree import tree_of


class MessageList(msgspec.Struct, frozen=True):
    """Exchanges, the latest first; `taps` says why a tap has none, empty while it can be read."""

    rows: list[SeenRow]
    count: int
    kept: int
    taps: dict[str, str]


class MessageView(msgspec.Struct, frozen=True):
    """One exchange. Without trees and octets for who sees masked numbers, because octets hold them too."""

    row: SeenRow
    cut: bool
    query: Any = None
    answer: Any = None
    query_octets: str = ""
    answer_octets: str = ""


def message_list(taps: Mapping[str, Tapped], scp: str, wanted: str) -> MessageList:
    """The exchanges whose rows hold every word of `wanted`."""
    kept = [row for name, tapped in taps.items() if scp in ("", name) for row in tapped.rows()]
    words = wanted.lower().split()
    rows = [
        row
        for row in kept
        if all(any(word in str(cell).lower() for cell in msgspec.structs.astuple(row)) for word in words)
    ]
    rows.sort(key=lambda row: row.at, reverse=True)
    return MessageList(rows, len(rows), len(kept), {name: tapped.fault for name, tapped in taps.items()})


def message(who: Identity, taps: Mapping[str, Tapped], scp: str, name: str) -> MessageView:
    """One exchange; PageFault 404 when it is no longer kept."""
    found = taps[scp].find(name) if scp in taps else None
    if found is None:
        raise absent("such message here any more")
    row, one = found
    if who.mask:
        return MessageView(row, one.cut)
    return MessageView(row, one.cut, _tree(one.query), _tree(one.answer), one.query.hex(), one.answer.hex())


def _tree(octets: bytes) -> Line | None:
    if not octets:
        return None
    try:
        return tree_of(octets, "m3ua")
    except DecodeError as fault:
        return Line("unreadable", str(fault))

"""Messages shown down to each parameter: from octets, from hex, or one by one from a capture.

Source: D-006, interfaces.md section 1.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast, final

import msgspec

from ain_scp.api.faults import InputError
from ain_scp.api.html import pre, titled
from ain_scp.signaling.ain.describe import Line, text
from ain_scp.signaling.errors import DecodeError
from ain_scp.terms.safe_text import printable_lines


@final
class Message:
    """One message as a tree of names and meanings; parameters that are unknown are kept with their octets."""

    __slots__ = ("tree",)

    def __init__(self, tree: Line) -> None:
        self.tree = tree

    def find(self, name: str) -> str | None:
        """The meaning of the first line of this name, at any depth; None when there is none."""
        return _find(self.tree, name)

    def __str__(self) -> str:
        return printable_lines(text(self.tree))

    def _repr_html_(self) -> str:
        return titled(self.tree.name, pre(text(self.tree)))


class Captured(msgspec.Struct, frozen=True):
    """One message of a capture: number and time of its packet, point codes, and the message."""

    packet: int
    time_ns: int
    source: str
    destination: str
    message: Message


def decode(octets: bytes | str, form: Literal["m3ua", "sccp", "tcap", "isup"] | None = None) -> Message:
    """Decode one message from octets or hex (a dump with offsets, too); `form` says what it begins with, else it is found.

    InputError says at which octet of which layer it is wrong.
    """
    from ain_scp.ssp_sim.fields.hex_text import octets_of
    from ain_scp.ssp_sim.fields.tree import FORMS, form_of, tree_of

    if form is not None and form not in FORMS:
        raise InputError(f"form: {form!r} is not one of {', '.join(FORMS)}")
    try:
        found = octets_of(octets) if isinstance(octets, str) else octets
        return Message(tree_of(found, form or form_of(found)))
    except DecodeError as fault:
        raise InputError(str(fault)) from None


def decode_file(capture: Path | str) -> Iterator[Captured]:
    """The messages of a capture (pcap, pcapng) or of a trace of `ain run --trace`, one by one; InputError if it is neither."""
    from ain_scp.signaling.mtp3 import format_point_code
    from ain_scp.ssp_sim.capture.frame import CaptureFault
    from ain_scp.ssp_sim.fields.tree import tcap_tree, user_tree
    from ain_scp.ssp_sim.replay.opening import Recorded, is_capture, open_messages

    try:
        with Path(capture).open("rb") as stream:
            if not is_capture(cast("Recorded", stream)):
                raise InputError(f"{capture}: neither a capture nor a trace")
            for one in open_messages(cast("Recorded", stream)).messages:
                tree = user_tree(one.si, one.payload) if one.called is None else tcap_tree(one.payload)
                opc, dpc = format_point_code(one.opc), format_point_code(one.dpc)
                yield Captured(one.frame.number, one.frame.time_ns, opc, dpc, Message(tree))
    except CaptureFault as fault:
        raise InputError(f"{capture}: {fault}") from None
    except OSError as fault:
        raise InputError(f"{capture}: {fault.strerror}") from None


def _find(line: Line, name: str) -> str | None:
    if line.name == name:
        return line.meaning
    for inner in line.inside:
        found = _find(inner, name)
        if found is not None:
            return found
    return None

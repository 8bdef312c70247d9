"""The JSON that `ain decode --json` prints.

Source: interfaces.md section 1 (`--json`).
"""

import msgspec

from ain_scp.signaling.ain.describe import Line
from ain_scp.ssp_sim.record import WireMessage


class DecodedForm(Line, frozen=True):
    """One message in hex: its outermost line, and the lines inside it."""


class MessageForm(msgspec.Struct, frozen=True):
    """One message of a capture; `packet` counts from 1, `offset` is the place of its M3UA octets in the packet's."""

    packet: int
    time_ns: int
    offset: int
    source: str
    destination: str
    opc: str
    dpc: str
    si: int
    sls: int
    sccp: str
    called: str | None
    calling: str | None
    return_cause: int | None
    message: Line


class FieldsForm(msgspec.Struct, frozen=True):
    """One message by its fields, in wire order."""

    packet: int
    time_ns: int
    transaction: str
    operations: str
    parameters: tuple[tuple[str, str], ...]


class CallForm(msgspec.Struct, frozen=True):
    """One call of a capture: its messages in order of time, without their octets."""

    call: str
    outcome: str
    messages: tuple[WireMessage, ...]

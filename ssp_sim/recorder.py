"""Writes down every message of a run with the call it belongs to: what ladders, reports and captures are made of.

A run that keeps nothing has no recorder, and then no message is read, described or numbered.
Source: interfaces.md section 3, A-178; [0052].
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import msgspec

from ain_scp.ssp_sim.kernel import Kernel
from ain_scp.ssp_sim.nodes.events import LineSignal, Noted, TrunkEvent
from ain_scp.ssp_sim.nodes.message_reader import Fields, MessageReader
from ain_scp.ssp_sim.nodes.patchboard import Patchboard
from ain_scp.ssp_sim.nodes.telephones import LINE_NAMES, LiveCall
from ain_scp.ssp_sim.record import Protocol, WireMessage

MF_NAMES: Final[dict[str, str]] = {
    "SETUP": "MF digits",
    "ANSWER": "Answer",
    "RELEASE": "Disconnect",
    "RELEASED": "ReleaseGuard",
}
"""What each MF signal is called in a record."""


class Beside(msgspec.Struct, frozen=True):
    """A Diameter message about a call, between a switch and an application CPU, with what a person wants to see of it."""

    call: str
    source: str
    destination: str
    octets: bytes
    name: str
    fields: Fields


class Recorder:
    """Numbers and describes messages; `keep` leaves them with their calls, `on_message` takes each at once.

    `live` and `transactions` are the world's own: the calls there are, and whose each transaction is.
    """

    def __init__(
        self,
        kernel: Kernel,
        board: Patchboard,
        names: Mapping[int, str],
        live: Mapping[str, LiveCall],
        transactions: Mapping[int, str],
        on_message: Callable[[WireMessage], None] | None,
        *,
        keep: bool,
    ) -> None:
        self._kernel = kernel
        self._board = board
        self._live = live
        self._on_message = on_message
        self._keep = keep
        self._reader = MessageReader(board, names, transactions)
        self._number = 0

    def wire(self, source: str, destination: str, octets: bytes, *, lost: bool) -> None:
        """Write down a message on a signalling link."""
        protocol, name, fields, call = self._reader.read(octets)
        self._note(source, destination, call, protocol, name, fields, octets, lost=lost)

    def beside(self, beside: Beside, *, lost: bool) -> None:
        """Write down a message that is no signaling."""
        self._note(
            beside.source,
            beside.destination,
            beside.call,
            "Diameter",
            beside.name,
            beside.fields,
            beside.octets,
            lost=lost,
        )

    def said(self, live: LiveCall, switch: str, signal: LineSignal) -> None:
        """Write down a telephone's signal to its switch; a line of a switch without AIN is seen through that one."""
        fields = [("digits", signal.digits)] if signal.digits else []
        if signal.access_code is not None:
            fields.insert(0, ("access code", signal.access_code))
        self._path(self._way(live, switch, signal)[::-1], signal, tuple(fields))

    def heard(self, live: LiveCall | None, switch: str, signal: LineSignal) -> None:
        """Write down a switch's signal to a telephone."""
        fields: Fields = (("id", str(signal.announcement)),) if signal.announcement is not None else ()
        fields += (("text", signal.text),) if signal.text else ()
        self._path(self._way(live, switch, signal), signal, fields)

    def trunk(self, source: str, event: TrunkEvent) -> None:
        """Write down a signal on an MF trunk."""
        signal = event.signal
        circuit = signal.circuit
        call = self._board.call_on(circuit.near, circuit.far, circuit.number)
        fields: Fields = (("circuit", str(circuit.number)), ("trunk group", circuit.group))
        if signal.setup is not None:
            fields = (("called", signal.setup.called), *fields)
        self._note(source, event.to, call, "MF", MF_NAMES.get(signal.kind, signal.kind), fields)

    def noted(self, switch: str, event: Noted) -> None:
        """Write down what a switch noted of itself."""
        self._note(switch, switch, event.call, "LINE", event.name, event.fields)

    def inside_pbx(self, live: LiveCall) -> None:
        """Write down a call that no switch ever saw."""
        plan = live.plan
        self._note(plan.calling, plan.calling, plan.id, "LINE", "InsidePBX", (("digits", plan.dialed),))

    def _way(self, live: LiveCall | None, switch: str, signal: LineSignal) -> tuple[str, ...]:
        if live is not None and live.through and signal.line == live.plan.calling:
            return switch, live.through, signal.line
        return switch, signal.line

    def _path(self, way: tuple[str, ...], signal: LineSignal, fields: Fields) -> None:
        for source, destination in pairwise(way):
            self._note(source, destination, signal.call, "LINE", LINE_NAMES[signal.kind], fields)

    def _note(
        self,
        source: str,
        destination: str,
        call: str,
        protocol: Protocol,
        name: str,
        fields: Fields = (),
        octets: bytes = b"",
        *,
        lost: bool = False,
    ) -> None:
        self._number += 1
        now = self._kernel.now
        message = WireMessage(
            self._number, now, source, destination, call, protocol, name, fields, "", octets, lost
        )
        live = self._live.get(call)
        if self._keep and live is not None:
            live.messages.append(message)
        if self._on_message is not None:
            self._on_message(message)

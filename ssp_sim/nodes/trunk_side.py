"""The trunk side of a switch: the same call signals as ISUP messages on SS7 trunks or as MF signals on private ones.

A released circuit stays out of use until the far end confirms; the release is repeated every T1 and given up after T5.

Source: A-007, A-143, A-177, A-178; T1.113.4; [0050], [0092], [0128], [0130].
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.isup.message import MAX_CIC
from ain_scp.ssp_sim.kernel import Event, Timers
from ain_scp.ssp_sim.nodes.data_message import AFTER_CIRCUIT, SLS_AT, TransferData, protocol_data_at
from ain_scp.ssp_sim.nodes.events import NodeEvent, Setup, TrunkEvent, TrunkSignal
from ain_scp.ssp_sim.nodes.isup_door import MOST_REMEMBERED, Content, SignalReader
from ain_scp.ssp_sim.nodes.isup_templates import IsupTemplates
from ain_scp.ssp_sim.nodes.switch_settings import SwitchTimers
from ain_scp.ssp_sim.nodes.trunks import Circuit, seizing_end

_PLAIN: Final = 8
"""Where protocol data begin in a DATA message without routing context."""


def _nowhere(_signal: TrunkSignal, _now: int) -> None:
    return


class TrunkSide:
    """The circuits of one switch as signalling sees them."""

    def __init__(
        self,
        name: str,
        point_codes: Mapping[str, int],
        send: Callable[[tuple[str, bytes]], None],
        emit: Callable[[NodeEvent], None],
        timers: Timers,
        durations: SwitchTimers,
    ) -> None:
        self._name = name
        self._point_codes = point_codes
        self._templates = IsupTemplates(point_codes[name])
        self._reader = SignalReader()
        self._names = {code: node for node, code in point_codes.items()}
        self._send = send
        self._emit = emit
        self.deliver: Callable[[TrunkSignal, int], None] = _nowhere
        """Takes what arrives: put in place by call control."""
        self._timers = timers
        self._durations = durations
        self._circuits: dict[str, dict[int, Circuit]] = {}
        self._known: dict[bytes, tuple[Content, dict[int, Circuit], str]] = {}
        self._releasing: dict[Circuit, Event] = {}
        self.counters: Counter[str] = Counter()

    def send(self, signal: TrunkSignal) -> None:
        """Signal on a circuit, towards its other end."""
        circuit = signal.circuit
        far = circuit.far if circuit.near == self._name else circuit.near
        if signal.kind == "SETUP":
            self._towards(far)[circuit.number] = circuit
        elif signal.kind == "RELEASE":
            self._guard(signal, self._timers.now + self._durations.release_give_up)
        elif signal.kind == "RELEASED":
            self._confirmed(circuit)
        self.counters[signal.kind] += 1
        if circuit.signaling == "MF":
            self._emit(TrunkEvent(far, _as_mf(signal)))
            return
        self._send((far, self._templates.octets(self._point_codes[far], signal)))

    def receive_known(self, octets: bytes, now: int) -> bool:
        """Take an ISUP message like one read before, in all but SLS and circuit; False: it is not like any.

        A DATA message without routing context: length, form and label stand in its first 23 octets.
        """
        known = self._known.get(octets[:SLS_AT] + octets[AFTER_CIRCUIT:])
        if known is None:
            return False
        content, circuits, far = known
        number = (octets[25] << 8 | octets[24]) & MAX_CIC
        circuit = circuits.get(number)
        if circuit is None:
            circuit = self._circuit(far, number)
        kind, setup, cause = content
        if kind == "RELEASED":
            self._confirmed(circuit)
        self.deliver(TrunkSignal(kind, circuit, setup, cause), now)
        return True

    def receive_isup(self, data: TransferData, octets: bytes, now: int) -> None:
        """Take one ISUP message; what cannot be read, or comes from an unknown sender, is counted and dropped."""
        far = self._names.get(data.opc)
        if far is None:
            self.counters["dropped_unknown_opc"] += 1
            return
        try:
            signal = self._reader.read(data.payload, lambda number: self._circuit(far, number))
        except DecodeError:
            self.counters["dropped_isup"] += 1
            return
        if signal is None:
            self.counters["ignored_isup"] += 1
            return
        if protocol_data_at(octets) == _PLAIN:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            content = signal.kind, signal.setup, signal.cause
            self._known[octets[:SLS_AT] + octets[AFTER_CIRCUIT:]] = content, self._towards(far), far
        self.receive(signal, now)

    def receive(self, signal: TrunkSignal, now: int) -> None:
        """Take one signal of a circuit."""
        if signal.kind == "RELEASED":
            self._confirmed(signal.circuit)
        self.deliver(signal, now)

    def _circuit(self, far: str, number: int) -> Circuit:
        """Return a circuit by its number: the one seized, or the far end's."""
        circuits = self._towards(far)
        known = circuits.get(number)
        if known is None:
            ours = seizing_end(self._name, far, number) == self._name
            near, other = (self._name, far) if ours else (far, self._name)
            known = circuits[number] = Circuit(near, other, number, "ISUP", "")
        return known

    def _towards(self, far: str) -> dict[int, Circuit]:
        """Return the circuits to and from another switch, by number."""
        return self._circuits.setdefault(far, {})

    def _guard(self, signal: TrunkSignal, give_up: int) -> None:
        previous = self._releasing.get(signal.circuit)
        if previous is not None:
            previous.cancel()
        wait = min(self._durations.release_repeat, give_up - self._timers.now)
        self._releasing[signal.circuit] = self._timers.start(wait, self._repeat, (signal, give_up))

    def _repeat(self, guarded: tuple[TrunkSignal, int], now: int) -> None:
        """T1: release again; T5: the far end is gone, the circuit is taken back."""
        signal, give_up = guarded
        if now >= give_up:
            self.counters["release_given_up"] += 1
            self._releasing.pop(signal.circuit, None)
            self.deliver(TrunkSignal("RELEASED", signal.circuit), now)
            return
        self.counters["release_repeated"] += 1
        self.send(signal)
        self._guard(signal, give_up)

    def _confirmed(self, circuit: Circuit) -> None:
        waiting = self._releasing.pop(circuit, None)
        if waiting is not None:
            waiting.cancel()


def _as_mf(signal: TrunkSignal) -> TrunkSignal:
    """Keep what multi-frequency digits can say: the called number, nothing of the caller (A-007)."""
    setup = signal.setup
    if setup is None:
        return signal
    return TrunkSignal(signal.kind, signal.circuit, Setup(setup.called, setup.called_non), signal.cause)

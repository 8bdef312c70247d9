"""The trunk side of a switch: the same call signals as ISUP messages on SS7 trunks or as MF signals on private ones.

A released circuit stays out of use until the far end confirms; the release is repeated every T1 and given up after T5.

Source: A-007, A-143, A-177, A-178; T1.113.4; [0050], [0092], [0128], [0130].
"""

from collections import Counter
from collections.abc import Callable, Mapping

from signaling.errors import DecodeError
from ssp_sim.kernel import Event, Timers
from ssp_sim.nodes.data_message import TransferData
from ssp_sim.nodes.events import NodeEvent, Setup, TrunkEvent, TrunkSignal
from ssp_sim.nodes.isup_door import SignalReader
from ssp_sim.nodes.isup_templates import IsupTemplates
from ssp_sim.nodes.legs import SwitchTimers
from ssp_sim.nodes.trunks import Circuit, seizing_end


class TrunkSide:
    """The circuits of one switch as signalling sees them."""

    def __init__(
        self,
        name: str,
        point_codes: Mapping[str, int],
        send: Callable[[str, bytes], None],
        emit: Callable[[NodeEvent], None],
        deliver: Callable[[TrunkSignal, int], None],
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
        self._deliver = deliver
        self._timers = timers
        self._durations = durations
        self._seized: dict[tuple[str, int], Circuit] = {}
        self._releasing: dict[Circuit, Event] = {}
        self.counters: Counter[str] = Counter()

    def send(self, signal: TrunkSignal) -> None:
        """Signal on a circuit, towards its other end."""
        circuit = signal.circuit
        far = circuit.far if circuit.near == self._name else circuit.near
        if signal.kind == "SETUP":
            self._seized[far, circuit.number] = circuit
        elif signal.kind == "RELEASE":
            self._guard(signal, self._timers.now + self._durations.release_give_up)
        elif signal.kind == "RELEASED":
            self._confirmed(circuit)
        self.counters[signal.kind] += 1
        if circuit.signaling == "MF":
            self._emit(TrunkEvent(far, _as_mf(signal)))
            return
        self._send(far, self._templates.octets(self._point_codes[far], signal))

    def receive_isup(self, data: TransferData, now: int) -> None:
        """Take one ISUP message; what cannot be read, or comes from nobody known, is counted and dropped."""
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
        self.receive(signal, now)

    def receive(self, signal: TrunkSignal, now: int) -> None:
        """Take one signal of a circuit."""
        if signal.kind == "RELEASED":
            self._confirmed(signal.circuit)
        self._deliver(signal, now)

    def _circuit(self, far: str, number: int) -> Circuit:
        if seizing_end(self._name, far, number) == self._name:
            known = self._seized.get((far, number))
            return known if known is not None else Circuit(self._name, far, number, "ISUP", "")
        return Circuit(far, self._name, number, "ISUP", "")

    def _guard(self, signal: TrunkSignal, give_up: int) -> None:
        previous = self._releasing.get(signal.circuit)
        if previous is not None:
            previous.cancel()
        at = min(self._timers.now + self._durations.release_repeat, give_up)
        self._releasing[signal.circuit] = self._timers.schedule(at, lambda: self._repeat(signal, give_up))

    def _repeat(self, signal: TrunkSignal, give_up: int) -> None:
        """T1: release again; T5: the far end is gone, the circuit is taken back."""
        if self._timers.now >= give_up:
            self.counters["release_given_up"] += 1
            self._releasing.pop(signal.circuit, None)
            self._deliver(TrunkSignal("RELEASED", signal.circuit), self._timers.now)
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

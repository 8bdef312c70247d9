"""What the physical network knows and no message carries: which call holds a circuit, and what is out of order.

Speech follows circuits, so every holder of a circuit is on the talk path; the simulation reads the path of a call here.
The board also gives a switch what it would sense by itself: that a facility is out for this call, that a line is busy.

Source: A-175, A-176, A-179, interfaces.md section 3 (busy).
"""

from ain_scp.ssp_sim.nodes.trunks import Circuit, Outage


class _Patched:
    __slots__ = ("busy", "called_busy", "switches")

    def __init__(self, busy: tuple[str, ...], *, called_busy: bool) -> None:
        self.busy = busy
        self.called_busy = called_busy
        self.switches: list[str] = []


class Patchboard:
    """The circuits in use, by call. A circuit is known by the switch that seized it, the other one, and its number."""

    def __init__(self, outages: tuple[Outage, ...] = ()) -> None:
        self._outages = outages
        self._calls: dict[str, _Patched] = {}
        self._circuits: dict[tuple[str, str, int], str] = {}

    def open(self, call: str, busy: tuple[str, ...] = (), *, called_busy: bool = False) -> None:
        """Enter a call before it is placed."""
        self._calls[call] = _Patched(busy, called_busy=called_busy)

    def close(self, call: str) -> None:
        """Forget a call that is over; circuits it still holds keep its name until they are freed."""
        self._calls.pop(call, None)

    def join(self, call: str, switch: str) -> None:
        """Put a switch at the end of the call's talk path."""
        patched = self._calls.get(call)
        if patched is not None:
            patched.switches.append(switch)

    def leave(self, call: str, switch: str) -> None:
        """Take a switch off the talk path, its last place first: a call may come back to a switch it left."""
        patched = self._calls.get(call)
        if patched is None:
            return
        if patched.switches and patched.switches[-1] == switch:
            patched.switches.pop()
        elif switch in patched.switches:
            at = len(patched.switches) - 1 - patched.switches[::-1].index(switch)
            del patched.switches[at]

    def path(self, call: str) -> tuple[str, ...]:
        """Return the switches the call runs through now, caller's first."""
        patched = self._calls.get(call)
        return tuple(patched.switches) if patched is not None else ()

    def hold(self, circuit: Circuit, call: str) -> None:
        """Give a seized circuit to a call."""
        self._circuits[circuit.near, circuit.far, circuit.number] = call

    def free(self, circuit: Circuit) -> None:
        """Take a released circuit back."""
        self._circuits.pop((circuit.near, circuit.far, circuit.number), None)

    def call_on(self, one: str, other: str, number: int) -> str:
        """Return the call on a circuit, whichever end seized it; empty when it is idle."""
        return self._circuits.get((one, other, number)) or self._circuits.get((other, one, number), "")

    def is_out(self, call: str, facility: str, now: int) -> bool:
        """Say whether a facility cannot be seized for this call now."""
        patched = self._calls.get(call)
        if patched is not None and facility in patched.busy:
            return True
        if not self._outages:
            return False
        return any(o.facility == facility and o.from_ns <= now < o.until_ns for o in self._outages)

    def called_busy(self, call: str) -> bool:
        """Say whether the called line is in use."""
        patched = self._calls.get(call)
        return patched is not None and patched.called_busy

    def circuits_in_use(self) -> int:
        """Count the circuits held; 0 after a run in which every call was released."""
        return len(self._circuits)

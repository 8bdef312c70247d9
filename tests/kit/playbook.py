"""A switch alone, driven by a playbook: `>>` puts something in, `<<` says what must come out next."""

from ain_scp.signaling import isup, m3ua, sccp
from ain_scp.signaling.tcap import decode_package, encode_package
from ain_scp.ssp_sim.nodes.events import CallEnded, LineEvent, LineSignal, TrunkEvent, TrunkSignal
from ain_scp.ssp_sim.nodes.isup_door import NAMES
from ain_scp.ssp_sim.topology import NetworkOptions, build
from ain_scp.terms.units import SECOND_NS


class Playbook:
    """Drives one switch of the golden network; outputs are compared as short texts, events of the record left out."""

    def __init__(self, golden, name):
        self.network = build(golden, NetworkOptions())
        self.switch = self.network.switches[name]
        self.codes = self.network.point_codes
        self.name = name
        self.now = 1_000 * SECOND_NS
        self.transaction = 0
        self.outputs = []

    def __rshift__(self, given):
        """Put in a line signal, a trunk signal, (far switch, ISUP message), an answer maker, or seconds to wait."""
        assert self.outputs == [], f"not expected: {self.outputs}"
        if isinstance(given, LineSignal):
            self.switch.receive_line(given, self.now)
        elif isinstance(given, TrunkSignal):
            self.switch.receive_trunk(given, self.now)
        elif isinstance(given, tuple):
            far, message = given
            octets = m3ua.data(self.codes[far], self.codes[self.name], 5, 2, 0, 0, isup.encode(message))
            self.switch.receive(octets, far, self.now)
        elif isinstance(given, int | float):
            self.now += round(given * SECOND_NS)
            self.switch.handle_timer(self.now)
        else:
            self._answer(given)
        self._collect()
        return self

    def __lshift__(self, expected):
        """Expect the next output."""
        assert self.outputs, f"nothing came out, {expected} was expected"
        assert self.outputs.pop(0) == expected
        return self

    def done(self):
        """Nothing more came out."""
        assert self.outputs == []

    def _answer(self, make):
        octets = sccp.encode(
            sccp.UnitData(
                sccp.Address(250, self.codes[self.name]),
                sccp.Address(250, self.codes["SCP"]),
                self._encoded(make),
            )
        )
        self.switch.receive(
            m3ua.data(self.codes["SCP"], self.codes[self.name], 3, 2, 0, 0, octets), "STP-LOCAL", self.now
        )

    def _encoded(self, make):
        return encode_package(make(self.transaction))

    def _collect(self):
        while (event := self.switch.next_event()) is not None:
            if isinstance(event, LineEvent):
                signal = event.signal
                number = "" if signal.announcement is None else f" {signal.announcement}"
                self.outputs.append(f"line {signal.line}: {signal.kind}{number}")
            elif isinstance(event, TrunkEvent):
                called = "" if event.signal.setup is None else f" {event.signal.setup.called}"
                self.outputs.append(f"MF {event.to}: {event.signal.kind}{called}")
            elif isinstance(event, CallEnded):
                self.outputs.append(f"ended: {event.status}")
        for link, octets in self.switch.octets_to_send():
            data = m3ua.decode(octets).protocol_data
            if data.si == 5:
                message = isup.decode(data.payload)
                self.outputs.append(f"ISUP {link}: {NAMES[type(message)]}")
            else:
                package = decode_package(sccp.decode(data.payload).data)
                self.transaction = package.originating
                self.outputs.append(f"AIN {link}: {package.kind.name}")

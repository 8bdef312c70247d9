"""Overload in virtual time: a server of modelled speed around a real node, and switches that ask it, obeying controls or not."""

import heapq
import random

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.signaling.tcap import ComponentType, decode_package, encode_package, invoke, query
from kit.gapping import CodeGapping

SECOND = 1_000_000_000
SCP = parse_point_code("245-1-2")
ACG = operation_named("acg").code
MARK = 0x5A5A5A5A
CALLER = "9258341234"


def template(opc, digits):
    """A query's octets before and after its transaction id."""
    known = operation_named("infoAnalyzed")
    values = {
        "userID": UserID(UserIDChoice.DN, CALLER),
        "bearerCapability": 0,
        "triggerCriteriaType": 2,
        "callingPartyID": Digits(3, 1, CALLER),
        "accessCode": Digits(0, 0, "7"),
        "collectedAddressInfo": Digits(3, 1, digits),
    }
    tcap = encode_package(query(MARK, invoke(known.code, encode_parameters(known, values), 1)))
    unit = sccp.UnitData(sccp.Address(250, SCP), sccp.Address(250, opc), tcap)
    octets = m3ua.data(opc, SCP, 3, 2, 0, 1, sccp.encode(unit), 100)
    before, _, after = octets.partition(MARK.to_bytes(4, "big"))
    return before, after


class Traffic:
    """Switches that ask a server of `capacity` queries a second; everything in virtual time, every message real octets.

    Reading a message costs `read` of the time of a whole query. `buffer` messages fit the socket; more are lost. Between two
    queries worked off the server reads at most `reads` messages.
    """

    def __init__(self, node, capacity, *, obey=False, read=0.2, buffer=16, reads=2, seed=1):
        self.node = node
        self.cost = SECOND // capacity
        self.read_cost = int(self.cost * read)
        self.work_cost = self.cost - self.read_cost
        self.buffer, self.reads = buffer, reads
        self.gapping = {} if obey else None
        self.chance = random.Random(seed)
        self.templates = {}
        self.transaction = 0
        self.asked = {}
        self.acg = []
        self.offered = []
        self.outcomes = []
        self.gapped = self.lost = 0

    def arrivals(self, sources, until):
        """Poisson arrivals: sources are (opc, digits, rate from time 0 or [(start s, rate)...])."""
        heap = []
        for opc, digits, rate in sources:
            steps = rate if isinstance(rate, list) else [(0, rate)]
            for index, (start, value) in enumerate(steps):
                end = steps[index + 1][0] * SECOND if index + 1 < len(steps) else until
                at = start * SECOND
                while value and (at := at + int(self.chance.expovariate(value) * SECOND)) < end:
                    heap.append((at, opc, digits))
        heapq.heapify(heap)
        return heap

    def run(self, sources, seconds):
        """Let the traffic arrive and the server work until all is done."""
        until = seconds * SECOND
        coming = self.arrivals(sources, until)
        socket, now = [], 0
        while coming or socket or self.node.in_flight:
            now = self._arrive(coming, socket, now)
            for _ in range(self.reads):
                if not socket:
                    break
                octets, link, arrival = socket.pop(0)
                read = self.node.counters["shed_unread"]
                self.node.offer(octets, link, now, arrival)
                unread = self.node.counters["shed_unread"] > read
                now += self.read_cost // 20 if unread else self.read_cost
                self._answers(now)
            if self.node.work(now):
                now += self.work_cost
                self._answers(now)
            elif not socket and coming:
                now = max(now, coming[0][0])
        return self

    def _arrive(self, coming, socket, now):
        while coming and coming[0][0] <= now:
            at, opc, digits = heapq.heappop(coming)
            if self.gapping is not None:
                switch = self.gapping.setdefault(opc, CodeGapping())
                if not switch.admit(254, digits, at)[0]:
                    self.gapped += 1
                    continue
            self.offered.append((at, digits))
            if len(socket) >= self.buffer:
                self.lost += 1
                continue
            key = (opc, digits)
            if key not in self.templates:
                self.templates[key] = template(opc, digits)
            before, after = self.templates[key]
            self.transaction += 1
            self.asked[opc, self.transaction] = (at, digits)
            socket.append((before + self.transaction.to_bytes(4, "big") + after, f"switch {opc}", at))
        return now

    def _answers(self, now):
        for _, octets in self.node.octets_to_send():
            data = m3ua.decode(octets).protocol_data
            package = decode_package(sccp.decode(data.payload).data)
            at, digits = self.asked.pop((data.dpc, package.responding))
            served = package.components[0].kind != ComponentType.RETURN_ERROR
            self.outcomes.append((at, now - at, digits, served))
            for part in package.components:
                if part.is_invoke and part.code == ACG:
                    fields = decode_parameters(operation(ACG), part.parameter)
                    self.acg.append((now, data.dpc, fields.text("globalTitleAddress")))
                    if self.gapping is not None:
                        self.gapping.setdefault(data.dpc, CodeGapping()).apply(fields, now)

    # Figures, over a span of seconds

    def goodput(self, start, end):
        """Queries served per second."""
        return len(self.latencies(start, end)) / (end - start)

    def offered_rate(self, start, end):
        """Queries sent by the switches per second."""
        return sum(start * SECOND <= at < end * SECOND for at, _ in self.offered) / (end - start)

    def latencies(self, start, end, wanted=lambda digits: True):
        """Sorted latencies in ms of the queries served."""
        return sorted(
            latency / 1e6
            for at, latency, digits, served in self.outcomes
            if served and start * SECOND <= at < end * SECOND and wanted(digits)
        )

    def p99(self, start, end, wanted=lambda digits: True):
        """The 99th percentile of the latency of the queries served, ms."""
        found = self.latencies(start, end, wanted)
        return found[int(len(found) * 0.99)]

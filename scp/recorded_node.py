"""A node and a port that keep to the recorder: no billable answer while records cannot be stored, or before they are.

While the recorder is stopped, an answer that routes or refuses an originating call is replaced by ReturnError failureReport
(unavailableResources), which the switch treats as no answer of use: default treatment, no flag (A-263). Emergency calls
are answered all the same (A-103) and their samples kept for later; the host query of an ASF-RTL call makes no record of its
own (A-256) and is answered; so are errors, heartbeats and everything else that is not billable.

Source: A-103, A-256, A-263, ain-wire section 4.3 item 10 (no capacity: failureReport); reliability.md section 5, rule 6.
"""

from functools import partial
from typing import Any, Final

import msgspec

from ain_scp.dialplan.public import EMERGENCY_NUMBER
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.fast.node import FastNode
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import FAILURE_REPORT
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.values import FailureCause
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import (
    Component,
    TcapFault,
    decode_package,
    encode_package,
    response,
    return_error,
)
from ain_scp.smdr.sample import AttemptSample, Sample, decode
from ain_scp.transport.udp import Address, UdpPort

MS_NS: Final = 1_000_000
_BILLABLE: Final = frozenset(operation_named(name).code for name in ("analyzeRoute", "sendToResource"))


class RecordedNode:
    """A node behind the recorder's gate; everything but answers and samples is the node's own."""

    def __init__(self, node: FastNode, recorder: Recorder, port: "RecordedPort | None" = None) -> None:
        self._node = node
        self._recorder = recorder
        self._port = port
        self._kept: list[str] = []
        self._shut_until = 0
        self.refused = 0
        """Messages whose billable answer was replaced."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    def answer_all(self, datagrams: list[bytes], link: str, now: int) -> list[bytes]:
        """As the node, but message by message and without billable answers while the recorder is stopped.

        And for T1 after that: until then a repeated query would get the answer that was replaced.
        """
        if not self._recorder.stopped and now >= self._shut_until:
            return self._node.answer_all(datagrams, link, now)
        if self._recorder.stopped:
            self._shut_until = now + self._node.config.t1_ms * MS_NS
        self._kept += self._node.sample_lines()
        return [answer for octets in datagrams for answer in self._unbilled(octets, link, now)]

    def samples(self) -> list[Sample]:
        """Hand the samples of a batch to the recorder, then let its answers go; nothing is left for anybody else."""
        kept, self._kept = self._kept, []
        self._recorder.take(kept + self._node.sample_lines())
        if self._port is not None:
            self._port.release()
        return []

    sample_lines = samples
    sample_texts = samples

    def _unbilled(self, octets: bytes, link: str, now: int) -> list[bytes]:
        """Answer one message; the samples of a billable answer go where the answer goes."""
        made = self._node.answer_all([octets], link, now)
        given = [self._instead(answer) for answer in made]
        lines = self._node.sample_lines()
        if given == made:
            self._kept += lines
        else:
            self.refused += 1
            self._kept += [line for line in lines if not _of_query(line)]
        return given

    def _instead(self, octets: bytes) -> bytes:
        """The answer, or the failure report in its place."""
        try:
            message = m3ua.decode(octets)
            if message.protocol_data is None:
                return octets
            unit = sccp.decode(message.protocol_data.payload)
            if not isinstance(unit, sccp.UnitData):
                return octets
            package = decode_package(unit.data)
        except (DecodeError, TcapFault):
            return octets
        billable = next((one for one in package.components if _is_billable(one)), None)
        if billable is None or package.responding is None:
            return octets
        contents = encode_parameters(FAILURE_REPORT, {"failureCause": FailureCause.UNAVAILABLE_RESOURCES})
        failure = return_error(billable.correlation_id or 0, FAILURE_REPORT.code, contents)
        refusal = encode_package(response(package.responding, failure))
        data = msgspec.structs.replace(
            message.protocol_data, payload=sccp.encode(msgspec.structs.replace(unit, data=refusal))
        )
        return m3ua.encode(msgspec.structs.replace(message, protocol_data=data))


def _of_query(line: str) -> bool:
    """Whether a sample is of a query just answered: an attempt, or the completion of a refusal."""
    sample = decode(line.encode())
    return isinstance(sample, AttemptSample) or sample.status.startswith("BLOCKED")


def _is_billable(component: Component) -> bool:
    """Whether a component routes or refuses an originating call that is no emergency."""
    if not component.is_invoke or component.code not in _BILLABLE:
        return False
    known = operation(component.code)
    if known is None:
        return False
    called = decode_parameters(known, component.parameter or b"").get("calledPartyID")
    return not (isinstance(called, Digits) and called.digits == EMERGENCY_NUMBER)


class RecordedPort(UdpPort):
    """A port whose answers leave when the samples of their batch are durable; the node releases them after each batch."""

    recorder: Recorder | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._batch: list[tuple[Address, list[bytes]]] = []
        self._at_once = False

    def receive(self) -> list[tuple[Address, list[bytes]]]:
        """As the port; notes whether the batch is decided while the recorder is stopped, when nothing is billable."""
        self._at_once = self.recorder is None or bool(self.recorder.stopped)
        return super().receive()

    def send(self, address: Address, datagrams: list[bytes]) -> None:
        """Keep answers until their samples were handed over."""
        if self._at_once or self.recorder is None:
            super().send(address, datagrams)
        else:
            self._batch.append((address, datagrams))

    def release(self) -> None:
        """The samples of the batch are with the recorder: its answers leave when those are durable."""
        batch, self._batch = self._batch, []
        if self.recorder is not None:
            for address, datagrams in batch:
                self.recorder.hold(partial(super().send, address, datagrams))

    def close(self) -> None:
        """Not yet: held answers still leave. `shut` closes."""

    def shut(self) -> None:
        """Close for good."""
        super().close()

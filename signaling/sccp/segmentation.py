"""Long SCCP messages: cutting into XUDT segments and putting them together again within bounds.

A message has at most 16 segments; the first is the longest, so that first * segments bounds the whole. Segments of one
message share calling address, origin and local reference, arrive in order, and each counts the remaining ones down.
A reassembly ends with the whole message, at the first segment that does not fit, or when it is too old.
Times are nanoseconds of the caller's clock. Bounds (settable): 64 open reassemblies, 65,536 octets over all, 5 s of age
(T(reassembly) of the standard is 5-10 s), 3,968 octets a message (the standard's maximum in 16 segments).

Source: T1.112.4 clause 4.1.1 (segmentation), reliability targets B1 and R1.
"""

from enum import IntEnum

from msgspec import Struct

from ain_scp.signaling.sccp.address import encode_address
from ain_scp.signaling.sccp.structs import Address, ExtendedUnitData, Segmentation
from ain_scp.terms.units import MS_NS

MAX_SEGMENTS = 16
MAX_MESSAGE = 3968
MAX_SEGMENT = 248


class ReassemblyOutcome(IntEnum):
    """What became of a segment that did not complete a message."""

    PENDING = 0
    DUPLICATE_FIRST = 1
    UNEXPECTED = 2
    OUT_OF_ORDER = 3
    TOO_MANY = 4
    TOO_LONG = 5
    TOO_OLD = 6


class _Partial:
    """One message being put together."""

    __slots__ = ("deadline", "first", "parts", "remaining", "size")

    def __init__(self, first: ExtendedUnitData, remaining: int, deadline: int) -> None:
        self.first = first
        self.remaining = remaining
        self.deadline = deadline
        self.parts = [first.data]
        self.size = len(first.data)


class ReassemblyLimits(Struct, frozen=True):
    """Bounds of a Reassembly: open messages, octets held over all of them, octets of one, age in ms."""

    messages: int = 64
    octets: int = 65_536
    message_octets: int = MAX_MESSAGE
    age_ms: int = 5000


def segment(
    message: ExtendedUnitData, local_reference: int, segment_octets: int | None = None
) -> tuple[ExtendedUnitData, ...]:
    """Cut a long message into XUDT segments, class 1, in order, with the same local reference (24 bits).

    `segment_octets` is by default what fits, with both addresses, in one signalling unit of 272 octets (248 without
    addresses). A message that fits is returned alone and without segmentation. ValueError when 16 segments do not
    suffice. Source: T1.112.4 clause 4.1.1.2, T1.111.3 clause 2.3.8.
    """
    addresses = len(encode_address(message.called)) + len(encode_address(message.calling))
    if segment_octets is None:
        segment_octets = MAX_SEGMENT - addresses
    if not 0 < segment_octets <= MAX_SEGMENT - addresses:
        raise ValueError(f"SCCP segments of {segment_octets} octets are not possible")
    if len(message.data) <= segment_octets:
        return (message,)
    pieces = [message.data[at : at + segment_octets] for at in range(0, len(message.data), segment_octets)]
    if len(pieces) > MAX_SEGMENTS:
        raise ValueError(f"SCCP data of {len(message.data)} octets does not fit in {MAX_SEGMENTS} segments")
    last = len(pieces) - 1
    return tuple(
        ExtendedUnitData(
            message.called,
            message.calling,
            piece,
            1,
            message.return_on_error,
            message.hop_counter,
            Segmentation(index == 0, last - index, local_reference, message.protocol_class == 1),
            message.unknown,
        )
        for index, piece in enumerate(pieces)
    )


class Reassembly:
    """Puts XUDT segments together; every refusal is counted by its ReassemblyOutcome in `counters`."""

    def __init__(self, limits: ReassemblyLimits | None = None) -> None:
        """Start empty, with the standard bounds unless others are given."""
        self._limits = limits or ReassemblyLimits()
        self._open: dict[tuple[int, Address, int], _Partial] = {}
        self._octets = 0
        self.counters: dict[ReassemblyOutcome, int] = dict.fromkeys(ReassemblyOutcome, 0)

    @property
    def open_messages(self) -> int:
        """How many messages are being put together."""
        return len(self._open)

    @property
    def octets_held(self) -> int:
        """How many octets all of them hold."""
        return self._octets

    def receive(
        self, message: ExtendedUnitData, origin: int, now: int
    ) -> ExtendedUnitData | ReassemblyOutcome:
        """Take one XUDT from the point code `origin`; return the whole message or what became of the segment.

        A message without segmentation comes back as it is. Source: T1.112.4 clause 4.1.1.3.
        """
        segmentation = message.segmentation
        if segmentation is None:
            return message
        self.handle_timer(now)
        key = (origin, message.calling, segmentation.local_reference)
        outcome = self._start(key, message, now) if segmentation.first else self._continue(key, message)
        if isinstance(outcome, ReassemblyOutcome):
            self.counters[outcome] += 1
        return outcome

    def next_timer(self) -> int | None:
        """Return when the oldest open message becomes too old, or None."""
        return next((partial.deadline for partial in self._open.values()), None)

    def handle_timer(self, now: int) -> int:
        """Drop and count what is too old; return how many. Insertion order is age order, so it looks at few."""
        dropped = 0
        while self._open:
            key = next(iter(self._open))
            if self._open[key].deadline > now:
                break
            self._drop(key)
            dropped += 1
        self.counters[ReassemblyOutcome.TOO_OLD] += dropped
        return dropped

    def _start(
        self, key: tuple[int, Address, int], message: ExtendedUnitData, now: int
    ) -> ExtendedUnitData | ReassemblyOutcome:
        remaining = message.segmentation.remaining if message.segmentation else 0
        if key in self._open:
            self._drop(key)
            return ReassemblyOutcome.DUPLICATE_FIRST
        if remaining == 0:
            return _whole(message, message.data)
        if len(message.data) * (remaining + 1) > self._limits.message_octets + MAX_SEGMENT:
            return ReassemblyOutcome.TOO_LONG
        if len(self._open) >= self._limits.messages or self._octets + len(message.data) > self._limits.octets:
            return ReassemblyOutcome.TOO_MANY
        self._open[key] = _Partial(message, remaining, now + self._limits.age_ms * MS_NS)
        self._octets += len(message.data)
        return ReassemblyOutcome.PENDING

    def _continue(
        self, key: tuple[int, Address, int], message: ExtendedUnitData
    ) -> ExtendedUnitData | ReassemblyOutcome:
        partial = self._open.get(key)
        if partial is None:
            return ReassemblyOutcome.UNEXPECTED
        remaining = message.segmentation.remaining if message.segmentation else 0
        if remaining != partial.remaining - 1:
            self._drop(key)
            return ReassemblyOutcome.OUT_OF_ORDER
        size = partial.size + len(message.data)
        if len(message.data) > len(partial.first.data) or size > self._limits.message_octets:
            self._drop(key)
            return ReassemblyOutcome.TOO_LONG
        if self._octets + len(message.data) > self._limits.octets:
            self._drop(key)
            return ReassemblyOutcome.TOO_MANY
        partial.parts.append(message.data)
        partial.size = size
        partial.remaining = remaining
        self._octets += len(message.data)
        if remaining:
            return ReassemblyOutcome.PENDING
        self._drop(key)
        return _whole(partial.first, b"".join(partial.parts))

    def _drop(self, key: tuple[int, Address, int]) -> None:
        self._octets -= self._open.pop(key).size


def _whole(first: ExtendedUnitData, data: bytes) -> ExtendedUnitData:
    """Return the message as it was before it was cut."""
    in_sequence = first.segmentation is not None and first.segmentation.in_sequence
    return ExtendedUnitData(
        first.called,
        first.calling,
        data,
        1 if in_sequence else 0,
        first.return_on_error,
        first.hop_counter,
        None,
        first.unknown,
    )

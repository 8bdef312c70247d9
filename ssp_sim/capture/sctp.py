"""SCTP as a bystander sees it: DATA and I-DATA chunks, bundled or fragmented, each delivered once.

An association is one, whatever path a chunk takes: the directions of multi-homed ends are known by ports and verification
tag alone, so that a fragment or a repetition on another path belongs to them. Without a verification tag, which no data have
but those made by hand, the addresses count as well.

The check sum is not verified (see `ip`). A chunk is a duplicate when its association, direction and TSN were seen
before with the same content: hand-made captures that number every chunk alike still give all their messages.

Source: RFC 9260 3.3.1, 6.2, 6.4, 6.9, 6.10; RFC 8260 2.1.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from ain_scp.ssp_sim.capture.assembly import Waiting
from ain_scp.ssp_sim.capture.frame import Cause, Counts, Endpoint, Limits, endpoint
from ain_scp.ssp_sim.capture.m3ua_form import looks_like_m3ua

M3UA_PPID: Final = 3
_UNSET_PPID: Final = 0
_SWAPPED_PPID: Final = 0x03000000  # written in the host's octet order, a mistake met in the field

_COMMON_HEADER: Final = 12
_DATA: Final = 0
_DATA_HEADER: Final = 16
I_DATA: Final = 64
_I_DATA_HEADER: Final = 20
_BY_MESSAGE: Final = -1  # no payload protocol: fragments of I-DATA wait by message
_BEGIN: Final = 2
_END: Final = 1
_UNORDERED: Final = 4
_NO_TSN: Final = 1 << 32
MOST_PATHS: Final = 16  # of one association, compared with each other
FLOW_COST: Final = 16  # what a new direction counts against the bound on remembered TSNs


class Seen(Protocol):
    """Many chunks noted at once, whose contents are hashed only when one of them must be compared."""

    @property
    def low(self) -> int:
        """The smallest TSN."""

    @property
    def high(self) -> int:
        """The largest TSN."""

    def hashes(self) -> Iterable[tuple[int, int]]:
        """Give (TSN, hash of the content) of each."""


class Flow:
    """One direction of an association: its ends, and the hashes of the contents seen lately, by TSN, in two generations.

    `runs` and `older_runs` are chunks of the two generations that are not yet hashed, all with TSNs from `low` to `high`.

    Source: RFC 9260 6.2.
    """

    __slots__ = (
        "destination",
        "high",
        "low",
        "name",
        "older",
        "older_runs",
        "paths",
        "runs",
        "source",
        "tsns",
    )

    def __init__(
        self, source: Endpoint, destination: Endpoint, older: dict[int, int], older_runs: list[Seen]
    ) -> None:
        self.source = source
        self.destination = destination
        self.name = b""
        self.paths: list[bytes] = []
        self.tsns: dict[int, int] = {}
        self.older = older
        self.runs: list[Seen] = []
        self.older_runs = older_runs
        self.low = min((run.low for run in older_runs), default=_NO_TSN)
        self.high = max((run.high for run in older_runs), default=-1)

    def add(self, run: Seen) -> None:
        """Note many chunks, each with a TSN that is new."""
        self.runs.append(run)
        self.low = min(self.low, run.low)
        self.high = max(self.high, run.high)

    def settle(self) -> None:
        """Hash what was noted at once; no TSN of it was known before."""
        for runs, tsns in ((self.runs, self.tsns), (self.older_runs, self.older)):
            for run in runs:
                tsns.update(run.hashes())
            runs.clear()
        self.low, self.high = _NO_TSN, -1


def association(key: bytes) -> bytes:
    """What a path's direction is known by: ports and verification tag; the whole key where there is no tag."""
    return key[-8:] if any(key[-4:]) else key


def turned(key: bytes, other: bytes) -> bool:
    """Whether two paths with one tag lead opposite ways, as those of captures made by hand do."""
    half = (len(key) - 8) // 2
    ours, theirs = (key[:half], key[half:-8]), (other[:half], other[half:-8])
    return ours[0] == theirs[1] or ours[1] == theirs[0]


class Flows:
    """The directions of all associations, by path and as a whole, bounded as a whole.

    When `remembered_tsns` chunks were noted or the oldest is over `tsn_age_ns`, this generation becomes the older one
    and the older one is forgotten.

    Source: RFC 9260 6.2; D-006.
    """

    __slots__ = ("_age_ns", "_capacity", "_previous", "_shared", "current", "renew_at_ns", "room")

    def __init__(self, limits: Limits) -> None:
        self._capacity = limits.remembered_tsns
        self._age_ns = limits.tsn_age_ns
        self._previous: dict[bytes, Flow] = {}
        self._shared: dict[bytes, Flow] = {}
        self.current: dict[
            bytes, Flow
        ] = {}  # by path; cleared, never replaced: the fast path holds a reference
        self.room = self._capacity
        self.renew_at_ns = 0

    def get(self, key: bytes) -> Flow:
        """Return the direction with this key: source and destination address, ports, verification tag."""
        flow = self.current.get(key)
        if flow is None:
            name = self.name_of(key)
            flow = self._shared.get(name) or self._begin(name, key)
            if key not in flow.paths and len(flow.paths) < MOST_PATHS:
                flow.paths.append(key)
            self.current[key] = flow
            self.room -= FLOW_COST
        return flow

    def _begin(self, name: bytes, key: bytes) -> Flow:
        """Begin a direction in this generation; its ends are those of the path first seen."""
        before = self._previous.get(name)
        flow = self._shared[name] = (
            _first_seen(key)
            if before is None
            else Flow(before.source, before.destination, before.tsns, before.runs)
        )
        flow.name = name
        flow.paths = [] if before is None else before.paths
        return flow

    def name_of(self, key: bytes) -> bytes:
        """What the direction of a path is known by."""
        return self.names_of([key])[0]

    def names_of(self, keys: list[bytes]) -> list[bytes]:
        """The same for paths that appear in this order."""
        begun: dict[bytes, list[bytes]] = {}
        names = []
        for key in keys:
            name = association(key)
            known = self._shared.get(name) or self._previous.get(name)
            paths = begun.setdefault(name, [] if known is None else list(known.paths))
            if any(turned(key, path) for path in paths):
                name = key
            elif len(paths) < MOST_PATHS:
                paths.append(key)
            names.append(name)
        return names

    def memory(self, key: bytes) -> tuple[tuple[dict[int, int], ...], tuple[Seen, ...]]:
        """What is remembered of a direction, of both generations: hashed contents by TSN, and runs not yet hashed."""
        name = self.name_of(key)
        flow = self._shared.get(name)
        if flow is not None:
            return (flow.tsns, flow.older), (*flow.runs, *flow.older_runs)
        before = self._previous.get(name)
        return ((), ()) if before is None else ((before.tsns,), tuple(before.runs))

    def note(self, flow: Flow, tsn: int, content: int) -> bool:
        """Remember a chunk; False when it is a duplicate."""
        if flow.low <= tsn <= flow.high:
            flow.settle()
        if flow.tsns.get(tsn) == content or flow.older.get(tsn) == content:
            return False
        flow.tsns[tsn] = content
        self.room -= 1
        return True

    def renew(self, now_ns: int) -> None:
        """Forget the older generation when this one is full or old."""
        if self.room > 0 and now_ns < self.renew_at_ns:
            return
        self._previous = dict(self._shared)
        for flow in self._previous.values():
            flow.older = {}
            flow.older_runs = []
        self.current.clear()
        self._shared.clear()
        self.room = self._capacity
        self.renew_at_ns = now_ns + self._age_ns


def _first_seen(key: bytes) -> Flow:
    size = (len(key) - 8) // 2
    source = endpoint(key[:size], key[2 * size : 2 * size + 2])
    destination = endpoint(key[size : 2 * size], key[2 * size + 2 : 2 * size + 4])
    return Flow(source, destination, {}, [])


class Receiver:
    """Takes whole SCTP packets and gives the M3UA messages in them.

    Fragments wait by direction, stream and (ordered ones) stream sequence number, and are joined by consecutive TSNs; those of
    I-DATA by stream, order and message identifier, joined by their fragment sequence numbers.

    Source: RFC 9260 3.3.1, 6.9; RFC 8260 2.1.
    """

    __slots__ = ("_counts", "_waiting", "flows", "kept")

    def __init__(self, limits: Limits, counts: Counts) -> None:
        self._counts = counts
        self.flows = Flows(limits)
        self.kept = 0
        self._waiting = Waiting(
            limits.messages,
            limits.message_pieces,
            limits.message_octets,
            limits.message_age_ns,
            counts,
            Cause.SCTP_FRAGMENT_LIMIT,
            Cause.SCTP_FRAGMENT_AGE,
        )

    def receive(self, addresses: bytes, packet: bytes, now_ns: int, messages: list[bytes]) -> Flow | None:
        """Append the M3UA messages a packet holds or completes; return its direction, None without a whole header.

        `addresses` are the source and the destination address, joined.
        """
        if len(packet) < _COMMON_HEADER + 4:
            self._counts.skip(Cause.SCTP_MALFORMED)
            return None
        self.flows.renew(now_ns)
        key = addresses + packet[:8]
        flow = self.flows.get(key)
        at = _COMMON_HEADER
        while at + 4 <= len(packet):
            length = int.from_bytes(packet[at + 2 : at + 4], "big")
            if length < 4 or at + length > len(packet):
                self._counts.skip(Cause.SCTP_MALFORMED)
                break
            if packet[at] == _DATA:
                self._receive_data(flow, packet[at : at + length], now_ns, messages)
            elif packet[at] == I_DATA:
                self._receive_interleaved(flow, packet[at : at + length], now_ns, messages)
            else:
                self._counts.skip(Cause.SCTP_CONTROL)
            at += (length + 3) & ~3
        return flow

    def close(self) -> None:
        """Count the fragments of messages that were never completed."""
        self._waiting.close()

    def _receive_data(self, flow: Flow, chunk: bytes, now_ns: int, messages: list[bytes]) -> None:
        if len(chunk) <= _DATA_HEADER:
            self._counts.skip(Cause.SCTP_MALFORMED)
            return
        tsn = int.from_bytes(chunk[4:8], "big")
        payload = chunk[_DATA_HEADER:]
        if not self.flows.note(flow, tsn, hash(payload)):
            self._counts.skip(Cause.SCTP_DUPLICATE)
            return
        ppid = int.from_bytes(chunk[12:16], "big")
        if chunk[1] & (_BEGIN | _END) == _BEGIN | _END:
            self._deliver(ppid, payload, messages)
            return
        stream = chunk[8:10] if chunk[1] & _UNORDERED else chunk[8:12]
        octets = self._joined((flow.name, stream, ppid), tsn, (chunk[1], payload), now_ns)
        if octets is not None:
            self._deliver(ppid, octets, messages)

    def _receive_interleaved(self, flow: Flow, chunk: bytes, now_ns: int, messages: list[bytes]) -> None:
        """I-DATA: the first fragment has the payload protocol in the place where the others have their number."""
        if len(chunk) <= _I_DATA_HEADER:
            self._counts.skip(Cause.SCTP_MALFORMED)
            return
        payload = chunk[_I_DATA_HEADER:]
        if not self.flows.note(flow, int.from_bytes(chunk[4:8], "big"), hash(payload)):
            self._counts.skip(Cause.SCTP_DUPLICATE)
            return
        first = bool(chunk[1] & _BEGIN)
        number = int.from_bytes(chunk[16:20], "big")
        if first and chunk[1] & _END:
            self._deliver(number, payload, messages)
            return
        message = bytes((chunk[1] & _UNORDERED,)) + chunk[8:10] + chunk[12:16]
        piece = (chunk[1], (chunk[16:20] if first else b"") + payload)
        octets = self._joined((flow.name, message, _BY_MESSAGE), 0 if first else number, piece, now_ns)
        if octets is not None:
            self._deliver(int.from_bytes(octets[:4], "big"), octets[4:], messages)

    def _joined(
        self, key: tuple[bytes, bytes, int], position: int, piece: tuple[int, bytes], now_ns: int
    ) -> bytes | None:
        """Keep a fragment; the whole message once nothing of it is missing."""
        held = self._waiting.add(key, position, piece, now_ns)
        if held is None:
            return None
        run = _consecutive(held.by_position, position)
        if not run:
            self.kept += 1
            return None
        return b"".join([payload for _flags, payload in self._waiting.take_pieces(key, run)])

    def _deliver(self, ppid: int, octets: bytes, messages: list[bytes]) -> None:
        if ppid == M3UA_PPID or (ppid in (_UNSET_PPID, _SWAPPED_PPID) and looks_like_m3ua(octets)):
            messages.append(octets)
        else:
            self._counts.skip(Cause.SCTP_PAYLOAD)


def _consecutive(pieces: dict[int, tuple[int, bytes]], tsn: int) -> list[int]:
    """Return the positions from first to last fragment of the message around `tsn`, or nothing when one is missing."""
    run = [tsn]
    while not pieces[run[-1]][0] & _BEGIN:
        before = (run[-1] - 1) & 0xFFFFFFFF
        if before not in pieces or pieces[before][0] & _END or len(run) >= len(pieces):
            return []
        run.append(before)
    run.reverse()
    while not pieces[run[-1]][0] & _END:
        after = (run[-1] + 1) & 0xFFFFFFFF
        if after not in pieces or pieces[after][0] & _BEGIN or len(run) >= len(pieces):
            return []
        run.append(after)
    return run

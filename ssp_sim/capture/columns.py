"""Reads a capture as columns: the plain packets of a stretch of the file at once, any other by `CaptureReader`'s own path.

Both ways give the same messages in the same order, with the same counts: a stretch is taken at once only where its order
cannot matter, that is where no TSN in it was seen before or comes twice and the memory of TSNs is not renewed within it.

Source: D-006; performance.md sections 2 and 7; RFC 9260 6.2.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.ssp_sim.capture.frame import Cause, Frame
from ain_scp.ssp_sim.capture.plain import CONTROL, DATAGRAM, LED, OTHER, Plain, plain_of
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.runs import Longs, Run, classic_runs, section_runs, windows
from ain_scp.ssp_sim.capture.sctp import FLOW_COST, Flows

LEAST_ROWS: Final = 64  # below, arrays cost more than they save
_KEY: Final = 16  # addresses, ports, verification tag
_KEY_AT: Final = 12
_FEW: Final = 8
_OCTETS_EACH: Final = 512
_SINGLES: Final = 256


class Block(NamedTuple):
    """M3UA messages in one buffer: number and time of their packets, first octet and length of each."""

    buffer: bytes
    number: Longs
    time_ns: Longs
    at: Longs
    length: Longs


class Noted(NamedTuple):
    """Chunks of one direction noted at once: their TSNs, each different, and where their contents stand."""

    buffer: bytes
    tsns: Longs
    at: Longs
    length: Longs
    low: int
    high: int

    def hashes(self) -> Iterable[tuple[int, int]]:
        """Give (TSN, hash of the content) of each."""
        buffer = self.buffer
        ends = (self.at + self.length).tolist()
        contents = (hash(buffer[at:end]) for at, end in zip(self.at.tolist(), ends, strict=True))
        return zip(self.tsns.tolist(), contents, strict=True)

    def meets(self, other: "Noted") -> bool:
        """Whether any TSN of another is one of these."""
        if other.low > self.high or other.high < self.low:
            return False
        return bool(np.isin(other.tsns, self.tsns).any())


class ColumnReader(CaptureReader):
    """A `CaptureReader` whose messages can be had in blocks. A stretch under `least_rows` is read packet by packet.

    Source: D-006.
    """

    least_rows = LEAST_ROWS

    def blocks(self) -> Iterator[Block | Frame]:
        """Give all messages in file order, once, many at a time where possible; raises as iterating does."""
        try:
            runs = section_runs if self._newer() else classic_runs
            number = 0
            for piece in runs(self._source, self._limits):
                if isinstance(piece, Run):
                    yield from self._run(piece, number)
                    number += piece.at.size
                else:
                    yield from self._frames((piece,), number)
                    number += 1
        finally:
            self._close()

    def _run(self, run: Run, number: int) -> Iterator[Block | Frame]:
        """The messages of a run; `number` is that of the packet before it."""
        size = run.at.size
        if size < self.least_rows:
            yield from self._singles(run, number, 0, size)
            return
        plain = plain_of(run)
        after = 0
        for other in (*np.flatnonzero(plain.kind == OTHER).tolist(), size):
            if other - after < self.least_rows:
                yield from self._singles(run, number, after, min(other + 1, size))
            else:
                yield from self._stretch(run, plain, number, after, other)
                yield from self._singles(run, number, other, min(other + 1, size))
            after = other + 1

    def _singles(self, run: Run, number: int, first: int, last: int) -> Iterator[Frame]:
        """Packets first to last (not included), one by one."""
        return self._frames((run.packet(row) for row in range(first, last)), number + first)

    def _stretch(self, run: Run, plain: Plain, number: int, first: int, last: int) -> Iterator[Block | Frame]:
        """Plain packets first to last (not included): at once as far as order cannot matter."""
        singles = 1
        while last - first >= self.least_rows:
            flows = _flows(run, plain, first, last)
            stop = self._renewal(run, plain, flows, first, last)
            if stop - first < self.least_rows:
                stop = min(max(first + singles, stop), last)
                singles = min(2 * singles, _SINGLES)
                yield from self._singles(run, number, first, stop)
            else:
                flows = flows if stop == last else _flows(run, plain, first, stop)
                yield from self._together(run, plain, flows, number, first, stop)
            first = stop
        yield from self._singles(run, number, first, last)

    def _together(
        self,
        run: Run,
        plain: Plain,
        directions: list[tuple[bytes, Longs]],
        number: int,
        first: int,
        last: int,
    ) -> Iterator[Block | Frame]:
        """Plain packets during which the memory of TSNs is not renewed: one block, if each of their TSNs is new."""
        noted = [
            (keys, _noted(run, plain, rows)) for keys, rows in _by_association(self._sctp.flows, directions)
        ]
        if not all(self._is_new(keys[0], one) for keys, one in noted):
            yield from self._singles(run, number, first, last)
            return
        self._count(plain.kind[first:last])
        flows = self._sctp.flows
        dense = len(run.buffer) < _OCTETS_EACH * (last - first)
        for keys, one in noted:
            flow, *_ = [flows.get(key) for key in keys]
            if not one.tsns.size:
                continue
            flows.room -= one.tsns.size
            if dense:
                flow.add(one)
            else:  # the buffer would be kept for few chunks
                flow.tsns.update(one.hashes())
        rows = first + np.flatnonzero(plain.kind[first:last] != CONTROL)
        if rows.size:
            yield Block(
                run.buffer, rows + (number + 1), run.time_ns[rows], plain.at[rows], plain.length[rows]
            )

    def _renewal(
        self, run: Run, plain: Plain, flows: list[tuple[bytes, Longs]], first: int, last: int
    ) -> int:
        """The first packet of a stretch before which the memory of TSNs is renewed, else `last`."""
        memory = self._sctp.flows
        rows = first + np.flatnonzero(plain.kind[first:last] != DATAGRAM)
        over = run.time_ns[rows] >= memory.renew_at_ns
        opening = [found[0] for key, found in flows if key not in memory.current]
        if memory.room > rows.size + FLOW_COST * len(opening) and not over.any():
            return last
        cost = (plain.kind[rows] != CONTROL).astype(np.int64)
        cost[np.isin(rows, opening)] += FLOW_COST
        over |= memory.room - (np.cumsum(cost) - cost) <= 0
        return int(rows[np.argmax(over)]) if over.any() else last

    def _is_new(self, key: bytes, noted: Noted) -> bool:
        """Whether all TSNs of a direction differ from one another and from those remembered."""
        tsns = noted.tsns
        if not ((np.diff(tsns) > 0).all() or np.unique(tsns).size == tsns.size):
            return False
        known, runs = self._sctp.flows.memory(key)
        met = any(not isinstance(one, Noted) or one.meets(noted) for one in runs)
        return not met and not any(_any_of(tsns, one) for one in known)

    def _count(self, kinds: NDArray[np.uint8]) -> None:
        counts = self.counts
        controls = int(np.count_nonzero(kinds == CONTROL))
        skipped = controls + int(np.count_nonzero(kinds == LED))
        if skipped:
            counts.skip(Cause.SCTP_CONTROL, skipped)
        counts.dropped += controls
        counts.frames += kinds.size - controls


def _any_of(tsns: Longs, known: dict[int, int]) -> bool:
    if len(known) <= _FEW:
        return any(bool((tsns == one).any()) for one in known)
    return not known.keys().isdisjoint(tsns.tolist())


def _noted(run: Run, plain: Plain, rows: Longs) -> Noted:
    rows = rows[plain.kind[rows] != CONTROL]
    tsns = plain.tsn[rows]
    low, high = (int(tsns.min()), int(tsns.max())) if rows.size else (0, -1)
    return Noted(run.buffer, tsns, plain.at[rows], plain.length[rows], low, high)


def _by_association(memory: Flows, directions: list[tuple[bytes, Longs]]) -> list[tuple[list[bytes], Longs]]:
    """The directions of multi-homed associations put together: the keys of their paths, in the order they appear."""
    found: dict[bytes, list[tuple[bytes, Longs]]] = {}
    in_order = sorted(directions, key=lambda one: int(one[1][0]))
    for name, one in zip(memory.names_of([key for key, _ in in_order]), in_order, strict=True):
        found.setdefault(name, []).append(one)
    return [
        (
            [key for key, _ in paths],
            paths[0][1] if len(paths) == 1 else np.sort(np.concatenate([rows for _, rows in paths])),
        )
        for paths in found.values()
    ]


def _flows(run: Run, plain: Plain, first: int, last: int) -> list[tuple[bytes, Longs]]:
    """The SCTP packets of a stretch by direction: what `Flows` knows it by, and its rows in order."""
    left = first + np.flatnonzero(plain.kind[first:last] != DATAGRAM)
    keys = windows(run.buffer, _KEY)[plain.ip[left] + _KEY_AT]
    halves = keys.view(np.uint64).reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    edges = np.flatnonzero((np.diff(halves[order], axis=0) != 0).any(axis=1)) + 1
    return [(keys[rows[0]].tobytes(), left[rows]) for rows in np.split(order, edges) if rows.size]

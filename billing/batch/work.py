"""A rated month as pieces of work: pure functions of a piece whose sums add up, for one process, several, or a cluster.

`rate_task` needs nothing but its argument. A checkpoint keeps the sums of the pieces that are done, in order; a piece done twice
counts once, because sums are taken in the order of the pieces.

Source: charging.md section 12.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache, reduce
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from ain_scp.billing.batch.columns import Rater
from ain_scp.billing.batch.sources import Part, Source, opened
from ain_scp.billing.batch.summing import Summing, Sums
from ain_scp.billing.batch.sums import PieceSums, joined, sums_of
from ain_scp.billing.batch.tables import Ints, Tables
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.provisioning.snapshot import Snapshot

VERSION: Final = 2
Pairs = dict[tuple[int, int], tuple[int, int, int]]
"""By the rows that priced them (MISSING: none): records whose gross differs, their gross by one data set and by the other."""


class Task(NamedTuple):
    """One piece of one batch; `against` is the other data set's directory, or empty."""

    dataset: str
    against: str
    records: str
    part: Part


class Done(NamedTuple):
    """One piece, done: its sums, those of the other data set, how rows differ, rows that could not be read."""

    sums: tuple[PieceSums, ...]
    others: tuple[PieceSums, ...]
    pairs: Pairs
    unread: int


@lru_cache(4)
def rater_of(directory: str) -> tuple[Rater, "np.ndarray[tuple[int], np.dtype[np.bool_]]", Summing]:
    """The rater of a data set and its summaries, made once a process; ValueError for one that does not charge."""
    snapshot, charging = charged(directory)
    tables = Tables(snapshot, charging)
    return Rater(tables), tables.ordered(), Summing(tables)


def charged(directory: str) -> tuple[Snapshot, Charging]:
    """A data set that charges, compiled."""
    snapshot = compile_dataset(load_or_raise(Path(directory))[0])
    if snapshot.charging is None:
        raise ValueError(
            f"{directory}: nothing is charged here; a data set that charges has a folder charging/"
        )
    return snapshot, snapshot.charging


@lru_cache(4)
def source_of(path: str) -> Source:
    """The source of records, opened once a process."""
    return opened(Path(path))


def rate_task(task: Task) -> Done:
    """Rate one piece."""
    rater, ordered, summing = rater_of(task.dataset)
    other = rater_of(task.against) if task.against else None
    sums, others, unread = [], [], 0
    pairs: Pairs = {}
    for records, bad in source_of(task.records).read(task.part):
        unread += bad
        one, rated = sums_of(rater, records, ordered, summing)
        sums.append(one)
        if other is not None:
            again, changed = sums_of(other[0], records, other[1])
            others.append(again)
            _differ(pairs, (rated.row, rated.gross), (changed.row, changed.gross))
    return Done(tuple(sums), tuple(others), pairs, unread)


def _differ(pairs: Pairs, one: tuple[Ints, Ints], other: tuple[Ints, Ints]) -> None:
    at = np.flatnonzero((one[1] != other[1]) | ((one[0] < 0) != (other[0] < 0)))
    if not len(at):
        return
    both, back = np.unique(np.stack([one[0][at], other[0][at]]), axis=1, return_inverse=True)
    sums = np.zeros((3, both.shape[1]), np.int64)
    back = back.reshape(-1)
    np.add.at(sums[0], back, 1)
    np.add.at(sums[1], back, one[1][at])
    np.add.at(sums[2], back, other[1][at])
    for place, (row, again) in enumerate(both.T.tolist()):
        known = pairs.get((row, again), (0, 0, 0))
        more = sums[:, place].tolist()
        pairs[row, again] = (known[0] + more[0], known[1] + more[1], known[2] + more[2])


def merged(one: Done, more: Done) -> Done:
    """Two pieces as one, the second after the first."""
    pairs = dict(one.pairs)
    for key, (count, gross, other) in more.pairs.items():
        known = pairs.get(key, (0, 0, 0))
        pairs[key] = (known[0] + count, known[1] + gross, known[2] + other)
    return Done(
        _together(one.sums + more.sums), _together(one.others + more.others), pairs, one.unread + more.unread
    )


def _together(sums: tuple[PieceSums, ...]) -> tuple[PieceSums, ...]:
    return (reduce(joined, sums),) if sums else ()


class Checkpoint(NamedTuple):
    """How far a batch came: so many pieces, and what they come to; `identity` says of which batch."""

    identity: str
    pieces: int
    done: Done


EMPTY: Final = Done((), (), {}, 0)


def read_checkpoint(path: Path, identity: str) -> Checkpoint | None:
    """What a file holds of a batch; None when it holds nothing of this one."""
    try:
        version, whose, pieces, plain = _decoder.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None
    return Checkpoint(whose, pieces, _done(plain)) if (version, whose) == (VERSION, identity) else None


def write_checkpoint(path: Path, kept: Checkpoint) -> None:
    """Replace the file whole; a kill leaves the one before or this one."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(msgspec.msgpack.encode((VERSION, kept.identity, kept.pieces, _plain_done(kept.done))))
    draft.replace(path)


def identity_of(tasks: list[Task], inputs: Iterable[Path]) -> str:
    """What a checkpoint belongs to: the tasks, and the sizes and times of what they read."""
    said = [repr(tasks[:1]), str(len(tasks))]
    for path in inputs:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        said += [f"{one} {one.stat().st_size} {one.stat().st_mtime_ns}" for one in files if one.is_file()]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _plain_done(done: Done) -> tuple[object, ...]:
    return _plain(done.sums), _plain(done.others), list(done.pairs.items()), done.unread


def _plain(sums: tuple[PieceSums, ...]) -> list[object]:
    return [
        (
            {percent: (one.shape, one.tobytes()) for percent, one in piece.by_percent.items()},
            (piece.rows.shape, piece.rows.tobytes()),
            (piece.ordered.shape, piece.ordered.tobytes()),
            piece.records,
            piece.unknown,
            piece.unpriced,
            [(one.places.tobytes(), one.values.tobytes()) for one in piece.summed],
        )
        for piece in sums
    ]


Array = tuple[tuple[int, int], bytes]
PlainPiece = tuple[dict[int, Array], Array, Array, int, int, int, list[tuple[bytes, bytes]]]
Plain = tuple[list[PlainPiece], list[PlainPiece], list[tuple[tuple[int, int], tuple[int, int, int]]], int]
_decoder: Final = msgspec.msgpack.Decoder(tuple[int, str, int, Plain])


def _done(plain: Plain) -> Done:
    sums, others, pairs, unread = plain
    return Done(tuple(map(_piece, sums)), tuple(map(_piece, others)), dict(pairs), unread)


def _piece(plain: PlainPiece) -> PieceSums:
    by_percent, rows, ordered, records, unknown, unpriced, summed = plain
    return PieceSums(
        {percent: _array(one) for percent, one in by_percent.items()},
        _array(rows),
        _array(ordered),
        records,
        unknown,
        unpriced,
        tuple(Sums(*(np.frombuffer(octets, np.int64) for octets in one)) for one in summed),
    )


def _array(plain: Array) -> Ints:
    shape, octets = plain
    return np.frombuffer(octets, np.int64).reshape(shape).copy()

"""A batch as pieces of work: pure functions of a piece, whose totals add up, for one process, several, or a cluster.

`count_task` needs nothing but its argument: it loads the data sets once per process and counts one piece. What runs the
tasks (a loop, a process pool, Dask) takes the totals in the order of the pieces, and may stop after any of them: a
checkpoint holds the totals so far and how many pieces they cover.

Source: D-006, D-012.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from ain_scp.dialplan.registry import registered_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.batch.against import Against
from ain_scp.scp.batch.engine import Engine
from ain_scp.scp.batch.sources import CsvSource, ParquetSource, Piece, Read, open_source
from ain_scp.scp.batch.totals import Totals, Unused
from ain_scp.scp.batch.verdicts import UNDECIDABLE, Verdicts
from ain_scp.scp.service_logic.program import Program, Undecidable

VERSION: Final = 1


class Task(NamedTuple):
    """One piece of one batch. `against` is the other data set's directory or empty."""

    dataset: str
    against: str
    calls: str
    piece: Piece
    seed: int
    examples: int


class Checkpoint(msgspec.Struct):
    """How far a batch came: `pieces` are done and `totals` are theirs; `identity` says which batch it was."""

    version: int
    identity: str
    pieces: int
    totals: Totals


def count_task(task: Task) -> Totals:
    """Count one piece; data sets and source are kept for the next piece."""
    other = engine_of(task.against) if task.against else None
    return count_piece(
        engine_of(task.dataset), other, source_of(task.calls), task.piece, task.seed, task.examples
    )


def count_piece(
    engine: Engine,
    other: Engine | None,
    source: CsvSource | ParquetSource,
    piece: Piece,
    seed: int,
    examples: int,
) -> Totals:
    """Decide and count the attempts of one piece, and compare with the other engine's decisions."""
    totals = Totals()
    against = None if other is None else Against(engine, other, examples)
    for read in source.chunks(piece.start, piece.stop, seed):
        verdicts = engine.decide(read.attempts)
        totals.count(engine, verdicts)
        totals.invalid += read.invalid
        totals.name(chain(read.unused, _undecided(engine, read, verdicts)))
        if against is not None and other is not None:
            against.compare(read.attempts, read.places, (verdicts, other.decide(read.attempts)), totals)
    return totals


def _undecided(engine: Engine, read: Read, verdicts: Verdicts) -> Iterator[Unused]:
    """The calls of a chunk that have no decision, with the reason; few are asked for, so each is made only then."""
    for row in np.flatnonzero(verdicts.outcome == UNDECIDABLE).tolist():
        decided = engine.decision(read.attempts, verdicts, row)
        if isinstance(decided, Undecidable):
            yield Unused(int(read.places[row]), decided.reason)


@lru_cache(maxsize=4)
def engine_of(directory: str) -> Engine:
    """The engine of a data set directory, loaded once per process; ProvisioningError says what is wrong with it."""
    dataset, _ = load_or_raise(Path(directory))
    return Engine(Program(compile_dataset(dataset), registered_plans()))


@lru_cache(maxsize=4)
def source_of(path: str) -> CsvSource | ParquetSource:
    """The source of a file, opened once per process."""
    return open_source(Path(path))


def identity_of(task: Task, size: int, origin: Path) -> str:
    """A digest of what the totals of a batch depend on: the files of the data sets, the calls' file, the options.

    `origin` is the file that was given, which the task's calls may be made of.
    """
    digest = hashlib.sha256()
    for directory in (task.dataset, task.against):
        if directory:
            for path in sorted(Path(directory).rglob("*")):
                if path.is_file():
                    digest.update(
                        str(path.relative_to(directory)).encode() + b"\0" + path.read_bytes() + b"\0"
                    )
        digest.update(b"|")
    stat = origin.stat()
    digest.update(repr((stat.st_size, stat.st_mtime_ns, size, task.seed, task.examples)).encode())
    return digest.hexdigest()


def read_checkpoint(path: Path, identity: str) -> Checkpoint | None:
    """The checkpoint of this very batch; None when there is none, or it is of another batch or broken."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Checkpoint)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
    return found if found.version == VERSION and found.identity == identity else None


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint in one step, so that a kill leaves the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(msgspec.json.encode(checkpoint))
    beside.replace(path)


def run(
    tasks: list[Task],
    through: Callable[[Iterable[Task]], Iterator[Totals]],
    start: Checkpoint,
    examples: int,
) -> Iterator[Checkpoint]:
    """Count the tasks that are left, through a map that keeps their order; gives the state after each."""
    for totals in through(tasks[start.pieces :]):
        start.totals.merge(totals, examples)
        start.totals.examples = start.totals.examples[:examples]
        start.pieces += 1
        yield start

"""A snapshot as one file: compiled once, mapped read-only by every worker, never unpickled and never compiled again.

    octets 0-7   "AINIMAGE"     8-11 version    12-15 CRC-32 of the directory    16-23 length of the directory
    directory    MessagePack: the rows of the data set, and name, offset, length of every segment
    segments     number columns and tables, each at a multiple of 64 octets

Big columns and tables are used where they lie in the mapping; small rows are decoded. A file that is cut short, altered or
of another version gives ImageFault, never a wrong answer. It is written beside its final name and renamed, so a reader
sees a whole file or none.

Source: D-003, A-060, A-265.
"""

import mmap
import os
import struct
import zlib
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.compile import FreshTables, compile_dataset
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.snapshot import Snapshot
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.provisioning.tables.prefix import PrefixTable
from ain_scp.provisioning.tables.segments import (
    ALIGNMENT,
    TableFault,
    exact_from_segments,
    prefix_from_segments,
    to_segments,
)
from ain_scp.terms.conditions import Condition, condition_of
from ain_scp.terms.origin_questions import EVERY_KIND

VERSION: Final = 4
_MAGIC: Final = b"AINIMAGE"
_HEAD: Final = struct.Struct("<8sIIQ")
_DTYPES: Final = frozenset({"<i8", "<i4", "<i2"})


class ImageFault(Exception):
    """A file that is no image, or no longer the image that was written."""


class _Directory(msgspec.Struct):
    """What the file holds: rows as MessagePack with columns by number, and where every segment lies."""

    rows: bytes
    columns: list[tuple[str, int, int, int]]  # dtype, offset, octets, CRC-32
    segments: dict[str, tuple[int, int]]  # offset, octets


class MappedTables:
    """Tables of an image, found by name; nothing is compiled."""

    def __init__(self, segments: dict[str, memoryview], verify: bool) -> None:
        self._segments = segments
        self._verify = verify

    def exact(self, name: str, _make: object) -> ExactTable:
        """The table of complete numbers with this name."""
        return exact_from_segments(self._segments, name, verify=self._verify)

    def prefix(self, name: str, _make: object) -> PrefixTable:
        """The table of prefixes with this name."""
        return prefix_from_segments(self._segments, name, verify=self._verify)


def save_image(dataset: DataSet, target: Path) -> Snapshot:
    """Compile a data set and write its image; returns the snapshot. OSError when the file cannot be written."""
    tables = FreshTables()
    snapshot = compile_dataset(dataset, tables)
    columns: list[NDArray[np.int64]] = []

    def plain(value: object) -> object:
        if isinstance(value, Condition):
            return value.plain()
        if isinstance(value, np.ndarray):
            columns.append(np.ascontiguousarray(value))
            return len(columns) - 1
        raise NotImplementedError

    rows = msgspec.msgpack.encode(dataset, enc_hook=plain)
    segments = {
        name: octets for table, made in tables.made.items() for name, octets in to_segments(made, table)
    }
    _write(target, rows, columns, segments)
    return snapshot


def _write(target: Path, rows: bytes, columns: list[NDArray[np.int64]], segments: dict[str, bytes]) -> None:
    """Lay the parts out after a directory of fixed size, write beside the target, rename."""
    sizes = [column.nbytes for column in columns] + [len(octets) for octets in segments.values()]
    directory = _Directory(rows, [], {})
    for _ in range(
        2
    ):  # the offsets need the directory's length, which does not change once they have their width
        start = _aligned(_HEAD.size + len(msgspec.msgpack.encode(directory)) + 16 * len(sizes))
        offsets: list[int] = []
        for size in sizes:
            offsets.append(start)
            start = _aligned(start + size)
        directory.columns = [
            (column.dtype.str, offset, column.nbytes, zlib.crc32(column.data))
            for column, offset in zip(columns, offsets, strict=False)
        ]
        rest = offsets[len(columns) :]
        directory.segments = {
            name: (offset, len(octets)) for (name, octets), offset in zip(segments.items(), rest, strict=True)
        }
    encoded = msgspec.msgpack.encode(directory)
    scratch = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        with scratch.open("wb") as stream:
            stream.write(_HEAD.pack(_MAGIC, VERSION, zlib.crc32(encoded), len(encoded)) + encoded)
            parts = [column.data.cast("B") if column.size else b"" for column in columns]
            for offset, part in zip(offsets, [*parts, *segments.values()], strict=True):
                stream.write(bytes(offset - stream.tell()))
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def map_image(source: Path, *, verify: bool = True) -> Snapshot:
    """Open an image; the mapping lives as long as the snapshot. `verify` compares every checksum.

    Raises ImageFault for a file that is not what `save_image` wrote, OSError when it cannot be read.
    """
    with source.open("rb") as stream:
        try:
            memory = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:
            raise ImageFault(f"{source}: empty") from None
    directory = _directory(source, memory)
    try:
        columns = [_column(memory, *place, verify=verify) for place in directory.columns]
        segments = {name: _part(memory, *place) for name, place in directory.segments.items()}
        dataset = msgspec.msgpack.decode(
            directory.rows,
            type=DataSet,
            dec_hook=lambda kind, value: (
                condition_of(value, EVERY_KIND) if kind is Condition else columns[value]
            ),
        )
        return compile_dataset(dataset, MappedTables(segments, verify))
    except (
        msgspec.DecodeError,
        RecursionError,
        TableFault,
        ImageFault,
        IndexError,
        TypeError,
        KeyError,
        ValueError,
    ) as fault:
        raise ImageFault(f"{source}: {fault}") from None


def _directory(source: Path, memory: memoryview) -> _Directory:
    if len(memory) < _HEAD.size:
        raise ImageFault(f"{source}: shorter than an image's head")
    magic, version, checksum, length = _HEAD.unpack_from(memory)
    if magic != _MAGIC:
        raise ImageFault(f"{source}: no image of a data set")
    if version != VERSION:
        raise ImageFault(f"{source}: an image of version {version}; this release reads version {VERSION}")
    encoded = memory[_HEAD.size : _HEAD.size + length]
    if len(encoded) != length or zlib.crc32(encoded) != checksum:
        raise ImageFault(f"{source}: the directory is cut short or altered")
    try:
        return msgspec.msgpack.decode(encoded, type=_Directory)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise ImageFault(f"{source}: {fault}") from None


def _part(memory: memoryview, offset: int, length: int) -> memoryview:
    if offset < 0 or length < 0 or offset + length > len(memory):
        raise ImageFault("a segment lies outside the file")
    return memory[offset : offset + length]


def _column(
    memory: memoryview, dtype: str, offset: int, length: int, checksum: int, *, verify: bool
) -> NDArray[np.int64]:
    if dtype not in _DTYPES:
        raise ImageFault(f"a column of type {dtype}")
    part = _part(memory, offset, length)
    if verify and zlib.crc32(part) != checksum:
        raise ImageFault("a column is altered")
    return np.frombuffer(part, dtype=np.dtype(dtype))

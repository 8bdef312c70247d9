"""A snapshot: the whole state of a ledger in one file, complete by itself.

```
"AINLSNP1"  then blocks: length(4) crc(4) MessagePack of [kind, rows]        1,000 rows a block
the first block is ["head", [sequence, now_ms]], the last ["end", [number of rows]]
```
Big-endian. A file without its last block, or with a block whose CRC is wrong, is no snapshot.

Source: charging.md 4.3 (Snapshots).
"""

import zlib
from collections.abc import Iterator
from itertools import islice
from struct import Struct as Layout
from typing import Any, Final

import msgspec

from ain_scp.billing.ledger.account import Account, Reservation
from ain_scp.billing.ledger.check import rows
from ain_scp.billing.ledger.machine import Ledger
from ain_scp.billing.ledger.record import Kept, RecordFault, Terms
from ain_scp.journal.storage import Storage, replace_file

MAGIC: Final = b"AINLSNP1"
SUFFIX: Final = ".snap"
BLOCK_ROWS: Final = 1000
_BLOCK: Final = Layout(">II")


def name_of(sequence: int) -> str:
    """The file name of the snapshot behind record `sequence`; names sort as the numbers do."""
    return f"state-{sequence:020d}{SUFFIX}"


def encode(ledger: Ledger) -> bytes:
    """The octets of a snapshot."""
    every = rows(ledger)
    blocks = [_block(["head", [ledger.sequence, ledger.now_ms]])]
    count = 0
    while some := list(islice(every, BLOCK_ROWS)):
        blocks.append(_block(["rows", some]))
        count += len(some)
    blocks.append(_block(["end", [count]]))
    return MAGIC + b"".join(blocks)


def decode(octets: bytes) -> Ledger:
    """The ledger of a snapshot; RecordFault when the octets are not a whole one."""
    if not octets.startswith(MAGIC[:-1]):
        raise RecordFault("no snapshot of a ledger")
    if not octets.startswith(MAGIC):
        version = octets[len(MAGIC) - 1 : len(MAGIC)].decode("ascii", "replace")
        raise RecordFault(f"snapshot of version {version}; this release reads version {MAGIC[-1:].decode()}")
    ledger, count, ended = Ledger(), 0, False
    for kind, items in _blocks(octets):
        if kind == "head":
            ledger.sequence, ledger.now_ms = items
        elif kind == "end":
            ended = items == [count]
        else:
            count += len(items)
            for row in items:
                _put(ledger, row)
    if not ended:
        raise RecordFault("the snapshot is not whole")
    ledger.restore()
    return ledger


def write(ledger: Ledger, storage: Storage, keep: int = 2) -> str:
    """Write a snapshot durably and remove all but the newest `keep`; return its name."""
    name = name_of(ledger.sequence)
    replace_file(storage, name, encode(ledger))
    for old in snapshots(storage)[keep:]:
        storage.remove(old)
    return name


def snapshots(storage: Storage) -> list[str]:
    """Names of the snapshots, newest first."""
    return [name for name in reversed(storage.names()) if name.startswith("state-") and name.endswith(SUFFIX)]


def sequence_of(name: str) -> int:
    """The record behind which a snapshot stands, from its name."""
    return int(name.removeprefix("state-").removesuffix(SUFFIX))


def is_whole(storage: Storage, name: str) -> bool:
    """Whether every block of a snapshot is there and undamaged; nothing is made of it."""
    octets = storage.read(name, 0, storage.size(name))
    offset, last = len(MAGIC), b""
    while octets.startswith(MAGIC) and offset + _BLOCK.size <= len(octets):
        length, crc = _BLOCK.unpack_from(octets, offset)
        last = octets[offset + _BLOCK.size : offset + _BLOCK.size + length]
        if len(last) < length or zlib.crc32(last) != crc:
            return False
        offset += _BLOCK.size + length
    return bool(last) and msgspec.msgpack.decode(last)[0] == "end"


def newest(storage: Storage) -> tuple[Ledger | None, list[str]]:
    """The ledger of the newest whole snapshot (None: there is none), and what was wrong with newer ones."""
    damaged: list[str] = []
    for name in snapshots(storage):
        try:
            return decode(storage.read(name, 0, storage.size(name))), damaged
        except (RecordFault, msgspec.MsgspecError, RecursionError, ValueError, TypeError) as fault:
            damaged.append(f"{name}: {fault}")
    return None, damaged


def _block(content: list[object]) -> bytes:
    octets = msgspec.msgpack.encode(content)
    return _BLOCK.pack(len(octets), zlib.crc32(octets)) + octets


def _blocks(octets: bytes) -> Iterator[tuple[str, list[Any]]]:
    offset = len(MAGIC)
    while offset + _BLOCK.size <= len(octets):
        length, crc = _BLOCK.unpack_from(octets, offset)
        offset += _BLOCK.size
        body = octets[offset : offset + length]
        if len(body) < length or zlib.crc32(body) != crc:
            raise RecordFault(f"the block at octet {offset - _BLOCK.size} is damaged")
        kind, items = msgspec.msgpack.decode(body, type=tuple[str, list[Any]])
        yield kind, items
        offset += length


def _put(ledger: Ledger, row: list[Any]) -> None:
    """Put one row back where it was."""
    kind, name, *rest = row
    if kind == "account":
        account = ledger.accounts[name] = Account(name, msgspec.convert(rest[0], Terms))
        account.posted, account.used, account.period = rest[1:]
    elif kind == "system":
        ledger.system[name] = rest[0]
    elif kind == "hold":
        held = ledger.reservations[name] = Reservation(*rest)
        ledger.accounts[held.account].reserved += held.amount
    elif kind == "fact":
        ledger.facts.setdefault(name, {})[rest[0]] = rest[1]
    else:
        ledger.keys.put(name, msgspec.convert(rest[0], Kept), rest[1])

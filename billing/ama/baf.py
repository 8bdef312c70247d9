"""Writing and reading AMA records as BAF: records, blocks with sequence numbers, a file with its trailer.

`BafWriter` gathers records into blocks and ends the file; `read_baf` reads a whole file back, refusing gaps, repeats,
wrong counts and anything the layout table does not allow. Fields that BAF holds less exactly than the record (tenths of
a second, one digit of the year) are checked against the exact ones of module 901.

Source: A-225; ain_scp.billing.ama.baf_layout; reliability.md section 5 (block sequence numbers, trailer), D7.
"""

import zlib
from typing import Final

import msgspec

from ain_scp.billing.ama.baf_fields import record_of, values_of
from ain_scp.billing.ama.baf_layout import (
    BLOCK_HEADER,
    DESCRIPTOR_OCTETS,
    HEX_IDENTIFIER,
    MAX_BLOCK_OCTETS,
    MODULES,
    STRUCTURES,
    TRAILER,
    TRAILER_STRUCTURE,
    octets_of,
)
from ain_scp.billing.ama.packed import pack, unpack
from ain_scp.billing.ama.record import (
    MAX_SEQUENCE,
    AmaFile,
    AmaFormatError,
    AmaRecord,
    FileTrailer,
    SequencedAma,
    problems,
)

MAX_FILE_OCTETS: Final = 256 << 20
MAX_BLOCK_SEQUENCE: Final = 9_999_999
_BLOCK_ROOM: Final = MAX_BLOCK_OCTETS - DESCRIPTOR_OCTETS - octets_of(BLOCK_HEADER)
_MAX_MODULES: Final = 16


class Office(msgspec.Struct, frozen=True):
    """Which switch recorded, in digits: types of up to 3, identifications of up to 7 digits (tables 2 to 5)."""

    sensor_type: str = "0"
    sensor_id: str = "0"
    recording_office_type: str = "0"
    recording_office_id: str = "0"


def encode_record(record: AmaRecord, sequence: int, office: Office) -> bytes:
    """Write one record with its descriptor word; AmaFormatError for a record that no file may hold."""
    found = problems(record)
    if found or not 0 < sequence <= MAX_SEQUENCE:
        raise AmaFormatError(0, "; ".join(found) or "sequence number is out of range")
    structure, values, modules = values_of(record, sequence)
    values |= {
        "sensor_type": office.sensor_type,
        "sensor_id": office.sensor_id,
        "recording_office_type": office.recording_office_type,
        "recording_office_id": office.recording_office_id,
    }
    body = pack(STRUCTURES[structure], values)
    body += b"".join(pack(MODULES[code], {"module_code": code, **row}) for code, row in modules)
    return _descriptor(len(body)) + body


def decode_record(octets: bytes, offset: int = 0) -> tuple[SequencedAma, int]:
    """Read the record whose descriptor word is at `offset`; return it and the offset after it."""
    end = _read_descriptor(octets, offset, MAX_BLOCK_OCTETS)
    body = octets[:end]
    at = offset + DESCRIPTOR_OCTETS
    structure = _structure_code(body, at)
    if structure - 40_000 not in STRUCTURES:
        raise AmaFormatError(at, f"structure code {structure:05d} is not known here")
    values, at = unpack(STRUCTURES[structure - 40_000], body, at)
    modules: list[tuple[int, dict[str, str]]] = []
    while True:
        code, row, at = _module(body, at)
        if code == 0:
            break
        if len(modules) >= _MAX_MODULES:
            raise AmaFormatError(at, "too many modules")
        modules.append((code, row))
    if at != end:
        raise AmaFormatError(at, "octets after the last module")
    return record_of(structure - 40_000, values, modules, offset), end


def _structure_code(octets: bytes, at: int) -> int:
    values, _ = unpack(TRAILER[:2], octets, at)
    if int(values["hex_identifier"]) != HEX_IDENTIFIER:
        raise AmaFormatError(at, "hex identifier is not AA")
    return int(values["structure_code"])


def _module(octets: bytes, at: int) -> tuple[int, dict[str, str], int]:
    head, _ = unpack(MODULES[0], octets, at)
    code = int(head["module_code"])
    if code not in MODULES:
        raise AmaFormatError(at, f"module {code:03d} is not known here, so its length is not either")
    row, behind = unpack(MODULES[code], octets, at)
    return code, row, behind


def _descriptor(length: int) -> bytes:
    return (length + DESCRIPTOR_OCTETS).to_bytes(2, "big") + b"\x00\x00"


def _read_descriptor(octets: bytes, offset: int, longest: int) -> int:
    """Read a descriptor word; return the offset after what it describes."""
    word = octets[offset : offset + DESCRIPTOR_OCTETS]
    if len(word) < DESCRIPTOR_OCTETS:
        raise AmaFormatError(offset, "descriptor word is cut off")
    length = int.from_bytes(word[:2], "big")
    if word[2:] != b"\x00\x00" or not DESCRIPTOR_OCTETS < length <= longest:
        raise AmaFormatError(offset, "descriptor word is impossible")
    if offset + length > len(octets):
        raise AmaFormatError(offset, f"cut off: {len(octets) - offset} of {length} octets are there")
    return offset + length


class BafWriter:
    """Gathers records into blocks of at most 2,048 octets; sequence numbers must follow each other.

    `add` returns the octets of a block when one is full, `finish` the last block and the trailer; the caller writes
    them where they belong.
    """

    def __init__(self, office: Office, first_block: int = 1) -> None:
        self._office = office
        self._block = first_block
        self._records: list[bytes] = []
        self._octets = 0
        self._first_of_block = 0
        self._first = 0
        self._last = 0
        self._crc = 0

    def add(self, record: AmaRecord, sequence: int) -> bytes:
        """Take one record; return a finished block, or nothing yet."""
        if self._last and sequence != self._last + 1:
            raise AmaFormatError(0, f"record {sequence} does not follow {self._last}")
        octets = encode_record(record, sequence, self._office)
        block = self._flush() if self._octets + len(octets) > _BLOCK_ROOM else b""
        if not self._records:
            self._first_of_block = sequence
        self._first = self._first or sequence
        self._last = sequence
        self._records.append(octets)
        self._octets += len(octets)
        self._crc = zlib.crc32(octets, self._crc)
        return block

    def finish(self) -> bytes:
        """End the file: the last block, then a block with the trailer alone."""
        block = self._flush()
        count = self._last - self._first + 1 if self._first else 0
        values = {
            "hex_identifier": HEX_IDENTIFIER,
            "structure_code": TRAILER_STRUCTURE,
            "first_sequence": self._first,
            "last_sequence": self._last,
            "record_count": count,
            "crc32": self._crc,
        }
        body = pack(TRAILER, values)
        self._records = [_descriptor(len(body)) + body]
        self._first_of_block = 0
        return block + self._flush()

    def _flush(self) -> bytes:
        if not self._records:
            return b""
        header = pack(
            BLOCK_HEADER,
            {
                "block_sequence": self._block,
                "first_record_sequence": self._first_of_block,
                "record_count": len(self._records),
            },
        )
        body = header + b"".join(self._records)
        self._records = []
        self._octets = 0
        self._block = self._block % MAX_BLOCK_SEQUENCE + 1
        return _descriptor(len(body)) + body


def write_baf(records: list[SequencedAma], office: Office, first_block: int = 1) -> bytes:
    """Write a whole file at once."""
    writer = BafWriter(office, first_block)
    return b"".join([writer.add(item.record, item.sequence) for item in records] + [writer.finish()])


def read_baf(octets: bytes) -> AmaFile:
    """Read a whole file; AmaFormatError for anything torn, missing, repeated, out of order or not in the table."""
    if len(octets) > MAX_FILE_OCTETS:
        raise AmaFormatError(0, f"file is longer than {MAX_FILE_OCTETS} octets")
    records: list[SequencedAma] = []
    offset, block, crc = 0, 0, 0
    while True:
        end = _read_descriptor(octets, offset, MAX_BLOCK_OCTETS)
        header, at = unpack(BLOCK_HEADER, octets[:end], offset + DESCRIPTOR_OCTETS)
        number = int(header["block_sequence"])
        if block and number != block % MAX_BLOCK_SEQUENCE + 1:
            raise AmaFormatError(offset, f"block {number} does not follow block {block}")
        block = number
        if _structure_code(octets[:end], at + DESCRIPTOR_OCTETS) == TRAILER_STRUCTURE:
            return AmaFile(tuple(records), _trailer(octets, at, records, crc))
        crc = zlib.crc32(memoryview(octets)[at:end], crc)
        _read_block(octets[:end], at, header, records)
        offset = end


def _read_block(octets: bytes, at: int, header: dict[str, str], records: list[SequencedAma]) -> None:
    first = int(header["first_record_sequence"])
    found = 0
    while at < len(octets):
        item, behind = decode_record(octets, at)
        expected = records[-1].sequence + 1 if records else first
        if item.sequence != expected or (found == 0 and item.sequence != first):
            raise AmaFormatError(at, f"record {item.sequence} stands where {expected} belongs")
        records.append(item)
        found += 1
        at = behind
    if found != int(header["record_count"]):
        raise AmaFormatError(at, "block does not hold as many records as it says")


def _trailer(octets: bytes, at: int, records: list[SequencedAma], crc: int) -> FileTrailer:
    end = _read_descriptor(octets, at, MAX_BLOCK_OCTETS)
    values, behind = unpack(TRAILER, octets[:end], at + DESCRIPTOR_OCTETS)
    trailer = FileTrailer(
        first=int(values["first_sequence"]),
        last=int(values["last_sequence"]),
        count=int(values["record_count"]),
        crc32=int(values["crc32"]),
    )
    if behind != len(octets):
        raise AmaFormatError(behind, "octets after the trailer")
    check_trailer(trailer, records, crc, at)
    return trailer


def check_trailer(trailer: FileTrailer, records: list[SequencedAma], crc: int, at: int) -> None:
    """Refuse a file whose trailer does not agree with its records."""
    first, last = (records[0].sequence, records[-1].sequence) if records else (0, 0)
    if (trailer.first, trailer.last, trailer.count, trailer.crc32) != (first, last, len(records), crc):
        raise AmaFormatError(at, "trailer does not agree with the records before it")

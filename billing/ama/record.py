"""One AMA record: what the originating switch notes about one call.

Times are milliseconds of the originating location's own calendar since 1970-01-01T00:00:00; the duration is measured
apart (a clock may be set during a call) in milliseconds from answer to release. Without an AMAslpID the record is a
normal one: the record exists under the same circumstances with and without the service.

Source: requirements.md section 5.4; A-225, [0147], [0155], [0176]; AMB-69 (nine digits, 000000001-899999999).
"""

from typing import Final, Literal

import msgspec

from ain_scp.terms.digits import is_digits, is_number
from ain_scp.terms.facts import Jurisdiction
from ain_scp.terms.vocabulary import BEARERS

CallingClass = Literal["CENTREX", "PBX", "TO", "OTHER"]
Facility = Literal["PSTN", "TRUNK", "CARRIER", "NONE"]

MAX_TIME_MS: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999."""
MAX_DURATION_MS: Final = 99_999_999_999
"""A little over three years: the 11 digits the files hold."""
MAX_SEQUENCE: Final = 99_999_999_999
MAX_CALL_ID: Final = 32
MAX_GROUP: Final = 16
MAX_FACILITY_ID: Final = 24


class AmaRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The record of one call; made by the originating switch, never changed afterwards.

    `called_number` is the number as routed (the ASF-RTL number on leg 1), `original_called_number` what the caller
    asked for when that differs. `answer_ms` is None for a call never answered, and then `duration_ms` is 0.
    """

    call_id: str
    customer_group: str = ""
    calling_number: str
    called_number: str
    original_called_number: str | None = None
    start_ms: int
    answer_ms: int | None = None
    end_ms: int
    duration_ms: int = 0
    bearer: str = "SPEECH"
    calling_class: CallingClass = "OTHER"
    facility: Facility = "PSTN"
    facility_id: str | None = None
    jurisdiction: Jurisdiction = "UNKNOWN"
    ama_slp_id: str | None = None


def charged_number(record: AmaRecord) -> str:
    """The number the caller meant, as calls are charged by it: + before an international one."""
    if record.original_called_number is not None:
        return record.original_called_number
    abroad = record.jurisdiction == "INTERNATIONAL" and not record.called_number.startswith("+")
    return f"+{record.called_number}" if abroad else record.called_number


class SequencedAma(msgspec.Struct, frozen=True):
    """A record with the sequence number it was committed under."""

    sequence: int
    record: AmaRecord


class FileTrailer(msgspec.Struct, frozen=True):
    """The end of an AMA file: first and last sequence number, how many records, CRC-32 over the records before it."""

    first: int
    last: int
    count: int
    crc32: int


class AmaFile(msgspec.Struct, frozen=True):
    """A whole file as read: contiguous records, and the trailer that vouches for them."""

    records: tuple[SequencedAma, ...]
    trailer: FileTrailer


class AmaFormatError(Exception):
    """A file that is not what its format says, or a record no format can hold.

    `offset` is the octet (BAF) or line (text, from 1) where reading stopped; `reason` is one short sentence without
    any of the payload.
    """

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason

    def __str__(self) -> str:
        return f"AMA: at {self.offset}: {self.reason}"


def problems(record: AmaRecord) -> list[str]:
    """Everything that is wrong with a record, in words; [] when nothing is."""
    found = _number_problems(record) + _time_problems(record)
    for name, text, longest in (
        ("call id", record.call_id, MAX_CALL_ID),
        ("customer group", record.customer_group, MAX_GROUP),
        ("facility id", record.facility_id or "", MAX_FACILITY_ID),
    ):
        if len(text) > longest or not all("!" <= character <= "~" for character in text):
            found.append(f"{name} must have at most {longest} printable characters without spaces")
    if not record.call_id:
        found.append("call id is missing")
    if record.facility_id == "":
        found.append("facility id is empty; None means there is none")
    if record.bearer not in BEARERS:
        found.append("bearer is unknown")
    if record.ama_slp_id is not None and not is_ama_slp_id(record.ama_slp_id):
        found.append("AMAslpID is not 000000001-899999999")
    return found


def _number_problems(record: AmaRecord) -> list[str]:
    found = []
    for name, number in (("calling", record.calling_number), ("called", record.called_number)):
        if not is_number(number):
            found.append(f"{name} number is not 1 to 15 digits")
    if record.original_called_number is not None and not is_number(record.original_called_number):
        found.append("original called number is not 1 to 15 digits")
    return found


def _time_problems(record: AmaRecord) -> list[str]:
    found = []
    times = [record.start_ms, record.end_ms]
    if record.answer_ms is not None:
        times.append(record.answer_ms)
    elif record.duration_ms:
        found.append("a call never answered has no duration")
    if not all(0 <= time <= MAX_TIME_MS for time in times):
        found.append("a time is outside 1970 to 9999")
    if not 0 <= record.duration_ms <= MAX_DURATION_MS:
        found.append("duration is negative or too long")
    return found


def is_ama_slp_id(text: str) -> bool:
    """Say whether `text` is an AMAslpID: nine digits, 000000001-899999999 (AMB-69)."""
    return len(text) == 9 and is_digits(text) and 0 < int(text) < 900_000_000

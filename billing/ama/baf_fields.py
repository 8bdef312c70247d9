"""Between an AMA record and the values of BAF's fields: which structure, which modules, and back.

Structure 220 when there is an AMAslpID (A-225), else 625 for interLATA and international calls, else 1. Module 901 is
always there and holds the exact values; 104 names a trunk, 307 the original called number, 164 each number that is not
ten digits long.

Source: ain_scp.billing.ama.baf_layout; A-225; AMB-69.
"""

import datetime as dt
import re
from typing import Final

from ain_scp.billing.ama.baf_layout import (
    BEARER_CODES,
    CALL_TYPES,
    CLASS_CODES,
    FACILITY_CODES,
    HEX_IDENTIFIER,
    JURISDICTION_CODES,
)
from ain_scp.billing.ama.record import (
    AmaFormatError,
    AmaRecord,
    CallingClass,
    Facility,
    SequencedAma,
    problems,
)
from ain_scp.terms.facts import Jurisdiction

Values = dict[str, int | str]
Row = dict[str, str]

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - local calendar on purpose
_TRUNK: Final = re.compile(r"([0-9]{4})-([0-9]{4})")
_CALLING_USE: Final = 1
_CALLED_USE: Final = 2
_ORIGINAL_CALLED: Final = 1
_DIRECT_OUTGOING: Final = 2
_ELAPSED_LIMIT_MS: Final = 999_999 * 60_000
_MS: Final = dt.timedelta(milliseconds=1)
_CLASS: Final[dict[str, CallingClass]] = {"CENTREX": "CENTREX", "PBX": "PBX", "TO": "TO", "OTHER": "OTHER"}
_FACILITY: Final[dict[str, Facility]] = {
    "NONE": "NONE",
    "PSTN": "PSTN",
    "TRUNK": "TRUNK",
    "CARRIER": "CARRIER",
}
_JURISDICTION: Final[dict[str, Jurisdiction]] = {
    "UNKNOWN": "UNKNOWN",
    "INTRALATA": "INTRALATA",
    "INTERLATA": "INTERLATA",
    "INTERNATIONAL": "INTERNATIONAL",
    "TOLL_FREE": "TOLL_FREE",
}


def structure_of(record: AmaRecord) -> int:
    """Choose the structure code."""
    if record.ama_slp_id is not None:
        return 220
    return 625 if record.jurisdiction in ("INTERLATA", "INTERNATIONAL") else 1


def values_of(record: AmaRecord, sequence: int) -> tuple[int, Values, list[tuple[int, Values]]]:
    """Return structure code, the structure's values (without the office's) and the modules in order, 000 last."""
    structure = structure_of(record)
    connect_ms = record.start_ms if record.answer_ms is None else record.answer_ms
    values: Values = {
        "hex_identifier": HEX_IDENTIFIER,
        "structure_code": 40_000 + structure,
        "call_type": CALL_TYPES[structure],
        "connect_date": date_digits(connect_ms),
        "called_party_off_hook": int(record.answer_ms is None),
        "originating_npa": record.calling_number[-10:-7],
        "originating_number": record.calling_number[-7:],
        "overseas_indicator": int(record.jurisdiction == "INTERNATIONAL"),
        "terminating_npa": record.called_number[-12:-7],
        "terminating_number": record.called_number[-7:],
        "connect_time": time_digits(connect_ms),
        "elapsed_time": elapsed_digits(record.duration_ms),
    }
    if structure == 220:
        values |= {"ic_inc_prefix": carrier_of(record), "service_logic_id": record.ama_slp_id or ""}
    elif structure == 625:
        values |= {
            "ic_inc_prefix": carrier_of(record),
            "carrier_connect_date": values["connect_date"],
            "carrier_connect_time": values["connect_time"],
            "carrier_elapsed_time": values["elapsed_time"],
            "ic_inc_call_status": 10,
            "routing_indicator": 1,
            "ani_cpn_indicator": 3,
        }
    return structure, values, _modules_of(record, sequence)


def _modules_of(record: AmaRecord, sequence: int) -> list[tuple[int, Values]]:
    modules: list[tuple[int, Values]] = []
    trunk = _TRUNK.fullmatch(record.facility_id or "") if record.facility == "TRUNK" else None
    if trunk is not None:
        modules.append((104, {"trunk_identification": f"{_DIRECT_OUTGOING}{trunk[2]}0000"}))
    for use, number in ((_CALLING_USE, record.calling_number), (_CALLED_USE, record.called_number)):
        if len(number) != 10:
            modules.append((164, {"number_use": use, "significant_digits": len(number), "number": number}))
    original = record.original_called_number
    if original is not None:
        row: Values = {
            "line_number_type": _ORIGINAL_CALLED,
            "significant_digits": len(original),
            "line_number": original,
        }
        modules.append((307, row))
    modules.append((901, _exact_values(record, sequence)))
    modules.append((0, {}))
    return modules


def _exact_values(record: AmaRecord, sequence: int) -> Values:
    return {
        "record_sequence": sequence,
        "start": stamp_digits(record.start_ms),
        "answer": "0" if record.answer_ms is None else stamp_digits(record.answer_ms),
        "end": stamp_digits(record.end_ms),
        "duration_ms": record.duration_ms,
        "calling_class": CLASS_CODES.index(record.calling_class),
        "bearer": BEARER_CODES.index(record.bearer),
        "facility": FACILITY_CODES.index(record.facility),
        "jurisdiction": JURISDICTION_CODES.index(record.jurisdiction),
        "call_id": record.call_id,
        "customer_group": record.customer_group,
        "facility_id": record.facility_id or "",
    }


def record_of(structure: int, values: Row, modules: list[tuple[int, Row]], at: int) -> SequencedAma:
    """Build the record from a structure and its modules, and check that both say the same."""
    rows = dict(modules)
    if len(rows) != len(modules) - _extra_numbers(modules) or 901 not in rows:
        raise AmaFormatError(at, "a module is missing or repeated")
    exact = rows[901]
    numbers = {
        int(row["number_use"]): _significant(row, "number", at) for code, row in modules if code == 164
    }
    original = _significant(rows[307], "line_number", at) if 307 in rows else None
    try:
        record = AmaRecord(
            call_id=exact["call_id"],
            customer_group=exact["customer_group"],
            calling_number=numbers.get(_CALLING_USE)
            or values["originating_npa"] + values["originating_number"],
            called_number=numbers.get(_CALLED_USE)
            or values["terminating_npa"][2:] + values["terminating_number"],
            original_called_number=original,
            start_ms=stamp_of(exact["start"]),
            answer_ms=None if not int(exact["answer"]) else stamp_of(exact["answer"]),
            end_ms=stamp_of(exact["end"]),
            duration_ms=int(exact["duration_ms"]),
            bearer=BEARER_CODES[int(exact["bearer"])],
            calling_class=_CLASS[CLASS_CODES[int(exact["calling_class"])]],
            facility=_FACILITY[FACILITY_CODES[int(exact["facility"])]],
            facility_id=exact["facility_id"] or None,
            jurisdiction=_JURISDICTION[JURISDICTION_CODES[int(exact["jurisdiction"])]],
            ama_slp_id=values.get("service_logic_id"),
        )
    except (ValueError, IndexError, OverflowError) as error:
        raise AmaFormatError(at, "module 901 holds an impossible value") from error
    sequence = int(exact["record_sequence"])
    _check(record, sequence, structure, values, modules, at)
    return SequencedAma(sequence=sequence, record=record)


def _extra_numbers(modules: list[tuple[int, Row]]) -> int:
    """How many modules 164 there are beyond the first, if each has its own use."""
    uses = [row["number_use"] for code, row in modules if code == 164]
    return len(uses) - 1 if uses and len(set(uses)) == len(uses) else 0


def _significant(row: Row, name: str, at: int) -> str:
    count = int(row["significant_digits"])
    digits = row[name]
    if not 0 < count <= len(digits) or digits[: len(digits) - count].strip("0"):
        raise AmaFormatError(at, f"{name} has another length than it says")
    return digits[len(digits) - count :]


def _check(
    record: AmaRecord, sequence: int, structure: int, values: Row, modules: list[tuple[int, Row]], at: int
) -> None:
    """Write the record again: every field that does not come from the office must be what was read."""
    found = problems(record)
    if found or not sequence:
        raise AmaFormatError(at, "; ".join(found) or "sequence number is 0")
    again, expected, rows = values_of(record, sequence)
    same = again == structure and [code for code, _ in rows[:-1]] == [code for code, _ in modules]
    if not same or any(not _equal(values[name], value) for name, value in expected.items()):
        raise AmaFormatError(at, "the structure and module 901 contradict each other")
    for (_, row), (_, read) in zip(rows, modules, strict=False):
        if any(not _equal(read[name], value) for name, value in row.items()):
            raise AmaFormatError(at, "the modules contradict each other")


def _equal(read: str, written: int | str) -> bool:
    text = str(written)
    return read == text or (text or "0").zfill(len(read)) == read


def carrier_of(record: AmaRecord) -> str:
    """The carrier identification code, when the call went to a carrier whose name is its code of up to 5 digits."""
    code = record.facility_id or ""
    plain = record.facility == "CARRIER" and len(code) <= 5 and code.isascii() and code.isdigit()
    return code if plain else "0"


def date_digits(time_ms: int) -> str:
    """YMMDD: the last digit of the year, month, day (table 6)."""
    return f"{_moment(time_ms):%Y%m%d}"[3:]


def time_digits(time_ms: int) -> str:
    """HHMMSST: to the tenth of a second, cut off (table 18)."""
    return f"{_moment(time_ms):%H%M%S}{time_ms % 1000 // 100}"


def elapsed_digits(duration_ms: int) -> str:
    """MMMMMMSST: minutes, seconds, tenths, cut off (table 19); the longest the field holds when it is longer."""
    tenths = min(duration_ms, _ELAPSED_LIMIT_MS) // 100
    return f"{tenths // 600:06d}{tenths % 600:03d}"


def stamp_digits(time_ms: int) -> str:
    """YYYYMMDDHHMMSSmmm."""
    moment = _moment(time_ms)
    return f"{moment.year:04d}{moment:%m%d%H%M%S}{time_ms % 1000:03d}"


def stamp_of(digits: str) -> int:
    """Milliseconds of a stamp; ValueError for a day or hour that does not exist."""
    moment = dt.datetime.strptime(digits[:14], "%Y%m%d%H%M%S")  # noqa: DTZ007 - local calendar on purpose
    return (moment - _EPOCH) // _MS + int(digits[14:])


def _moment(time_ms: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(milliseconds=time_ms)

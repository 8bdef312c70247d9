"""BAF, the Bellcore AMA format, as one literal table: every field this project writes, and how sure each line is.

A record is a descriptor word, a structure (chosen by structure code) and modules, the last of which is 000. Fields are
packed decimal: one digit per four bits, most significant first, closed by the sign C; text fields are IA5, filled with
spaces. GR-1100-CORE itself was not at hand, so each line names what it rests on:

`PRINT`  the formatted printout of a structure 40625 record in Cisco's BAMS user's guide (OL-3351-01, chapter 5): field
         order, table numbers, digits and signs
`CISCO`  Cisco's MGC billing interface guide (OL-1089-11): the AIN service logic ID is nine digits 000000001-899999999
         and makes structure code 220; AMALineNumber (12-digit number, 3-digit type) is recorded in module 307
`VIEW`   a published excerpt of a BAF viewer: table 244, trunk identification, ten characters
`DMS`    a printed AMA block in a DMS-100 maintenance guide (297-1001 series): block and record descriptor words are two
         octets of length (their own four octets included) and two octets of zero
`TOC`    the published table of contents of GR-1100-CORE: the module's code and name only
`unconfirmed`  not checked here; a carrier's own data administrator must, before a real exchange

Source: A-225; GR-1100-CORE as above; requirements.md section 5.4.
"""

from typing import Final, Literal, NamedTuple

Basis = Literal["PRINT", "CISCO", "VIEW", "DMS", "TOC", "unconfirmed"]
Form = Literal["digits", "text", "hex"]


class Field(NamedTuple):
    """One field: `octets` long, `digits` decimal digits before the sign C (0 for text and hex)."""

    name: str
    table: int | None
    octets: int
    digits: int
    meaning: str
    basis: Basis
    form: Form = "digits"


def _field(name: str, table: int | None, digits: int, meaning: str, basis: Basis) -> Field:
    """A packed decimal field: an even number of digits gets a leading zero, so that digits and sign fill octets."""
    return Field(name, table, digits // 2 + 1, digits, meaning, basis)


def _text(name: str, octets: int, meaning: str) -> Field:
    return Field(name, None, octets, 0, meaning, "unconfirmed", "text")


_COMMON: Final = (
    Field("hex_identifier", 0, 1, 0, "AA: record without known errors", "PRINT", "hex"),
    _field("structure_code", 0, 5, "40000 + structure when modules follow", "PRINT"),
    _field("call_type", 1, 3, "call type code", "PRINT"),
    _field("sensor_type", 2, 3, "make of the switch that recorded", "PRINT"),
    _field("sensor_id", 3, 7, "which switch recorded", "PRINT"),
    _field("recording_office_type", 4, 3, "make of the recording office", "PRINT"),
    _field("recording_office_id", 5, 7, "which recording office", "PRINT"),
    _field("connect_date", 6, 5, "YMMDD, last digit of the year", "PRINT"),
    _field("timing_indicator", 7, 5, "0: no time was adjusted", "PRINT"),
    _field("study_indicator", 8, 7, "0: no study", "PRINT"),
    _field("called_party_off_hook", 9, 1, "0 answered, 1 not answered", "PRINT"),
    _field("service_observed", 10, 1, "0: neither observed nor sampled", "PRINT"),
    _field("operator_action", 11, 1, "0: dialed by the customer", "PRINT"),
    _field("service_feature", 12, 3, "0: none", "PRINT"),
    _field("originating_npa", 13, 3, "area code of the caller", "PRINT"),
    _field("originating_number", 14, 7, "number of the caller", "PRINT"),
    _field("overseas_indicator", 15, 1, "0 NANP, 1 international (values unconfirmed)", "PRINT"),
    _field("terminating_npa", 16, 5, "area code as routed, right-justified", "PRINT"),
    _field("terminating_number", 17, 7, "number as routed; international: last seven digits", "PRINT"),
    _field("connect_time", 18, 7, "HHMMSST, tenths of a second", "PRINT"),
    _field("elapsed_time", 19, 9, "MMMMMMSST: minutes, seconds, tenths", "PRINT"),
)
_CARRIER: Final = (
    _field("ic_inc_prefix", 57, 5, "carrier identification code, right-justified", "PRINT"),
    _field("carrier_connect_date", 6, 5, "YMMDD", "PRINT"),
    _field("carrier_connect_time", 18, 7, "HHMMSST", "PRINT"),
    _field("carrier_elapsed_time", 19, 9, "MMMMMMSST", "PRINT"),
    _field("ic_inc_call_status", 58, 3, "010: no status known (value unconfirmed)", "PRINT"),
    _field("trunk_group_number", 83, 5, "group of the circuit to the carrier; 0 unknown", "PRINT"),
    _field("routing_indicator", 59, 1, "1: direct (value unconfirmed)", "PRINT"),
    _field("dialing_indicator", 85, 1, "0: not known (value unconfirmed)", "PRINT"),
    _field("ani_cpn_indicator", 60, 1, "3: as printed (value unconfirmed)", "PRINT"),
)
_SERVICE_LOGIC: Final = (
    _field("ic_inc_prefix", 57, 5, "carrier identification code, right-justified", "unconfirmed"),
    _field("service_logic_id", None, 9, "AMAslpID; its place in structure 220 is unconfirmed", "CISCO"),
)

STRUCTURES: Final[dict[int, tuple[Field, ...]]] = {
    1: _COMMON,  # code: CISCO (intraLATA, answered); that its fields are exactly these: unconfirmed
    220: (*_COMMON, *_SERVICE_LOGIC),  # code: CISCO (AIN service logic); its layout: unconfirmed
    625: (*_COMMON, *_CARRIER),  # code and layout: PRINT
}
"""Structure code -> fields in order."""

CALL_TYPES: Final[dict[int, int]] = {1: 6, 220: 47, 625: 110}
"""Structure code -> call type: 006 intraLATA and 110 interLATA are PRINT (table 5-2); 047 for AIN is unconfirmed."""

_MODULE_CODE: Final = _field("module_code", 88, 3, "which module", "PRINT")

MODULES: Final[dict[int, tuple[Field, ...]]] = {
    0: (_MODULE_CODE,),
    104: (
        _MODULE_CODE,
        _field("trunk_identification", 244, 9, "routing indicator, group (4), member (4)", "VIEW"),
    ),
    164: (
        _MODULE_CODE,
        _field("number_use", None, 3, "1 calling, 2 called (values unconfirmed)", "TOC"),
        _field("significant_digits", None, 3, "how many of the digits are the number", "unconfirmed"),
        _field("number", None, 15, "E.164 number, right-justified", "unconfirmed"),
    ),
    307: (
        _MODULE_CODE,
        _field("line_number_type", None, 3, "1: original called party (value unconfirmed)", "CISCO"),
        _field("significant_digits", None, 3, "how many of the digits are the number", "unconfirmed"),
        _field("line_number", None, 15, "AMALineNumber, right-justified", "unconfirmed"),
    ),
    901: (
        _MODULE_CODE,
        _field("record_sequence", None, 11, "this project's record sequence number", "unconfirmed"),
        _field("start", None, 17, "YYYYMMDDHHMMSSmmm, the query", "unconfirmed"),
        _field("answer", None, 17, "the same for the answer; 0 never", "unconfirmed"),
        _field("end", None, 17, "the same for the release", "unconfirmed"),
        _field("duration_ms", None, 11, "from answer to release", "unconfirmed"),
        _field("calling_class", None, 1, "CLASS_CODES", "unconfirmed"),
        _field("bearer", None, 1, "BEARER_CODES", "unconfirmed"),
        _field("facility", None, 1, "FACILITY_CODES", "unconfirmed"),
        _field("jurisdiction", None, 1, "JURISDICTION_CODES", "unconfirmed"),
        _text("call_id", 32, "the call"),
        _text("customer_group", 16, "the customer group"),
        _text("facility_id", 24, "trunk group or carrier as provisioned"),
    ),
}
"""Module code -> fields in order. 901 is this project's own, for what BAF has no field for or holds less exactly; that
a local exchange carrier may assign codes of its own is TOC, that 901 is in that range is unconfirmed."""

BLOCK_HEADER: Final = (
    _field("block_sequence", None, 7, "block sequence number, from 1", "unconfirmed"),
    _field("first_record_sequence", None, 11, "sequence number of the block's first record", "unconfirmed"),
    _field("record_count", None, 3, "records in this block", "unconfirmed"),
)
"""What stands between the block descriptor word and the first record of a block."""

TRAILER_STRUCTURE: Final = 9037
TRAILER: Final = (
    Field("hex_identifier", 0, 1, 0, "AA", "PRINT", "hex"),
    _field(
        "structure_code", 0, 5, "09037: counts record (its number is known, its layout is not)", "unconfirmed"
    ),
    _field("first_sequence", None, 11, "first record of the file", "unconfirmed"),
    _field("last_sequence", None, 11, "last record of the file", "unconfirmed"),
    _field("record_count", None, 11, "records in the file", "unconfirmed"),
    _field(
        "crc32", None, 11, "CRC-32 over all records of the file, descriptor words included", "unconfirmed"
    ),
)

DESCRIPTOR_OCTETS: Final = 4  # DMS
MAX_BLOCK_OCTETS: Final = 2048  # unconfirmed; the printed block (DMS) has 1,978
HEX_IDENTIFIER: Final = 0xAA

CLASS_CODES: Final = ("OTHER", "CENTREX", "PBX", "TO")
BEARER_CODES: Final = ("SPEECH", "AUDIO_3K1", "FAX", "MODEM_56", "RDI_56", "UDI_64")
FACILITY_CODES: Final = ("NONE", "PSTN", "TRUNK", "CARRIER")
JURISDICTION_CODES: Final = ("UNKNOWN", "INTRALATA", "INTERLATA", "INTERNATIONAL", "TOLL_FREE")
"""Position in the tuple is the digit written."""


def octets_of(fields: tuple[Field, ...]) -> int:
    """How long a row of fields is."""
    return sum(field.octets for field in fields)

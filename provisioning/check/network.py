"""The network-wide tables: switches, LATA map, announcements, call types, numbering, rates.

Source: requirements.md section 5.1, A-006, A-047, A-049, A-065 to A-070, AMB-13, AMB-16, section 4.7.
"""

import re
from collections.abc import Collection

from ain_scp.provisioning.check.columns import MAX_NAMES
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.csv_rows import Row, Table
from ain_scp.provisioning.rows import Announcement, CallType, LataRow, Numbering, Rates, Switch
from ain_scp.terms.blocking import BLOCKING_KINDS, BLOCKING_TYPES
from ain_scp.terms.digits import is_digits
from ain_scp.terms.vocabulary import (
    ASF_TREATMENTS,
    BEARERS,
    CAUSES,
    SCP_POINT_CODE,
    SWITCH_KINDS,
    SWITCH_MAKES_WITH_AIN,
)
from ain_scp.terms.zone import Zone

SWITCHES = (("name", "kind", "ain"), ("lata", "role", "homed_on", "point_code", "edp_timeout", "charging"))
LATA = (("prefix",), ("lata", "state", "time_zone"))
ANNOUNCEMENTS = (("cause", "id"), ("text",))
PRIVILEGES = tuple(f"pc{n}" for n in range(1, 9))
CALL_TYPES = (("ctc", *PRIVILEGES), ("name", "blocking_type", "asf_treatment"))

SEVEN_DIGIT_ONLY = "SEVEN_DIGIT_ONLY"
"""The role of a switch that cannot signal ten digits over SS7 from end to end (A-008)."""

ROLES = ("ASF_RTL_HOST", "ORIGINATING", SEVEN_DIGIT_ONLY, "TERMINATING")

PRODUCED = (
    101, 109, 111, 112, 121, 122, 131, 141, 151, 153, 201, 209, 231, 241, 252, 253,
    261, 262, 263, 264, 271, 281, 282,
)  # fmt: skip
"""The call type codes that classification can produce for every customer (requirements section 3)."""

PRODUCED_WHEN_SPLIT = (132, 232)
"""Those it produces besides for a customer with `split_interstate` (A-073)."""

RESERVED = {152: "the printed code is 151 (AMB-13)", 251: "the printed code is 252 (AMB-13)"}
IMPOSSIBLE = frozenset({211, 212, 221, 222})

_POINT_CODE = re.compile(r"(\d{1,3})-(\d{1,3})-(\d{1,3})", re.ASCII)
_STATE = re.compile(r"[A-Z]{2}")


def read_switches(table: Table) -> tuple[Switch, ...]:
    """Read `switches.csv`."""
    switches: dict[str, Switch] = {}
    codes: dict[str, int] = {}
    rows: list[tuple[Row, Switch]] = []
    for row in table.rows():
        switch = _switch(row)
        if switch.name in switches:
            first = switches[switch.name].where.line
            row.error("name", f"switch {switch.name} is already in line {first}", "duplicate")
        if switch.point_code:
            first = codes.setdefault(switch.point_code, row.line)
            if first != row.line:
                row.error(
                    "point_code", f"point code {switch.point_code} is already in line {first}", "duplicate"
                )
        if len(switches) == MAX_NAMES:
            row.error("name", f"more than {MAX_NAMES} switches", "limit")
            break
        if switch.name:
            switches.setdefault(switch.name, switch)
            rows.append((row, switch))
    for row, switch in rows:
        _check_home(row, switch, switches)
    return tuple(switches.values())


def _switch(row: Row) -> Switch:
    kind = row.choice("kind", sorted(SWITCH_KINDS), "A-006")
    ain = row.yes("ain", "A-006")
    if ain and kind and kind not in SWITCH_MAKES_WITH_AIN:
        row.error("ain", f"a switch of kind {kind} cannot host triggers: ain must be N", "A-006")
    role = row.get("role")
    if role and role not in ROLES:
        row.warn("role", f"unknown role {shown(role)}; known: {', '.join(ROLES)}", "row")
    return Switch(
        row.word("name"),
        kind,
        ain,
        _lata(row),
        role,
        row.get("homed_on"),
        _point_code(row),
        row.where,
        edp_timeout=not row.get("edp_timeout") or row.yes("edp_timeout"),
        charging=not row.get("charging") or row.yes("charging"),
    )


def _lata(row: Row) -> str:
    return row.digits("lata", (3, 4, 5), "A-046") if row.get("lata") else ""


def _point_code(row: Row) -> str:
    """Give the point code in its one spelling, without leading zeros."""
    text = row.get("point_code")
    if not text:
        return ""
    match = _POINT_CODE.fullmatch(text)
    if match is None or not all(int(part) <= 255 for part in match.groups()) or int(match[1]) == 0:
        row.error(
            "point_code", f"point_code {shown(text)} is not N-C-M with N 1 to 255, C and M 0 to 255", "T1.111"
        )
        return ""
    code = "-".join(str(int(part)) for part in match.groups())
    if code == SCP_POINT_CODE and row.get("kind") != "SCP":
        text = f"point_code {code} is the SCP's own, unless a node file gives it another one: answers do not reach this switch"
        row.warn("point_code", text, "D-001")
    return code


def _check_home(row: Row, switch: Switch, switches: dict[str, Switch]) -> None:
    if not switch.homed_on:
        return
    home = switches.get(switch.homed_on)
    if home is None:
        close = hint(switch.homed_on, switches)
        row.error("homed_on", f"homed_on {shown(switch.homed_on)} names no switch{close}", "A-018")
    elif not home.ain:
        row.error("homed_on", f"homed_on {home.name} is not an AIN switch", "A-018")
    elif switch.ain:
        row.warn("homed_on", f"{switch.name} hosts triggers itself, homed_on is not used", "A-018")


def read_lata(table: Table) -> tuple[LataRow, ...]:
    """Read `lata.csv`."""
    found: dict[str, LataRow] = {}
    for row in table.rows():
        prefix = row.digits("prefix", (3, 6), "A-047")
        state = row.get("state")
        if state and _STATE.fullmatch(state) is None:
            row.error("state", f"state {shown(state)} is not two letters A-Z", "A-073")
        lata = _lata(row)
        if prefix in found:
            row.error("prefix", f"prefix {prefix} is already in line {found[prefix].where.line}", "duplicate")
        elif prefix:
            found[prefix] = LataRow(prefix, lata or None, state or None, row.where, _zone(row))
    return tuple(found.values())


def _zone(row: Row) -> str:
    name = row.get("time_zone")
    if name:
        try:
            Zone(name)
        except ValueError as fault:
            row.error("time_zone", f"{fault}; an IANA name such as America/New_York is expected", "A-125")
            return ""
    return name


def read_announcements(table: Table, blocking_types: Collection[str | None]) -> tuple[Announcement, ...]:
    """Read `announcements.csv`; every cause of the dialing plan must be there, others are open words.

    That of an optional kind of blocking table is needed when the kind is among those that call types name.
    """
    found: dict[str, Announcement] = {}
    for row in table.rows():
        cause = row.word("cause", "section 4.7")
        number = row.number("id", 0, 65_535, "section 4.7")
        if cause in found:
            row.error("cause", f"cause {cause} is already in line {found[cause].where.line}", "duplicate")
        elif cause:
            found[cause] = Announcement(cause, number, row.get("text"), row.where)
    idle = {kind.cause for kind in BLOCKING_KINDS if kind.optional and kind.name not in blocking_types}
    for cause in CAUSES:
        if cause not in found and cause not in idle:
            table.findings.error(table.file, 0, 0, f"cause {cause} has no announcement", "section 4.7")
    return tuple(found.values())


def read_call_types(table: Table) -> tuple[CallType, ...]:
    """Read `call_types.csv`, the network's or a customer's own (A-079)."""
    found: dict[int, CallType] = {}
    for row in table.rows():
        call_type = _call_type(row)
        if call_type.ctc in found:
            first = found[call_type.ctc].where.line
            row.error("ctc", f"call type code {call_type.ctc} is already in line {first}", "duplicate")
        elif call_type.ctc:
            found[call_type.ctc] = call_type
            _warn_unused(row, call_type)
    return tuple(found.values())


def _call_type(row: Row) -> CallType:
    ctc = row.number("ctc", 1, 999, "A-077")
    unknown = row.bad
    cells = "".join("Y" if row.yes(column, "A-065") else "N" for column in PRIVILEGES)
    blocking = row.choice("blocking_type", BLOCKING_TYPES, "A-091") if row.get("blocking_type") else ""
    treatment = row.choice("asf_treatment", ASF_TREATMENTS, "A-137") if row.get("asf_treatment") else ""
    return CallType(
        0 if unknown else ctc, row.get("name"), cells, blocking or None, treatment or None, row.where
    )


def _warn_unused(row: Row, call_type: CallType) -> None:
    ctc = call_type.ctc
    if ctc in RESERVED:
        row.warn("ctc", f"call type code {ctc} is reserved and never produced: {RESERVED[ctc]}", "AMB-13")
    elif ctc in IMPOSSIBLE:
        row.warn(
            "ctc", f"call type code {ctc} cannot occur: an off-net number has no class of service", "A-042"
        )
    elif not row.bad and call_type.asf_treatment is None and ctc in (*PRODUCED, *PRODUCED_WHEN_SPLIT):
        row.warn(
            "asf_treatment", f"call type code {ctc} has no asf_treatment: its calls stay on the PSTN", "A-136"
        )


VOICE = {
    "SPEECH": True, "AUDIO_3K1": True, "FAX": True, "MODEM_56": True, "RDI_56": False, "UDI_64": False,
}  # fmt: skip
"""Which bearers are voice unless the data set says otherwise (A-049)."""

STANDARD_NUMBERING = Numbering(
    ("800", "888", "877"), ("311", "411", "611", "911"), ("211", "511", "711", "811"), VOICE
)
"""What a data set without `numbering.toml` gets (AMB-16, A-068, A-049)."""


def read_numbering(options: Section) -> Numbering:
    """Read `numbering.toml`; what it leaves out keeps its standard value."""
    standard = STANDARD_NUMBERING
    toll_free = standard.toll_free_npas
    if "toll_free_npas" in options:
        toll_free = options.number_list("toll_free_npas", (3,), "A-066")
    n11 = options.section("n11")
    listed = n11.number_list("listed", (3,), "A-068") if "listed" in n11 else standard.n11_listed
    other = n11.number_list("other", (3,), "A-068") if "other" in n11 else standard.n11_other
    _check_n11(n11, listed, other)
    bearers = options.section("bearers")
    voice = {name: bearers.flag(name) if name in bearers else VOICE[name] for name in BEARERS}
    for section in (n11, bearers, options):
        section.finish()
    return Numbering(toll_free, listed, other, voice)


def _check_n11(n11: Section, listed: tuple[str, ...], other: tuple[str, ...]) -> None:
    for key, codes in (("listed", listed), ("other", other)):
        for code in codes:
            if is_digits(code) and (code[1:] != "11" or code[0] in "01"):
                n11.error(key, f"{key}: {code} is not an N11 code (211 to 911)", "A-068")
    for code in sorted(set(listed) & set(other)):
        n11.error("other", f"other: {code} is listed, too", "A-068")
    if "911" not in listed:
        n11.warn("listed", "911 is not listed", "A-103")


_MOST_CENTS = 1_000_000


def read_rates(options: Section) -> Rates:
    """Read `rates.toml`: integer cents per minute; a started minute counts whole ("up")."""
    intra = options.integer("intralata_cents_per_minute", 0, _MOST_CENTS, "A-230", required=True)
    inter = options.integer("interlata_cents_per_minute", 0, _MOST_CENTS, "A-230", required=True)
    rounding = options.text("minute_rounding") or "up"
    if rounding != "up":
        options.error("minute_rounding", f'minute_rounding = {shown(rounding)} is not "up"', "A-230")
    options.finish()
    return Rates(intra, inter, "up")

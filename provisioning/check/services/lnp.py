"""`services/lnp/`: ported numbers, pooled blocks, portable exchanges, routing numbers, options, deltas.

Ten million ported numbers are read and compared as columns. What is wrong with single cells is found row by row, and only
when the columns are not plain.

Source: B4-012; rules LNP-01 to LNP-13.
"""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.check.columns import Growing, code, digits_of, known_repeats
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.check.services.cells import (
    FOLDER,
    NUMBER,
    Known,
    check_spid,
    digits_text,
    number_cell,
    portable_number,
    slp_id,
    tell_lines,
)
from ain_scp.provisioning.check.services.delta import among, may_be_ported, read_deltas
from ain_scp.provisioning.rows_services import (
    BlockRow,
    LnpOptions,
    LnpRows,
    LrnRow,
    PortableRow,
    PortedColumns,
    routing_numbers,
)
from ain_scp.provisioning.tables.columns import Digits, Text, Words
from ain_scp.terms.digits import is_digits

HERE: Final = f"{FOLDER}/lnp"
FILES: Final = ("lnp.toml", "ported.csv", "blocks.csv", "portable.csv", "lrn.csv", "delta")
PORTED: Final = (("number", "lrn"), ("spid",))
BLOCKS: Final = (("block", "lrn"), ("spid",))
PORTABLE: Final = (("npanxx",), ())
LRN: Final = (("lrn",), ("switch", "lata", "ocn"))
_PLAIN: Final[dict[str, Digits | Words | Text]] = {
    "number": Digits((NUMBER,)),
    "lrn": Digits((NUMBER,)),
    "spid": Text((4,), blank=True),
}
_POP: Final = re.compile(r"IXC|POP-\d{4}")
"""The simulated network's nodes of interexchange carriers."""

Codes = NDArray[np.int64]


def read_lnp(files: Files, known: Known) -> LnpRows | None:
    """Read the folder; None when the data set has none."""
    if not files.has(HERE):
        return None
    files.open_folder(HERE, FILES)
    section = files.options(f"{HERE}/lnp.toml")
    lrns = _read_lrns(files, known)
    portable = _read_portable(files)
    every_block = _read_blocks(files)
    blocks = tuple({row.block: row for row in reversed(every_block) if row.block}.values())[::-1]
    ported = _ported(files, known)
    if files.read(f"{HERE}/ported.csv", f"{HERE}/blocks.csv"):
        _compare(files, ported, every_block, lrns, portable)
    return LnpRows(
        options=_options(section, known) if section else LnpOptions(),
        ported=ported,
        blocks=blocks,
        portable=portable,
        lrns=lrns,
        delta=read_deltas(files, known, among(ported.numbers), routing_numbers(ported, blocks, lrns)),
    )


def _options(section: Section, known: Known) -> LnpOptions:
    refused = section.bad
    slp = slp_id(section, "LNP-08")
    include = section.flag("include_slp")
    if include and not slp and not (section.bad and not refused):
        key = "ama_slp_id" if "ama_slp_id" in section else "include_slp"
        section.error(key, "include_slp without ama_slp_id: there is none to send", "LNP-09")
    call_type, feature = digits_text(section, "ama_call_type", 3), digits_text(section, "ama_feature_id", 3)
    if bool(call_type) != bool(feature) and not section.bad:
        key = "ama_call_type" if call_type else "ama_feature_id"
        section.error(key, "ama_call_type and ama_feature_id: both or neither", "toml")
    options = LnpOptions(
        ama_slp_id=slp,
        include_slp=include,
        copy_charge=section.flag("copy_charge"),
        ama_call_type=call_type,
        ama_feature_id=feature,
        carrier=digits_text(section, "carrier", 4),
        query_at=_query_at(section, known),
        where=section.where,
    )
    section.finish()
    return options


def _query_at(section: Section, known: Known) -> tuple[str, ...] | None:
    """Which switches ask; None = all of them."""
    given = section.raw("query_at")
    if given is None or given in ("ALL", ""):
        return None
    if not isinstance(given, list):
        section.wrong("query_at", given, '"ALL" or a list of switches', "toml")
        return None
    names = tuple(str(name) for _, name in section.items("query_at", str))
    wrong = [name for name in names if not _asks(name, known)]
    if wrong:
        close = hint(wrong[0], known.switches)
        text = f"query_at: {', '.join(map(shown, wrong))}: no AIN switch and no carrier{close}"
        section.error("query_at", text, "LNP-13")
    return names


def _asks(name: str, known: Known) -> bool:
    switch = known.switches.get(name)
    if switch is None:
        return _POP.fullmatch(name) is not None
    return switch.ain or switch.kind == "IXC_POP"


def _read_lrns(files: Files, known: Known) -> tuple[LrnRow, ...]:
    table = files.table(f"{HERE}/lrn.csv", LRN)
    found: dict[str, LrnRow] = {}
    for row in table.rows() if table else ():
        lrn = number_cell(row, "lrn", "LNP-02")
        switch = row.get("switch")
        if switch and switch not in known.switches:
            row.error(
                "switch", f"switch {shown(switch)} does not exist{hint(switch, known.switches)}", "A-006"
            )
        if lrn in found:
            row.error("lrn", f"lrn {lrn} is already in line {found[lrn].where.line}", "duplicate")
        elif lrn:
            found[lrn] = LrnRow(lrn, switch, row.get("lata"), row.get("ocn"), row.where)
    return tuple(found.values())


def _read_portable(files: Files) -> tuple[PortableRow, ...]:
    table = files.table(f"{HERE}/portable.csv", PORTABLE)
    found: dict[str, PortableRow] = {}
    for row in table.rows() if table else ():
        npanxx = row.digits("npanxx", (6,))
        if npanxx in found:
            row.error("npanxx", f"npanxx {npanxx} is already in line {found[npanxx].where.line}", "duplicate")
        elif npanxx:
            found[npanxx] = PortableRow(npanxx, row.where)
    return tuple(found.values())


def _read_blocks(files: Files) -> tuple[BlockRow, ...]:
    """Every row of the file; `block` and `lrn` are empty where they are wrong (reported)."""
    every: list[BlockRow] = []
    table = files.table(f"{HERE}/blocks.csv", BLOCKS)
    found: dict[str, BlockRow] = {}
    for row in table.rows() if table else ():
        block = row.get("block")
        if len(block) != 7 or not is_digits(block):
            row.error("block", f"block {shown(block)} is not 7 digits NPA-NXX-X", "LNP-07")
            block = ""
        lrn = number_cell(row, "lrn", "LNP-02")
        check_spid(row)
        if block and block in found:
            row.error("block", f"block {block} is already in line {found[block].where.line}", "LNP-03")
        every.append(BlockRow(block, lrn, row.where))
        found.setdefault(block, every[-1])
    return tuple(every)


# Ported numbers, as columns


def _ported(files: Files, known: Known) -> PortedColumns:
    file = f"{HERE}/ported.csv"
    quick = files.columns(file, _PLAIN)
    if quick is not None:
        numbers, lrns = quick.columns["number"], quick.columns["lrn"]
        if may_be_ported(numbers, known):
            return _columns(numbers, lrns, np.empty(0, np.int32))
    grown = Growing(2, 0)
    table = files.table(file, PORTED)
    for row in table.rows() if table else ():
        number, judged = portable_number(row, known)
        if judged:
            lrn = number_cell(row, "lrn", "LNP-02")
            check_spid(row)
            grown.add(row.line, (code(number), code(lrn)), ())
    return _columns(grown.codes(0), grown.codes(1), grown.lines())


def _columns(numbers: Codes, lrns: Codes, lines: NDArray[np.int32]) -> PortedColumns:
    distinct, place = np.unique(lrns, return_inverse=True)
    names = tuple(digits_of(int(one)) for one in distinct)
    return PortedColumns(numbers, place.astype(np.int32), lines, names)


def line_of(ported: PortedColumns, row: int) -> int:
    """The line a row stands on."""
    return int(ported.lines[row]) if ported.lines.size else row + 2


def _lines(ported: PortedColumns) -> NDArray[np.int32]:
    return ported.lines if ported.lines.size else np.arange(2, ported.numbers.size + 2, dtype=np.int32)


def _compare(
    files: Files,
    ported: PortedColumns,
    blocks: tuple[BlockRow, ...],
    lrns: tuple[LrnRow, ...],
    portable: tuple[PortableRow, ...],
) -> None:
    """Rules that look at more than one row; of what is refused (code 0) nothing more is said."""
    findings, file, lines = files.findings, ported.file, _lines(ported)
    numbers = ported.numbers

    def number(row: int) -> str:
        return digits_of(int(numbers[row]))

    def tell(rows: NDArray[np.intp], rule: str, severity: str, what: str) -> None:
        def text(at: int) -> str:
            return f"{number(int(rows[at]))}: {what}"

        tell_lines(findings, file, [int(lines[row]) for row in rows], rule, severity, text)

    repeats = known_repeats((numbers,), lines)
    order = sorted(repeats)
    tell_lines(
        findings, file, order, "LNP-03", "error",
        lambda at: f"this number is already in line {repeats[order[at]]}",
    )  # fmt: skip
    ported_lrn = np.isin(numbers, routing_numbers(ported, blocks, lrns))
    tell(
        np.flatnonzero(ported_lrn),
        "LNP-04",
        "error",
        "an LRN that is itself ported: every answer leads to another query",
    )
    good = numbers != 0
    if files.has(f"{HERE}/lrn.csv") and files.read(f"{HERE}/lrn.csv"):
        listed = {row.lrn for row in lrns}
        unlisted = np.array([name not in listed and name != "" for name in ported.lrns], np.bool_)
        rows = np.flatnonzero(unlisted[ported.place]) if unlisted.size else np.empty(0, np.intp)
        what = "its LRN is not in lrn.csv: the switch it leads to may not know it"
        tell_lines(
            findings, file, [int(lines[row]) for row in rows], "LNP-05", "warning",
            lambda at: f"{ported.lrns[ported.place[rows[at]]]}: {what}",
        )  # fmt: skip
        for block in blocks:
            if block.lrn and block.lrn not in listed:
                findings.warn(*block.where, 1, f"{block.lrn}: {what}", "LNP-05")
    if files.read(f"{HERE}/portable.csv"):
        exchanges = {row.npanxx for row in portable}
        outside = good & ~np.isin(numbers // 10**4, np.array([code(one) for one in exchanges], np.int64))
        what = "its NPA-NXX is not in portable.csv: no switch will ask"
        tell(np.flatnonzero(outside), "LNP-06", "warning", what)
        for block in blocks:
            if block.block and block.block[:6] not in exchanges:
                findings.warn(*block.where, 1, f"{block.block}: {what}", "LNP-06")
    tell(_as_its_block(ported, blocks), "LNP-10", "warning", "has the LRN of the block it lies in")


def _as_its_block(ported: PortedColumns, blocks: tuple[BlockRow, ...]) -> NDArray[np.intp]:
    """Rows whose LRN is that of the block they lie in."""
    place = {name: at for at, name in enumerate(ported.lrns)}
    wanted = sorted((code(row.block), place[row.lrn]) for row in blocks if row.block and row.lrn in place)
    if not wanted:
        return np.empty(0, np.intp)
    heads, lrn = np.array(wanted, np.int64).T
    mine = ported.numbers // 1000
    at = np.minimum(np.searchsorted(heads, mine), heads.size - 1)
    return np.flatnonzero((heads[at] == mine) & (lrn[at] == ported.place))

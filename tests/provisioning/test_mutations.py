"""Octets of a data set flipped at random: the loader never raises and never reads something that is not there.

What is loaded without an error is compared, file by file, with a naive reading of the same octets.

Source: reliability.md section 6; A-265, D-012.
"""

import csv
import io
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.check.columns import digits_of
from ain_scp.provisioning.loader import load
from ain_scp.provisioning.rows import CustomerSet, DataSet, Facilities
from ain_scp.terms import localtime
from ain_scp.terms.conditions import Condition, condition_of
from ain_scp.terms.triggers import TRIGGER_TYPES
from ain_scp.terms.vocabulary import STATION_TYPES

FILES = sorted(
    str(path.relative_to(Path(__file__).parents[2] / "examples" / "golden"))
    for path in (Path(__file__).parents[2] / "examples" / "golden").rglob("*")
    if path.is_file() and not path.name.startswith("scenario")
)
TOKENS = st.sampled_from(
    [b"0", b"1", b"9", b",", b"\n", b'"', b"#", b"Y", b"N", b"=", b"[", b"]", b"{", b"}", b"'", b" ", b"\t", b"\r\n",
     b"\0", b"\xff", b"\xc3\xa9", b"-", b"_", b"\\", b"true", b"[x]\n", b"if = {}", b"\xef\xbb\xbf", b"\x85", b"\xe2\x80\xa8"]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.one_of(TOKENS, st.binary(max_size=2))),
    min_size=1, max_size=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, copy_golden: Callable[..., None]) -> Path:
    root = tmp_path_factory.mktemp("mutated") / "dataset"
    copy_golden(root, [])
    return root


SETTINGS = settings(
    derandomize=True,
    deadline=None,
    max_examples=70,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SETTINGS
@given(edits=EDITS)
def test_wild_mutations_are_reported_or_mean_what_they_say(
    edits: list[tuple[str, float, int, bytes]], place: Path, golden: Path
) -> None:
    changed = {file: (golden / file).read_bytes() for file, _, _, _ in edits}
    for file, where, cut, put in edits:
        at = int(where * len(changed[file]))
        changed[file] = changed[file][:at] + put + changed[file][at + cut :]
    check_meaning(changed, place, golden)


@SETTINGS
@given(
    edits=st.lists(
        st.tuples(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 9)), max_size=3
    )
)
def test_gentle_mutations_are_reported_or_mean_what_they_say(
    edits: list[tuple[str, float, int]], place: Path, golden: Path
) -> None:
    """Change a digit into another, Y into N, ON into OFF, a letter into the next: mostly still a legal data set."""
    changed = {file: (golden / file).read_bytes() for file, _, _ in edits}
    for file, where, by in edits:
        octets = bytearray(changed[file])
        alike = [at for at, octet in enumerate(octets) if chr(octet).isalnum()]
        at = alike[int(where * len(alike))]
        if 48 <= octets[at] <= 57:
            octets[at] = 48 + (octets[at] - 48 + by) % 10
        else:
            octets[at] = {ord("Y"): ord("N"), ord("N"): ord("Y")}.get(octets[at], octets[at] ^ by % 2)
        changed[file] = bytes(octets)
    check_meaning(changed, place, golden)


def check_meaning(changed: dict[str, bytes], place: Path, golden: Path) -> None:
    """Load the golden data set with some files changed; put them back afterwards."""
    for file, octets in changed.items():
        (place / file).write_bytes(octets)
    try:
        loaded = load(place)
        for problem in loaded.problems:
            assert str(problem).isprintable()
            assert problem.line >= 0
        if loaded.dataset is not None:
            assert network_of(loaded.dataset) == naive_network(place)
            for customer in loaded.dataset.customers:
                assert tables_of(customer) == naive_tables(place / "customers" / customer.name)
                assert options_of(customer) == naive_options(place / "customers" / customer.name)
    finally:
        for file in changed:
            (place / file).write_bytes((golden / file).read_bytes())


def quoted(text: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(csv.reader(io.StringIO(text)))
    return out.getvalue()


def turned(text: str) -> str:
    """Write the columns in the opposite order."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(row[::-1] for row in csv.reader(io.StringIO(text)))
    return out.getvalue()


@pytest.mark.parametrize(
    "rewrite",
    [
        quoted,
        turned,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "# remark\n\n" + text.replace("\n", "\n# remark\n\n"),
        lambda text: text.removesuffix("\n"),
    ],
    ids=["quoted", "columns turned", "CRLF", "byte order mark", "remarks", "no last line feed"],
)
def test_tables_written_otherwise_mean_the_same(
    rewrite: Callable[[str], str], tmp_path: Path, copy_golden: Callable[..., None], golden: Path
) -> None:
    root = tmp_path / "dataset"
    copy_golden(root, [])
    for file in root.rglob("*.csv"):
        file.write_bytes(rewrite(file.read_text(encoding="utf-8")).encode())
    loaded, same = load(root), load(golden)
    assert [(one.file, one.text) for one in loaded.problems] == [
        (one.file, one.text) for one in same.problems
    ]
    assert loaded.dataset is not None
    assert same.dataset is not None
    assert network_of(loaded.dataset) == network_of(same.dataset)
    for one, other in zip(loaded.dataset.customers, same.dataset.customers, strict=True):
        assert tables_of(one) == tables_of(other)
        assert options_of(one) == options_of(other)


@pytest.mark.parametrize(
    "rewrite",
    [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text],
    ids=["CRLF", "byte order mark"],
)
def test_options_written_otherwise_mean_the_same(
    rewrite: Callable[[str], str], tmp_path: Path, copy_golden: Callable[..., None], golden: Path
) -> None:
    root = tmp_path / "dataset"
    copy_golden(root, [])
    for file in root.rglob("*.toml"):
        file.write_bytes(rewrite(file.read_text(encoding="utf-8")).encode())
    assert [str(one) for one in load(root).problems] == [str(one) for one in load(golden).problems]


def naive_csv(path: Path) -> list[dict[str, str]]:
    """Read a table with the standard library, `#` lines and blank lines left out."""
    text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    lines = text.split("\n")
    kept = [line for line in lines if line and not line.startswith("#")] if '"' not in text else lines
    return [row for row in csv.DictReader(io.StringIO("\n".join(kept))) if any(row.values())]


def naive_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8-sig"))


def cells(rows: list[dict[str, str]], *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row.get(column) or "" for column in columns) for row in rows]


def yn(value: bool) -> str:
    return "Y" if value else "N"


def network_of(dataset: DataSet) -> dict[str, Any]:
    triggers = dataset.triggers
    return {
        "head": (dataset.name, dataset.description),
        "switches": [
            (one.name, one.kind, yn(one.ain), one.lata, one.role, one.homed_on) for one in dataset.switches
        ],
        "points": [
            tuple(map(int, one.point_code.split("-"))) if one.point_code else () for one in dataset.switches
        ],
        "lata": [(one.prefix, one.lata or "", one.state or "") for one in dataset.lata],
        "announcements": [(one.cause, str(one.id), one.text) for one in dataset.announcements],
        "call_types": [
            (str(one.ctc), one.name, one.blocking_type or "", one.asf_treatment or "", *one.privilege)
            for one in dataset.call_types
        ],
        "triggers": [
            (
                digits_of(int(number)),
                TRIGGER_TYPES[kind],
                dataset.customers[customer].name,
                dataset.switches[ssp].name,
            )
            for number, kind, customer, ssp in zip(
                triggers.numbers, triggers.type, triggers.customer, triggers.ssp, strict=True
            )
        ],
        "numbering": (
            dataset.numbering.toll_free_npas,
            dataset.numbering.n11_listed,
            dataset.numbering.n11_other,
        ),
        "voice": dataset.numbering.voice,
        "rates": (dataset.rates.intralata_cents_per_minute, dataset.rates.interlata_cents_per_minute),
    }


def naive_network(root: Path) -> dict[str, Any]:
    folder = root / "network"
    switches = naive_csv(folder / "switches.csv")
    head, numbering, rates = (
        naive_toml(root / file) for file in ("dataset.toml", "network/numbering.toml", "network/rates.toml")
    )
    n11 = numbering.get("n11", {})
    voice = {
        "SPEECH": True,
        "AUDIO_3K1": True,
        "FAX": True,
        "MODEM_56": True,
        "RDI_56": False,
        "UDI_64": False,
    }
    return {
        "head": (head["name"], head.get("description", "")),
        "switches": cells(switches, "name", "kind", "ain", "lata", "role", "homed_on"),
        "points": [
            tuple(map(int, (row.get("point_code") or "").split("-"))) if row.get("point_code") else ()
            for row in switches
        ],
        "lata": cells(naive_csv(folder / "lata.csv"), "prefix", "lata", "state"),
        "announcements": cells(naive_csv(folder / "announcements.csv"), "cause", "id", "text"),
        "call_types": cells(
            naive_csv(folder / "call_types.csv"),
            *("ctc", "name", "blocking_type", "asf_treatment"),
            *(f"pc{level}" for level in range(1, 9)),
        ),
        "triggers": cells(naive_csv(folder / "triggers.csv"), "number", "type", "customer", "ssp"),
        "numbering": (
            tuple(numbering.get("toll_free_npas", ("800", "888", "877"))),
            tuple(n11.get("listed", ("311", "411", "611", "911"))),
            tuple(n11.get("other", ("211", "511", "711", "811"))),
        ),
        "voice": voice | numbering.get("bearers", {}),
        "rates": (rates["intralata_cents_per_minute"], rates["interlata_cents_per_minute"]),
    }


def tables_of(customer: CustomerSet) -> dict[str, Any]:
    mdp, sdp, rows = customer.mdp, customer.sdp, customer.stations
    return {
        "mdp": [
            (digits_of(int(dialed)), digits_of(int(number)), str(non))
            for dialed, number, non in zip(mdp.dialed, mdp.number, mdp.non, strict=True)
        ],
        "sdp": [(digits_of(int(number)),) for number in sdp.number],
        "ocs_index": [(one.prefix, one.name) for one in customer.ocs_index],
        "stations": [
            (rows.tables[table], digits_of(int(number)), STATION_TYPES[kind], str(level) if level else "")
            for table, number, kind, level in zip(
                rows.table, rows.number, rows.kind, rows.privilege_class, strict=True
            )
        ],
        "privilege_control": [
            (
                str(one.privilege_class),
                *map(
                    yn,
                    (one.emergency, *(one.blocking[kind] for kind in ("international", "domestic", "800"))),
                ),
            )
            for one in customer.privilege_control
        ],
        **{f"blocking_{kind}": [(one.number,) for one in rows] for kind, rows in customer.blocking.items()},
        "international_completion": [(one.number,) for one in customer.international_completion],
        "trunk_groups": [
            (
                one.id,
                one.kind,
                yn(one.caller_id),
                one.pilot,
                yn(one.sends_access_code),
                one.implied_access_code or "",
            )
            for one in customer.trunk_groups
        ],
        "asf_rtl": [
            (
                one.originating,
                one.destination,
                *three(one.facilities.trunk_groups),
                *three(one.facilities.carriers),
            )
            for one in customer.asf_rtl
        ],
    }


def three(facilities: tuple[str, ...]) -> tuple[str, ...]:
    return (*facilities, "", "", "")[:3]


COLUMNS = {
    "mdp": ("dialed", "number", "non"),
    "sdp": ("number",),
    "ocs_index": ("prefix", "table"),
    "stations": ("table", "number", "type", "privilege_class"),
    "privilege_control": ("privilege_class", "emergency", "international", "domestic", "800"),
    "blocking_international": ("number",),
    "blocking_domestic": ("number",),
    "blocking_800": ("number",),
    "international_completion": ("number",),
    "trunk_groups": ("id", "kind", "caller_id", "pilot", "sends_access_code", "implied_access_code"),
    "asf_rtl": (
        *("originating", "destination", "primary_trunk", "alternate_trunk", "second_alternate_trunk"),
        *("primary_carrier", "alternate_carrier", "second_alternate_carrier"),
    ),
}


def naive_tables(folder: Path) -> dict[str, Any]:
    return {name: cells(naive_csv(folder / f"{name}.csv"), *columns) for name, columns in COLUMNS.items()}


def options_of(customer: CustomerSet) -> dict[str, Any]:
    return {
        "options": (
            *(customer.group_id, customer.ocs, customer.split_interstate, customer.default_privilege_class),
            *(customer.vacant_number, customer.ubs, customer.ubr, customer.rbr, customer.provider),
        ),
        "access_codes": customer.access_codes,
        "ama_slp_ids": customer.ama_slp_ids,
        "percents": (customer.contract.ubr_discount_pct, customer.contract.rbr_discount_pct),
        "emergency": (customer.emergency_active, customer.emergency_route or Facilities()),
        "originating": [(one.prefix, one.name) for one in customer.asf_originating],
        "profiles": {
            one.name: (
                [(row.number, row.prefix, row.ctc, row.rtl) for row in one.rtl],
                [(rule.condition, rule.facilities) for rule in one.rules],
            )
            for one in customer.profiles
        },
        "rtl": [
            (one.number, one.ssp, one.participating, [(node.condition, node.outcome) for node in one.logic])
            for one in customer.rtl
        ],
    }


def naive_options(folder: Path) -> dict[str, Any]:
    options = naive_toml(folder / "customer.toml")
    asf = naive_toml(folder / "asf.toml") if (folder / "asf.toml").exists() else {}
    rtl = naive_toml(folder / "rtl.toml") if (folder / "rtl.toml").exists() else {}
    contract, emergency = options.get("contract", {}), options.get("emergency", {})
    return {
        "options": (
            *(options["group_id"], options["ocs"], options.get("split_interstate", False)),
            *(options.get("default_privilege_class", 1), options["vacant_number"]),
            *(options[key] == "ON" for key in ("ubs", "ubr", "rbr")),
            options.get("provider", ""),
        ),
        "access_codes": options.get("access_codes", {}),
        "ama_slp_ids": options["ama_slp_ids"],
        "percents": (contract.get("ubr_discount_pct", 0), contract.get("rbr_discount_pct", 0)),
        "emergency": (emergency.get("active", False), facilities(emergency.get("route", {}))),
        "originating": [(one["prefix"], one["profile"]) for one in asf.get("originating", [])],
        "profiles": {
            name: (
                [
                    (row.get("number"), row.get("prefix"), whole(row.get("ctc")), row["rtl"])
                    for row in one.get("rtl", [])
                ],
                [(condition(rule.get("if", {})), facilities(rule)) for rule in one.get("rules", [])],
            )
            for name, one in asf.get("profiles", {}).items()
        },
        "rtl": [
            (number, one["ssp"], one["participating"], [
                (condition(node.get("if", {})), node.get("outcome")) for node in one.get("logic", [])
            ])
            for number, one in rtl.items()
        ],
    }  # fmt: skip


def facilities(value: dict[str, Any]) -> Facilities:
    return Facilities(tuple(value.get("trunk_groups", ())), tuple(value.get("carriers", ())))


def whole(values: list[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def condition(value: dict[str, Any]) -> Condition:
    asked = dict(value)
    if "tod" in asked:
        asked["tod"] = [int(text[:2]) * 60 + int(text[3:]) for text in asked["tod"]]
    if "date" in asked:
        asked["date"] = [localtime.from_date(day) for day in asked["date"]]
    if "percent" in asked:
        asked["percent"] = [asked["percent"]]
    return condition_of(asked)

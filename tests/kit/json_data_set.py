"""A data set written as one JSON document -> the same data set as a directory of TOML and CSV.

The JSON form is that of the acceptance data: `switches`, `lata_map`, `toll_free_npas`, `n11`, `bearer_is_voice`,
`announcements`, `rates`, `ctc_table`, `triggers`, `customers`. `note`, `schema_version` and the `source` of a call type
are remarks and are not carried over. Any other key is refused, so that nothing is lost silently. The values are not
checked here: the loader does that with the place in the written file.

Source: interfaces.md section 2, requirements.md section 5 (column names).
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from ain_scp.terms.blocking import BLOCKING_TYPES

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class UnknownKeyError(ValueError):
    """The JSON document has a key that no table of a data set holds."""


def dataset_from_json(
    provisioning: Mapping[str, Json],
    directory: Path,
    *,
    name: str = "golden",
    description: str = "",
    point_codes: Mapping[str, str] | None = None,
) -> Path:
    """Write the data set into `directory` (created) and give the directory.

    `point_codes` gives the ANSI point code of a switch by name; a switch may also carry `point_code` itself. Raises
    UnknownKeyError for a key that is not of the form, OSError when a file cannot be written.
    """
    root = _Table("", provisioning)
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "dataset.toml", _options({"schema": 1, "name": name, "description": description}))
    root.take("note"), root.take("schema_version")
    _write_network(root, directory / "network", point_codes or {})
    for customer, values in root.table("customers").items():
        _write_customer(_Table(f"customers/{customer}", values), directory / "customers" / customer)
    root.finish()
    return directory


class _Table:
    """A JSON object whose keys are taken one by one; what remains is unknown."""

    def __init__(self, path: str, values: Json | Mapping[str, Json]) -> None:
        if not isinstance(values, Mapping):
            msg = f"{path or 'the document'} is not an object"
            raise UnknownKeyError(msg)
        self._path = path
        self._values = dict(values)

    def take(self, key: str, default: Json = None) -> Json:
        return self._values.pop(key, default)

    def table(self, key: str) -> dict[str, Json]:
        value = self.take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            msg = f"{self._path}/{key} is not an object"
            raise UnknownKeyError(msg)
        return value

    def list(self, key: str) -> list[Json]:
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            msg = f"{self._path}/{key} is not a list"
            raise UnknownKeyError(msg)
        return value

    def rows(self, key: str) -> Iterable[tuple[str, "_Table"]]:
        for name, values in self.table(key).items():
            yield name, _Table(f"{self._path}/{key}/{name}", values)

    def finish(self) -> None:
        if self._values:
            msg = f"{self._path or 'the document'}: unknown keys {', '.join(sorted(self._values))}"
            raise UnknownKeyError(msg)


def _write_network(root: _Table, folder: Path, point_codes: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    rows: list[list[Json]] = []
    for name, switch in root.rows("switches"):
        row = [switch.take(key) for key in ("switch", "ain", "lata", "role", "homed_on")]
        rows.append([name, *row, switch.take("point_code") or point_codes.get(name)])
        switch.finish()
    _csv(folder / "switches.csv", "name,kind,ain,lata,role,homed_on,point_code", rows)
    latas = _Table("lata_map", root.table("lata_map"))
    rows = [
        [prefix, *_area(value)] for key in ("npa", "npanxx") for prefix, value in latas.table(key).items()
    ]
    latas.finish()
    _csv(folder / "lata.csv", "prefix,lata,state,time_zone", rows)
    rows = _rows(root, "triggers", ("type", "customer", "ssp"))
    _csv(folder / "triggers.csv", "number,type,customer,ssp", rows)
    _csv(folder / "announcements.csv", "cause,id,text", _rows(root, "announcements", ("id", "text")))
    _csv(folder / "call_types.csv", _CALL_TYPES, _call_types(root))
    n11 = _Table("n11", root.table("n11"))
    numbering: dict[str, Json] = {
        "toll_free_npas": root.list("toll_free_npas"),
        "n11": {"listed": n11.list("listed"), "other": n11.list("other")},
        "bearers": root.table("bearer_is_voice"),
    }
    n11.finish()
    _write(folder / "numbering.toml", _options(numbering))
    _write(folder / "rates.toml", _options(root.table("rates")))


_CALL_TYPES = "ctc,name,blocking_type,asf_treatment,pc1,pc2,pc3,pc4,pc5,pc6,pc7,pc8"


def _call_types(root: _Table) -> list[list[Json]]:
    rows: list[list[Json]] = []
    for ctc, row in root.rows("ctc_table"):
        row.take("source")
        cells = list(str(row.take("privilege") or ""))
        rows.append([ctc, row.take("name"), row.take("blocking_type"), row.take("asf_treatment"), *cells])
        row.finish()
    return rows


def _area(value: Json) -> list[Json]:
    """LATA, state, time zone; the last ones, or all but the LATA, may be left out."""
    given = value if isinstance(value, list) else [value]
    return [*given, *[None] * (3 - len(given))]


def _rows(parent: _Table, key: str, columns: Iterable[str]) -> list[list[Json]]:
    """Turn key -> {column: value} into rows [key, values in order]."""
    rows: list[list[Json]] = []
    columns = tuple(columns)
    for name, row in parent.rows(key):
        rows.append([name, *(row.take(column) for column in columns)])
        row.finish()
    return rows


_OPTIONS = (
    "group_id", "ocs", "split_interstate", "default_privilege_class", "vacant_number", "ubs", "ubr", "rbr", "provider",
    "screening_rules", "access_codes", "ama_slp_ids", "contract",
)  # fmt: skip


def _write_customer(customer: _Table, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    options = {key: value for key in _OPTIONS if (value := customer.take(key)) is not None}
    options["emergency"] = customer.table("emergency")
    _write(folder / "customer.toml", _options(options))
    _write_plan_and_screening(customer, folder)
    _write_routing(customer, folder)
    customer.finish()


def _write_plan_and_screening(customer: _Table, folder: Path) -> None:
    _csv(folder / "mdp.csv", "dialed,number,non", _rows(customer, "mdp", ("number", "non")))
    _csv(folder / "sdp.csv", "number", [[number] for number in customer.list("sdp")])
    _csv(folder / "ocs_index.csv", "prefix,table", [[*item] for item in customer.table("ocs_index").items()])
    stations = [[table, *row] for table, rows in customer.rows("ocs_tables") for row in _stations(rows)]
    _csv(folder / "stations.csv", "table,number,type,privilege_class", stations)
    control = ("emergency", *BLOCKING_TYPES)
    _csv(
        folder / "privilege_control.csv",
        ",".join(("privilege_class", *control)),
        _rows(customer, "privilege_control", control),
    )
    blocking = _Table("blocking", customer.table("blocking"))
    for kind in BLOCKING_TYPES:
        _csv(folder / f"blocking_{kind}.csv", "number", [[number] for number in blocking.list(kind)])
    blocking.finish()
    completion = customer.list("international_completion")
    _csv(folder / "international_completion.csv", "number", [[number] for number in completion])
    trunks = ("kind", "caller_id", "pilot", "sends_access_code", "implied_access_code")
    _csv(folder / "trunk_groups.csv", ",".join(("id", *trunks)), _rows(customer, "trunk_groups", trunks))
    own = _call_types(customer)
    if own:
        _csv(folder / "call_types.csv", _CALL_TYPES, own)


def _stations(table: _Table) -> list[list[Json]]:
    rows: list[list[Json]] = []
    for number, values in list(table._values.items()):
        row = _Table(number, values)
        rows.append([number, row.take("type"), row.take("pc")])
        row.finish()
    return rows


def _write_routing(customer: _Table, folder: Path) -> None:
    originating: list[Json] = [
        {"prefix": prefix, "profile": profile}
        for prefix, profile in customer.table("asf_originating").items()
    ]
    profiles = customer.table("asf_profiles")
    if originating or profiles:
        _write(folder / "asf.toml", _options({"originating": originating, "profiles": profiles}))
    rtl = customer.table("rtl")
    if rtl:
        _write(folder / "rtl.toml", _options(rtl))
    columns = [
        f"{rank}_{kind}"
        for kind in ("trunk", "carrier")
        for rank in ("primary", "alternate", "second_alternate")
    ]
    header = ["originating", "destination", *columns]
    rows: list[list[Json]] = []
    for values in customer.list("asf_rtl_table"):
        row = _Table("asf_rtl_table", values)
        rows.append([row.take(column) for column in header])
        row.finish()
    _csv(folder / "asf_rtl.csv", ",".join(header), rows)


def _csv(path: Path, header: str, rows: Iterable[Iterable[Json]]) -> None:
    """Write a table: absent = empty cell, true and false = Y and N. A first cell starting with # is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    out.write(header + "\n")
    for row in rows:
        cells = [_cell(value) for value in row]
        if cells and cells[0].startswith("#"):
            out.write('"' + cells[0].replace('"', '""') + '",')
            cells = cells[1:]
        writer.writerow(cells)
    _write(path, out.getvalue())


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def _options(values: Mapping[str, Json]) -> str:
    """Write a TOML document: plain values first, then tables, arrays of tables last."""
    return "\n".join(_toml(values, ())).strip("\n") + "\n"


def _toml(values: Mapping[str, Json], path: tuple[str, ...]) -> Iterable[str]:
    for key, value in values.items():
        if value is not None and not isinstance(value, dict) and not (not path and _is_tables(value)):
            yield from _assignment(key, value)
    for key, value in values.items():
        if isinstance(value, dict):
            below = (*path, key)
            if not value or not all(isinstance(item, dict) for item in value.values()):
                yield ""
                yield f"[{'.'.join(map(_key, below))}]"
            yield from _toml(value, below)
        elif not path and isinstance(value, list) and _is_tables(value):
            for item in value:
                yield ""
                yield f"[[{_key(key)}]]"
                yield from _toml(item if isinstance(item, dict) else {}, (key,))


def _is_tables(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _assignment(key: str, value: Json) -> Iterable[str]:
    """Write one key; a list of tables gets a line for each, as people diff them."""
    if isinstance(value, list) and _is_tables(value):
        yield f"{_key(key)} = ["
        for item in value:
            yield f"  {_inline(item)},"
        yield "]"
    else:
        yield f"{_key(key)} = {_inline(value)}"


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum() and not key.isdigit()
    return key if bare else _string(key)


def _inline(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        pairs = [f"{_key(key)} = {_inline(item)}" for key, item in value.items() if item is not None]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return str(value)


def _string(text: str) -> str:
    """Write a basic string; control characters and quotes are escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04X}" for c in escaped) + '"'


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")

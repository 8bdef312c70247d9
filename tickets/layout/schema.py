"""A layout file: how one kind of PBX prints its tickets, as checked data.

`parse` reads every key or names every problem with its line; `Layout` is what the readers are compiled from. A layout
may take the rules (direction, status, answered, join, transfer, duplicate) of another.

Source: C-001, C-010.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.toml_lines import NOWHERE, Place, locate
from ain_scp.tickets.call import DIRECTIONS, STATUSES
from ain_scp.tickets.layout.times import tokens
from ain_scp.tickets.site import Site, SiteError, read_site

KINDS: Final = ("fixed", "delimited", "keyvalue", "json", "pattern")
TYPES: Final = (
    "text", "party", "device", "digits", "integer", "choice", "duration", "clock", "date", "datetime", "epoch_s", "iso8601",
)  # fmt: skip
MEANS: Final = (
    "start", "end", "answer", "duration", "ring_s", "dialed", "account", "authorization", "call_id", "trunk",
)  # fmt: skip
FORMATTED: Final = ("duration", "clock", "date", "datetime")
MAX_LENGTH: Final = 4096
MAX_LENGTH_JSON: Final = 262_144
MAX_CELL: Final = 131_072
"""The longest cell that the csv module reads."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_RULES: Final = ("direction", "status", "answered", "join", "transfer", "duplicate")
_TOP: Final = (
    "schema", "name", "title", "kind", "encoding", "fallback_encoding", "basis", "rules", "record", "fields", "reading", *_RULES,
)  # fmt: skip
_RECORD: Final = (
    "min_length", "max_length", "delimiter", "quote", "columns", "header", "min_fields", "max_fields", "file", "path",
    "separator", "assign", "pattern", "loose", "skip", "events", "date_record", "framing", "padding",
)  # fmt: skip
_FIELD: Final = (
    "at", "type", "format", "format_2", "means", "values", "optional", "strip", "from", "overflow", "zero_is_absent",
    "secret",
)  # fmt: skip
_DIRECTION: Final = (
    "if", "is", "by", "extension", "calling", "called", "trunk", "incoming_trunk", "extension_outgoing",
    "extension_incoming", "called_outgoing", "called_incoming", "called_internal", "called_tandem", "trunk_outgoing",
    "trunk_incoming", "trunk_internal", "trunk_tandem",
)  # fmt: skip
_EXTRACT: Final = ("of", "after", "before", "last", "strip", "digits", "device")
_READING: Final = ("date_from_receipt", "clock_offset_s", "dialed_includes_access_code", "site")
_JOIN: Final = ("key", "within_s", "more", "last", "attempts", "adds")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a record. `at` are columns from 1, both included; `sources` the JSON names tried in turn."""

    name: str
    type: str
    at: tuple[int, int] | None = None
    format: str = ""
    format_2: str = ""
    means: str = ""
    values: tuple[str, ...] = ()
    optional: bool = False
    strip: str = ""
    sources: tuple[str, ...] = ()
    overflow: str = ""
    zero_is_absent: bool = False
    secret: bool = False


class Test(msgspec.Struct, frozen=True):
    """One thing that must hold of a record. `how`: is, starts, matches, present, longer."""

    how: str
    field: str
    values: tuple[str, ...] = ()
    seconds: int = 0


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a field: after the first `after`, before the first (or last) `before`, less `strip`; then its digits."""

    of: str
    after: str = ""
    before: str = ""
    last: bool = False
    strip: str = ""
    digits: bool = False


class Direction(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of directions. `said` names the field that says the direction; `parties` by key."""

    when: tuple[Test, ...]
    outcome: str = ""
    said: str = ""
    by_numbers: bool = False
    parties: dict[str, Extract] = {}


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """Which records are one call."""

    key: tuple[str, ...]
    within_s: int
    more: tuple[Test, ...] | None = None
    last: tuple[Test, ...] | None = None
    attempts: bool = False
    adds: bool = False


class RecordForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a record is cut out of a line."""

    min_length: int = 0
    max_length: int = MAX_LENGTH
    delimiter: str = ","
    quote: str = ""
    columns: tuple[str, ...] = ()
    header: bool = False
    min_fields: int = 0
    max_fields: int = 0
    take: str = ""
    leave: str = ""
    path: tuple[str, ...] = ()
    separator: str = " "
    assign: str = "="
    pattern: str = ""
    loose: str = ""
    skip: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    date_match: str = ""
    date_format: str = ""
    framing: str = "lines"
    padding: str = ""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How one source is read beside its layout: it travels with it. `includes`: the dialed number holds the access code."""

    date_from_receipt: bool = False
    clock_offset_s: int = 0
    includes: bool | None = None
    site: Site | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """A checked layout. `digest` is SHA-256 of its text, `text` the file itself: it travels with the tickets."""

    name: str
    title: str
    kind: str
    encoding: str
    fallback: str
    basis: str
    record: RecordForm
    fields: tuple[Field, ...]
    directions: tuple[Direction, ...]
    status: tuple[tuple[str, tuple[Test, ...]], ...]
    answered: tuple[Test, ...] | None
    join: Join | None
    transfer: tuple[tuple[Test, ...], str] | None
    duplicate: tuple[str, ...]
    digest: str
    text: str
    reading: Reading = Reading()

    def field_that(self, means: str) -> Field | None:
        """The field that means something."""
        return next((field for field in self.fields if field.means == means), None)


def parse(text: str, file: str, other: Callable[[str], Layout]) -> Layout:
    """Read a layout; ProvisioningError with every problem. `other` finds the layout that `rules` names, or KeyError."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ProvisioningError([Problem(file, 0, 0, f"no TOML: {fault}", "layout")]) from fault
    reader = _Reader(values, file, locate(text))
    layout = reader.layout(hashlib.sha256(text.encode()).hexdigest(), text, other)
    if reader.problems:
        raise ProvisioningError(sorted(reader.problems))
    return layout


class _Reader:
    """Takes a document apart; every key is asked for by its path, and what does not fit is a problem at its place."""

    def __init__(
        self, values: dict[str, Any], file: str, places: Mapping[tuple[str | int, ...], Place]
    ) -> None:
        self._values, self._file, self._places = values, file, places
        self.problems: list[Problem] = []
        self._names: set[str] = set()

    def _wrong(self, path: tuple[str | int, ...], text: str) -> None:
        at = path
        while at and at not in self._places:
            at = at[:-1]
        place = self._places.get(at, NOWHERE)
        self.problems.append(Problem(self._file, place.line, place.column, text, "layout"))

    def _known(self, table: object, path: tuple[str | int, ...], names: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(table, dict):
            self._wrong(path, f"{path[-1]}: a table is due")
            return {}
        for key in table:
            if key not in names:
                self._wrong((*path, key), f"{key}: no such key; there are {', '.join(sorted(names))}")
        return table

    def _text(self, table: dict[str, Any], path: tuple[str | int, ...], key: str, default: str = "") -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self._wrong((*path, key), f"{key}: text is due")
        return default

    def _whole(self, table: dict[str, Any], path: tuple[str | int, ...], key: str, default: int) -> int:
        value = table.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self._wrong((*path, key), f"{key}: a whole number of 0 or more is due")
        return default

    def _flag(self, table: dict[str, Any], path: tuple[str | int, ...], key: str) -> bool:
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self._wrong((*path, key), f"{key}: true or false is due")
        return False

    def _texts(self, table: dict[str, Any], path: tuple[str | int, ...], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self._wrong((*path, key), f"{key}: a list of texts is due")
        return ()

    def _regex(self, value: str, path: tuple[str | int, ...]) -> str:
        try:
            re.compile(value)
        except re.error as fault:
            self._wrong(path, f"{path[-1]}: no regular expression: {fault}")
            return ""
        return value

    def _field_name(self, name: object, path: tuple[str | int, ...]) -> str:
        if isinstance(name, str) and name in self._names:
            return name
        self._wrong(path, f"{name!r}: no field of this layout")
        return ""

    def layout(self, digest: str, text: str, other: Callable[[str], Layout]) -> Layout:
        top = self._known(self._values, (), _TOP)
        if top.get("schema") != 1:
            self._wrong(("schema",), "schema = 1 is due")
        name, kind = self._text(top, (), "name"), self._text(top, (), "kind")
        if not _NAME.fullmatch(name):
            self._wrong(("name",), f"name = {name!r}: 1 to 40 of a-z 0-9 _ - are due")
        if kind not in KINDS:
            self._wrong(("kind",), f"kind = {kind!r}: one of {', '.join(KINDS)} is due")
        for key in ("encoding", "fallback_encoding"):
            self._encoding(self._text(top, (), key, "utf-8"), key)
        record = self._record(kind)
        fields = self._fields(kind)
        self._names = {field.name for field in fields} | set(record.columns)
        rules = self._rules(top, other)
        if not {"start", "end"} & {field.means for field in fields}:
            self._wrong(("fields",), 'fields: one that means = "start" or "end" is due')
        return Layout(
            name=name,
            title=self._text(top, (), "title"),
            kind=kind,
            encoding=self._text(top, (), "encoding", "utf-8"),
            fallback=self._text(top, (), "fallback_encoding"),
            basis=self._text(top, (), "basis"),
            record=record,
            fields=fields,
            digest=digest,
            text=text,
            reading=self._reading(top.get("reading", {})),
            **rules,
        )

    def _reading(self, value: object) -> Reading:
        path = ("reading",)
        table = self._known(value, path, _READING)
        offset, site = table.get("clock_offset_s", 0), self._text(table, path, "site")
        if not isinstance(offset, int) or isinstance(offset, bool):
            self._wrong((*path, "clock_offset_s"), "clock_offset_s: whole seconds are due")
            offset = 0
        found = None
        try:
            found = read_site(site, "reading.site") if site else None
        except SiteError as fault:
            self._wrong((*path, "site"), str(fault))
        key = "dialed_includes_access_code"
        return Reading(
            date_from_receipt=self._flag(table, path, "date_from_receipt"),
            clock_offset_s=offset,
            includes=self._flag(table, path, key) if key in table else None,
            site=found,
        )

    def _encoding(self, name: str, key: str) -> None:
        try:
            known = "\r\n".encode(name) == b"\r\n"
        except (LookupError, ValueError):
            known = False
        if not known and (name or key == "encoding"):
            self._wrong((key,), f"{key} = {name!r}: no encoding of text that holds ASCII as it is")

    def _record(self, kind: str) -> RecordForm:
        path = ("record",)
        table = self._known(self._values.get("record", {}), path, _RECORD)
        file = self._known(table.get("file", {}), (*path, "file"), ("take", "leave"))
        date = self._known(table.get("date_record", {}), (*path, "date_record"), ("match", "format"))
        header = self._text(table, path, "header")
        framing = self._text(table, path, "framing", "lines")
        if header not in ("", "names"):
            self._wrong((*path, "header"), 'header = "names" is all there is')
        if framing not in ("lines", "inter-tel", "json"):
            self._wrong((*path, "framing"), f"framing = {framing!r}: lines, inter-tel or json is due")
        if kind == "pattern" and not table.get("pattern"):
            self._wrong(path, "pattern: a regular expression with named groups is due")
        if kind == "delimited" and self._whole(table, path, "max_length", 0) > MAX_CELL:
            self._wrong((*path, "max_length"), f"max_length: at most {MAX_CELL} for a delimited layout")
        if kind == "delimited" and bool(table.get("columns")) == bool(header):
            self._wrong(path, 'columns or header = "names": one of the two is due')
        for key in ("delimiter", "quote"):
            if len(self._text(table, path, key, ",")) > 1:
                self._wrong((*path, key), f"{key}: one character is due")
        return RecordForm(
            min_length=self._whole(table, path, "min_length", 0),
            max_length=self._whole(
                table, path, "max_length", MAX_LENGTH_JSON if kind == "json" else MAX_LENGTH
            ),
            delimiter=self._text(table, path, "delimiter", ","),
            quote=self._text(table, path, "quote"),
            columns=self._texts(table, path, "columns"),
            header=header == "names",
            min_fields=self._whole(table, path, "min_fields", 0),
            max_fields=self._whole(table, path, "max_fields", 0),
            take=self._regex(self._text(file, path, "take"), (*path, "file", "take")),
            leave=self._regex(self._text(file, path, "leave"), (*path, "file", "leave")),
            path=tuple(filter(None, self._text(table, path, "path").split("."))),
            separator=self._text(table, path, "separator", " "),
            assign=self._text(table, path, "assign", "="),
            pattern=self._regex(self._text(table, path, "pattern"), (*path, "pattern")),
            loose=self._regex(self._text(table, path, "loose"), (*path, "loose")),
            skip=self._regexes(table, path, "skip"),
            events=self._regexes(table, path, "events"),
            date_match=self._regex(self._text(date, path, "match"), (*path, "date_record", "match")),
            date_format=self._text(date, path, "format"),
            framing=framing,
            padding=self._text(table, path, "padding"),
        )

    def _regexes(self, table: dict[str, Any], path: tuple[str | int, ...], key: str) -> tuple[str, ...]:
        return tuple(self._regex(one, (*path, key)) for one in self._texts(table, path, key))

    def _fields(self, kind: str) -> tuple[Field, ...]:
        table = self._values.get("fields", {})
        if not isinstance(table, dict) or not table:
            self._wrong(("fields",), "fields: a table with at least one field is due")
            return ()
        return tuple(self._field(name, table[name], kind) for name in table)

    def _field(self, name: str, value: object, kind: str) -> Field:
        path = ("fields", name)
        table = self._known(value, path, _FIELD)
        type_, means = self._text(table, path, "type"), self._text(table, path, "means")
        if type_ not in TYPES:
            self._wrong((*path, "type"), f"type = {type_!r}: one of {', '.join(TYPES)} is due")
        if means and means not in MEANS:
            self._wrong((*path, "means"), f"means = {means!r}: one of {', '.join(MEANS)} is due")
        at = table.get("at")
        if (at is None) == (kind == "fixed"):
            self._wrong(
                path, f"{name}: at = [first, last] belongs to each field of a fixed layout, and to no other"
            )
        return Field(
            name=name,
            type=type_,
            at=self._columns(at, path),
            format=self._format(table, path, "format", type_),
            format_2=self._format(table, path, "format_2", type_),
            means=means,
            values=self._texts(table, path, "values"),
            optional=self._flag(table, path, "optional"),
            strip=self._text(table, path, "strip"),
            sources=self._texts(table, path, "from"),
            overflow=self._text(table, path, "overflow"),
            zero_is_absent=self._flag(table, path, "zero_is_absent"),
            secret=self._flag(table, path, "secret"),
        )

    def _columns(self, at: object, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        match at:
            case None:
                return None
            case [int() as first, int() as last] if 1 <= first <= last:
                return first, last
        self._wrong((*path, "at"), "at = [first, last]: columns from 1 are due")
        return None

    def _format(self, table: dict[str, Any], path: tuple[str | int, ...], key: str, type_: str) -> str:
        form = self._text(table, path, key)
        if key == "format" and (type_ in FORMATTED) != bool(form):
            self._wrong(path, f"{path[-1]}: a format belongs to {', '.join(FORMATTED)}, and to no other type")
        found = tokens(form)
        if form and (not found or len(set(found)) < len(found)):
            self._wrong(
                (*path, key), f"{key} = {form!r}: tokens such as YYYY MM DD hh mm ss, each once, are due"
            )
        if form and type_ in ("date", "datetime") and not {"MM", "DD"} <= set(found):
            self._wrong((*path, key), f"{key} = {form!r}: a date has MM and DD")
        return form

    def _rules(self, top: dict[str, Any], other: Callable[[str], Layout]) -> dict[str, Any]:
        name = self._text(top, (), "rules")
        if not name:
            return self._own_rules(top)
        for key in _RULES:
            if key in top:
                self._wrong((key,), f"{key}: the rules are those of {name}; take one of the two out")
        try:
            found = other(name)
        except (KeyError, ProvisioningError):
            self._wrong(("rules",), f"rules = {name!r}: no such layout")
            return self._own_rules({})
        missing = _fields_asked(found) - self._names
        if missing:
            self._wrong(
                ("rules",),
                f"the rules of {name} ask for fields that are not here: {', '.join(sorted(missing))}",
            )
        return {
            "directions": found.directions,
            "status": found.status,
            "answered": found.answered,
            "join": found.join,
            "transfer": found.transfer,
            "duplicate": found.duplicate,
        }

    def _own_rules(self, top: dict[str, Any]) -> dict[str, Any]:
        rows = top.get("direction", [])
        if not isinstance(rows, list) or not rows:
            self._wrong(("direction",), "direction: at least one [[direction]] is due")
            rows = []
        answered = self._known(top.get("answered", {}), ("answered",), ("if",))
        duplicate = self._known(top.get("duplicate", {}), ("duplicate",), ("key",))
        return {
            "directions": tuple(self._direction(row, ("direction", at)) for at, row in enumerate(rows)),
            "status": self._status(top.get("status", {})),
            "answered": self._tests(answered["if"], ("answered", "if")) if "if" in answered else None,
            "join": self._join(top["join"]) if "join" in top else None,
            "transfer": self._transfer(top["transfer"]) if "transfer" in top else None,
            "duplicate": self._key(duplicate, ("duplicate",)),
        }

    def _key(self, table: dict[str, Any], path: tuple[str | int, ...]) -> tuple[str, ...]:
        return tuple(self._field_name(one, (*path, "key")) for one in self._texts(table, path, "key"))

    def _tests(self, value: object, path: tuple[str | int, ...]) -> tuple[Test, ...]:
        if not isinstance(value, dict):
            self._wrong(path, f"{path[-1]}: a table of conditions is due")
            return ()
        return tuple(self._test(key, value[key], (*path, key)) for key in value)

    def _test(self, key: str, value: object, path: tuple[str | int, ...]) -> Test:
        match key, value:
            case "field_present", str() as name:
                return Test("present", self._field_name(name, path))
            case "duration_over", int() as seconds:
                return Test("longer", "", (), seconds)
        for how in ("starts", "matches"):
            name = key.removesuffix("_" + how)
            if name != key and name in self._names:
                return self._partly(how, name, value, path)
        values = tuple(str(one).strip() for one in value) if isinstance(value, list) else ()
        if not values:
            self._wrong(path, f"{key}: a list of values is due")
        return Test("is", self._field_name(key, path), values)

    def _partly(self, how: str, name: str, value: object, path: tuple[str | int, ...]) -> Test:
        match how, value:
            case "matches", str() as regex:
                return Test(how, name, (self._regex(regex, path),))
            case "starts", [*ones] if ones and all(isinstance(one, str) for one in ones):
                return Test(how, name, tuple(map(str, ones)))
        self._wrong(path, f"{path[-1]}: a list of beginnings or a regular expression is due")
        return Test(how, name)

    def _direction(self, value: object, path: tuple[str | int, ...]) -> Direction:
        table = self._known(value, path, _DIRECTION)
        by, outcome = self._text(table, path, "by"), table.get("is", "")
        said = ""
        if isinstance(outcome, dict):
            said, outcome = (
                self._field_name(self._known(outcome, path, ("field",)).get("field"), (*path, "is")),
                "",
            )
        if by not in ("", "numbers"):
            self._wrong((*path, "by"), 'by = "numbers" is all there is')
        if not by and not said and outcome not in (*DIRECTIONS, "event"):
            self._wrong((*path, "is"), f"is = {outcome!r}: one of {', '.join(DIRECTIONS)}, event is due")
        parties = {
            key: self._extract(table[key], (*path, key)) for key in table if key not in ("if", "is", "by")
        }
        when = self._tests(table["if"], (*path, "if")) if "if" in table else ()
        return Direction(when=when, outcome=str(outcome), said=said, by_numbers=bool(by), parties=parties)

    def _extract(self, value: object, path: tuple[str | int, ...]) -> Extract:
        if isinstance(value, str):
            return Extract(of=self._field_name(value, path))
        table = self._known(value, path, _EXTRACT)
        if "device" in table:
            return Extract(of=self._field_name(table["device"], path), strip="E")
        return Extract(
            of=self._field_name(table.get("of"), path),
            after=self._text(table, path, "after"),
            before=self._text(table, path, "before"),
            last=self._flag(table, path, "last"),
            strip=self._text(table, path, "strip"),
            digits=self._flag(table, path, "digits"),
        )

    def _status(self, value: object) -> tuple[tuple[str, tuple[Test, ...]], ...]:
        table = self._known(value, ("status",), STATUSES)
        return tuple((name, self._tests(table[name], ("status", name))) for name in table)

    def _join(self, value: object) -> Join:
        path = ("join",)
        table = self._known(value, path, _JOIN)
        adds = self._text(table, path, "adds")
        if adds not in ("", "duration"):
            self._wrong((*path, "adds"), 'adds = "duration" is all there is')
        return Join(
            key=self._key(table, path),
            within_s=self._whole(table, path, "within_s", 86_400),
            more=self._tests(table["more"], (*path, "more")) if "more" in table else None,
            last=self._tests(table["last"], (*path, "last")) if "last" in table else None,
            attempts=self._flag(table, path, "attempts"),
            adds=bool(adds),
        )

    def _transfer(self, value: object) -> tuple[tuple[Test, ...], str]:
        path = ("transfer",)
        table = self._known(value, path, ("if", "to"))
        return self._tests(table.get("if"), (*path, "if")), self._field_name(table.get("to"), (*path, "to"))


def _fields_asked(layout: Layout) -> set[str]:
    """The fields that the rules of a layout name."""
    tests = [test for row in layout.directions for test in row.when]
    tests += [test for _name, found in layout.status for test in found]
    tests += list(layout.answered or ())
    names = {test.field for test in tests} | set(layout.duplicate)
    names |= {party.of for row in layout.directions for party in row.parties.values()}
    if layout.join is not None:
        names |= {
            *layout.join.key,
            *(test.field for test in (*(layout.join.more or ()), *(layout.join.last or ()))),
        }
    if layout.transfer is not None:
        names |= {layout.transfer[1], *(test.field for test in layout.transfer[0])}
    return names - {""}

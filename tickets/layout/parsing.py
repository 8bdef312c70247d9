"""A layout file is read: every key, or every problem with its line.

A layout may take the rules (direction, status, answered, join, transfer, duplicate) of another.

Source: C-001, C-010.
"""

import hashlib
import re
import tomllib
from collections.abc import Callable
from typing import Any, Final

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.toml_lines import locate
from ain_scp.tickets.layout.ruling import RULES, Ruling
from ain_scp.tickets.layout.schema import (
    FORMATTED,
    KINDS,
    MAX_CELL,
    MAX_LENGTH,
    MAX_LENGTH_JSON,
    MEANS,
    TYPES,
    Field,
    Layout,
    Reading,
    RecordForm,
)
from ain_scp.tickets.layout.times import tokens
from ain_scp.tickets.site import SiteError, read_site

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
TOP: Final = (
    "schema", "name", "title", "kind", "encoding", "fallback_encoding", "basis", "rules", "record", "fields", "reading", *RULES,
)  # fmt: skip
RECORD: Final = (
    "min_length", "max_length", "delimiter", "quote", "columns", "header", "min_fields", "max_fields", "file", "path",
    "separator", "assign", "pattern", "loose", "skip", "events", "date_record", "framing", "padding",
)  # fmt: skip
FIELD: Final = (
    "at", "type", "format", "format_2", "means", "values", "optional", "strip", "from", "overflow", "zero_is_absent",
    "secret",
)  # fmt: skip
READING: Final = ("date_from_receipt", "clock_offset_s", "dialed_includes_access_code", "site")


def parse(text: str, file: str, other: Callable[[str], Layout]) -> Layout:
    """Read a layout; ProvisioningError with every problem. `other` finds the layout that `rules` names, or KeyError."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        raise ProvisioningError([Problem(file, 0, 0, f"not TOML: {fault}", "layout")]) from fault
    reader = _Parsing(values, file, locate(text))
    layout = reader.layout(hashlib.sha256(text.encode()).hexdigest(), text, other)
    if reader.problems:
        raise ProvisioningError(sorted(reader.problems))
    return layout


class _Parsing(Ruling):
    """The whole file."""

    def layout(self, digest: str, text: str, other: Callable[[str], Layout]) -> Layout:
        top = self.known(self.values, (), TOP)
        if top.get("schema") != 1:
            self.wrong(("schema",), "expected schema = 1")
        name, kind = self.text(top, (), "name"), self.text(top, (), "kind")
        if not _NAME.fullmatch(name):
            self.wrong(("name",), f"name = {name!r}: expected 1 to 40 of a-z 0-9 _ -")
        if kind not in KINDS:
            self.wrong(("kind",), f"kind = {kind!r}: expected one of {', '.join(KINDS)}")
        for key in ("encoding", "fallback_encoding"):
            self._encoding(self.text(top, (), key, "utf-8"), key)
        record = self._record(kind)
        fields = self._fields(kind)
        self.names = {field.name for field in fields} | set(record.columns)
        rules = self.rules(top, other)
        if not {"start", "end"} & {field.means for field in fields}:
            self.wrong(("fields",), 'fields: one must mean "start" or "end"')
        return Layout(
            name=name,
            title=self.text(top, (), "title"),
            kind=kind,
            encoding=self.text(top, (), "encoding", "utf-8"),
            fallback=self.text(top, (), "fallback_encoding"),
            basis=self.text(top, (), "basis"),
            record=record,
            fields=fields,
            digest=digest,
            text=text,
            reading=self._reading(top.get("reading", {})),
            **rules,
        )

    def _reading(self, value: object) -> Reading:
        path = ("reading",)
        table = self.known(value, path, READING)
        offset, site = table.get("clock_offset_s", 0), self.text(table, path, "site")
        if not isinstance(offset, int) or isinstance(offset, bool):
            self.wrong((*path, "clock_offset_s"), "clock_offset_s: expected whole seconds")
            offset = 0
        found = None
        try:
            found = read_site(site, "reading.site") if site else None
        except SiteError as fault:
            self.wrong((*path, "site"), str(fault))
        key = "dialed_includes_access_code"
        return Reading(
            date_from_receipt=self.flag(table, path, "date_from_receipt"),
            clock_offset_s=offset,
            includes=self.flag(table, path, key) if key in table else None,
            site=found,
        )

    def _encoding(self, name: str, key: str) -> None:
        try:
            known = "\r\n".encode(name) == b"\r\n"
        except (LookupError, ValueError):
            known = False
        if not known and (name or key == "encoding"):
            self.wrong((key,), f"{key} = {name!r}: no encoding of text that holds ASCII as it is")

    def _record(self, kind: str) -> RecordForm:
        path = ("record",)
        table = self.known(self.values.get("record", {}), path, RECORD)
        file = self.known(table.get("file", {}), (*path, "file"), ("take", "leave"))
        date = self.known(table.get("date_record", {}), (*path, "date_record"), ("match", "format"))
        header = self.text(table, path, "header")
        framing = self.text(table, path, "framing", "lines")
        if header not in ("", "names"):
            self.wrong((*path, "header"), 'header = "names" is all there is')
        if framing not in ("lines", "inter-tel", "json"):
            self.wrong((*path, "framing"), f"framing = {framing!r}: expected lines, inter-tel or json")
        if kind == "pattern" and not table.get("pattern"):
            self.wrong(path, "pattern: expected a regular expression with named groups")
        if kind == "delimited" and self.whole(table, path, "max_length", 0) > MAX_CELL:
            self.wrong((*path, "max_length"), f"max_length: at most {MAX_CELL} for a delimited layout")
        if kind == "delimited" and bool(table.get("columns")) == bool(header):
            self.wrong(path, 'expected either columns or header = "names"')
        for key in ("delimiter", "quote"):
            if len(self.text(table, path, key, ",")) > 1:
                self.wrong((*path, key), f"{key}: expected one character")
        return RecordForm(
            min_length=self.whole(table, path, "min_length", 0),
            max_length=self.whole(
                table, path, "max_length", MAX_LENGTH_JSON if kind == "json" else MAX_LENGTH
            ),
            delimiter=self.text(table, path, "delimiter", ","),
            quote=self.text(table, path, "quote"),
            columns=self.texts(table, path, "columns"),
            header=header == "names",
            min_fields=self.whole(table, path, "min_fields", 0),
            max_fields=self.whole(table, path, "max_fields", 0),
            take=self.regex(self.text(file, path, "take"), (*path, "file", "take")),
            leave=self.regex(self.text(file, path, "leave"), (*path, "file", "leave")),
            path=tuple(filter(None, self.text(table, path, "path").split("."))),
            separator=self.text(table, path, "separator", " "),
            assign=self.text(table, path, "assign", "="),
            pattern=self.regex(self.text(table, path, "pattern"), (*path, "pattern")),
            loose=self.regex(self.text(table, path, "loose"), (*path, "loose")),
            skip=self._regexes(table, path, "skip"),
            events=self._regexes(table, path, "events"),
            date_match=self.regex(self.text(date, path, "match"), (*path, "date_record", "match")),
            date_format=self.text(date, path, "format"),
            framing=framing,
            padding=self.text(table, path, "padding"),
        )

    def _regexes(self, table: dict[str, Any], path: tuple[str | int, ...], key: str) -> tuple[str, ...]:
        return tuple(self.regex(one, (*path, key)) for one in self.texts(table, path, key))

    def _fields(self, kind: str) -> tuple[Field, ...]:
        table = self.values.get("fields", {})
        if not isinstance(table, dict) or not table:
            self.wrong(("fields",), "fields: expected a table with at least one field")
            return ()
        return tuple(self._field(name, table[name], kind) for name in table)

    def _field(self, name: str, value: object, kind: str) -> Field:
        path = ("fields", name)
        table = self.known(value, path, FIELD)
        type_, means = self.text(table, path, "type"), self.text(table, path, "means")
        if type_ not in TYPES:
            self.wrong((*path, "type"), f"type = {type_!r}: expected one of {', '.join(TYPES)}")
        if means and means not in MEANS:
            self.wrong((*path, "means"), f"means = {means!r}: expected one of {', '.join(MEANS)}")
        at = table.get("at")
        if (at is None) == (kind == "fixed"):
            self.wrong(
                path, f"{name}: at = [first, last] belongs to each field of a fixed layout, and to no other"
            )
        return Field(
            name=name,
            type=type_,
            at=self._columns(at, path),
            format=self._format(table, path, "format", type_),
            format_2=self._format(table, path, "format_2", type_),
            means=means,
            values=self.texts(table, path, "values"),
            optional=self.flag(table, path, "optional"),
            strip=self.text(table, path, "strip"),
            sources=self.texts(table, path, "from"),
            overflow=self.text(table, path, "overflow"),
            zero_is_absent=self.flag(table, path, "zero_is_absent"),
            secret=self.flag(table, path, "secret"),
        )

    def _columns(self, at: object, path: tuple[str | int, ...]) -> tuple[int, int] | None:
        match at:
            case None:
                return None
            case [int() as first, int() as last] if 1 <= first <= last:
                return first, last
        self.wrong((*path, "at"), "at = [first, last]: expected columns from 1")
        return None

    def _format(self, table: dict[str, Any], path: tuple[str | int, ...], key: str, type_: str) -> str:
        form = self.text(table, path, key)
        if key == "format" and (type_ in FORMATTED) != bool(form):
            self.wrong(path, f"{path[-1]}: a format belongs to {', '.join(FORMATTED)}, and to no other type")
        found = tokens(form)
        if form and (not found or len(set(found)) < len(found)):
            self.wrong(
                (*path, key), f"{key} = {form!r}: tokens such as YYYY MM DD hh mm ss, each once, are expected"
            )
        if form and type_ in ("date", "datetime") and not {"MM", "DD"} <= set(found):
            self.wrong((*path, key), f"{key} = {form!r}: a date has MM and DD")
        return form

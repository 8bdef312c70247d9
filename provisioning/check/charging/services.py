"""`services/NAME.toml`: programs of the event engine; every entry they keep has a bound, every step ends.

Source: charging design 8.23, 10.5; CH-19, CH-28.
"""

from collections.abc import Callable, Iterable
from typing import Literal, TypeVar

from ain_scp.provisioning.check.charging.cells import FOLDER, cells_of
from ain_scp.provisioning.check.charging.texts import BY
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows_events import HandlerRow, KeepRow, QueryRow, ServiceRow
from ain_scp.provisioning.steps import (
    Call,
    Expression,
    Name,
    Step,
    StepFault,
    names_in,
    parse_expression,
    parse_step,
)

SERVICES = f"{FOLDER}/services"
MAP = (("key", "value"), ())
TYPES = ("money", "int", "map")
MOST_ENTRIES = 10_000_000
MOST_STEPS = 1000

T = TypeVar("T")

ServiceSections = list[tuple[Section, ServiceRow]]


def read_services(files: Files) -> ServiceSections:
    """Read every program of `charging/services/`."""
    names = files.open_any(SERVICES)
    found: ServiceSections = []
    loaded: set[str] = set()
    for file in sorted(name for name in names if name.endswith(".toml")):
        options = files.options(f"{SERVICES}/{file}")
        if options is not None:
            found.append((options, _service(files, options, file.removesuffix(".toml"), loaded)))
    for name in sorted(names):
        if not name.endswith(".toml") and name not in loaded:
            files.findings.error(f"{SERVICES}/{name}", 0, 0, "no service loads this file", "file")
    return found


def _service(files: Files, options: Section, stem: str, loaded: set[str]) -> ServiceRow:
    name = options.word("service", required=True)
    if name and name != stem:
        options.error(
            "service", f"service {name} stands in {stem}.toml: a service is named by its file", "row"
        )
    given = options.section("keep")
    keep = tuple(_keep(given.section(key), key) for key in given)
    maps = {row.name: _map(files, given.section(row.name), row, loaded) for row in keep if row.load}
    streams, subscribe = options.section("streams"), options.section("subscribe")
    service = ServiceRow(
        name=name,
        keep=keep,
        handlers=_handlers(options.section("on"), keep),
        queries=_queries(options.section("query"), keep),
        streams_in=_texts(streams, "in"),
        streams_out=_texts(streams, "out"),
        plans=_texts(subscribe, "plans"),
        maps=maps,
        where=options.where,
    )
    for section in (streams, subscribe, options):
        section.finish()
    return service


def _keep(section: Section, name: str) -> KeepRow:
    """Read one entry of [keep]; one that has keys says how many (CH-19)."""
    kind = _type(section)
    by = _texts(section, "by")
    for place, word in enumerate(by):
        if word not in BY:
            section.error(
                "by", f"by {shown(word)} must be one of {', '.join(BY)}{hint(word, BY)}", "toml", place
            )
    if len(by) > 1:
        section.error("by", "by names one parameter", "row", 1)
    bound = "entries" if kind == "map" else "keys"
    entries = section.integer(bound, 1, MOST_ENTRIES, "CH-19", 1) if bound in section else 0
    if not entries and (kind == "map" or by):
        section.error(bound, f"{name} has no bound: give {bound} = N, the most it may hold", "CH-19")
    if kind == "map":
        for side in ("key", "value"):
            section.text(side)
    row = KeepRow(
        name=name,
        type=kind,
        per=section.text("per"),
        by=by[0] if by else "",
        entries=entries or 1,
        load=section.text("load") if kind == "map" else "",
        where=section.where,
    )
    section.finish()
    return row


def _type(section: Section) -> Literal["money", "int", "map"]:
    text = section.text("type", required=True)
    if text and text not in TYPES:
        section.error(
            "type", f"type {shown(text)} must be one of {', '.join(TYPES)}{hint(text, TYPES)}", "toml"
        )
    return "map" if text == "map" else "money" if text == "money" else "int"


def _map(files: Files, section: Section, row: KeepRow, loaded: set[str]) -> dict[str, str]:
    """Read the file that fills a map; it lies beside the service and has no more rows than the map holds."""
    loaded.add(row.load)
    file = f"{SERVICES}/{row.load}"
    if not files.has(file):
        section.error("load", f"load {shown(row.load)}: no such file beside the service", "file")
        return {}
    found: dict[str, str] = {}
    for cells in cells_of(files, file, MAP):
        key = cells.required("key")
        if key in found:
            cells.error("key", f"key {shown(key)} is there twice", "duplicate")
        if len(found) == row.entries:
            cells.error("key", f"more rows than the {row.entries} entries of {row.name}", "CH-19")
            break
        found[key] = cells.required("value")
    return found


def _handlers(section: Section, keep: tuple[KeepRow, ...]) -> tuple[HandlerRow, ...]:
    found = []
    for event in section:
        part = section.section(event)
        steps = _texts(part, "do")
        if len(steps) > MOST_STEPS:
            part.error("do", f"{len(steps)} steps, at most {MOST_STEPS}", "CH-28")
        _check_steps(part, steps, keep)
        found.append(HandlerRow(event, steps, part.where))
        part.finish()
    return tuple(found)


def _check_steps(section: Section, steps: Iterable[str], keep: tuple[KeepRow, ...]) -> None:
    """Every step can be read; what it changes is kept, and maps are what `get` asks."""
    kept = {row.name: row for row in keep}
    for place, text in enumerate(steps):
        step = _parsed(parse_step, text, section, "do", place)
        if step is None:
            continue
        wrong = _wrong_change(step, kept) or _wrong_get(_values(step), kept)
        if wrong:
            section.error("do", wrong, "CH-28", place)


def _values(step: Step) -> list[Expression]:
    values = [value for _, value in step.fields]
    return [*values, step.value] if step.value is not None else values


def _wrong_change(step: Step, kept: dict[str, KeepRow]) -> str:
    if step.verb in ("=", "emit"):
        return ""
    row = kept.get(step.target.name)
    if row is None:
        return f"{step.verb} {step.target.name}: no such entry in [keep]{hint(step.target.name, kept)}"
    if bool(row.by) is not (step.target.index is not None) and row.type != "map":
        return f"{step.verb} {row.name}: {'give its key in brackets' if row.by else 'it has no keys'}"
    return ""


def _wrong_get(values: Iterable[Expression], kept: dict[str, KeepRow]) -> str:
    """`get` looks into a map of this service."""
    for value in values:
        if not isinstance(value, Call):
            continue
        first = value.arguments[0] if value.arguments else None
        if value.function == "get" and not (isinstance(first, Name) and _is_map(kept.get(first.name))):
            return "get: its first argument is a map of [keep]"
        inner = _wrong_get(value.arguments, kept)
        if inner:
            return inner
    return ""


def _is_map(row: KeepRow | None) -> bool:
    return row is not None and row.type == "map"


def _queries(section: Section, keep: tuple[KeepRow, ...]) -> tuple[QueryRow, ...]:
    found = []
    kept = {row.name for row in keep}
    for name in section:
        part = section.section(name)
        row = QueryRow(name, _texts(part, "arguments"), part.text("give", required=True), part.where)
        given = _parsed(parse_expression, row.give, part, "give") if row.give else None
        for one in names_in(given) if given is not None else ():
            if one.name not in kept and one.name not in row.arguments:
                text = f"query {name!r} reads a summary of another service: {one.name} is not in [keep]"
                part.error("give", text, "CH-28")
                break
        found.append(row)
        part.finish()
    return tuple(found)


def _parsed(parse: Callable[[str], T], text: str, section: Section, key: str, *within: int) -> T | None:
    try:
        return parse(text)
    except StepFault as fault:
        section.error(key, str(fault), "CH-28", *within)
        return None


def _texts(section: Section, key: str) -> tuple[str, ...]:
    return tuple(str(value) for _, value in section.items(key, str)) if key in section else ()

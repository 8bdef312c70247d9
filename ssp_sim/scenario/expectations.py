"""What a scenario expects of a call, and whether the call did it.

An expectation is a path and a value. The path names one place in the JSON form of a call: `route.kind`,
`legs.1.route.asf_results`, `facility.id`, `ama.disposition`, `smdr.status`, `status`, `talk_path`. A path that starts with no key
of the call is looked for in the decision of leg 0 and then in that decision's response, so `ctc` and `ama_slp_id` do. After
`legs.N` the same short form holds inside that leg.

A path that leads nowhere fails: no expectation can pass because nothing was there. Values are compared exactly, types
included (1 is not true, "1" is not 1), lists in order. TOML has no null: the text "null" expects null. A table of `min`
and/or `max` expects a number in that range.

Source: interfaces.md section 3, D-005.
"""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from ain_scp.ssp_sim.record import Unmet

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_MISSING = object()


class EmptyExpectation(Exception):
    """A table of expectations with nothing in it."""


class Expectation(msgspec.Struct, frozen=True):
    """One expected value at one path; `line` is its place in the scenario file."""

    path: str
    value: object
    line: int = 0


def flatten(table: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Turn nested tables into (dotted path, value) pairs; EmptyExpectation for an empty table, which would expect nothing."""
    if not table:
        raise EmptyExpectation(f"an empty table expects nothing{f' ({prefix})' if prefix else ''}")
    found: list[tuple[str, object]] = []
    for key, value in table.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict) and not _is_range(value):
            found += flatten(value, path)
        else:
            found.append((path, _json(value)))
    return found


def evaluate(expect: Iterable[Expectation], call: Mapping[str, object]) -> list[Unmet]:
    """Judge a call: what was expected, what was there, and where, of each expectation that does not hold."""
    failures: list[Unmet] = []
    for one in expect:
        found, full = find(call, one.path)
        if found is _MISSING:
            failures.append(Unmet(one.path, full, _shown(one.value), None, one.line))
        elif not _same(one.value, found):
            failures.append(Unmet(one.path, full, _shown(one.value), _shown(found), one.line))
    return failures


def find(call: Mapping[str, object], path: str) -> tuple[object, str]:
    """Return the value at `path` and the full path where it was found, or where the search ended without one."""
    names = path.split(".")
    found = _walk(call, names)
    if found is not _MISSING or names[0] in call:
        if found is _MISSING and names[0] == "legs" and len(names) > 2:
            return _in_leg(call, names[:2], names[2:])
        return found, path
    return _in_leg(call, ["legs", "0"], names)


def _in_leg(call: Mapping[str, object], leg: list[str], names: list[str]) -> tuple[object, str]:
    for short in ((), ("response",)):
        full = [*leg, *short, *names]
        found = _walk(call, full)
        if found is not _MISSING:
            return found, ".".join(full)
    return _MISSING, ".".join([*leg, *names])


def _walk(value: object, names: Iterable[str]) -> object:
    for name in names:
        if isinstance(value, Mapping):
            value = value.get(name, _MISSING)
        elif isinstance(value, list | tuple):
            index = int(name) if name.isascii() and name.isdigit() and len(name) < 9 else len(value)
            value = value[index] if index < len(value) else _MISSING
        else:
            return _MISSING
    return value


def _same(expected: object, found: object) -> bool:
    if isinstance(expected, dict):
        return _in_range(expected, found)
    if expected == "null":
        return found is None
    if isinstance(expected, list):
        return (
            isinstance(found, list | tuple)
            and len(expected) == len(found)
            and all(_same(one, other) for one, other in zip(expected, found, strict=True))
        )
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return expected == found
    return isinstance(found, str) and expected == found


def _in_range(limits: Mapping[str, object], found: object) -> bool:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    low, high = limits.get("min"), limits.get("max")
    return not (isinstance(low, int | float) and found < low) and not (
        isinstance(high, int | float) and found > high
    )


def _is_range(table: Mapping[str, object]) -> bool:
    return (
        bool(table)
        and set(table) <= {"min", "max"}
        and all(isinstance(v, int | float) for v in table.values())
    )


def _json(value: object) -> object:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value


def _shown(value: object) -> str:
    if value == "null":
        return "null"
    text = (
        msgspec.json.encode(value).decode()
        if not isinstance(value, tuple)
        else msgspec.json.encode(list(value)).decode()
    )
    return text if len(text) <= 120 else text[:117] + "..."

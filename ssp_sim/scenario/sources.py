"""Reads the `[[traffic]]` tables of a scenario: streams of calls described by a few figures.

Source: interfaces.md section 3, ITU-T E.500 series for the words (arrivals, holding times, offered traffic).
"""

from typing import cast, get_args

from ain_scp.provisioning.toml_lines import Path
from ain_scp.ssp_sim.scenario.calls import caller, dialed
from ain_scp.ssp_sim.scenario.reader import (
    Reader,
    Table,
    WrongValue,
    kind,
    moment_after,
    number,
    one_of,
    some_texts,
    text,
    whole,
)
from ain_scp.ssp_sim.scenario.rows import ArrivalKind, Holding, HoldingKind, Mix, MmppState, TrafficSource
from ain_scp.terms.vocabulary import BEARERS

KEYS = (
    "name",
    "start",
    "duration_s",
    "arrivals",
    "rate_per_s",
    "rate_per_h",
    "limit",
    "holding",
    "mix",
    "from",
    "dial",
    "bearer",
    "trunk_group",
    "switch",
    "profile",
    "states",
    "step",
    "answer_ratio",
    "busy_ratio",
    "ring_mean_s",
)
"""Every key of a traffic source. `from`, `dial`, `bearer`, `trunk_group`, `switch` here are a mix of one kind of caller."""

_MIX_KEYS = ("from", "dial", "weight", "bearer", "trunk_group", "switch")
_YEAR_S = 366 * 86_400
_MOST_PER_S = 1_000_000
_HOURS = 24


def read_traffic(reader: Reader, data: Table, start_ns: int | None) -> tuple[TrafficSource, ...]:
    """Read every `[[traffic]]` table (a single `[traffic]` will do); names must differ."""
    found: list[TrafficSource] = []
    names: set[str] = set()
    for number_, (table, path) in enumerate(reader.tables(data, (), "traffic"), 1):
        source = _read_source(reader, table, path, start_ns, number_)
        if source.name in names:
            reader.problem((*path, "name"), f"name '{source.name}' is used twice", "scenario-id")
        names.add(source.name)
        found.append(source)
    return tuple(found)


def _read_source(reader: Reader, table: Table, path: Path, start_ns: int | None, count: int) -> TrafficSource:
    reader.known(table, path, KEYS)
    if start_ns is None:
        reader.need(table, path, "start", moment_after(0), 0)
    arrivals = reader.take(table, path, "arrivals", one_of(*get_args(ArrivalKind)), "poisson")
    ratio = number(0, 1)
    step = reader.one(table, path, "step")
    reader.known(step, (*path, "step"), ("at_s", "duration_s", "rate_per_s"))
    source = TrafficSource(
        name=reader.take(table, path, "name", text, f"traffic-{count}"),
        start_ns=reader.take(table, path, "start", moment_after(start_ns or 0), start_ns or 0),
        duration_s=reader.need(table, path, "duration_s", number(0.001, _YEAR_S), 1.0),
        rate_per_s=_rate(reader, table, path, arrivals),
        mix=_mixes(reader, table, path),
        arrivals=cast("ArrivalKind", arrivals),
        limit=reader.take(table, path, "limit", whole(1, 1_000_000_000), None),
        holding=_holding(reader, table, path),
        profile=reader.take(table, path, "profile", _factors, ()),
        states=_states(reader, table, path),
        step_at_s=reader.take(step, (*path, "step"), "at_s", number(0, _YEAR_S), 0.0),
        step_duration_s=reader.take(step, (*path, "step"), "duration_s", number(0, _YEAR_S), 0.0),
        step_rate_per_s=reader.take(step, (*path, "step"), "rate_per_s", number(0, _MOST_PER_S), 0.0),
        answer_ratio=reader.take(table, path, "answer_ratio", ratio, 1.0),
        busy_ratio=reader.take(table, path, "busy_ratio", ratio, 0.0),
        ring_mean_s=reader.take(table, path, "ring_mean_s", number(0, 600), 0.0),
        line=reader.place(path).line,
    )
    _fitting(reader, table, path, arrivals)
    if source.answer_ratio + source.busy_ratio > 1:
        place = (*path, "busy_ratio" if "busy_ratio" in table else "answer_ratio")
        reader.problem(
            place, "answer_ratio and busy_ratio together are more than 1", "scenario-contradiction"
        )
    return source


def _rate(reader: Reader, table: Table, path: Path, arrivals: str) -> float:
    rate = number(0, _MOST_PER_S)
    if "rate_per_h" in table:
        if "rate_per_s" in table:
            reader.problem(
                (*path, "rate_per_h"), "give rate_per_s or rate_per_h, not both", "scenario-contradiction"
            )
        return reader.take(table, path, "rate_per_h", number(0, _MOST_PER_S * 3600), 0.0) / 3600
    if arrivals == "mmpp":
        return reader.take(table, path, "rate_per_s", rate, 0.0)
    return reader.need(table, path, "rate_per_s", rate, 0.0)


def _fitting(reader: Reader, table: Table, path: Path, arrivals: str) -> None:
    """Note what this kind of arrivals needs and lacks, and what it would ignore."""
    for key, wanted in (("profile", "profile"), ("states", "mmpp"), ("step", "mass_call")):
        if arrivals == wanted and key not in table:
            reader.problem(path, f"arrivals = '{arrivals}' needs '{key}'", "scenario-missing")
        if arrivals != wanted and key in table:
            reader.problem(
                (*path, key), f"'{key}' belongs to arrivals = '{wanted}'", "scenario-contradiction"
            )


def _mixes(reader: Reader, table: Table, path: Path) -> tuple[Mix, ...]:
    if "mix" not in table:
        return (_mix(reader, table, path),)
    for key in set(_MIX_KEYS) & set(table):
        reader.problem((*path, key), f"'{key}' belongs into the mix", "scenario-contradiction")
    found: list[Mix] = []
    for one, place in reader.tables(table, path, "mix"):
        reader.known(one, place, _MIX_KEYS)
        found.append(_mix(reader, one, place))
    if not sum(one.weight for one in found) > 0:
        reader.problem((*path, "mix"), "mix: no caller has a weight, so there are no calls", "scenario-value")
    return tuple(found)


def _mix(reader: Reader, table: Table, path: Path) -> Mix:
    return Mix(
        calling=reader.need(table, path, "from", _callers, ()),
        dial=reader.need(table, path, "dial", _dials, ()),
        weight=reader.take(table, path, "weight", number(0, 1e9), 1.0),
        bearer=reader.take(table, path, "bearer", one_of(*BEARERS), "SPEECH"),
        trunk_group=reader.take(table, path, "trunk_group", text, None),
        switch=reader.take(table, path, "switch", text, None),
    )


def _callers(value: object) -> tuple[str, ...]:
    return tuple(caller(one) for one in some_texts(value))


def _dials(value: object) -> tuple[str, ...]:
    return tuple(dialed(one)[0] for one in some_texts(value))


def _holding(reader: Reader, table: Table, path: Path) -> Holding:
    usual = Holding()
    one = reader.one(table, path, "holding")
    place = (*path, "holding")
    reader.known(one, place, ("kind", "mean_s", "cv"))
    kind_: str = reader.take(one, place, "kind", one_of(*get_args(HoldingKind)), usual.kind)
    if "cv" in one and kind_ != "lognormal":
        reader.problem((*place, "cv"), "'cv' belongs to kind = 'lognormal'", "scenario-contradiction")
    return Holding(
        kind=cast("HoldingKind", kind_),
        mean_s=reader.take(one, place, "mean_s", number(0.001, 86_400), usual.mean_s),
        cv=reader.take(one, place, "cv", number(0.01, 100), usual.cv),
    )


def _factors(value: object) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != _HOURS:
        raise WrongValue(f"expected 24 factors, one per hour of the day, got {kind(value)}")
    factor = number(0, 1000)
    found = tuple(factor(item) for item in value)
    if not max(found) > 0:
        raise WrongValue("every hour is 0, so there are no calls")
    return found


def _states(reader: Reader, table: Table, path: Path) -> tuple[MmppState, ...]:
    found: list[MmppState] = []
    for one, place in reader.tables(table, path, "states"):
        reader.known(one, place, ("rate_per_s", "mean_s"))
        found.append(
            MmppState(
                reader.need(one, place, "rate_per_s", number(0, _MOST_PER_S), 0.0),
                reader.need(one, place, "mean_s", number(0.001, _YEAR_S), 1.0),
            )
        )
    if "states" in table and len(found) < 2:
        reader.problem((*path, "states"), "states: expected at least two", "scenario-value")
    return tuple(found)

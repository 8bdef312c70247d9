"""Reads the `[[call]]` tables of a scenario.

Source: interfaces.md section 3, A-011, A-013, A-016, A-017.
"""

import re

from ain_scp.provisioning.toml_lines import Path
from ain_scp.ssp_sim.scenario.expectations import EmptyExpectation, Expectation, flatten
from ain_scp.ssp_sim.scenario.reader import (
    Reader,
    Table,
    WrongValue,
    flag,
    kind,
    moment_after,
    one_of,
    seconds_ns,
    text,
    texts,
    whole,
)
from ain_scp.ssp_sim.scenario.rows import ScenarioCall
from ain_scp.terms.dialed import split_code
from ain_scp.terms.digits import is_number
from ain_scp.terms.units import SECOND_NS
from ain_scp.terms.vocabulary import BEARERS

KEYS = (
    "id",
    "title",
    "at",
    "from",
    "dial",
    "bearer",
    "answered",
    "duration_s",
    "ring_s",
    "busy",
    "trunk_group",
    "switch",
    "collect",
    "called_busy",
    "abandon_after_s",
    "repeat",
    "every_s",
    "expect",
    "payer",
    "share",
    "pin",
    "home",
    "features",
    "handset",
)
"""Every key of a call."""

MAX_REPEAT = 1_000_000
_KEYS = re.compile(r"[0-9*#]+")
MOST_KEYED = 32
"""Digits that ResourceClear can carry (collectedDigits)."""
_LONGEST = 48 * 3600
_FACILITY = re.compile(r"[0-9]{4}(-[0-9]{4})?|[0-9]{7,15}")


def dialed(value: object) -> tuple[str, str | None, str]:
    """Split what is dialed into (as written, access code or None, digits).

    "7 9212000" is access code 7, second dial tone, 9212000; a text without a space has no second dial tone. Further
    spaces, hyphens, dots and brackets are for the reader's eye. "7 " is a caller who stops after the second dial tone.
    """
    if not isinstance(value, str):
        raise WrongValue(f"expected a string ('7 9212000'), got {kind(value)}")
    try:
        code, digits = split_code(value)
    except ValueError as fault:
        raise WrongValue(str(fault)) from None
    if len(digits) > 24:
        raise WrongValue(f"{len(digits)} digits are more than any switch collects (24)")
    return value, code, digits


def caller(value: object) -> str:
    """Take a directory number of 10 digits (hyphens allowed)."""
    number = re.sub(r"[ ().-]", "", text(value))
    if not is_number(number, 10, 10):
        raise WrongValue(f"'{value}' is not a number of 10 digits")
    return number


def facilities(value: object) -> tuple[str, ...]:
    """Take trunk groups (0000-0174), carriers (0222) or called numbers."""
    found = texts(value)
    for one in found:
        if not _FACILITY.fullmatch(one):
            raise WrongValue(
                f"'{one}' is neither a trunk group (0000-0174), a carrier (0222) nor a called number"
            )
    return found


def keyed(value: object) -> tuple[str, ...]:
    """Take what a caller keys when asked: digits, * and #, one text for each time."""
    found = texts(value)
    for one in found:
        if len(one) > MOST_KEYED or not _KEYS.fullmatch(one):
            raise WrongValue(f"'{one}' is not something to key; 1 to {MOST_KEYED} digits, * and # are")
    return found


def expectations(reader: Reader, table: Table, path: Path) -> tuple[Expectation, ...]:
    """Read the `expect` table under `table`."""
    if "expect" not in table:
        return ()
    wanted = reader.one(table, path, "expect")
    if not isinstance(table["expect"], dict):
        return ()
    try:
        pairs = flatten(wanted)
    except EmptyExpectation as error:
        reader.problem((*path, "expect"), f"expect: {error}", "scenario-expect")
        return ()
    found: list[Expectation] = []
    for name, value in pairs:
        place = (*path, "expect", name) if name in wanted else (*path, "expect", *name.split("."))
        if not all(name.split(".")):
            reader.problem(place, f"expect: '{name}' is not a path", "scenario-expect")
        found.append(Expectation(name, value, reader.place(place).line))
    return tuple(found)


def read_calls(reader: Reader, data: Table, start_ns: int | None) -> tuple[ScenarioCall, ...]:
    """Read every `[[call]]`; ids must differ. `start_ns` None = the scenario names no start."""
    calls: list[ScenarioCall] = []
    lines: dict[str, int] = {}
    for number, (table, path) in enumerate(reader.tables(data, (), "call"), 1):
        call = _read_call(reader, table, path, start_ns, number)
        if call.id in lines:
            reader.problem(
                (*path, "id"), f"id '{call.id}' is used twice, first in line {lines[call.id]}", "scenario-id"
            )
        lines.setdefault(call.id, call.line)
        calls.append(call)
    return tuple(calls)


def _read_call(reader: Reader, table: Table, path: Path, start_ns: int | None, number: int) -> ScenarioCall:
    reader.known(table, path, KEYS)
    moment = moment_after(start_ns or 0)
    if start_ns is None:
        at_ns = reader.need(table, path, "at", moment, 0)
        if isinstance(table.get("at"), int | float) and not isinstance(table.get("at"), bool):
            reader.problem(
                (*path, "at"),
                "at: seconds are counted from 'start', which the scenario does not name",
                "scenario-time",
            )
    else:
        at_ns = reader.take(table, path, "at", moment, start_ns)
        if at_ns < start_ns and "at" in table:
            reader.problem((*path, "at"), "at: before the start of the scenario", "scenario-time")
    dial, code, digits = reader.need(table, path, "dial", dialed, ("", None, ""))
    answered = reader.take(table, path, "answered", flag, default=True)
    call = ScenarioCall(
        id=reader.take(table, path, "id", text, f"call-{number}"),
        at_ns=at_ns,
        calling=reader.need(table, path, "from", caller, ""),
        dial=dial,
        access_code=code,
        digits=digits,
        bearer=reader.take(table, path, "bearer", one_of(*BEARERS), "SPEECH"),
        answered=answered,
        duration_ns=reader.take(table, path, "duration_s", seconds_ns(0, _LONGEST), 60 * SECOND_NS),
        ring_ns=reader.take(table, path, "ring_s", seconds_ns(0, 3600), None),
        busy=reader.take(table, path, "busy", facilities, ()),
        trunk_group=reader.take(table, path, "trunk_group", text, None),
        switch=reader.take(table, path, "switch", text, None),
        keys=reader.take(table, path, "collect", keyed, ()),
        called_busy=reader.take(table, path, "called_busy", flag, default=False),
        abandon_after_ns=reader.take(table, path, "abandon_after_s", seconds_ns(0, 3600), None),
        repeat=reader.take(table, path, "repeat", whole(1, MAX_REPEAT), 1),
        every_ns=reader.take(table, path, "every_s", seconds_ns(0, 86_400), SECOND_NS),
        title=reader.take(table, path, "title", text, ""),
        expect=expectations(reader, table, path),
        line=reader.place(path).line,
        payer=reader.take(table, path, "payer", text, "calling"),
        share=reader.take(table, path, "share", text, ""),
        pin=reader.take(table, path, "pin", text, None),
        home=reader.take(table, path, "home", text, ""),
        features=reader.take(table, path, "features", texts, ()),
        handset=reader.take(table, path, "handset", flag, default=True),
    )
    _contradictions(reader, table, path, call)
    return call


def _contradictions(reader: Reader, table: Table, path: Path, call: ScenarioCall) -> None:
    if not call.answered and "duration_s" in table:
        reader.problem(
            (*path, "duration_s"),
            "duration_s: the call is not answered, so it has no duration",
            "scenario-contradiction",
        )
    if call.called_busy and table.get("answered") is True:
        reader.problem(
            (*path, "called_busy"), "called_busy: a busy line does not answer", "scenario-contradiction"
        )
    if (
        call.abandon_after_ns is not None
        and call.answered
        and "answered" in table
        and call.abandon_after_ns <= (call.ring_ns or 0)
    ):
        reader.problem(
            (*path, "abandon_after_s"),
            "abandon_after_s: the caller is gone before the answer",
            "scenario-contradiction",
        )
    if "every_s" in table and "repeat" not in table:
        reader.problem((*path, "every_s"), "every_s: needs 'repeat'", "scenario-contradiction")

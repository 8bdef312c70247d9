"""The calls of a run, and one call with its messages, decisions and records.

During a run they are made of the messages that have come; when it has ended, of its result.

Source: interfaces.md section 3; console.md section 7 (`/calls`).
"""

from collections import Counter
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import absent
from ain_scp.console.sessions import Identity
from ain_scp.console.sources.runs import LiveCall, Run
from ain_scp.ssp_sim.ladder import journeys
from ain_scp.ssp_sim.record import WireMessage
from ain_scp.terms.localtime import parse
from ain_scp.terms.units import SECOND_NS

MOST_ROWS: Final = 100_000


class CallRow(msgspec.Struct, frozen=True):
    """One call in a list."""

    id: str
    ok: bool | None
    calling: str
    dialed: str
    status: str
    ctc: str = ""
    route: str = ""
    facility: str = ""
    flag: str = ""


class CallList(msgspec.Struct, frozen=True):
    """The calls of a run that fit the search; sums are of those."""

    run: str
    title: str
    state: str
    rows: tuple[CallRow, ...]
    count: int
    seen: int
    statuses: dict[str, int]


class CallView(msgspec.Struct, frozen=True):
    """One call. `journeys` joins the hops through STPs: indexes into `messages`, whose `at` are nanoseconds since the first."""

    run: str
    row: CallRow
    failures: tuple[str, ...]
    messages: list[dict[str, Any]]
    journeys: list[list[int]]
    legs: list[dict[str, Any]]
    facilities: list[dict[str, Any]]
    talk_path: list[str]
    ama: dict[str, Any] | None
    smdr: dict[str, Any] | None
    placed: str
    before: str | None
    after: str | None


class Results:
    """Results of runs that have ended, read once."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, dict[str, Any]]] = {}

    def of(self, run: Run) -> dict[str, dict[str, Any]]:
        """The calls of a run by id; empty while it runs, or when it left none."""
        if run.info.state == "running":
            return {}
        if run.info.id not in self._read:
            try:
                calls = msgspec.json.decode((run.folder / "result.json").read_bytes())["calls"]
            except (OSError, msgspec.DecodeError, RecursionError, KeyError, TypeError):
                calls = []
            while len(self._read) >= 4:
                del self._read[next(iter(self._read))]
            self._read[run.info.id] = {call["id"]: call for call in calls}
        return self._read[run.info.id]


def call_list(scope: Identity, run: Run | None, results: Results, search: str, status: str) -> CallList:
    """The calls of a run; every word of the search stands in the row."""
    if scope.role == "customer":
        raise absent("such run")
    if run is None:
        return CallList("", "", "none", (), 0, 0, {})
    done = results.of(run)
    rows = (
        [_row(call) for call in done.values()]
        if done
        else [_live_row(call) for call in run.calls.values()][::-1]
    )
    words = search.casefold().split()
    found = [
        row
        for row in rows
        if (not status or row.status == status)
        and all(word in " ".join(map(str, msgspec.structs.astuple(row))).casefold() for word in words)
    ]
    statuses = dict(Counter(row.status for row in found).most_common())
    return CallList(
        run.info.id, run.info.title, run.info.state, tuple(found[:MOST_ROWS]), len(found), len(rows), statuses
    )


def call(scope: Identity, run: Run | None, results: Results, name: str) -> CallView:
    """One call of a run."""
    if scope.role == "customer" or run is None:
        raise absent("such run")
    done = results.of(run)
    if done:
        if name not in done:
            raise absent("such call")
        order = list(done)
        return _view(run, done[name], order, order.index(name))
    live = run.calls.get(name)
    if live is None:
        raise absent("such call")
    order = list(run.calls)
    at = order.index(name)
    messages = [{**one, "at": one["at"] - live.placed} for one in live.messages]
    return CallView(
        run.info.id,
        _live_row(live),
        (),
        messages,
        _journeys(messages, name),
        [],
        [],
        [],
        None,
        None,
        "",
        *_neighbours(order, at),
    )


def _view(run: Run, found: dict[str, Any], order: list[str], at: int) -> CallView:
    times = [_nanoseconds(one["time"]) for one in found["messages"]]
    began = times[0] if times else 0
    messages = [
        {**{key: value for key, value in one.items() if key not in ("time", "octets")}, "at": time - began}
        for one, time in zip(found["messages"], times, strict=True)
    ]
    placed = found["messages"][0]["time"][:19] if times else ""
    return CallView(
        run.info.id, _row(found), tuple(found["failures"]), messages, _journeys(messages, found["id"]), found["legs"],
        found["leg_facilities"], found["talk_path"], found["ama"], found["smdr"], placed, *_neighbours(order, at),
    )  # fmt: skip


def _neighbours(order: list[str], at: int) -> tuple[str | None, str | None]:
    return (order[at - 1] if at else None), (order[at + 1] if at + 1 < len(order) else None)


def _nanoseconds(time: str) -> int:
    head, _, part = time.partition(".")
    return parse(head) * SECOND_NS + int(part or 0)


def _journeys(messages: list[dict[str, Any]], call_id: str) -> list[list[int]]:
    return journeys(
        [
            WireMessage(
                one["number"], one["at"], one["source"], one["destination"], call_id, one["protocol"], one["name"],
                lost=bool(one.get("lost")),
            )
            for one in messages
        ]
    )  # fmt: skip


def _row(found: dict[str, Any]) -> CallRow:
    talk = LiveCall(found["id"], messages=[])
    for message in found["messages"][:20]:
        if not talk.calling:
            talk.calling = message["source"]
        if message["name"] in ("Digits", "InsidePBX"):
            digits = "".join(value for key, value in message["fields"] if key in ("digits", "access code"))
            talk.dialed = f"{talk.dialed} {digits}".strip()
    leg = found["legs"][0] if found["legs"] else {}
    facility = " > ".join(one["id"] or one["facility"] for one in found["leg_facilities"])
    route = " > ".join(one["route"]["kind"] for one in found["legs"])
    flag = leg["response"]["ama_slp_id"] or "" if leg else ""
    ctc = str(leg["ctc"] or "") if leg else ""
    return CallRow(
        found["id"], found["ok"], talk.calling, talk.dialed, found["status"], ctc, route, facility, flag
    )


def _live_row(live: LiveCall) -> CallRow:
    return CallRow(live.id, None, live.calling, live.dialed, live.state)

"""Calls in progress at an SCP, as far as it knows them: those that are charged one by one, of the others how many.

Source: console.md section 7; interfaces.md section 6.1 (`ain calls`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ain_scp.console.live import Scp
from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.resources.sheets import Row, Sheet, Table, columns_of, facts, flat, table
from ain_scp.console.sources.commands import Commands

BY: Final = ("account", "group", "trunk_group", "reason", "state")
MOST: Final = 100_000
_KNOWN: Final = frozenset({"version", "calls", "counts", "in_progress", "routed"})


class InProgress(Sheet, frozen=True):
    """The page: `scp` is who was asked and `scps` who can be; `counts` are the calls of each account, group, trunk group, reason, state."""

    scp: str = ""
    scps: tuple[str, ...] = ()
    counts: tuple[Table, ...] = ()


def control_of(scps: Sequence[Scp], name: str) -> Scp:
    """The SCP of this name, or the first that has a control socket; PageFault where there is none."""
    able = [scp for scp in scps if scp.control is not None]
    found = next((scp for scp in able if scp.name == name or not name), None)
    if found is not None:
        return found
    if name and able:
        raise absent("such SCP with a control socket")
    raise PageFault(409, "no server has a control socket: start it with ain serve --control PATH")


async def in_progress(commands: Commands, scps: Sequence[Scp], asked: Mapping[str, str]) -> InProgress:
    """What one SCP knows now; `account`, `group`, ... of the query choose calls."""
    scp = control_of(scps, asked.get("scp", ""))
    words = ("calls", "--control", str(scp.control))
    said: dict[str, Any] = (await commands.ask(*words, "--json", f"--limit={MOST}"))[0]
    chosen = {name: asked[name] for name in BY if asked.get(name)}
    calls = [flat(one) for one in said.get("calls", [])]
    rows = [row for row in calls if all(_word(row, name) == text for name, text in chosen.items())]
    routed = said.get("routed", {})
    counts = tuple(
        Table(name, ["name", "calls"], _counted(rows, name))
        for name in BY
        if any(name in row for row in rows)
    )
    more = [
        table(name.replace("_", " "), found)
        for name, found in said.items()
        if name not in _KNOWN and _is_table(found)
    ]
    return InProgress(
        "Calls in progress", " ".join(("ain", *words)), columns_of(rows), rows, _said(routed), more,
        empty="No charged call is in progress." if routed.get("charging") else
        "Nothing is charged at this server, so it keeps no call one by one. ain serve --charging DIR charges.",
        scp=scp.name, scps=tuple(one.name for one in scps if one.control is not None), counts=counts,
    )  # fmt: skip


def _said(routed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known of all calls, in words; calls without a request for a notification are not known at all."""
    if not routed.get("notified"):
        return [
            ("ends of calls", "unknown: the server requests no notifications"),
            *facts({"conversations open": routed.get("conversations")}),
        ]
    names = {"asked": "calls whose end is to be reported", "ended": "of which ended", "not_yet_ended": "of which did not yet", "conversations": "conversations open"}  # fmt: skip
    return facts({text: routed.get(name) for name, text in names.items()})


def _word(row: Row, name: str) -> str:
    return str(row.get(name) or "none")


def _counted(rows: Sequence[Row], name: str) -> list[Row]:
    counts = Counter(_word(row, name) for row in rows)
    return [
        {"name": one, "calls": many}
        for one, many in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _is_table(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(one, dict) for one in found)

"""`ain calls --control PATH`: calls in progress at a serving SCP, as far as it knows them.

Of charged calls it knows everything. Of the others it knows how many there are of those whose end it asked to hear of: it
keeps none, so that a restart loses nothing and an answer costs nothing.

Source: interfaces.md section 6.1; charging.md 9.1.
"""

import json
import socket
from collections import Counter
from pathlib import Path
from typing import Any, Final

import click

from ain_scp.ain.faults import Trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.streams import terminal_width
from ain_scp.ain.words import counted
from ain_scp.reports.text import table

PATIENCE_S: Final = 15.0
MOST: Final = 64 << 20
COLUMNS: Final = (
    "call",
    "account",
    "group",
    "trunk_group",
    "from",
    "called",
    "state",
    "reason",
    "granted_ms",
    "elapsed_ms",
)
BY: Final = ("account", "group", "trunk_group", "state", "reason")
CHARGED: Final = "charged"
"""Why the server knows a call: it is charged for, its end is to be reported, or there is a conversation with its switch."""
EPILOG = """\b
Examples: ain serve examples/charging --charging books --control control.sock
          ain calls --control control.sock
          ain calls --control control.sock --by group
          ain calls --control control.sock --by reason
          ain calls --control control.sock --disconnect 00a1"""


@click.command(epilog=EPILOG)
@click.option(
    "--control", type=click.Path(path_type=Path), required=True, metavar="PATH",
    help="The control socket of the server (ain serve --control PATH).",
)  # fmt: skip
@click.option("--account", metavar="A", help="Calls of one account.")
@click.option("--by", type=click.Choice(BY), help="Count instead of listing.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Rows to list.")
@click.option("--disconnect", metavar="CALL", help="End one charged call at its next event.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(
    control: Path, account: str | None, by: str | None, limit: int, disconnect: str | None, *, as_json: bool
) -> None:
    """List, count and end calls in progress; exit 2 when the server cannot be asked or refuses."""
    if disconnect is not None:
        if by is not None or account is not None:
            raise click.UsageError("--disconnect is for one call: without --by and --account")
        done = _asked(control, {"do": "cut", "call": disconnect})
        if as_json:
            write_json(done)
        else:
            click.echo(f"{disconnect} ends at its {done.get('takes_effect', 'next event')}")
        return
    routed = _asked(control, {"do": "routed"})
    asked = {"do": "calls"} | ({} if account is None else {"account": account})
    calls: list[dict[str, Any]] = _asked(control, asked)["calls"] if routed["charging"] else []
    if account is not None and not routed["charging"]:
        raise Trouble(
            f"{control}: nothing is charged there (ain serve --charging), so no call has an account"
        )
    calls = [one | {"reason": CHARGED} for one in calls]
    counts = Counter(str(one[by] or "none") for one in calls) if by is not None else Counter[str]()
    if by == "reason" and account is None:
        others = {"routed, not yet ended": "not_yet_ended", "conversation open": "conversations"}
        counts.update({name: routed[key] for name, key in others.items() if routed[key]})
    if as_json:
        write_json({"calls": calls[:limit], "in_progress": len(calls), "counts": counts, "routed": routed})
        return
    if by is not None:
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        _print((by, "calls"), [(name, str(count)) for name, count in ordered])
        if by == "reason":
            click.echo("A charged call may be routed, too: the rows do not add up.")
    else:
        shown = [
            tuple("" if one[name] is None else str(one[name]) for name in COLUMNS) for one in calls[:limit]
        ]
        _print(COLUMNS, shown)
        if len(calls) > limit:
            click.echo(f"{len(calls) - limit} more (--limit)")
    click.echo(_rest(routed))


def _print(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    lines = table(head, rows, width=terminal_width()) if rows else ["no charged call is in progress"]
    click.echo("\n".join(lines))


def _rest(routed: dict[str, Any]) -> str:
    """What is known of all calls, charged or not."""
    if not routed["notified"]:
        return "Calls that are not charged: the server asks for no notification of their end, and knows nothing of them."
    return (
        f"Routed with a notification of the end asked for, charged or not: {counted(routed['asked'], 'call')}, of which {routed['ended']} "
        f"ended and {routed['not_yet_ended']} did not yet (or their end was never told). Calls that are not charged are not kept one by "
        f"one and cannot be disconnected; conversations open: {routed['conversations']}."
    )


def _asked(control: Path, order: dict[str, str]) -> dict[str, Any]:
    """What the server says; Trouble when it says no, or nothing."""
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(PATIENCE_S)
            end.connect(str(control))
            end.sendall(json.dumps(order).encode() + b"\n")
            octets = b""
            while not octets.endswith(b"\n") and len(octets) < MOST and (more := end.recv(1 << 16)):
                octets += more
        found = json.loads(octets)
    except OSError as fault:
        why = fault.strerror or str(fault)
        raise Trouble(f"{control}: {why}; a server makes it with ain serve --control {control}") from None
    except ValueError:
        raise Trouble(f"{control}: no answer that can be read") from None
    if not isinstance(found, dict) or not found.pop("ok", False):
        raise Trouble(
            f"{control}: {found.get('error', 'refused') if isinstance(found, dict) else 'no answer'}"
        )
    return found

"""Captures: what was uploaded, its operations and response times, its calls with their ladders, and a replay against the data set.

Source: console.md section 7 (`/captures`).
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.sources.commands import Commands
from ain_scp.console.uploads import Upload, Uploads
from ain_scp.ssp_sim.ladder import journeys
from ain_scp.ssp_sim.record import WireMessage

MOST_CALLS: Final = 2000
MOST_DIFFERENCES: Final = 500
REPLAY_S: Final = 600.0


class CaptureList(msgspec.Struct, frozen=True):
    """Every capture, the latest first."""

    rows: list[Upload]


class CaptureView(msgspec.Struct, frozen=True):
    """One capture. `rows` are its calls; beyond `MOST_CALLS` they are counted only."""

    upload: Upload
    statistics: dict[str, Any]
    rows: list[dict[str, Any]]
    count: int
    command: str


class CaptureCall(msgspec.Struct, frozen=True):
    """One call of a capture, in the form of a call of a run."""

    call: str
    outcome: str
    messages: list[dict[str, Any]]
    journeys: list[list[int]]
    command: str


def capture_list(uploads: Uploads) -> CaptureList:
    """What was uploaded."""
    return CaptureList(uploads.of_kind("capture"))


async def capture(commands: Commands, uploads: Uploads, sha: str) -> CaptureView:
    """One capture; PageFault 422 when it cannot be read."""
    found = uploads.find(sha, "capture")
    path = str(uploads.path(found))
    statistics = (await commands.ask("decode", path, "--stats", "--json", uploaded=True))[0]
    calls = await commands.ask("decode", path, "--ladder", "--json", uploaded=True)
    rows = [
        {
            "number": number,
            "call": one["call"],
            "outcome": one["outcome"],
            "messages": len(one["messages"]),
            "first": _first(one),
        }
        for number, one in enumerate(calls[:MOST_CALLS])
    ]
    return CaptureView(found, statistics, rows, len(calls), f"ain decode {path} --stats")


async def capture_call(commands: Commands, uploads: Uploads, sha: str, number: str) -> CaptureCall:
    """One call of a capture by its number."""
    path = str(uploads.path(uploads.find(sha, "capture")))
    calls = await commands.ask("decode", path, "--ladder", "--json", uploaded=True)
    if not (number.isascii() and number.isdecimal() and len(number) < 8 and int(number) < len(calls)):
        raise absent("such call")
    one = calls[int(number)]
    wire = [msgspec.convert({**message, "octets": b""}, WireMessage) for message in one["messages"]]
    began = wire[0].time_ns if wire else 0
    messages = [
        {
            **{key: value for key, value in message.items() if key not in ("octets", "time_ns")},
            "at": message["time_ns"] - began,
        }
        for message in one["messages"]
    ]
    return CaptureCall(one["call"], one["outcome"], messages, journeys(wire), f"ain decode {path} --ladder")


async def replay(commands: Commands, uploads: Uploads, found: Upload, dataset: Path, *, local: bool) -> None:
    """Replay a capture and keep the outcome."""
    words = [
        "replay",
        str(uploads.path(found)),
        str(dataset),
        "--json",
        *(["--local-times"] if local else []),
    ]
    try:
        said = await commands.ask(*words, good=(0, 1), patience_s=REPLAY_S, fresh=True)
    except PageFault as fault:
        found.state, found.why = "failed", "; ".join((fault.detail, *fault.problems[:3]))
    else:
        unequal = [one for one in said if one.get("judgement", "equal") != "equal"]
        found.replay = {
            "report": said[-1]["report"],
            "differences": unequal[:MOST_DIFFERENCES],
            "count": len(unequal),
            "dataset": str(dataset),
            "command": "ain " + " ".join(words),
        }
        found.state, found.why = "done", ""
    uploads.keep(found)


def _first(one: dict[str, Any]) -> str:
    """What the first message of a call says of its numbers."""
    fields = dict(tuple(pair) for pair in one["messages"][0]["fields"]) if one["messages"] else {}
    numbers = [
        fields[name].split(" ")[0] for name in ("callingPartyID", "collectedAddressInfo") if name in fields
    ]
    return " to ".join(numbers)

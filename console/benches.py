"""Load measurements: `ain bench` as a child over the data set on disk, against a server of its own, its results kept.

Source: console.md section 7 (`/bench`).
"""

import contextlib
import re
import secrets
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.resources.sheets import Sheet, Table, facts, sheet, table
from ain_scp.console.sources.commands import Commands
from ain_scp.figures.curves import Curve, by_percentile, lay_out
from ain_scp.figures.drawing import Drawing
from ain_scp.ssp_sim.percentiles import Percentiles

MOST: Final = 100
LONGEST_S: Final = 60.0
HIGHEST: Final = 100_000.0
_NAME: Final = re.compile(r"[0-9]{6}-[0-9a-f]{6}")
_PLACES: Final = ("p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms")


class Bench(msgspec.Struct):
    """One measurement. `state`: running, done, failed."""

    id: str
    by: str
    at: str
    dataset: str
    rate: float
    duration_s: float
    state: str = "running"
    why: str = ""
    result: dict[str, Any] | None = None


class Benches:
    """The measurements of a workspace; `stamp` is the time as text."""

    def __init__(self, folder: Path, stamp: Callable[[], str]) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._stamp = folder, stamp
        self.known: dict[str, Bench] = {}
        for path in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError):
                found = msgspec.json.decode(path.read_bytes(), type=Bench)
                if found.state == "running":
                    found.state, found.why = "failed", "the console ended while it was measured"
                self.known[found.id] = found

    def begin(self, rate: object, duration: object, digest: str, by: str) -> Bench:
        """A new measurement; PageFault for figures that cannot be, or while one is running."""
        values: list[float] = []
        for name, value, least, most in (
            ("rate", rate, 1.0, HIGHEST),
            ("duration", duration, 0.5, LONGEST_S),
        ):
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise PageFault(400, f"{name}: a number from {least:g} to {most:g}")
            values.append(float(value))
        if any(one.state == "running" for one in self.known.values()):
            raise PageFault(429, "a measurement is running already; two at once would measure each other")
        while len(self.known) >= MOST:
            oldest = next(iter(self.known))
            del self.known[oldest]
            (self._folder / f"{oldest}.json").unlink(missing_ok=True)
        number = max((int(name[:6]) for name in self.known), default=0) + 1
        made = Bench(f"{number:06d}-{secrets.token_hex(3)}", by, self._stamp(), digest, values[0], values[1])
        self.known[made.id] = made
        self.keep(made)
        return made

    async def measure(self, commands: Commands, made: Bench, dataset: Path) -> None:
        """Measure, and keep what came of it."""
        words = ("bench", str(dataset), f"--rate={made.rate:g}", f"--duration={made.duration_s:g}", "--json")
        try:
            said = await commands.ask(*words, good=(0, 1, 3, 4), patience_s=LONGEST_S + 120, fresh=True)
        except PageFault as fault:
            made.state, made.why = "failed", "; ".join((fault.detail, *fault.problems[:3]))
        else:
            made.result, made.state = said[0], "done"
        self.keep(made)

    def find(self, name: str) -> Bench:
        """One measurement; PageFault 404 when there is none."""
        found = self.known.get(name) if _NAME.fullmatch(name) else None
        if found is None:
            raise absent("such measurement")
        return found

    def path(self, made: Bench) -> Path:
        """Where it is kept: `ain bench --compare` reads it."""
        return self._folder.resolve() / f"{made.id}.json"

    def keep(self, made: Bench) -> None:
        """Write its file."""
        part = self._folder / f".{made.id}"
        part.write_bytes(msgspec.json.encode(made))
        part.replace(self.path(made))


def bench_list(benches: Benches, dataset: Path) -> Sheet:
    """Every measurement, the latest first."""
    rows = []
    for one in reversed(benches.known.values()):
        last = (one.result or {}).get("steps", [{}])[-1]
        about = {
            "measurement": one.id,
            "at": one.at,
            "by": one.by,
            "data set": one.dataset[:12],
            "rate": one.rate,
            "seconds": one.duration_s,
        }
        rows.append(
            about
            | {"state": one.state, "verdict": (one.result or {}).get("verdict") or one.why}
            | {name: last.get(name) for name in _PLACES}
        )
    return sheet(
        "Measurements", f"ain bench {dataset} --rate 1000 --duration 5", rows, links={"measurement": "/bench/{}"},
        empty="Nothing was measured yet.",
    )  # fmt: skip


def bench(benches: Benches, name: str, dataset: Path) -> Sheet:
    """One measurement: steps, answer times by percentile with the bare echo's beside them, kinds of calls, what to compare it with."""
    one = benches.find(name)
    command = f"ain bench {dataset} --rate {one.rate:g} --duration {one.duration_s:g}"
    about = {"state": one.state, "why": one.why, "by": one.by, "at": one.at, "data set": one.dataset}
    if one.result is None:
        return sheet(
            f"Measurement {name}",
            command,
            [],
            facts=facts(about),
            empty="It goes on." if one.state == "running" else one.why,
        )
    result = dict(one.result)
    setting = result.pop("setting", None) or {}
    steps = [dict(step) for step in result.pop("steps")]
    kinds = [table(f"Kinds of calls at {step['rate']:g}/s", step.pop("kinds", [])) for step in steps]
    curves = [_curve(f"{step['rate']:g}/s", step.pop("latency", None)) for step in steps]
    curves += [_curve("bare echo", step.pop("echo", None)) for step in steps]
    return sheet(
        f"Measurement {name}", command, steps, facts=facts(about | result | {key: setting[key] for key in setting if key != "dataset"}),
        more=[*(kind for kind in kinds if kind.rows), *_others(benches, one)],
        drawing=_plot([one for one in curves if one.points], result),
    )  # fmt: skip


def percentiles(benches: Benches, name: str) -> str:
    """The answer times of one measurement in the text that HdrHistogram's plotters read; PageFault 404 when none was kept."""
    for step in (benches.find(name).result or {}).get("steps", ()):
        if step.get("latency"):
            return msgspec.convert(step["latency"], Percentiles).hgrm()
    raise absent("percentile curve of this measurement")


async def against(commands: Commands, benches: Benches, name: str, other: str) -> Sheet:
    """Two measurements; PageFault 400 for one and itself, 404 for one that is not there, 409 for one without figures."""
    pair = benches.find(name), benches.find(other)
    if name == other:
        raise PageFault(400, "this is one measurement twice: choose another to compare it with")
    for one in pair:
        if one.result is None:
            raise PageFault(
                409,
                f"measurement {one.id} is {one.state}: it has no figures{f' ({one.why})' if one.why else ''}",
            )
    words = ["bench", "--compare", *(str(benches.path(one)) for one in pair)]
    found = (await commands.ask(*words, "--json", good=(0, 3)))[0]
    rows = [
        {
            "rate": row["rate"],
            "figure": row["figure"],
            name: row["one"],
            other: row["other"],
            "ratio": row["ratio"],
        }
        for row in found["rows"]
    ]
    told = [
        *(
            (one.id, f"{found[verdict]}, {one.at}, by {one.by}")
            for one, verdict in zip(pair, ("one_verdict", "other_verdict"), strict=True)
        ),
        *(("not comparable", why) for why in found["unlike"]),
    ]
    curves = [Curve(curve["name"], tuple((x, y) for x, y in curve["points"])) for curve in found["curves"]]
    return sheet(
        f"Measurements {name} and {other}", shlex.join(["ain", *words]), rows, facts=told, drawing=_plot(curves, found),
        empty="No figure of one stands against one of the other.",
    )  # fmt: skip


def _others(benches: Benches, one: Bench) -> list[Table]:
    """The measurements that one can be compared with, the latest first."""
    rows = [
        {
            "compare with": other.id,
            "at": other.at,
            "rate": other.rate,
            "seconds": other.duration_s,
            "verdict": (other.result or {}).get("verdict"),
        }
        for other in reversed(benches.known.values())
        if other.result is not None and other.id != one.id
    ]
    return (
        [table("Other measurements", rows, {"compare with": f"/bench/{one.id}/against/{{}}"})] if rows else []
    )


def _curve(name: str, kept: object) -> Curve:
    return Curve(name, msgspec.convert(kept, Percentiles).of_sent() if kept else ())


def _plot(curves: Sequence[Curve], found: Mapping[str, Any]) -> Drawing | None:
    budget = found.get("budget") or f"p{found['percentile']:g} within {found['budget_ms']:g} ms"
    return lay_out(by_percentile("Answer times by percentile", curves, budget, found["budget_ms"]))

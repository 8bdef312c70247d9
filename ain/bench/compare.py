"""Two load tests beside each other: their figures with the ratio, their curves, and in words what cannot be compared.

Nothing is measured. A file is what `ain bench --json` printed, or a measurement as the console keeps it.

Source: console.md section 7 (`/bench`: compare two); D-004.
"""

from pathlib import Path
from typing import Final

import click
import msgspec

from ain_scp.ain.bench.forms import BenchForm, StepForm, budget_words
from ain_scp.ain.bench.judge import Verdict
from ain_scp.ain.bench.page import curves_of
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import real_path, write_file
from ain_scp.figures.curves import Curve, by_percentile
from ain_scp.reports.page import heading, page, paragraph, table, verdict
from ain_scp.reports.plot import figure
from ain_scp.terms.safe_text import printable

MOST_OCTETS: Final = 64 << 20
_FIGURES: Final = (
    ("p50_ms", "p50 ms"), ("p90_ms", "p90 ms"), ("p99_ms", "p99 ms"), ("p999_ms", "p99.9 ms"), ("max_ms", "max ms"),
    ("answered_per_second", "answered a second"), ("unanswered", "unanswered"), ("refused", "refused"),
    ("cpu_us_per_query", "processor µs a query"), ("echo_ms", "bare echo ms"), ("generator_lag_p99_ms", "generator late, p99 ms"),
)  # fmt: skip
_SETTING: Final = {
    "target": "target", "dataset": "data set", "calls": "mix of calls", "arrivals": "arrivals", "seconds": "duration in seconds",
    "seed": "seed", "workers": "number of workers", "machine": "machine", "build": "build",
}  # fmt: skip
_UNSURE: Final = (Verdict.INCONCLUSIVE.name, Verdict.VOID.name)


class FigureForm(msgspec.Struct, frozen=True):
    """One figure of a rate in both; `ratio` is the other divided by the first, None where there is none."""

    rate: str
    figure: str
    one: float | None
    other: float | None
    ratio: float | None


class ComparisonForm(msgspec.Struct, frozen=True):
    """Two load tests as JSON. `unlike`: what cannot be compared, a sentence each; `curves`: percent of the queries sent, milliseconds."""

    one: str
    other: str
    one_verdict: str
    other_verdict: str
    unlike: list[str]
    rows: list[FigureForm]
    curves: list[Curve]
    budget_ms: float
    budget: str


def read(path: Path) -> BenchForm:
    """The load test of a file; Trouble in one line for what is none."""
    try:
        with path.open("rb") as file:
            octets = file.read(MOST_OCTETS + 1)
    except OSError as fault:
        raise file_trouble(path, fault) from None
    if len(octets) > MOST_OCTETS:
        raise Trouble(f"{path}: longer than {MOST_OCTETS >> 20} MiB: not what ain bench --json prints")
    try:
        parts = msgspec.json.decode(octets, type=dict[str, msgspec.Raw])
        found = msgspec.json.decode(
            parts.get("result", octets), type=BenchForm
        )  # the console keeps it as a result
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Trouble(f"{path}: not what ain bench --json prints: {printable(str(fault))}") from None
    if not found.steps:
        raise Trouble(f"{path}: nothing was measured in it; make it with ain bench DATASET --json")
    return found


def compare(one: tuple[str, BenchForm], other: tuple[str, BenchForm]) -> ComparisonForm:
    """Two load tests by their names; steps of one rate stand beside each other, else the first beside the first."""
    pairs = _pairs(one[1].steps, other[1].steps)
    curves = [
        curve
        for name, at in ((one[0], 0), (other[0], 1))
        for curve in curves_of([pair[at] for pair in pairs], f"{name} ")
    ]
    return ComparisonForm(
        one[0], other[0], one[1].verdict, other[1].verdict, _unlike(one, other), [row for pair in pairs for row in _rows(*pair)],
        curves, one[1].budget_ms, budget_words(one[1].percentile, one[1].budget_ms),
    )  # fmt: skip


def _pairs(one: list[StepForm], other: list[StepForm]) -> list[tuple[StepForm, StepForm]]:
    """Steps of the same rate; without any, those in the same place."""
    rates = {step.rate: step for step in other}
    return [(step, rates[step.rate]) for step in one if step.rate in rates] or list(
        zip(one, other, strict=False)
    )


def _rows(one: StepForm, other: StepForm) -> list[FigureForm]:
    rates = dict.fromkeys(f"{step.rate:,.0f}/s" for step in (one, other))
    found = []
    for name, words in _FIGURES:
        first, second = getattr(one, name), getattr(other, name)
        ratio = round(second / first, 3) if first and second is not None else None
        found.append(FigureForm(" and ".join(rates), words, first, second, ratio))
    return found


def _unlike(one: tuple[str, BenchForm], other: tuple[str, BenchForm]) -> list[str]:
    """What keeps the figures from being compared, a sentence each."""
    found = []
    for name, form in (one, other):
        if form.verdict in _UNSURE:
            found.append(
                f"{name} has no verdict ({form.verdict.lower()}: {form.why}): its figures are the machine's, too"
            )
        if form.setting is None:
            found.append(f"of {name} is not kept with what it was measured: an older version measured it")
    first, second = one[1], other[1]
    if first.setting is not None and second.setting is not None:
        for key, words in _SETTING.items():
            found += _differs(words, getattr(first.setting, key), getattr(second.setting, key))
    elif first.mode != second.mode:
        found += _differs("build", first.mode, second.mode)
    found += _differs("offered rate", _rates(first), _rates(second))
    budgets = [budget_words(form.percentile, form.budget_ms) for form in (first, second)]
    return found + _differs("budget", *budgets)


def _rates(form: BenchForm) -> str:
    return ", ".join(f"{step.rate:,.0f}/s" for step in form.steps)


def _differs(words: str, one: object, other: object) -> list[str]:
    return [] if one == other else [f"another {words}: {one} and {other}"]


def print_comparison(first: Path, second: Path, html: Path | None, *, as_json: bool) -> int:
    """Compare two files, print it, write the page; the exit code: 0, or 3 when something cannot be compared."""
    names = [first.stem, second.stem] if first.stem != second.stem else [str(first), str(second)]
    if real_path(first) == real_path(second):
        raise Trouble(f"{first}: the same file twice: nothing to compare; name two measurements")
    found = compare((names[0], read(first)), (names[1], read(second)))
    if html is not None:
        write_file(html, _page(found))
    if as_json:
        write_json(found)
    else:
        click.echo("\n".join(_text(found)))
    return int(Verdict.INCONCLUSIVE) if found.unlike else 0


def _text(found: ComparisonForm) -> list[str]:
    one, other = printable(found.one), printable(found.other)
    width = max(len(one), len(other), 12)
    lines = [f"{'':12} {'':24} {one:>{width}} {other:>{width}}    ratio"]
    lines += [
        f"{row.rate:12} {row.figure:24} {_shown(row.one):>{width}} {_shown(row.other):>{width}} {_shown(row.ratio):>8}"
        for row in found.rows
    ]
    lines.append(f"{'':12} {'verdict':24} {found.one_verdict:>{width}} {found.other_verdict:>{width}}")
    return lines + [f"not comparable: {printable(words)}" for words in found.unlike]


def _page(found: ComparisonForm) -> str:
    rows = [
        (row.rate, row.figure, _shown(row.one), _shown(row.other), _shown(row.ratio)) for row in found.rows
    ]
    return page(
        f"{found.one} and {found.other}",
        *(verdict(f"not comparable: {words}", good=None) for words in found.unlike),
        figure(by_percentile("Latency by percentile", found.curves, found.budget, found.budget_ms)),
        heading("Figures"),
        table(("rate", "figure", found.one, found.other, "ratio"), rows, numbers=(2, 3, 4)),
        paragraph(f"Verdicts: {found.one_verdict} and {found.other_verdict}.", soft=True),
    )


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}".rstrip("0").rstrip(".")

"""The page of a load test: latency by percentile, latency against rate, and the figures; one file that opens anywhere.

Drawn as SVG without scripts: nothing is fetched, nothing runs.

Source: D-004, D-011, performance.md section 1; console.md section 10.
"""

from collections.abc import Sequence
from typing import Final

from ain_scp.ain.bench.forms import StepForm
from ain_scp.figures.curves import Curve, Plot, by_percentile
from ain_scp.reports.page import heading, page, paragraph, table, verdict
from ain_scp.reports.plot import figure

_HEAD: Final = (
    "rate/s", "verdict", "answered/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "unanswered", "CPU µs", "echo ms",
)  # fmt: skip
_KINDS: Final = ("decision", "rate/s", "sent", "p50 ms", "p99 ms")


def page_of(
    forms: Sequence[StepForm],
    name: str,
    words: str,
    budget: str,
    budget_ms: float | None = None,
) -> str:
    """The whole page; `budget_ms` draws the line that the verdict is about."""
    rates = {form.rate for form in forms}
    kinds = [row for form in forms for row in _kinds(form)]
    return page(
        "Load test",
        verdict(f"{budget}: {words}", good={"WITHIN_BUDGET": True, "OVER_BUDGET": False}.get(name)),
        figure(by_percentile("Latency by percentile", curves_of(forms), budget, budget_ms)),
        figure(_against_rate(forms, budget, budget_ms)) if len(rates) > 1 else "",
        heading("Figures"),
        table(_HEAD, map(_row, forms), numbers=(0, *range(2, 11)), times=(1,)),
        paragraph(
            "Milliseconds from the planned instant; a query without an answer is later than all others.",
            soft=True,
        ),
        heading("By decision") + table(_KINDS, kinds, numbers=(1, 2, 3, 4)) if kinds else "",
    )


def _row(form: StepForm) -> tuple[str, ...]:
    return (
        f"{form.rate:,.0f}", form.verdict, f"{form.answered_per_second:,.0f}", _ms(form.p50_ms), _ms(form.p90_ms), _ms(form.p99_ms),
        _ms(form.p999_ms), _ms(form.max_ms), str(form.unanswered), _ms(form.cpu_us_per_query), _ms(form.echo_ms),
    )  # fmt: skip


def _kinds(form: StepForm) -> list[tuple[str, ...]]:
    return [
        (kind.kind, f"{form.rate:,.0f}", f"{kind.sent:,}", _ms(kind.p50_ms), _ms(kind.p99_ms))
        for kind in form.kinds
    ]


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def curves_of(forms: Sequence[StepForm], of: str = "") -> list[Curve]:
    """Of each step its curve over the queries sent, beside that of a single step the bare echo's; `of` names the measurement."""
    found = [(f"{of}{form.rate:,.0f}/s", form.latency) for form in forms]
    if len(forms) == 1:
        found.append((f"{of}bare echo", forms[0].echo))
    return [Curve(name, curve.of_sent()) for name, curve in found if curve is not None]


def _against_rate(forms: Sequence[StepForm], budget: str, budget_ms: float | None) -> Plot:
    """p50 and p99 over the rates that were offered."""
    ordered = sorted(forms, key=lambda form: form.rate)
    curves = (
        Curve("p50", tuple((form.rate, form.p50_ms) for form in ordered if form.p50_ms is not None)),
        Curve("p99", tuple((form.rate, form.p99_ms) for form in ordered if form.p99_ms is not None)),
        Curve("bare echo", tuple((form.rate, form.echo_ms) for form in ordered if form.echo_ms is not None)),
    )
    named = tuple((form.rate, f"{form.rate:,.0f}") for form in ordered)
    return Plot(
        "Latency against rate",
        "queries a second",
        tuple(one for one in curves if one.points),
        named,
        budget_ms,
        budget,
    )

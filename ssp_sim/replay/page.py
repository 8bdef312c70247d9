"""The outcome of a replay as one HTML page that needs nothing else.

Source: D-006, D-007.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ain_scp.reports.page import heading, page, paragraph, table, verdict
from ain_scp.ssp_sim.replay.player import Outcomes, Report

MOST_ROWS: Final = 10_000
_COUNTS: Final = ("queries", "equal", "different", "missing", "extra", "unanswered", "strays")
_HEAD: Final = ("packet", "transaction", "calling", "query", "verdict", "expected → got, decided by")


def replay_page(
    title: str, report: Report, outcomes: Iterable[Outcomes], facts: Sequence[tuple[str, str]] = ()
) -> str:
    """The page: verdict, what was compared, figures, differences by parameter, and every answer that was not equal.

    At most 10,000 of them are listed, and the others counted.
    """
    rows: list[tuple[str, ...]] = []
    left_out = 0
    for outcome in outcomes:
        if len(rows) < MOST_ROWS:
            rows.append(_row(outcome))
        else:
            left_out += 1
    good = not report.different and not report.missing and bool(report.queries)
    counted = sorted(report.parameters.items(), key=lambda item: (-item[1], item[0]))
    return page(
        title,
        verdict(_verdict(report), good=good if report.queries else None),
        table(("compared", "value"), facts) if facts else "",
        heading("Answers"),
        table(
            _COUNTS, [tuple(f"{getattr(report, name):,}" for name in _COUNTS)], numbers=range(len(_COUNTS))
        ),
        heading("Differences by parameter") + table(("parameter", "answers"), counted, numbers=(1,))
        if counted
        else "",
        heading("Answers that are not equal") + table(_HEAD, rows)
        if rows
        else paragraph("Every answer is equal."),
        paragraph(f"{left_out:,} more are not shown.") if left_out else "",
    )


def _verdict(report: Report) -> str:
    if not report.queries:
        return "Nothing was compared"
    if report.different or report.missing:
        return f"{report.different + report.missing:,} of {report.queries:,} answers are not those of the capture"
    return f"All {report.queries:,} answers are those of the capture"


def _row(outcome: Outcomes) -> tuple[str, ...]:
    found = "; ".join(
        f"{one.operation} {one.parameter}: {_said(one.expected)} → {_said(one.got)} {one.row}".rstrip()
        for one in outcome.differences
    )
    return (
        str(outcome.packet), str(outcome.transaction), str(outcome.calling), str(outcome.operation), outcome.judgement,
        found or f"{outcome.expected} → {outcome.got}",
    )  # fmt: skip


def _said(text: str | None) -> str:
    return "nothing" if text is None else text

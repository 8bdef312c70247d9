"""The outcome of a replay as one HTML page that needs nothing else.

Source: D-006, D-007.
"""

from collections.abc import Iterable
from typing import Final

from ain_scp.ssp_sim.replay.player import Outcomes, Report
from ain_scp.terms.safe_text import in_page

MOST_ROWS: Final = 10_000
_STYLE: Final = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
.figures { display: flex; flex-wrap: wrap; gap: 1.5rem }
.figures div { text-align: center }
.figures b { display: block; font-size: 1.8rem }
.bad { color: #b00020 }
.good { color: #0a6b2d }
code { font-size: .9em }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #ddd } th, td { border-color: #444 }
.bad { color: #ff8a80 } .good { color: #7bd88f } }
"""


def page(title: str, report: Report, outcomes: Iterable[Outcomes]) -> str:
    """The page: figures, differences by parameter, and every answer that was not equal (at most 10,000 of them)."""
    names = ("queries", "equal", "different", "missing", "extra", "unanswered", "strays")
    bad = {"different", "missing"}
    figures = "".join(
        f'<div class="{"bad" if name in bad and getattr(report, name) else "good" if name == "equal" else ""}">'
        f"<b>{getattr(report, name)}</b>{name}</div>"
        for name in names
    )
    counted = sorted(report.parameters.items(), key=lambda item: (-item[1], item[0]))
    parameters = "".join(f"<tr><td>{in_page(name)}</td><td>{count}</td></tr>" for name, count in counted)
    rows: list[str] = []
    left_out = 0
    for outcome in outcomes:
        if len(rows) < MOST_ROWS:
            rows.append(_row(outcome))
        else:
            left_out += 1
    more = f"<p>{left_out} more are not shown.</p>" if left_out else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{in_page(title)}</title><style>{_STYLE}</style></head><body><h1>{in_page(title)}</h1>"
        f'<div class="figures">{figures}</div>'
        "<h2>Differences by parameter</h2><table><tr><th>parameter</th><th>answers</th></tr>"
        f"{parameters}</table><h2>Answers that are not equal</h2>"
        "<table><tr><th>packet</th><th>transaction</th><th>calling</th><th>query</th><th>verdict</th>"
        f"<th>expected, got, decided by</th></tr>{''.join(rows)}</table>{more}</body></html>\n"
    )


def _row(outcome: Outcomes) -> str:
    found = "".join(
        f"<div>{in_page(one.operation)} <b>{in_page(one.parameter)}</b>: <code>{in_page(_said(one.expected))}</code>"
        f" &rarr; <code>{in_page(_said(one.got))}</code> {in_page(one.row)}</div>"
        for one in outcome.differences
    )
    if not found:
        found = f"<code>{in_page(outcome.expected)}</code> &rarr; <code>{in_page(outcome.got)}</code>"
    kind = "bad" if outcome.judgement in ("different", "missing") else ""
    cells = (outcome.packet, outcome.transaction, outcome.calling, outcome.operation)
    start = "".join(f"<td>{in_page(str(cell))}</td>" for cell in cells)
    return f'<tr>{start}<td class="{kind}">{outcome.judgement}</td><td>{found}</td></tr>'


def _said(text: str | None) -> str:
    return "nothing" if text is None else text

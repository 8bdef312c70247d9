"""The one-file page of a run: written by `ain run --report`, and later by `ain report` from what `ain run --json` printed.

Source: D-007; interfaces.md section 6.1 (`ain report`).
"""

from collections.abc import Sequence

from ain_scp.ain.run.output import RunForm
from ain_scp.ssp_sim.fields.tree import message_tree
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.record import CallRecord
from ain_scp.ssp_sim.report import Run, render


def page_of(run: RunForm, calls: Sequence[CallRecord], latency: Histogram | None = None) -> str:
    """The page; `calls` stand for those of the form. With answer times of this machine it is another page each time."""
    summary = run.summary
    statuses = tuple((status, str(count)) for status, count in summary.statuses.items())
    return render(
        Run(
            title=run.title,
            calls=calls,
            kinds=run.network.kinds,
            facts=(("data set", run.dataset), ("transport", summary.transport), ("seed", str(summary.seed))),
            summary=(
                ("calls", str(summary.calls)),
                ("passed", str(summary.ok)),
                ("failed", str(summary.failed)),
                *statuses,
            ),
            failures=summary.failures,
            latency=latency,
            decode=message_tree,
            point_codes=run.network.point_codes,
            associations=run.network.associations,
        )
    )

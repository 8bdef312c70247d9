"""The report of a run: one self-contained HTML page that opens anywhere, without a network.

`Run` is what the page shows, `render` writes it.

Source: D-007, D-010, A-178, A-179.
"""

from ain_scp.ssp_sim.report.page import render
from ain_scp.ssp_sim.report.run import Run

__all__ = ["Run", "render"]

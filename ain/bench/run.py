"""The run of a load test: a target with the echo beside it, and the steps in their order.

Source: D-004, reliability targets P1-P3 and noise gate.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import click

from ain_scp.ain.bench.calls import Prepared
from ain_scp.ain.bench.forms import StepForm, StepResult, form_of, text_of
from ain_scp.ain.bench.judge import Judge, Judgement, Verdict
from ain_scp.ain.bench.load import planned, run_step
from ain_scp.ain.bench.target import Target, echo_server, own_server, spread
from ain_scp.ain.serve.addresses import address_of
from ain_scp.ssp_sim.percentiles import percentiles_of

ECHO_S: Final = 1.0
ECHO_RATE: Final = 5_000.0
RAMP_FACTOR: Final = 2.0
RAMP_BISECTIONS: Final = 4
RAMP_HIGHEST: Final = 400_000.0


class Measured:
    """The target and the echo beside it, for the length of the run."""

    def __init__(self, own: Target | None, address: tuple[str, int], name: str) -> None:
        self.own = own
        self.address = address
        self.name = name
        self.echo = echo_server()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.echo.end()
        if self.own is not None:
            self.own.end()


def opened(target: str | None, dataset: Path, workers: int, *, allow_public: bool) -> Measured:
    """Start our server, or take the address given."""
    if target is None:
        options = [] if workers == 1 else ["--workers", str(workers)]
        own = own_server(dataset, options)
        measured = Measured(own, own.address, "the server started here")
    else:
        scheme, _, rest = target.partition("://")
        if scheme != "udp":
            raise click.UsageError(f"--target {target}: expected udp://HOST:PORT")
        address = address_of(rest, allow_public=allow_public, option="--target")
        measured = Measured(None, address, target)
    spread()
    return measured


class Run:
    """The steps of one run, in order."""

    def __init__(
        self,
        pool: Sequence[Prepared],
        duration: float,
        arrivals: str,
        seed: int,
        judge: Judge,
        *,
        quiet: bool,
        runs: bool,
    ) -> None:
        self.judgements: list[Judgement] = []
        self.forms: list[StepForm] = []
        self.best: float | None = None
        self._pool = pool
        self._duration = duration
        self._arrivals = arrivals
        self._seed = seed
        self._judge = judge
        self._quiet = quiet
        self._runs = runs
        self._sent = time.time_ns() // 1_000_000 & 0xFFFFFFFF  # no two runs ask a target the same within T1

    def warm_up(self, measured: Measured, seconds: float, rate: float) -> None:
        """Let the target meet every query before it is measured."""
        if seconds:
            self._load(measured.address, min(rate, 5_000.0), seconds, "fixed")

    def step(self, measured: Measured, rate: float) -> Verdict:
        """Measure the echo, then the target at one rate; judge."""
        echo = self._load(
            measured.echo.address, min(rate, ECHO_RATE), min(ECHO_S, self._duration), self._arrivals
        )
        own = measured.own
        cpu, drops = (own.cpu_ns(), own.drops()) if own is not None else (0, 0)
        step = self._load(measured.address, rate, self._duration, self._arrivals)
        step.echo_ns = echo.percentile(self._judge.percentile)
        step.echo = percentiles_of(echo.latency, echo.sent) if echo.answered else None
        if own is not None:
            step.server_cpu_ns, step.server_drops = own.cpu_ns() - cpu, own.drops() - drops
        judgement = self._judge.judge(step, measured.name)
        form = form_of(step, judgement.verdict.name, judgement.why)
        self.judgements.append(judgement)
        self.forms.append(form)
        if not self._quiet:
            click.echo("\n".join(text_of(form)))
        return judgement.verdict

    def ramp(self, measured: Measured, rate: float) -> None:
        """Double the rate until the budget breaks, then halve the gap; `best` is the highest rate within it."""
        low, high = 0.0, rate
        while high <= RAMP_HIGHEST and self.step(measured, high) is Verdict.WITHIN_BUDGET:
            low, high = high, high * RAMP_FACTOR
        for _ in range(RAMP_BISECTIONS if low else 0):
            middle = (low + high) / 2
            if self.step(measured, middle) is Verdict.WITHIN_BUDGET:
                low = middle
            else:
                high = middle
        self.best = low or None

    def _load(self, address: tuple[str, int], rate: float, seconds: float, arrivals: str) -> StepResult:
        due = planned(rate, seconds, arrivals, self._seed + len(self.forms))
        first, self._sent = self._sent, self._sent + len(due)
        return run_step(address, self._pool, due, rate=rate, first=first, runs=self._runs)

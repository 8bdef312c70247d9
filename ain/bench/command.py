"""`ain bench`: load an SCP in the open loop and judge its response times.

Exit codes: 0 within the budget; 1 over it; 2 wrong usage; 3 inconclusive, because a bare echo on the same host in the same
run was already too slow; 4 void, because the generator itself was late.

Source: interfaces.md section 1, D-004, reliability targets P1-P3 and noise gate.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import click

from ain_scp.ain.faults import Trouble
from ain_scp.ain.shipped import examples

if TYPE_CHECKING:
    from ain_scp.ain.bench.calls import Prepared
    from ain_scp.ain.bench.records import Judge, StepForm, StepResult, Verdict
    from ain_scp.ain.bench.target import Target
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.ssp_sim.scenario import Scenario

EPILOG = """\b
Examples: ain bench examples/golden --rate 2000 --duration 5 --budget-ms 5
          ain bench examples/golden --ramp --html load.html
          ain bench examples/golden --target udp://127.0.0.1:2905"""
POOL: Final = 20_000
ECHO_S: Final = 1.0
ECHO_RATE: Final = 5_000.0
RAMP_FACTOR: Final = 2.0
RAMP_BISECTIONS: Final = 4
RAMP_HIGHEST: Final = 400_000.0


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path), required=False)
@click.option(
    "--target", metavar="udp://HOST:PORT", help="Load this SCP instead of one started for it (loopback only)."
)
@click.option("--allow-public", is_flag=True, help="Let --target be another host.")
@click.option(
    "--rate", type=click.FloatRange(min=1), default=1000.0, show_default=True, help="Queries a second."
)
@click.option(
    "--duration", type=click.FloatRange(0.1, 600), default=5.0, show_default=True, help="Seconds a step."
)
@click.option(
    "--warm-up",
    type=click.FloatRange(0, 60),
    default=1.0,
    show_default=True,
    help="Seconds before the first step.",
)
@click.option("--steps", metavar="R,R,...", help="Several rates, one after the other, instead of --rate.")
@click.option("--ramp", is_flag=True, help="Find the highest rate within the budget, from --rate up.")
@click.option("--arrivals", type=click.Choice(["poisson", "fixed"]), default="poisson", show_default=True)
@click.option("--budget-ms", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True)
@click.option("--percentile", type=click.FloatRange(0, 100, min_open=True), default=99.0, show_default=True)
@click.option("--scenario", type=click.Path(path_type=Path), help="Ask what the calls of this scenario ask.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Workers of the own server."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE.html", help="A page with plots.")
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON on stdout.")
def command(
    dataset: Path | None,
    target: str | None,
    allow_public: bool,
    rate: float,
    duration: float,
    warm_up: float,
    steps: str | None,
    ramp: bool,
    arrivals: str,
    budget_ms: float,
    percentile: float,
    scenario: Path | None,
    workers: int,
    seed: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Send queries when they are due, measure from that instant, judge the percentile against the budget."""
    from ain_scp.ain.bench.records import MS, Judge, Verdict
    from ain_scp.ain.bench.target import TargetFault
    from ain_scp.ain.dataset import open_program

    rates = _rates(steps, rate)
    directory = _directory(dataset, scenario)
    program = open_program(directory)
    pool = _pool(program, scenario, seed)
    judge = Judge(round(budget_ms * MS), percentile)
    # the queries of a run would arrive at one of the workers, which hands them on: no peer sends like that
    run = _Run(pool, duration, arrivals, seed, judge, quiet=as_json, runs=workers == 1)
    try:
        with _opened(target, directory, workers, allow_public=allow_public) as measured:
            run.warm_up(measured, warm_up, rates[0])
            if ramp:
                run.ramp(measured, rates[0])
            else:
                for one in rates:
                    run.step(measured, one)
    except (TargetFault, ValueError, OSError) as fault:
        raise Trouble(str(fault)) from None
    verdict = _overall(run.verdicts, ramp=ramp)
    _tell(run, verdict, judge, html, as_json=as_json)
    sys.exit(int(verdict if isinstance(verdict, Verdict) else Verdict.VOID))


class _Measured:
    """The target and the echo beside it, for the length of the run."""

    def __init__(self, own: "Target | None", address: tuple[str, int]) -> None:
        from ain_scp.ain.bench.target import echo_server

        self.own = own
        self.address = address
        self.echo = echo_server()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.echo.end()
        if self.own is not None:
            self.own.end()


def _opened(target: str | None, dataset: Path, workers: int, *, allow_public: bool) -> _Measured:
    """Start our server, or take the address given."""
    from ain_scp.ain.bench.target import own_server, spread
    from ain_scp.ain.serve.command import address_of

    if target is None:
        options = [] if workers == 1 else ["--workers", str(workers)]
        own = own_server(dataset, options)
        measured = _Measured(own, own.address)
    else:
        scheme, _, rest = target.partition("://")
        if scheme != "udp":
            raise click.UsageError(f"--target {target}: udp://HOST:PORT is due")
        measured = _Measured(None, address_of(rest, allow_public=allow_public))
    spread()
    return measured


class _Run:
    """The steps of one run, in order."""

    def __init__(
        self,
        pool: "Sequence[Prepared]",
        duration: float,
        arrivals: str,
        seed: int,
        judge: "Judge",
        *,
        quiet: bool,
        runs: bool,
    ) -> None:
        self.steps: list[StepResult] = []
        self.verdicts: list[Verdict] = []
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

    def warm_up(self, measured: _Measured, seconds: float, rate: float) -> None:
        """Let the target meet every query before it is measured."""
        if seconds:
            self._load(measured.address, min(rate, 5_000.0), seconds, "fixed")

    def step(self, measured: _Measured, rate: float) -> "Verdict":
        """Measure the echo, then the target at one rate; judge."""
        from ain_scp.ain.bench.records import form_of, text_of

        echo = self._load(
            measured.echo.address, min(rate, ECHO_RATE), min(ECHO_S, self._duration), self._arrivals
        )
        own = measured.own
        cpu, drops = (own.cpu_ns(), own.drops()) if own is not None else (0, 0)
        step = self._load(measured.address, rate, self._duration, self._arrivals)
        step.echo_p99_ns = echo.percentile(99.0)
        if own is not None:
            step.server_cpu_ns, step.server_drops = own.cpu_ns() - cpu, own.drops() - drops
        verdict = self._judge.verdict(step)
        form = form_of(step, verdict)
        self.steps.append(step)
        self.verdicts.append(verdict)
        self.forms.append(form)
        if not self._quiet:
            click.echo("\n".join(text_of(form)))
        return verdict

    def ramp(self, measured: _Measured, rate: float) -> None:
        """Double the rate until the budget breaks, then halve the gap; `best` is the highest rate within it."""
        from ain_scp.ain.bench.records import Verdict

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

    def _load(self, address: tuple[str, int], rate: float, seconds: float, arrivals: str) -> "StepResult":
        from ain_scp.ain.bench.load import planned, run_step

        due = planned(rate, seconds, arrivals, self._seed + len(self.steps))
        first, self._sent = self._sent, self._sent + len(due)
        return run_step(address, self._pool, due, rate=rate, first=first, runs=self._runs)


def _rates(steps: str | None, rate: float) -> list[float]:
    if steps is None:
        return [rate]
    try:
        rates = [float(word) for word in steps.split(",")]
    except ValueError:
        rates = []
    if not rates or min(rates) < 1:
        raise click.UsageError(f"--steps {steps}: rates of at least 1, separated by commas, are due")
    return rates


def _directory(dataset: Path | None, scenario: Path | None) -> Path:
    """The data set to serve and to draw from."""
    if dataset is not None:
        return dataset
    if scenario is not None:
        return Path(_scenario(scenario).dataset)
    place = examples()
    if place is not None:
        return place / "golden"
    raise click.UsageError("a data set is due: ain bench DATASET")


def _scenario(path: Path) -> "Scenario":
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.ssp_sim.scenario import load

    try:
        return load(path)
    except ProvisioningError as fault:
        for problem in fault.problems:
            click.echo(problem, err=True)
        sys.exit(2)


def _pool(program: "Program", scenario: Path | None, seed: int) -> "Sequence[Prepared]":
    from ain_scp.ain.bench.calls import draw_queries, queries_of

    try:
        if scenario is None:
            return draw_queries(program, POOL, seed)
        from ain_scp.ssp_sim.traffic import planned_calls

        return queries_of(program, planned_calls(_scenario(scenario), seed), POOL)
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _overall(verdicts: "Sequence[Verdict]", *, ramp: bool) -> "Verdict":
    """A ramp is judged by its lowest rate; other runs by their worst step."""
    return verdicts[0] if ramp else max(verdicts)


WORDS: Final = {
    "WITHIN_BUDGET": "within the budget",
    "OVER_BUDGET": "over the budget",
    "INCONCLUSIVE": "inconclusive: a bare echo on this host was too slow itself",
    "VOID": "void: the generator was late, the rate is beyond what it can send here",
}


def _tell(run: _Run, verdict: "Verdict", judge: "Judge", html: Path | None, *, as_json: bool) -> None:
    from ain_scp.ain.bench.records import MS
    from ain_scp.ain.build import mode

    budget = f"p{judge.percentile:g} within {judge.budget_ns / MS:g} ms"
    if html is not None:
        from ain_scp.ain.bench.page import page_of

        html.write_text(
            page_of(run.steps, run.forms, verdict.name, WORDS[verdict.name], budget), encoding="utf-8"
        )
    if as_json:
        import msgspec

        report = {
            "verdict": verdict.name,
            "budget_ms": judge.budget_ns / MS,
            "percentile": judge.percentile,
            "highest_rate": run.best,
            "mode": mode(),
            "steps": run.forms,
        }
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
        return
    if run.best is not None:
        click.echo(f"highest rate within the budget: {run.best:,.0f}/s")
    click.echo(f"{budget}: {WORDS[verdict.name]}")

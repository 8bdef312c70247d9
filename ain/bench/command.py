"""`ain bench`: load an SCP in the open loop and judge its response times.

Exit codes: 0 within the budget; 1 over it; 2 wrong usage; 3 inconclusive: a bare echo on the same host in the same run was
too slow itself; 4 void: the generator was late.

Source: interfaces.md section 1, D-004, reliability targets P1-P3 and noise gate.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import click
from click.core import ParameterSource

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file
from ain_scp.ain.shipped import examples
from ain_scp.terms.units import MS_NS

if TYPE_CHECKING:
    from ain_scp.ain.bench.calls import Prepared
    from ain_scp.ain.bench.forms import StepForm, StepResult
    from ain_scp.ain.bench.judge import Judge, Judgement, Verdict
    from ain_scp.ain.bench.target import Target
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.ssp_sim.scenario import Scenario

EPILOG = """\b
Examples: ain bench examples/golden --rate 2000 --duration 5 --budget-ms 5
          ain bench examples/golden --mix whole
          ain bench examples/golden --ramp --html load.html
          ain bench examples/services --service LNP
          ain bench examples/golden --target udp://127.0.0.1:2905"""
POOL: Final = 20_000
SERVICE_POOL: Final = 100_000
"""Queries to one service: different ones up to this number."""
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
@click.option(
    "--arrivals",
    type=click.Choice(["poisson", "fixed"]),
    default="poisson",
    show_default=True,
    help="Poisson arrivals, or one query after the other at equal distances.",
)
@click.option(
    "--budget-ms",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    help="Milliseconds.",
)
@click.option(
    "--percentile",
    type=click.FloatRange(0, 100, min_open=True),
    default=99.0,
    show_default=True,
    help="How many of a hundred queries must be answered within the budget.",
)
@click.option(
    "--max-refused", type=click.FloatRange(0, 100), default=0.0, show_default=True, metavar="PERCENT",
    help="Refusals allowed, of all queries sent.",
)  # fmt: skip
@click.option(
    "--mix",
    type=click.Choice(["originating", "whole"]),
    default="originating",
    show_default=True,
    help="Callers' queries alone, or all that calls cause: hosts' queries and notifications, too.",
)
@click.option(
    "--service", type=click.Choice(["LNP", "TOLLFREE"]),
    help="Queries to this service alone, about numbers of its tables and others, each drawn anew.",
)  # fmt: skip
@click.option("--scenario", type=click.Path(path_type=Path), help="Ask what the calls of this scenario ask.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Workers of the own server."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed of queries and arrivals.")
@click.option("--html", type=OutputPath(), metavar="FILE.html", help="Write a page with plots.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
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
    max_refused: float,
    mix: str,
    service: str | None,
    scenario: Path | None,
    workers: int,
    seed: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Send queries when they are due, measure from that instant, judge the percentile against the budget.

    Exit 0 within the budget; 1 over it (too slow, unanswered, or refused); 3 inconclusive, the host is too noisy; 4 void, the
    generator was late.
    """
    from ain_scp.ain.bench.judge import Judge, overall
    from ain_scp.ain.bench.target import TargetFault
    from ain_scp.ain.dataset import open_program

    check_outputs()
    _together(ctx)
    rates = _rates(steps, rate)
    directory = _directory(dataset, scenario)
    program = open_program(directory)
    pool = _pool(program, scenario, service, seed, whole=mix == "whole")
    judge = Judge(round(budget_ms * MS_NS), percentile, max_refused / 100)
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
    judgement = overall(run.judgements, ramp=ramp)
    _tell(run, judgement, judge, html, as_json=as_json)
    sys.exit(int(judgement.verdict))


def _together(ctx: click.Context) -> None:
    """Refuse options of which one would have no effect."""
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    for one, other, why in (
        ("steps", "rate", "steps are rates"),
        ("steps", "ramp", "a ramp finds its rates"),
        ("target", "workers", "only a server started here has workers"),
        ("mix", "scenario", "a scenario has its own calls"),
        ("service", "mix", "a service has its own queries"),
        ("service", "scenario", "a scenario has its own calls"),
    ):
        if {one, other} <= given:
            raise click.UsageError(f"--{one} and --{other}: one of them; {why}")
    if "allow_public" in given and "target" not in given:
        raise click.UsageError("--allow-public needs --target udp://HOST:PORT")


class _Measured:
    """The target and the echo beside it, for the length of the run."""

    def __init__(self, own: "Target | None", address: tuple[str, int], name: str) -> None:
        from ain_scp.ain.bench.target import echo_server

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


def _opened(target: str | None, dataset: Path, workers: int, *, allow_public: bool) -> _Measured:
    """Start our server, or take the address given."""
    from ain_scp.ain.bench.target import own_server, spread
    from ain_scp.ain.serve.addresses import address_of

    if target is None:
        options = [] if workers == 1 else ["--workers", str(workers)]
        own = own_server(dataset, options)
        measured = _Measured(own, own.address, "the server started here")
    else:
        scheme, _, rest = target.partition("://")
        if scheme != "udp":
            raise click.UsageError(f"--target {target}: expected udp://HOST:PORT")
        address = address_of(rest, allow_public=allow_public, option="--target")
        measured = _Measured(None, address, target)
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

    def warm_up(self, measured: _Measured, seconds: float, rate: float) -> None:
        """Let the target meet every query before it is measured."""
        if seconds:
            self._load(measured.address, min(rate, 5_000.0), seconds, "fixed")

    def step(self, measured: _Measured, rate: float) -> "Verdict":
        """Measure the echo, then the target at one rate; judge."""
        from ain_scp.ain.bench.forms import form_of, text_of

        echo = self._load(
            measured.echo.address, min(rate, ECHO_RATE), min(ECHO_S, self._duration), self._arrivals
        )
        own = measured.own
        cpu, drops = (own.cpu_ns(), own.drops()) if own is not None else (0, 0)
        step = self._load(measured.address, rate, self._duration, self._arrivals)
        step.echo_ns = echo.percentile(self._judge.percentile)
        if own is not None:
            step.server_cpu_ns, step.server_drops = own.cpu_ns() - cpu, own.drops() - drops
        judgement = self._judge.judge(step, measured.name)
        form = form_of(step, judgement.verdict.name, judgement.why)
        self.steps.append(step)
        self.judgements.append(judgement)
        self.forms.append(form)
        if not self._quiet:
            click.echo("\n".join(text_of(form)))
        return judgement.verdict

    def ramp(self, measured: _Measured, rate: float) -> None:
        """Double the rate until the budget breaks, then halve the gap; `best` is the highest rate within it."""
        from ain_scp.ain.bench.judge import Verdict

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
        raise click.UsageError(f"--steps {steps}: expected rates of at least 1, separated by commas")
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
    raise click.UsageError("a data set is required: ain bench DATASET")


def _scenario(path: Path) -> "Scenario":
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.ssp_sim.scenario import load

    try:
        return load(path)
    except ProvisioningError as fault:
        refuse(fault.problems)


def _pool(
    program: "Program", scenario: Path | None, service: str | None, seed: int, *, whole: bool
) -> "Sequence[Prepared]":
    from ain_scp.ain.bench.calls import draw_calls, draw_queries, queries_of
    from ain_scp.ain.bench.services import draw_services

    try:
        if service is not None:
            return draw_services(program, service, SERVICE_POOL, seed)
        if scenario is None:
            return draw_calls(program, POOL, seed) if whole else draw_queries(program, POOL, seed)
        from ain_scp.ssp_sim.traffic import planned_calls

        return queries_of(program, planned_calls(_scenario(scenario), seed), POOL)
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None


def _tell(run: _Run, judgement: "Judgement", judge: "Judge", html: Path | None, *, as_json: bool) -> None:
    from ain_scp.ain.bench.forms import BenchForm
    from ain_scp.ain.build import mode

    budget = f"p{judge.percentile:g} within {judge.budget_ns / MS_NS:g} ms"
    if html is not None:
        from ain_scp.ain.bench.page import page_of

        page = page_of(
            run.steps, run.forms, judgement.verdict.name, str(judgement), budget, judge.budget_ns / MS_NS
        )
        write_file(html, page)
    if as_json:
        write_json(
            BenchForm(
                judgement.verdict.name,
                judgement.why,
                judge.budget_ns / MS_NS,
                judge.percentile,
                judge.noise_limit_ns / MS_NS,
                run.best,
                mode(),
                run.forms,
            )
        )
        return
    if run.best is not None:
        click.echo(f"highest rate within the budget: {run.best:,.0f}/s")
    click.echo(f"{budget}: {judgement}")

"""`ain bench`: load an SCP in the open loop and judge its response times.

Exit codes: 0 within the budget; 1 over it; 2 wrong usage; 3 inconclusive: a bare echo on the same host in the same run was
too slow itself; 4 void: the generator was late.

Source: interfaces.md section 1, D-004, reliability targets P1-P3 and noise gate.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, write_file
from ain_scp.ain.shipped import examples
from ain_scp.terms.units import MS_NS

if TYPE_CHECKING:
    from ain_scp.ain.bench.calls import Prepared
    from ain_scp.ain.bench.judge import Judge, Judgement
    from ain_scp.ain.bench.run import Run
    from ain_scp.ain.bench.setting import Setting
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.ssp_sim.scenario import Scenario

EPILOG = """\b
Examples: ain bench examples/golden --rate 2000 --duration 5 --budget-ms 5
          ain bench examples/golden --mix whole
          ain bench examples/golden --ramp --html load.html
          ain bench examples/services --service LNP
          ain bench examples/golden --target udp://127.0.0.1:2905
          ain bench examples/golden --json > before.json
          ain bench --compare before.json after.json"""
POOL: Final = 20_000
SERVICE_POOL: Final = 100_000
"""Queries to one service: different ones up to this number."""


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
@click.option(
    "--hgrm", type=OutputPath(), metavar="FILE.hgrm",
    help="Write the percentiles of the answer times as HdrHistogram's plotters read them; for a single rate.",
)  # fmt: skip
@click.option(
    "--compare", type=click.Path(path_type=Path), nargs=2, metavar="ONE.json OTHER.json",
    help="Measure nothing: compare what two runs printed with --json.",
)  # fmt: skip
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
    hgrm: Path | None,
    compare: tuple[Path, Path] | None,
    as_json: bool,
) -> None:
    """Send queries when they are due, measure from that instant, judge the percentile against the budget.

    Exit 0 within the budget; 1 over it (too slow, unanswered, or refused); 3 inconclusive, the host is too noisy; 4 void, the
    generator was late. --compare: exit 0 the figures can be compared; 3 they cannot, and it says why.
    """
    check_outputs()
    _together(ctx)
    if compare is not None:
        from ain_scp.ain.bench.compare import print_comparison

        sys.exit(print_comparison(*compare, html, as_json=as_json))
    from ain_scp.ain.bench.judge import Judge, overall
    from ain_scp.ain.bench.run import Run, opened
    from ain_scp.ain.bench.target import TargetFault
    from ain_scp.ain.dataset import open_program

    rates = _rates(steps, rate)
    directory = _directory(dataset, scenario)
    program = open_program(directory)
    pool = _pool(program, scenario, service, seed, whole=mix == "whole")
    judge = Judge(round(budget_ms * MS_NS), percentile, max_refused / 100)
    # the queries of a run would arrive at one of the workers, which hands them on: no peer sends like that
    run = Run(pool, duration, arrivals, seed, judge, quiet=as_json, runs=workers == 1)
    try:
        with opened(target, directory, workers, allow_public=allow_public) as measured:
            run.warm_up(measured, warm_up, rates[0])
            if ramp:
                run.ramp(measured, rates[0])
            else:
                for one in rates:
                    run.step(measured, one)
    except (TargetFault, ValueError, OSError) as fault:
        raise Trouble(str(fault)) from None
    judgement = overall(run.judgements, ramp=ramp)
    calls = f"service {service}" if service else f"scenario {scenario.name}" if scenario else mix
    about = _setting(target, directory, calls, arrivals, duration, seed, workers)
    _tell(run, judgement, judge, about, html, hgrm, as_json=as_json)
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
        ("hgrm", "steps", "one such file is of one rate"),
        ("hgrm", "ramp", "one such file is of one rate"),
    ):
        if {one, other} <= given:
            raise click.UsageError(f"--{one} and --{other}: one of them; {why}")
    if "compare" in given and (more := sorted(given - {"compare", "html", "as_json"})):
        word = "DATASET" if more[0] == "dataset" else f"--{more[0].replace('_', '-')}"
        raise click.UsageError(f"--compare and {word}: one of them; nothing is measured to compare")
    if "allow_public" in given and "target" not in given:
        raise click.UsageError("--allow-public needs --target udp://HOST:PORT")


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


def _setting(
    target: str | None, directory: Path, calls: str, arrivals: str, seconds: float, seed: int, workers: int
) -> "Setting":
    from ain_scp.ain.bench.setting import OWN, Setting, build, machine
    from ain_scp.provisioning.digest import digest_of

    digest = digest_of(directory)
    return Setting(target or OWN, digest, calls, arrivals, seconds, seed, workers, machine(), build())


def _tell(
    run: "Run",
    judgement: "Judgement",
    judge: "Judge",
    about: "Setting",
    html: Path | None,
    hgrm: Path | None,
    *,
    as_json: bool,
) -> None:
    from ain_scp.ain.bench.forms import BenchForm, budget_words
    from ain_scp.ain.build import mode

    budget_ms = judge.budget_ns / MS_NS
    budget = budget_words(judge.percentile, budget_ms)
    if html is not None:
        from ain_scp.ain.bench.page import page_of

        write_file(html, page_of(run.forms, judgement.verdict.name, str(judgement), budget, budget_ms))
    if hgrm is not None:
        found = run.forms[0].latency
        if found is None:
            raise Trouble(f"{hgrm}: not written: nothing was answered")
        write_file(hgrm, found.hgrm())
    if as_json:
        write_json(
            BenchForm(
                judgement.verdict.name, judgement.why, budget_ms, judge.percentile, judge.noise_limit_ns / MS_NS, run.best, mode(),
                run.forms, about,
            )
        )  # fmt: skip
        return
    if run.best is not None:
        click.echo(f"highest rate within the budget: {run.best:,.0f}/s")
    click.echo(f"{budget}: {judgement}")

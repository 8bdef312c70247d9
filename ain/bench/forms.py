"""What a load test found: steps and kinds of calls; as structs, as text and as JSON.

Latency is in nanoseconds here and in milliseconds in what people read. A percentile is over all queries sent: one that was
not answered is later than every other, so enough of them make a percentile infinite (None in JSON).

Source: D-004, reliability targets P1-P3.
"""

from typing import Annotated, Final

import msgspec

from ain_scp.ain.bench.setting import Setting
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.percentiles import Percentiles, percentiles_of
from ain_scp.terms.units import MS_NS

PERCENTILES: Final = (50.0, 90.0, 99.0, 99.9)
US: Final = 1_000


class KindResult:
    """One kind of decision within a step."""

    __slots__ = ("latency", "name", "sent")

    def __init__(self, name: str, sent: int, latency: Histogram) -> None:
        self.name = name
        self.sent = sent
        self.latency = latency


class StepResult:
    """One rate: queries sent, what came back, how late, and what it cost. `server_*` are None for a foreign target.

    `silent`: messages sent besides, which are never answered.
    """

    def __init__(
        self,
        *,
        rate: float,
        sent: int,
        silent: int,
        answered: int,
        refused: int,
        repeated: int,
        foreign: int,
        unsent: int,
        generator_drops: int,
        seconds: float,
        answered_per_second: float,
        lag_p99_ns: int,
        generator_cpu_ns: int,
        latency: Histogram,
        kinds: tuple[KindResult, ...],
    ) -> None:
        self.rate = rate
        self.sent = sent
        self.silent = silent
        self.answered = answered
        self.refused = refused
        self.repeated = repeated
        self.foreign = foreign
        self.unsent = unsent
        self.generator_drops = generator_drops
        self.seconds = seconds
        self.answered_per_second = answered_per_second
        self.lag_p99_ns = lag_p99_ns
        self.generator_cpu_ns = generator_cpu_ns
        self.latency = latency
        self.kinds = kinds
        self.server_cpu_ns: int | None = None
        self.server_drops: int | None = None
        self.echo_ns: int | None = None
        self.echo: Percentiles | None = None

    def percentile(self, percent: float) -> int | None:
        """Nanoseconds that `percent` of the queries sent were answered within; None = not all of those were answered."""
        return percentile_of(self.latency, self.sent, percent)

    @property
    def cpu_us_per_query(self) -> float | None:
        """The server's processor time for one message, in microseconds."""
        if self.server_cpu_ns is None or not self.answered:
            return None
        return self.server_cpu_ns / (self.answered + self.silent) / US


def percentile_of(latency: Histogram, sent: int, percent: float) -> int | None:
    """The percentile over all queries sent, unanswered ones being the latest."""
    if not latency.count:
        return None
    wanted = percent * sent / latency.count
    return None if wanted > 100.0 + 1e-9 else latency.percentile(min(wanted, 100.0))


class KindForm(msgspec.Struct):
    """A kind as JSON; milliseconds."""

    kind: str
    sent: int
    answered: int
    p50_ms: float | None
    p99_ms: float | None


class StepForm(msgspec.Struct):
    """A step as JSON; milliseconds. `latency` and `echo` are the percentile curves of the target and of the bare echo."""

    rate: float
    sent: int
    answered: int
    refused: int
    unanswered: int
    repeated: int
    answered_per_second: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    p999_ms: float | None
    max_ms: float | None
    cpu_us_per_query: float | None
    server_drops: int | None
    generator_lag_p99_ms: float
    echo_ms: float | None
    verdict: str
    why: str
    kinds: list[KindForm]
    latency: Percentiles | None = None
    echo: Percentiles | None = None


class BenchForm(msgspec.Struct):
    """A load test as JSON; milliseconds. `highest_rate` is that of a ramp, `setting` what was measured with."""

    verdict: str
    why: str
    budget_ms: Annotated[float, msgspec.Meta(gt=0)]
    percentile: float
    noise_limit_ms: float
    highest_rate: float | None
    mode: str
    steps: list[StepForm]
    setting: Setting | None = None


def form_of(step: StepResult, verdict: str, why: str) -> StepForm:
    """A step as JSON."""
    p50, p90, p99, p999 = (_ms(step.percentile(percent)) for percent in PERCENTILES)
    return StepForm(
        step.rate,
        step.sent,
        step.answered,
        step.refused,
        step.sent - step.answered,
        step.repeated,
        round(step.answered_per_second, 1),
        p50,
        p90,
        p99,
        p999,
        _ms(step.latency.maximum if step.answered == step.sent else None),
        None if step.cpu_us_per_query is None else round(step.cpu_us_per_query, 2),
        step.server_drops,
        _ms(step.lag_p99_ns) or 0.0,
        _ms(step.echo_ns),
        verdict,
        why,
        [
            KindForm(
                kind.name,
                kind.sent,
                kind.latency.count,
                _ms(percentile_of(kind.latency, kind.sent, 50.0)),
                _ms(percentile_of(kind.latency, kind.sent, 99.0)),
            )
            for kind in step.kinds
        ],
        percentiles_of(step.latency, step.sent) if step.answered else None,
        step.echo,
    )


def _ms(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds / MS_NS, 4)


def budget_words(percentile: float, budget_ms: float) -> str:
    """`p99 within 5 ms`."""
    return f"p{percentile:g} within {budget_ms:g} ms"


def text_of(step: StepForm) -> list[str]:
    """A step for people: one line of figures, one line per kind."""
    cpu = "" if step.cpu_us_per_query is None else f"  CPU {step.cpu_us_per_query:.1f} us/query"
    drops = f"  {step.server_drops} dropped by the kernel" if step.server_drops else ""
    lost = f"  {step.unanswered} unanswered" if step.unanswered else ""
    refused = f"  {step.refused} refused" if step.refused else ""
    echo = "" if step.echo_ms is None else f"  echo {step.echo_ms:.3f}"
    figures = (
        f"p50 {_shown(step.p50_ms)}  p90 {_shown(step.p90_ms)}  p99 {_shown(step.p99_ms)}"
        f"  p99.9 {_shown(step.p999_ms)}  max {_shown(step.max_ms)} ms"
    )
    rest = f"{cpu}{lost}{refused}{drops}{echo}  generator p99 {step.generator_lag_p99_ms:.3f} ms late"
    lines = [f"{step.rate:>9,.0f}/s  {figures}  answered {step.answered_per_second:,.0f}/s{rest}"]
    lines += [
        f"{'':13}{kind.kind:20} {kind.sent:>9,} sent  p50 {_shown(kind.p50_ms)}  p99 {_shown(kind.p99_ms)} ms"
        for kind in step.kinds
    ]
    return lines


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

"""The verdict of a load test: by what a step is judged, and the sentence that gives the figures.

What is certain on any machine is judged first: a target that leaves half of the queries unanswered, or refuses more than it
may, is over the budget however busy the host. Only then may a noisy host or a late generator leave a step without a verdict.

Source: D-004, reliability targets P1-P3 and the noise gate of its section 8.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import msgspec

from ain_scp.ain.bench.forms import StepResult
from ain_scp.ain.words import counted
from ain_scp.terms.units import MS_NS


class Verdict(IntEnum):
    """How a load test ended; the value is the exit code."""

    WITHIN_BUDGET = 0
    OVER_BUDGET = 1
    INCONCLUSIVE = 3
    VOID = 4


SEVERITY: Final = (Verdict.WITHIN_BUDGET, Verdict.INCONCLUSIVE, Verdict.VOID, Verdict.OVER_BUDGET)
"""The worst last: what is certain outweighs what could not be measured."""


class Judgement(msgspec.Struct, frozen=True):
    """A verdict and its reason, with the figure and the limit."""

    verdict: Verdict
    why: str

    def __str__(self) -> str:
        return f"{_WORDS[self.verdict]}: {self.why}"


_WORDS: Final = {
    Verdict.WITHIN_BUDGET: "within the budget",
    Verdict.OVER_BUDGET: "over the budget",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.VOID: "void",
}


class Judge(msgspec.Struct, frozen=True):
    """What a step must reach: `percentile` of the queries answered within `budget_ns`, at most `refused_share` refused.

    A bare echo slower than `noise_ns`, or than `noise_share` of a long budget, makes a step inconclusive; a generator later than
    `lag_share` of the budget makes it void.
    """

    budget_ns: int
    percentile: float = 99.0
    refused_share: float = 0.0
    noise_ns: int = 3 * MS_NS
    noise_share: float = 0.5
    lag_share: float = 0.2

    @property
    def noise_limit_ns(self) -> int:
        """The slowest echo that still allows a verdict; it grows with the budget."""
        return max(min(self.noise_ns, self.budget_ns), round(self.noise_share * self.budget_ns))

    def judge(self, step: StepResult, target: str = "the target") -> Judgement:
        """Judge one step."""
        certain = self._certain(step, target)
        if certain is not None:
            return Judgement(Verdict.OVER_BUDGET, certain)
        echo, limit = step.echo_ns, self.noise_limit_ns
        if echo is not None and echo > limit:
            return Judgement(
                Verdict.INCONCLUSIVE,
                f"a bare echo on this host has p{self.percentile:g} {_ms(echo)}, limit {_ms(limit)}; "
                "try --percentile 90, a larger --budget-ms, or an idle host",
            )
        late = self.lag_share * self.budget_ns
        if step.lag_p99_ns > late:
            return Judgement(
                Verdict.VOID,
                f"this machine was too busy to send on time: p99 {_ms(step.lag_p99_ns)} late, limit {_ms(late)}",
            )
        if step.generator_drops:
            lost = counted(step.generator_drops, "answer")
            return Judgement(Verdict.VOID, f"this machine was too busy to receive: {lost} lost")
        return self._measured(step)

    def _certain(self, step: StepResult, target: str) -> str | None:
        """What no noise excuses."""
        if 2 * (step.answered + step.generator_drops) < step.sent:
            return f"{step.answered:,} of {counted(step.sent, 'query', 'queries')} answered by {target}"
        if step.refused > self.refused_share * step.sent:
            allowed = f"{100 * self.refused_share:g} %" if self.refused_share else "none"
            return f"{step.refused:,} of {counted(step.answered, 'answer')} were refusals, {allowed} allowed"
        return None

    def _measured(self, step: StepResult) -> Judgement:
        found = step.percentile(self.percentile)
        if found is None:
            lost = counted(step.sent - step.answered, "query", "queries")
            return Judgement(Verdict.OVER_BUDGET, f"{lost} of {step.sent:,} unanswered")
        verdict = Verdict.WITHIN_BUDGET if found <= self.budget_ns else Verdict.OVER_BUDGET
        return Judgement(verdict, f"p{self.percentile:g} {_ms(found)}, budget {_ms(self.budget_ns)}")


def overall(judgements: Sequence[Judgement], *, ramp: bool) -> Judgement:
    """A ramp is judged by its lowest rate; other runs by their worst step."""
    return judgements[0] if ramp else max(judgements, key=lambda one: SEVERITY.index(one.verdict))


def _ms(nanoseconds: float) -> str:
    return f"{nanoseconds / MS_NS:.3f} ms"

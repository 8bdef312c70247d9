"""What a screening rule of another package sees, and what it says.

A rule sees the classes of a call and never its digits: so it is judged once for all calls of a pair of classes, like every rule
of the service, and costs the quick ways nothing. What is to be screened number by number is data: the blocking tables.

Source: A-025, A-057 to A-065.
"""

from typing import NamedTuple, Protocol

from ain_scp.terms.facts import CalledFacts, CallerFacts


class ScreenedCall(NamedTuple):
    """A call that the privilege class table lets through. `customer` is the group id; `voice`: speech, 3.1 kHz audio or fax."""

    customer: str
    privilege_class: int
    ctc: int
    caller: CallerFacts
    called: CalledFacts
    voice: bool


class ScreeningRule(Protocol):
    """A rule that a customer subscribes to by name (`screening_rules` of customer.toml)."""

    @property
    def name(self) -> str:
        """Its upper-case word."""

    def refuses(self, call: ScreenedCall, /) -> bool:
        """Whether the call is screened; the same for equal calls."""


class AskedRule(Protocol):
    """A rule as the service logic asks it: of which nothing but an answer comes."""

    @property
    def name(self) -> str:
        """Its upper-case word."""

    def refusal(self, call: ScreenedCall, /) -> str:
        """Why the call is screened, in words; empty when it is not."""

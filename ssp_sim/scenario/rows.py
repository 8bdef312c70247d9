"""The checked rows of one scenario. Times are simulated local nanoseconds since 1970-01-01, as everywhere in a run.

Source: interfaces.md section 3, A-001 to A-022, A-112, A-147, A-261 to A-263.
"""

from typing import Literal

import msgspec

from ain_scp.provisioning.toml_lines import Path, Place
from ain_scp.ssp_sim.scenario.expectations import Expectation

SECOND = 1_000_000_000
"""Nanoseconds in a second."""

ArrivalKind = Literal["poisson", "fixed", "profile", "mmpp", "mass_call"]
ChargedAt = Literal["scp", "switch", "application_cpu"]
HoldingKind = Literal["fixed", "exponential", "lognormal"]
Setting = bool | int | str | tuple[str, ...]


class Window(msgspec.Struct, frozen=True):
    """A stretch of time, start included, end excluded; `until_ns` None = to the end of the run."""

    from_ns: int
    until_ns: int | None = None

    def holds(self, now_ns: int) -> bool:
        """Say whether `now_ns` lies inside."""
        return self.from_ns <= now_ns and (self.until_ns is None or now_ns < self.until_ns)


class BusyWindow(msgspec.Struct, frozen=True):
    """Facilities (trunk groups, carriers, RTL numbers) that cannot be seized during a window."""

    facilities: tuple[str, ...]
    window: Window


class LinkBehaviour(msgspec.Struct, frozen=True):
    """How one signalling link, or every link (`between` empty), treats messages.

    `loss`, `duplicate` and `reorder` are probabilities 0..1 per message; a reordered message is held back for another
    `reorder_ms`. `jitter_ms` is the width of a uniform extra delay. A link that is down carries nothing. A link limited to
    `messages_per_second` (0 = no limit) queues up to `queue_limit` messages and drops the rest.
    """

    between: tuple[str, ...] = ()
    delay_ms: float = 2.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_ms: float = 20.0
    messages_per_second: int = 0
    queue_limit: int = 1000
    down: tuple[Window, ...] = ()


class Network(msgspec.Struct, frozen=True):
    """What the network around the SCP does in this run; every field has the default of a healthy network.

    `trunk_members` are the circuits of a private trunk group, `public_members` those between two public switches,
    `members` those of single groups; `serves` says which switch serves the numbers of a prefix. `lose_answers_to`: how many
    answers to a switch are lost, from the first on; `ported_out`: numbers that have left their switch, whatever the tables say;
    `np_carriers`: carriers' nodes that ask number portability. `mates` are the second STPs of
    mated pairs, in the order of `stps`.
    """

    t1_ms: int = 3000
    interdigit_ms: int = 4000
    first_digit_ms: int = 16_000
    no_answer_ms: int = 30_000
    announcement_ms: int = 3000
    stps: tuple[str, ...] = ("STP-LOCAL", "STP-REGIONAL")
    mates: tuple[str, ...] = ()
    link: LinkBehaviour = LinkBehaviour()
    links: tuple[LinkBehaviour, ...] = ()
    busy: tuple[BusyWindow, ...] = ()
    scp_down: tuple[Window, ...] = ()
    scp_delay_ms: float = 0.0
    trunk_members: int = 24
    public_members: int = 4000
    members: tuple[tuple[str, int], ...] = ()
    serves: tuple[tuple[str, str], ...] = ()
    lose_answers_to: tuple[tuple[str, int], ...] = ()
    ported_out: tuple[str, ...] = ()
    np_carriers: tuple[str, ...] = ()

    def behaviour(self, one: str, other: str) -> LinkBehaviour:
        """Return how the link between two nodes behaves, whichever end is named first."""
        for link in self.links:
            if set(link.between) == {one, other}:
                return link
        return self.link


class Payment(msgspec.Struct, frozen=True):
    """A payment into an account during a run; the amount is decimal text."""

    account: str
    amount: str
    at_ns: int


class ChargingPlan(msgspec.Struct, frozen=True):
    """Where calls are charged while they run, payments, and when the charge processor is dead."""

    at: ChargedAt = "scp"
    deposits: tuple[Payment, ...] = ()
    down: tuple[Window, ...] = ()


class ScenarioCall(msgspec.Struct, frozen=True):
    """One call to place. `access_code` is what is dialed before the second dial tone, None = no second dial tone.

    `ring_ns` lies between ringing and answer, None = the habit of the run; `abandon_after_ns` is when, counted from off hook,
    the caller hangs up before the answer. `busy` names facilities unavailable during this call only: trunk groups,
    carriers, called numbers (the public route to them). `switch` names the node the call enters first, for a line without
    a trigger and for a call that comes from a private facility. `keys` are the digits the caller keys when an announcement asks
    for some, one text each time. `payer` (calling, called, an account), `share`, `pin`, `home` (the line a remote call is charged
    to) and `features` matter where calls are charged while they run; `handset` False is a telephone without
    the program for what is downloaded to it. `line` is the
    place in the scenario file, 0 = generated by a traffic source (then `source` names it).
    """

    id: str
    at_ns: int
    calling: str
    dial: str
    access_code: str | None
    digits: str
    bearer: str = "SPEECH"
    answered: bool = True
    duration_ns: int = 60 * SECOND
    ring_ns: int | None = None
    busy: tuple[str, ...] = ()
    trunk_group: str | None = None
    switch: str | None = None
    keys: tuple[str, ...] = ()
    called_busy: bool = False
    abandon_after_ns: int | None = None
    repeat: int = 1
    every_ns: int = SECOND
    title: str = ""
    expect: tuple[Expectation, ...] = ()
    source: str = ""
    line: int = 0
    payer: str = "calling"
    share: str = ""
    pin: str | None = None
    home: str = ""
    features: tuple[str, ...] = ()
    handset: bool = True


class Holding(msgspec.Struct, frozen=True):
    """Holding times with mean `mean_s`; `cv` is the coefficient of variation of a log-normal one."""

    kind: HoldingKind = "exponential"
    mean_s: float = 180.0
    cv: float = 1.0


class Mix(msgspec.Struct, frozen=True):
    """One kind of caller: every station of `calling` dials any of `dial`, `weight` times as often as weight 1."""

    calling: tuple[str, ...]
    dial: tuple[str, ...]
    weight: float = 1.0
    bearer: str = "SPEECH"
    trunk_group: str | None = None
    switch: str | None = None


class MmppState(msgspec.Struct, frozen=True):
    """One state of a Markov-modulated Poisson process: its rate, and how long it lasts on average."""

    rate_per_s: float
    mean_s: float


class TrafficSource(msgspec.Struct, frozen=True):
    """A stream of calls.

    arrivals: `poisson` and `fixed` use `rate_per_s`; `profile` multiplies it by the factor of the hour (24 factors, by
    thinning); `mmpp` cycles through `states`; `mass_call` adds `step_rate_per_s` from `step_at_s` for `step_duration_s`.
    Of all calls `answer_ratio` are answered after a mean of `ring_mean_s`, `busy_ratio` meet a busy line.
    """

    name: str
    start_ns: int
    duration_s: float
    rate_per_s: float
    mix: tuple[Mix, ...]
    arrivals: ArrivalKind = "poisson"
    limit: int | None = None
    holding: Holding = Holding()
    profile: tuple[float, ...] = ()
    states: tuple[MmppState, ...] = ()
    step_at_s: float = 0.0
    step_duration_s: float = 0.0
    step_rate_per_s: float = 0.0
    answer_ratio: float = 1.0
    busy_ratio: float = 0.0
    ring_mean_s: float = 0.0
    line: int = 0


class Scenario(msgspec.Struct, frozen=True):
    """One whole checked scenario. `dataset` is the directory as found from the scenario file."""

    file: str
    dataset: str
    title: str = ""
    description: str = ""
    seed: int = 1
    start_ns: int = 0
    network: Network = Network()
    overrides: tuple[tuple[str, Setting], ...] = ()
    calls: tuple[ScenarioCall, ...] = ()
    traffic: tuple[TrafficSource, ...] = ()
    expect: tuple[Expectation, ...] = ()
    """Expectations of the whole run, over the `summary` of `ain run --json`."""
    charging: ChargingPlan | None = None
    places: dict[Path, Place] = {}
    """Where each key stands in the file, for problems found later."""

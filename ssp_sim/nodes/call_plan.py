"""A call to place, and how the people at the telephones behave.

Apart from `Telephones`, which is compiled where there is a compiler: a compiled module cannot hold a frozen record.

Source: A-011 to A-017, A-020; interfaces.md section 3.
"""

import msgspec

from ain_scp.terms.units import MS_NS


class CallPlan(msgspec.Struct, frozen=True):
    """One call to place.

    `at_ns` is when the caller goes off hook (local nanoseconds); `access_code` None = none is dialed; `dialed` follows the
    second dial tone. `ring_ns` lies between ringing and answer, None = the habit of the run. `abandon_after_s` counts from
    off hook. `busy` lists facilities out of service for this call only. `enters` names the node the call enters first when
    that is not the caller's own switch (a private facility, A-020). `keys` is what the caller keys when asked for digits, one
    text for each time. `handset` False: the caller's telephone has no program for what is downloaded at set-up.
    """

    id: str
    at_ns: int
    calling: str
    access_code: str | None
    dialed: str
    bearer: str = "SPEECH"
    answered: bool = True
    duration_s: float = 60.0
    busy: tuple[str, ...] = ()
    trunk_group: str | None = None
    abandon_after_s: float | None = None
    called_busy: bool = False
    ring_ns: int | None = None
    enters: str | None = None
    keys: tuple[str, ...] = ()
    handset: bool = True


class Habits(msgspec.Struct, frozen=True):
    """How the people at the telephones behave, in nanoseconds.

    They are quick, so that a call placed on the second is asked about, answered and released on it too. `sends_end` is the
    caller's # after the last digit; without it the switch's inter-digit timer decides.
    """

    dials_after: int = 20 * MS_NS
    answers_after: int = 100 * MS_NS
    waits_for_tone: int = 300 * MS_NS
    mf_delay: int = 10 * MS_NS
    sends_end: bool = True

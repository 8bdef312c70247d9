"""What may be set at a switch: its timers and the announcements it plays by itself.

Source: T1.113.4 (T1, T5, T7, T9); A-017, A-263.
"""

import msgspec

from ain_scp.terms.units import SECOND_NS


class SwitchTimers(msgspec.Struct, frozen=True):
    """Timers of a switch, in nanoseconds. T7, T1, T5 and T9 are ISUP's (T1.113.4); the rest is the switch's own."""

    t1_response: int = 3 * SECOND_NS
    interdigit: int = 4 * SECOND_NS
    first_digit: int = 16 * SECOND_NS
    t7_address_complete: int = 25 * SECOND_NS
    no_answer: int = 30 * SECOND_NS
    announcement: int = 3 * SECOND_NS
    release_repeat: int = 15 * SECOND_NS
    release_give_up: int = 60 * SECOND_NS
    charge_lead: int = 10 * SECOND_NS
    """How long a charged call continues when its timeout is not answered: so much was paid for when it was reported."""


class SwitchAnnouncements(msgspec.Struct, frozen=True):
    """Numbers of the announcements the switch plays by itself."""

    vacant_code: int = 3
    all_circuits_busy: int = 7
    default_treatment: int = 250

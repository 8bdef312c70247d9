"""Admission at its edges: how many may wait, how long, and that emergency calls are never turned away.

Source: A-103, reliability target O1.
"""

import pytest

from ain_scp.scp.overload.codes import EMERGENCY
from ain_scp.scp.overload.control import OverloadConfig, OverloadControl, Verdict

CONFIG = OverloadConfig(queue=8, wait_ms=25, stale_ms=3_000)
MS = 1_000_000
NOW = 10**15
PEER = 0x0A0B0C


@pytest.mark.parametrize(
    ("waiting", "age_ns", "verdict"),
    [
        (0, 0, Verdict.SERVE),
        (7, 0, Verdict.SERVE),
        (8, 0, Verdict.SHED),
        (9, 0, Verdict.SHED),
        (0, 25 * MS - 1, Verdict.SERVE),
        (0, 25 * MS, Verdict.SHED),
    ],
)
def test_a_query_is_shed_when_the_queue_is_full_or_too_old(waiting, age_ns, verdict):
    assert OverloadControl(CONFIG).arrived(PEER, "4159212000", waiting, age_ns, NOW) is verdict


@pytest.mark.parametrize(
    ("asked", "others", "waiting", "age_ns", "verdict"),
    [
        (20, [], 8, 0, Verdict.SHED_FOCUSED),
        (20, [], 7, 0, Verdict.SERVE),
        (20, [], 0, 5 * MS, Verdict.SHED_FOCUSED),
        (20, [], 0, 5 * MS - 1, Verdict.SERVE),
        (19, [], 63, 25 * MS - 1, Verdict.SERVE),
        (20, [1] * 10, 8, 0, Verdict.SHED_FOCUSED),
        (20, [3] * 10, 8, 0, Verdict.SERVE),
        (20, [1] * 180, 8, 0, Verdict.SHED_FOCUSED),
        (20, [1] * 181, 8, 0, Verdict.SERVE),
    ],
)
def test_a_number_that_stands_out_is_shed_early(asked, others, waiting, age_ns, verdict):
    """Mass calling: 20 in a second, a tenth of all, eight times the mean of the others; also where nobody asks for another."""
    control = OverloadControl(OverloadConfig())
    for number, count in enumerate(others):
        for _ in range(count):
            control.arrived(PEER, f"415555{number:04d}", 0, 0, NOW)
    for _ in range(asked - 1):
        control.arrived(PEER, "4159212000", 0, 0, NOW)
    assert control.arrived(PEER, "4159212000", waiting, age_ns, NOW) is verdict


@pytest.mark.parametrize("code", sorted(EMERGENCY))
def test_an_emergency_call_is_admitted_however_many_wait(code):
    control = OverloadControl(CONFIG)
    assert control.arrived(PEER, code, 10**6, 60_000 * MS, NOW) is Verdict.SERVE


@pytest.mark.parametrize(
    ("code", "age_ns", "verdict"),
    [
        ("4159212000", 3_000 * MS - 1, Verdict.SERVE),
        ("4159212000", 3_000 * MS, Verdict.STALE),
        *((code, age * MS, Verdict.SERVE) for code in sorted(EMERGENCY) for age in (3_000, 60_000)),
    ],
)
def test_a_query_older_than_the_switch_waits_is_dropped_but_no_emergency_call(code, age_ns, verdict):
    assert OverloadControl(CONFIG).due(code, NOW - age_ns, NOW) is verdict

"""Figures of a server that says what is no number: those lines are left out, and the watching goes on."""

import pytest

from ain_scp.console.sources.metrics import Watched, parse


@pytest.mark.parametrize(
    "line",
    [
        "ain_scp_in_flight e", "ain_scp_in_flight 1.2.3", "ain_scp_in_flight NaN", "ain_scp_in_flight +Inf",
        "ain_scp_in_flight -Inf", "ain_scp_in_flight 1e999",
    ],
)  # fmt: skip
def test_what_is_no_finite_number_is_left_out(line):
    assert parse(f"{line}\nain_scp_overload_level 2\n") == {("ain_scp_overload_level", ()): 2.0}


def test_a_bucket_without_a_bound_counts_for_no_percentile():
    watched = Watched("SCP")
    for at, many in ((1.0, 0), (2.0, 10)):
        lines = [f'ain_scp_service_seconds_bucket{{le="{bound}"}} {many}' for bound in ("x", "0.001", "+Inf")]
        watched.take(parse("\n".join(lines)), at)
    frame = watched.frame(2.0)
    assert (frame.state, frame.p99_us) == ("serving", 990.0)


def test_decisions_of_all_customers_are_added_by_outcome():
    watched = Watched("SCP")
    for at, many in ((1.0, 5), (3.0, 9)):
        lines = [
            f'ain_scp_decisions_total{{customer="{customer}",outcome="{outcome}"}} {many}'
            for customer, outcome in (("A", "PSTN"), ("B", "PSTN"), ("B", "SCREENED"))
        ]
        watched.take(parse("\n".join(lines)), at)
    assert watched.frame(3.0).decisions == {"PSTN": 4.0, "SCREENED": 2.0}


def test_a_server_without_decisions_counted_says_nothing_and_an_idle_one_none():
    watched = Watched("SCP")
    for at in (1.0, 2.0):
        watched.take(parse("ain_scp_in_flight 1"), at)
    assert watched.frame(2.0).decisions is None
    for at in (3.0, 4.0):
        watched.take(parse('ain_scp_decisions_total{customer="A",outcome="PSTN"} 5'), at)
    assert watched.frame(4.0).decisions == {}

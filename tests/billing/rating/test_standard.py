"""What a usage record costs: standard price, suppression, discounts, and what is rated elsewhere."""

import msgspec
import pytest

from ain_scp.billing.rating.contract import discounted
from ain_scp.billing.rating.standard import minutes, rate, rate_usage
from ain_scp.scp.service_logic.decision_json import QueryForm, query_of
from ain_scp.terms.localtime import day_of, parse
from ain_scp.terms.money import CENT

DAY = day_of(parse("2001-01-17T10:00:00"))


@pytest.mark.parametrize(
    ("seconds", "billed"), [(0, 0), (1, 1), (59, 1), (60, 1), (61, 2), (180, 3), (181, 4)]
)
def test_a_started_minute_counts_whole(seconds, billed):
    assert minutes(seconds) == billed


@pytest.mark.parametrize(
    ("cents", "percent", "rest"),
    [(30, 40, 18), (30, 50, 15), (30, 0, 30), (30, 100, 0), (10, 45, 6), (10, 55, 5), (1, 50, 1)],
)
def test_a_discount_is_rounded_half_up_to_the_cent(cents, percent, rest):
    assert discounted(cents * CENT, percent * 10_000) == rest * CENT


def priced(program_of, overrides, query, duration=180):
    fields = {
        "message": "INFO_ANALYZED",
        "trigger": "CDP_AC",
        "calling_party": "9258341234",
        "access_code": "7",
        "time": "2001-01-17T10:00:00",
    }
    program = program_of(overrides)
    decision = program.decide(query_of(msgspec.convert(fields | query, QueryForm)))
    return rate(program.snapshot, decision, duration, DAY)


C01, C07, C09 = (
    {"dialed": "14159215678"},
    {"dialed": "9213000"},
    {"calling_party": "9257884101", "access_code": "9", "dialed": "5105553000"},
)
CONTRACT = "customers/GOLDEN/contract"
BASE = {"ubs_flat_monthly_cents_per_centrex_number": 500, "ubr_discount_pct": 40, "rbr_discount_pct": 50}
DISCOUNTS = [
    (C01, {}, 15),
    (C01, {"rbr_by_host": {"9257893412": 70}}, 9),
    (C01, {"rbr_by_host": {"SSP2014": 70}}, 9),
    (C01, {"rbr_by_host": {"9257895678": 70}}, 15),
    (C01, {"rbr_by_host": {"SSP2014": 70}, "rbr_by_class": {"CENTREX": 20}}, 24),
    (C01, {"rbr_by_class": {"PBX": 20}}, 15),
    (C07, {}, 18),
    (C07, {"ubr_by_pair": {"MIXED": 20}}, 24),
    (C09, {"ubr_by_pair": {"MIXED": 20}}, 18),
    (C09, {"ubr_by_pair": {"PBX_PBX": 10}}, 27),
]


@pytest.mark.parametrize(("query", "contract", "charge"), DISCOUNTS)
def test_contract_discounts_by_host_class_and_pair(query, contract, charge, program_of):
    usage = priced(program_of, {CONTRACT: BASE | contract}, query)
    assert (usage.disposition, usage.standard_cents, usage.charge_cents) == ("DISCOUNTED", 30, charge)


def test_the_flag_in_the_switches_record_counts_not_what_was_decided(program_of):
    program = program_of()
    fields = {
        "message": "INFO_ANALYZED",
        "trigger": "CDP_AC",
        "calling_party": "9258341234",
        "access_code": "7",
        "dialed": "9212000",
        "time": "2001-01-17T10:00:00",
    }
    decision = program.decide(query_of(QueryForm(**fields)))
    assert rate_usage(program.snapshot, decision, 180, None, DAY).charge_cents == 30
    assert rate_usage(program.snapshot, decision, 180, "760833001", DAY).charge_cents == 0


ELSEWHERE = [
    {"calling_party": "9257884101", "dialed": "9213000"},
    {"calling_party": "9258341235", "dialed": "8880900"},
    {"calling_party": "9258341240", "access_code": "9", "dialed": "0"},
    {"calling_party": "9258341240", "access_code": "9", "dialed": "101022212137770100"},
]


@pytest.mark.parametrize("query", ELSEWHERE)
def test_private_facilities_services_operators_and_chosen_carriers_are_rated_elsewhere(query, program_of):
    usage = priced(program_of, None, query)
    assert (usage.record, usage.disposition, usage.standard_cents, usage.charge_cents) == (
        True,
        "NORMAL",
        None,
        None,
    )

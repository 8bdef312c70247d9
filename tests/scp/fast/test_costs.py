"""Carriers by cost are the same by the short way: every zone and band, asked again and again."""

import random

import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.terms.localtime import parse
from tests.asf_rtl.test_costs import CALLED, CALLER, TIMES, dataset, random_tariffs

SECOND = 1_000_000_000


@pytest.mark.parametrize("seed", range(2))
def test_the_short_way_orders_carriers_as_the_general_one(seed, tmp_path, pair_of, query_octets):
    rule = '  { if = { percent = 60 }, carriers = ["0333", "0222", "0388"], by = "cost" },\n  { carriers = ["0222"] },'
    both = pair_of(open_program(dataset(tmp_path / "set", random_tariffs(random.Random(seed)), rule)))
    transaction = 0
    for time in sorted(TIMES):
        octets = []
        for _ in range(2):
            for called in CALLED:
                transaction += 1
                octets.append(query_octets(CALLER, called, "9", transaction))
        both.ask(octets, parse(time) * SECOND)
    assert both.fast.short > len(CALLED)

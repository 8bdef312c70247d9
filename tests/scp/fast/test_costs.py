"""Carriers by cost are the same by the short way: every zone and band, asked again and again."""

import json
import random
import re

import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.terms.localtime import parse
from kit.query import package_of
from tests.asf_rtl.test_costs import CALLED, CALLER, TIMES, dataset, random_tariffs

SECOND = 1_000_000_000
PLACES = {"carrier": "9f29", "alternateCarrier": "84", "secondAlternateCarrier": "9f2f"}
"""Where a switch looks for the carrier to try first, second and third, and the tags."""
ORDERS = [
    ("the cheapest first", ("0388", "0222", "0333"), {"0222": 9, "0333": 5, "0388": 7}, ("0333", "0388", "0222")),
    ("one price: as in the row", ("0388", "0222", "0333"), {"0222": 5, "0333": 5, "0388": 5}, ("0388", "0222", "0333")),
    ("two of one price", ("0333", "0222", "0388"), {"0222": 5, "0333": 5, "0388": 4}, ("0388", "0333", "0222")),
    ("no price: last", ("0388", "0222", "0333"), {"0222": 9, "0333": 5}, ("0333", "0222", "0388")),
    ("two without: as in the row", ("0388", "0222", "0333"), {"0333": 9}, ("0333", "0388", "0222")),
    ("free is a price", ("0388", "0222"), {"0222": 0}, ("0222", "0388")),
]  # fmt: skip


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


@pytest.mark.parametrize(
    ("row", "prices", "order"), [one[1:] for one in ORDERS], ids=[one[0] for one in ORDERS]
)
def test_the_order_leaves_as_the_carriers_that_the_switch_tries(
    row, prices, order, tmp_path, pair_of, query_octets
):
    rows = [(carrier, "2001-01-01", "*", "", "*", 0, price) for carrier, price in prices.items()]
    rule = f'  {{ carriers = {json.dumps(row)}, by = "cost" }},'
    both = pair_of(open_program(dataset(tmp_path / "set", rows, rule)))
    for transaction in range(1, 4):
        (answer,) = both.ask(
            [query_octets(CALLER, "12135560100", "9", transaction)], parse("2001-01-17T10:00:00") * SECOND
        )
        (invoke,) = (
            one
            for one in package_of(answer).components
            if one.is_invoke and one.code == operation_named("analyzeRoute").code
        )
        found = decode_parameters(operation_named("analyzeRoute"), invoke.parameter)
        assert tuple(found[name].digits for name in PLACES if name in found) == order
        octets = invoke.parameter.hex()
        for tag, carrier in zip(PLACES.values(), order, strict=False):
            assert re.search(f"{tag}04....{carrier[1]}{carrier[0]}{carrier[3]}{carrier[2]}", octets)
    assert both.fast.short >= 1

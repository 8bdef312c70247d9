"""Contracts by date, place, pair, host and class; the highest price of several treatments; UBS costs nothing."""

import pytest

from ain_scp.billing.rating.contract import Circumstances, owner_of, treated
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.terms.localtime import day_of, parse
from ain_scp.terms.money import CENT

HEAD = "effective,flag,origin,destination,pair,host,class,percent"
GROSS = 30 * CENT
DAY = day_of(parse("2001-01-17T00:00:00"))
CONTRACT = "customers/GOLDEN/contract.csv"


@pytest.fixture
def snapshot_with(charging_dataset):
    def make(*rows):
        case = {"replace": {CONTRACT: [HEAD, *rows]}} if rows else {}
        return compile_dataset(load_or_raise(charging_dataset(case))[0])

    return make


def cents(snapshot, flags, owner=None, **about):
    customer = snapshot.customer_named[owner] if owner else None
    made = treated(snapshot, customer, flags, GROSS, Circumstances(**({"day": DAY} | about)))
    return made.amount // CENT


def test_a_percentage_changes_on_its_date_and_not_before(snapshot_with):
    snapshot = snapshot_with("2001-01-01,UBR,*,*,*,*,*,40", "2001-01-20,UBR,*,*,*,*,*,50")
    assert [cents(snapshot, ["UBR"], day=DAY + days) for days in (0, 2, 3, 400)] == [18, 18, 15, 15]


def test_the_first_key_that_matches_decides(snapshot_with):
    snapshot = snapshot_with("2001-01-01,UBR,LOCAL,BAY,MIXED,*,*,20", "2001-01-01,UBR,*,*,*,*,*,40")
    place = {"origin": "LOCAL", "destination": "BAY"}
    assert cents(snapshot, ["UBR"], **place, pair="MIXED") == 24
    assert cents(snapshot, ["UBR"], **place, pair="PBX_PBX") == 18
    assert cents(snapshot, ["UBR"], **place) == 18
    assert cents(snapshot, ["UBR"], origin="LOCAL", destination="LA", pair="MIXED") == 18


def test_host_and_class_of_a_call_to_a_host_decide(snapshot_with):
    snapshot = snapshot_with(
        "2001-01-01,RBR,*,*,*,SSP2014,*,70",
        "2001-01-01,RBR,*,*,*,9257895678,*,60",
        "2001-01-01,RBR,*,*,*,*,PBX,10",
    )
    by = {"owner": "GOLDEN"}
    assert cents(snapshot, ["RBR"], host="9257893412", **by) == 9  # its switch is SSP2014
    assert cents(snapshot, ["RBR"], host="9257895678", **by) == 12
    assert cents(snapshot, ["RBR"], station_class="PBX", **by) == 27
    assert cents(snapshot, ["RBR"], station_class="CENTREX", **by) == 15  # customer.toml


def test_ubs_costs_nothing_and_of_several_treatments_the_highest_price_applies(snapshot_with):
    snapshot = snapshot_with()
    assert cents(snapshot, ["UBS"]) == 0
    assert cents(snapshot, ["UBS", "UBR"]) == 18
    assert cents(snapshot, ["UBR", "RBR"]) == 18


def test_without_a_row_the_customers_number_holds_and_without_a_customer_nothing_is_discounted(snapshot_with):
    snapshot = snapshot_with("2001-01-01,UBR,NY,*,*,*,*,90")
    assert cents(snapshot, ["UBR"], owner="GOLDEN") == 18
    assert cents(snapshot, ["UBR"], owner="SILVER") == 0
    assert cents(snapshot, ["UBR"]) == 30
    assert cents(snapshot, ["UBR"], origin="NY") == 3


def test_a_record_belongs_to_the_customer_of_the_calling_trigger(snapshot_with):
    snapshot = snapshot_with()
    assert owner_of(snapshot, "9258341234").name == "GOLDEN"
    assert owner_of(snapshot, "6505551001").name == "SILVER"
    assert [owner_of(snapshot, number) for number in ("9255550224", "", "+44", "ISP.1")] == [None] * 4

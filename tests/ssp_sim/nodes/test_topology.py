"""The default network of a data set."""

import random

import msgspec
import pytest

from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.ssp_sim.nodes.makes import MAKES, can_trigger
from ain_scp.ssp_sim.topology import NetworkOptions, build


@pytest.fixture(scope="module")
def network(golden):
    return build(golden, NetworkOptions())


def test_every_node_has_its_own_point_code(network):
    codes = network.point_codes
    assert len(set(codes.values())) == len(codes)
    assert set(network.switches) | set(network.stps) | {"SCP"} == set(codes)


def test_a_point_code_of_the_data_set_is_kept(golden):
    first = msgspec.structs.replace(golden.switches[0], point_code="246-3-9")
    dataset = msgspec.structs.replace(golden, switches=(first, *golden.switches[1:]))
    codes = build(dataset, NetworkOptions()).point_codes
    assert codes[first.name] == parse_point_code("246-3-9")
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize(
    ("number", "non", "switch"),
    [
        ("9258341234", 3, "SSP2004"),  # trigger
        ("9258341299", 3, "SSP2004"),  # terminating only, same block
        ("4159215678", 3, "SSP2018"),  # named by an ASF-RTL profile, no trigger
        ("4159219999", 3, "SSP2006"),  # block of triggers
        ("9257893412", 3, "SSP2014"),  # RTL number
        ("4157770100", 3, "PSTN"),
        ("33140205050", 4, "PSTN"),
        ("", 0x74, "PSTN"),
    ],
)
def test_who_serves_a_number(network, number, non, switch):
    assert network.plan.serving(number, non) == switch


@pytest.mark.parametrize(
    ("number", "trigger", "station"),
    [
        ("9258341234", "CDP_AC", "CENTREX"),
        ("9257884101", "PRIBC", "PBX"),
        ("9257884050", "OHD", "PBX"),
        ("9257893412", "TAT", "OTHER"),
        ("9258341299", None, "TO"),
    ],
)
def test_lines(network, number, trigger, station):
    line = network.plan.line(number)
    assert (line.trigger, line.station_class) == (trigger, station)


def test_the_codes_of_a_customer_are_its_own(network):
    assert network.plan.line("6505551001").access_codes == {"8", "9"}
    assert network.plan.line("9258341234").pstn_codes == {"9"}
    assert network.plan.line("2125550000") is None


def test_lata_of_a_number_prefers_six_digits(network):
    assert network.plan.lata("5307561234") == "726"
    assert network.plan.lata("5301111234") == "724"
    assert network.plan.lata("8091111234") is None


@pytest.mark.parametrize("kind", sorted(MAKES))
@pytest.mark.parametrize("equipped", [True, False])
def test_only_equipped_switches_of_the_four_makes_trigger(kind, equipped):
    able = equipped and kind in {"5ESS", "DMS-100", "AXE-10", "EWSD"}
    assert can_trigger(kind, equipped=equipped, trigger="CDP_AC") is able


@pytest.mark.parametrize("stps", [("STP",), ("A", "B"), ("A", "B", "C")])
def test_any_chain_of_stps_carries_a_query_and_its_answer(run, answers, stps):
    one = run(answers.route("4159212000"), options=NetworkOptions(stps=stps))
    record = one.one()
    hops = [m.source for m in record.messages if m.name == "InfoAnalyzed"]
    assert hops == ["SSP2004", *stps]
    assert record.status == "COMPLETED"


def test_queries_may_be_addressed_by_point_code(run, answers):
    one = run(answers.route("4159212000"), options=NetworkOptions(by_global_title=False))
    assert one.one().status == "COMPLETED"


@pytest.mark.parametrize("length", [0, 1, 7, 30, 90])
def test_a_switch_drops_what_it_cannot_read_and_counts_it(golden, length):
    switch = build(golden, NetworkOptions()).switches["SSP2004"]
    octets = random.Random(length).randbytes(length)
    switch.receive(octets, "STP-LOCAL", 0)
    assert switch.counters["dropped_m3ua"] == 1
    assert switch.octets_to_send() == []
    assert switch.next_event() is None


def test_options_that_name_unknown_switches_are_refused_all_at_once(golden):
    options = NetworkOptions(serves={"415": "NOWHERE"}, trunk_routes={("", "", "NANP"): "NOBODY"})
    with pytest.raises(ValueError, match="NOBODY, NOWHERE"):
        build(golden, options)

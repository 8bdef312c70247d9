"""A congested ASF-RTL route: the profile's carriers or trunks, or the public network, instead of the RTL number (A-147)."""

import pytest

RULES = [
    {
        "if": {"ctc": [101]},
        "trunk_groups": [],
        "carriers": ["0222", "0333"],
    }
]
WALNUT = "customers/GOLDEN/asf_profiles/WALNUT/rules"


def busy(**changed):
    """The query of a switch that cannot reach the host of RTL number 9257893412."""
    return {
        "message": "NETWORK_BUSY",
        "access_code": None,
        "dialed": "",
        "called_party": "9257893412",
        "called_non": 3,
        "original_called_party": "4159215678",
        "original_called_non": 3,
    } | changed


def test_the_first_query_of_such_a_call_is_answered_with_the_rtl_number(decide):
    decision = decide({"dialed": "9215678"}, {WALNUT: RULES})
    assert decision["route"]["kind"] == "ASF_RTL"
    assert decision["response"]["called_party_id"] == "9257893412"


def test_overflow_rules_give_carriers_in_place_of_the_rtl_number(decide):
    """The example of A-147: CCS carriers 0222 and 0333, in their order, for the number that was meant."""
    decision = decide(busy(), {WALNUT: RULES})
    assert (decision["ctc"], decision["route"]["kind"]) == (101, "CCS")
    assert decision["response"]["carriers"] == ["0222", "0333"]
    assert decision["response"]["trunk_groups"] == []
    assert decision["response"]["type"] == "ANALYZE_ROUTE"
    assert decision["response"]["called_party_id"] == "4159215678"
    assert decision["response"]["original_called_party_id"] is None


def test_a_profile_without_rules_overflows_to_the_public_network(decide):
    decision = decide(busy())
    assert decision["route"]["kind"] == "PSTN"
    assert decision["response"]["called_party_id"] == "4159215678"


def test_the_call_is_billed_by_the_way_it_takes(decide):
    """The flag of the tie line (RBR) is gone; what the public network asks for is there (s204, s210)."""
    assert decide({"dialed": "9215678"})["response"]["ama_slp_id"] == "760833003"
    assert decide(busy())["response"]["ama_slp_id"] is None
    assert decide(busy(original_called_party="4159212000"))["response"]["ama_slp_id"] == "760833001"


def test_the_steps_name_the_congested_route_and_go_on_at_s202(decide):
    steps = [step["step"] for step in decide(busy(), {WALNUT: RULES})["steps"]]
    assert steps[0] == "s200"
    assert "s202" in steps
    assert "s208" not in steps
    assert not {"s120", "s1000", "s130", "s216"} & set(steps)


def test_a_caller_without_a_profile_goes_by_the_public_network(decide):
    assert decide(busy(calling_party="5105553000"))["route"]["kind"] == "PSTN"


@pytest.mark.parametrize(
    "changed",
    [
        {"calling_party": "9259999999"},
        {"calling_party": "9257893412"},
        {"calling_party": None},
        {"original_called_party": None},
        {"original_called_party": "41592156"},
        {"original_called_party": "4159*15678"},
    ],
)
def test_without_a_trigger_or_the_number_meant_nothing_can_be_decided(changed, decide):
    with pytest.raises(AssertionError, match="error"):
        decide(busy(**changed))

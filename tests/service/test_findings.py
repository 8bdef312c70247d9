"""Calls on which the product once differed from the requirements: 911, operator calls, implied access codes.

Source: A-023, A-037, A-103, A-136, AMB-25.
"""

import copy

import pytest

ASKED = {
    "message": "INFO_ANALYZED", "trigger": "CDP_AC", "ssp": "SSP2004", "trunk_group": None, "access_code": "9",
    "bearer": "SPEECH", "time": "2001-01-17T10:00:00",
}  # fmt: skip


@pytest.fixture
def golden(provisioning):
    return copy.deepcopy(provisioning)


@pytest.fixture
def both(reference, product_of):
    """A function: data set, caller, digits -> (what the reference says, what the product says)."""

    def ask(data, caller, dialed, **fields):
        query = ASKED | {"calling_party": caller, "dialed": dialed} | fields
        return reference(data, query), product_of(data)(query)

    return ask


def overflow_rule(data):
    """An unconditional CRS/CCS rule: every call of the location takes the private network first."""
    data["customers"]["GOLDEN"]["asf_profiles"]["CONCORD"]["rules"] = [
        {"if": {}, "trunk_groups": ["0000-0301"], "carriers": ["0333"]}
    ]
    return data


def test_911_takes_no_private_trunk_group(golden, both):
    expected, found = both(overflow_rule(golden), "9257884101", "911")
    assert expected["route"]["kind"] == "PSTN"
    assert found == expected


@pytest.mark.parametrize("dialed", ["411", "0", "00", "04159212000", "0144207946", "10102224157770100"])
def test_operator_carrier_and_n11_calls_pass_undisturbed(dialed, golden, both):
    golden["customers"]["GOLDEN"]["ocs_tables"]["OCS_CONCORD"]["9257884101"]["pc"] = 7
    expected, found = both(overflow_rule(golden), "9257884101", dialed)
    assert expected["screening"] == "ALLOW"
    assert expected["route"]["kind"] == "PSTN"
    assert found == expected


@pytest.mark.parametrize("treatment", ["BLOCK", "RTL"])
def test_911_is_completed_whatever_its_call_type_says(treatment, golden, both):
    golden["ctc_table"]["281"]["asf_treatment"] = treatment
    golden["customers"]["GOLDEN"]["asf_profiles"]["WALNUT"]["rtl"].append({"ctc": [281], "rtl": "9257893412"})
    expected, found = both(golden, "9258341235", "911")
    assert expected["response"]["called_party_id"] == "911"
    assert found == expected


def test_011_911_is_an_international_call_and_screened_as_one(golden, both):
    """Only the service code is exempt from screening (A-103); 91 is a country code."""
    expected, found = both(golden, "9258341235", "011911")
    assert expected["screening"] == "DENY"
    assert found == expected


def test_an_implied_access_code_is_for_groups_that_send_none(golden, both):
    """The loader says of such a row: not used, the trunk group sends one."""
    golden["customers"]["GOLDEN"]["trunk_groups"]["STG-CONCORD"]["implied_access_code"] = "9"
    fields = {"trunk_group": "STG-CONCORD", "access_code": None}
    expected, found = both(golden, "9257884000", "14157770100", **fields)
    assert expected["response"]["announcement"] == "UNKNOWN_ACCESS_CODE"
    assert found == expected


@pytest.mark.parametrize(
    ("dialed", "ctc"), [("411", 281), ("511", 282), ("0", 261), ("10102224157770100", 271)]
)
def test_operator_carrier_and_n11_calls_are_never_sent_to_a_host(dialed, ctc, golden, both):
    """Not even when a customer writes RTL beside their call type (A-136)."""
    golden["ctc_table"][str(ctc)] |= {"asf_treatment": "RTL", "privilege": "YYYYYYYY"}
    golden["customers"]["GOLDEN"]["asf_profiles"]["WALNUT"]["rtl"].append({"ctc": [ctc], "rtl": "9257893412"})
    expected, found = both(golden, "9258341234", dialed)
    assert expected["route"]["kind"] == "PSTN"
    assert found == expected


def test_an_emergency_route_without_facilities_is_none(golden, both):
    """The call takes its normal route (table 4.4); an operator call passes undisturbed."""
    golden["customers"]["GOLDEN"]["emergency"] = {
        "active": True,
        "route": {"trunk_groups": [], "carriers": []},
    }
    overflow_rule(golden)["customers"]["GOLDEN"]["ocs_tables"]["OCS_CONCORD"]["9257884101"]["pc"] = 8
    for dialed, kind in (("14157770100", "CRS_CCS"), ("0", "PSTN")):
        expected, found = both(golden, "9257884101", dialed)
        assert expected["route"]["kind"] == kind
        assert found == expected

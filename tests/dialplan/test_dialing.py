"""Every dialing form of both plans, hostile digits included; the worked examples of sections A.3 to A.7."""

import pytest

C, PBX = "9258341234", "9257884101"
PC7 = "9258341240"

# calling, access code, dialed -> called number, nature of number, on-net, call type code
FORMS = [
    (C, "7", "14159215678", "4159215678", 3, True, 101),
    (C, "7", "9692300", "2135622345", 3, True, 131),
    (C, "7", "12139692300", "2135622345", 3, True, 131),
    (C, "7", "2139692300", "2135622345", 3, True, 131),
    (C, "7", "5005551000", "493012345678", 4, True, 151),
    (C, "7", "4157770100", "4157770100", 3, False, 201),
    (C, "7", "14157770100", "4157770100", 3, False, 201),
    (C, "7", "18005557777", "8005557777", 3, False, 241),
    (C, "7", "01133140205050", "33140205050", 4, False, 253),
    (C, "7", "911", "911", None, False, 281),
    (C, "9", "12139692300", "2139692300", 3, False, 231),
    (C, "9", "7770100", "9257770100", 3, False, 201),
    (C, "9", "9257884102", "9257884102", 3, True, 112),
    (C, "9", "8341260", "9258341260", 3, False, 201),
    (C, "9", "01181332345678", "81332345678", 4, False, 253),
    (C, "9", "01181332345679", "81332345679", 4, False, 252),
    (C, "9", "8005550123", "8005550123", 3, True, 141),
    (C, "9", "4159761234", "4159761234", 3, False, 209),
    (C, "9", "18889760000", "8889760000", 3, False, 241),
    (C, "9", "15307560100", "5307560100", 3, False, 231),
    (C, "9", "8097771111", "8097771111", 3, False, 231),
    (PC7, "9", "0", "0", None, False, 261),
    (PC7, "9", "00", "00", None, False, 263),
    (PC7, "9", "04157770100", "04157770100", None, False, 262),
    (PC7, "9", "07770100", "07770100", None, False, 262),
    (PC7, "9", "01442079460000", "01442079460000", None, False, 264),
    (PC7, "9", "101022212137770100", "2137770100", 3, False, 271),
    (PC7, "9", "1010222011442079460000", "442079460000", 4, False, 271),
    (PC7, "9", "10102220", "0", None, False, 271),
    (PC7, "9", "1010222911", "911", None, False, 281),
    (C, "9", "411", "411", None, False, 281),
    (C, "9", "511", "511", None, False, 282),
]


@pytest.mark.parametrize(
    ("calling", "code", "dialed", "called", "non", "on_net", "ctc"),
    FORMS,
    ids=[f"{f[1]}+{f[2]}" for f in FORMS],
)
def test_a_dialing_form_has_its_called_number_and_call_type(
    calling, code, dialed, called, non, on_net, ctc, decide
):
    decision = decide({"calling_party": calling, "access_code": code, "dialed": dialed})
    got = (decision["called_number"], decision["called_non"], decision["on_net"], decision["ctc"])
    assert got == (called, non, on_net, ctc)


NO_MEANING = [
    "",
    "1",
    "12",
    "123",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "121396923000",
    "0" * 10,
    "011",
    "011" + "1" * 16,
]
NO_MEANING += ["1010222411", "01" + "4" * 16, "003", "041577701", "*9212000", "9212*00"]
NO_MEANING += ["9" * 40, "2" * 5000, "#", "##9212000"]


@pytest.mark.parametrize("code", ["7", "9"])
@pytest.mark.parametrize("dialed", NO_MEANING, ids=repr)
def test_digits_without_a_meaning_get_the_vacant_number_and_nothing_else(code, dialed, decide):
    decision = decide({"access_code": code, "dialed": dialed})
    response = decision["response"]
    assert (response["announcement"], response["called_party_id"]) == ("VACANT_NUMBER", "9255550100")
    assert decision["route"]["kind"] == "NONE"
    assert (response["trunk_groups"], response["carriers"], response["ama_slp_id"]) == ([], [], None)
    assert decision["path"] == ["s100", "s110" if code == "7" else "s112", "s218"]
    assert (decision["screening"], decision["ctc"]) == ("NOT_RUN", 0)


NO_DIGITS = ["92120O0", "9212A00", "９２１２０００", "+14159212000", "\x00", "²²²²²²²²²²"]


@pytest.mark.parametrize("dialed", NO_DIGITS, ids=repr)
def test_what_no_telephone_can_dial_is_vacant_for_the_service_and_refused_in_a_query_line(dialed, program_of):
    from ain_scp.scp.service_logic.decision_json import QueryFault, QueryForm, query_of
    from ain_scp.terms.query import Query

    made = Query("INFO_ANALYZED", "CDP_AC", C, 979725600, access_code="9", dialed=dialed)
    assert program_of().decide(made).announcement == "VACANT_NUMBER"
    with pytest.raises(QueryFault, match="not something to dial"):
        query_of(
            QueryForm(
                message="INFO_ANALYZED",
                trigger="CDP_AC",
                calling_party=C,
                time="2001-01-17T10:00:00",
                dialed=dialed,
            )
        )


def test_seven_digits_that_no_row_maps_have_no_meaning_in_mdp(decide):
    assert decide({"dialed": "9999999"})["response"]["announcement"] == "VACANT_NUMBER"


def test_a_seven_digit_routing_number_takes_the_callers_area_code_and_is_on_net(decide):
    overrides = {"customers/GOLDEN/mdp/9700001": {"number": "5551234", "non": 3}}
    for query in (
        {"dialed": "9700001"},
        {"access_code": "9", "dialed": "9255551234"},
        {"access_code": "9", "dialed": "5551234"},
    ):
        decision = decide(query, overrides)
        assert (decision["called_number"], decision["on_net"], decision["ctc"]) == ("9255551234", True, 101)
    assert decide({"access_code": "9", "dialed": "4155551234"}, overrides)["on_net"] is False


def test_a_foreign_number_with_a_stations_digits_is_not_that_station(decide):
    decision = decide({"calling_party": PC7, "access_code": "9", "dialed": "0114159212000"})
    assert (decision["on_net"], decision["called_class"], decision["ctc"]) == (False, "OTHER", 252)


ACCESS = [
    ({"access_code": "5"}, None),
    ({"access_code": None}, None),
    ({"access_code": ""}, None),
    ({"access_code": None, "trunk_group": "NONE-SUCH"}, None),
    ({"access_code": None, "trunk_group": "STG-CONCORD", "calling_party": "9257884000"}, None),
    (
        {"access_code": None, "trunk_group": "OHD-CONCORD", "calling_party": "9257884050", "trigger": "OHD"},
        "SDP",
    ),
    ({"access_code": "8", "calling_party": "6505551001", "dialed": "5551002"}, "MDP"),
    ({"access_code": "8"}, None),
]


@pytest.mark.parametrize(("query", "plan"), ACCESS)
def test_the_access_code_or_the_trunk_groups_implied_code_selects_the_plan(query, plan, decide):
    decision = decide({"dialed": "4159212000"} | query)
    assert decision["plan"] == plan
    if plan is None:
        assert decision["response"]["announcement"] == "UNKNOWN_ACCESS_CODE"
        assert decision["path"] == ["s100", "s218"]


INDEX = [
    ("9258341234", "925834"),
    ("9257884101", "92578"),
    ("4159212000", "4159"),
    ("2135622345", "213"),
    ("9165551000", "91"),
    ("2125557000", "2"),
]


@pytest.mark.parametrize(("calling", "prefix"), INDEX)
def test_the_index_search_finds_every_length_longest_first(calling, prefix, decide):
    decision = decide({"calling_party": calling, "access_code": "9", "dialed": "8005557777"})
    found = [step["found"] for step in decision["steps"] if step["table"] == "ocs_index"]
    assert found[0].startswith(f"{prefix} names table")


def test_a_row_in_another_table_than_the_index_names_is_not_found(decide):
    overrides = {"customers/GOLDEN/ocs_index/925834": "OCS_SF"}
    decision = decide({}, overrides)
    assert (decision["calling_class"], decision["privilege_class"]) == ("OTHER", 1)


def test_interstate_codes_only_with_the_option(decide):
    query = {"calling_party": "9258341237", "access_code": "9", "dialed": "12127770100"}
    assert decide(query)["ctc"] == 231
    decision = decide(query, {"customers/GOLDEN/split_interstate": True})
    assert (decision["ctc"], decision["route"]["kind"]) == (232, "PSTN")


def test_asf_determines_the_call_type_when_ocs_did_not(decide):
    decision = decide({}, {"customers/GOLDEN/ocs": False})
    assert (decision["ctc"], decision["ctc_source"], decision["response"]["ama_slp_id"]) == (
        111,
        "ASF_RTL",
        "760833001",
    )
    blocked = decide({"access_code": "9", "dialed": "9005551111"}, {"customers/GOLDEN/ocs": False})
    assert blocked["response"]["announcement"] == "CTC_BLOCKED"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"calling_party": "7075550000"}, "no originating trigger"),
        ({"calling_party": None}, "no calling party"),
        ({"calling_party": "9257893412"}, "no originating trigger"),
        ({"calling_party": "92583412345"}, "no originating trigger"),
        (
            {"message": "TERMINATION_ATTEMPT", "trigger": "TAT", "called_party": "9258341234"},
            "no terminating attempt trigger",
        ),
        (
            {"message": "TERMINATION_ATTEMPT", "trigger": "TAT", "called_party": None},
            "no terminating attempt trigger",
        ),
    ],
)
def test_a_number_without_a_trigger_is_undecidable(query, reason, program_of):
    from ain_scp.scp.service_logic.decision_json import QueryForm, query_of
    from ain_scp.scp.service_logic.program import Undecidable

    fields = {
        "message": "INFO_ANALYZED",
        "trigger": "CDP_AC",
        "calling_party": "9258341234",
        "time": "2001-01-17T10:00:00",
    }
    result = program_of().decide(query_of(QueryForm(**(fields | query))))
    assert isinstance(result, Undecidable)
    assert reason in result.reason

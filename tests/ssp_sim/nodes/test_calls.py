"""Calls through a switch: dialing, triggers, answers, facilities, failures; the SCP's part is scripted."""

import pytest

from ain_scp.signaling.tcap import conversation
from ain_scp.ssp_sim.nodes.patchboard import Outage
from ain_scp.ssp_sim.nodes.telephones import Habits
from ain_scp.ssp_sim.topology import NetworkOptions
from ain_scp.terms.units import SECOND_NS

S = SECOND_NS
START = 979_725_600 * S
ECHO = bytes.fromhex("000000000042")


def test_an_access_code_brings_a_second_dial_tone_and_an_info_analyzed_query(run, answers):
    one = run(answers.route("4159212000", slp="760833001", echo=ECHO))
    record = one.one(dialed="14159212000", duration_s=180)
    (seen,) = one.scp.queries
    assert seen.name == "infoAnalyzed"
    assert seen.digits("accessCode") == ("7", 0)
    assert seen.digits("collectedAddressInfo") == ("14159212000", 3)
    assert seen.digits("calledPartyID") == ("4159212000", 3)
    assert seen.digits("callingPartyID") == seen.digits("chargeNumber") == ("9258341234", 3)
    assert seen.digits("lata") == ("722", 0)
    assert seen.parameters.integer("triggerCriteriaType") == 2
    assert seen.parameters.user_id().digits == "9258341234"
    events = [name.split(": ")[1] for name in one.names(record, "LINE")]
    assert events[:5] == ["OffHook", "DialTone", "Digits", "SecondDialTone", "Digits"]
    assert record.status == "COMPLETED"
    assert record.released_ns - record.answered_ns == 180 * SECOND_NS


def test_the_usage_record_carries_the_flag_it_was_sent(run, answers):
    one = run(answers.route("4159212000", slp="760833001"))
    one.one(duration_s=180)
    (usage,) = one.usage
    assert (usage.calling, usage.called, usage.ama_slp_id) == ("9258341234", "4159212000", "760833001")
    assert (usage.class_of_service, usage.facility, usage.originating) == ("CENTREX", "PSTN", True)
    assert usage.duration_ns == 180 * SECOND_NS


def test_an_unanswered_call_leaves_no_usage_record(run, answers):
    one = run(answers.route("4159212000", echo=ECHO))
    assert one.one(answered=False).status == "NO_ANSWER"
    assert one.usage == []
    assert one.scp.notifications[0].octets("terminationIndicator") == b"\x02"


@pytest.mark.parametrize(
    ("plan", "status", "indicator", "has_time"),
    [
        ({}, "COMPLETED", 0, True),
        ({"called_busy": True}, "BUSY", 1, False),
        ({"answered": False}, "NO_ANSWER", 2, False),
        ({"answered": False, "abandon_after_s": 5}, "ABANDONED", 3, False),
        ({"busy": ("0000-0301", "0222")}, "ALL_CIRCUITS_BUSY", 5, False),
    ],
)
def test_the_end_of_a_call_is_notified_with_its_echo_data(run, answers, plan, status, indicator, has_time):
    facilities = {"trunks": ("0000-0301",), "carriers": ("0222",)} if "busy" in plan else {}
    one = run(answers.route("4159212000", echo=ECHO, **facilities))
    assert one.one(**plan).status == status
    (told,) = one.scp.notifications
    assert told.octets("echoData") == ECHO
    assert told.octets("terminationIndicator") == bytes((indicator,))
    assert (told.get("connectTime") is not None) is has_time
    assert (told.get("busyCause") is not None) is (status == "BUSY")


def test_without_echo_data_nothing_is_notified(run, answers):
    one = run(answers.route("4159212000"))
    one.one()
    assert one.scp.notifications == []


# --- who triggers, and how ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "criteria", "calling", "code", "user"),
    [
        ({"calling": "9258341234"}, 2, "9258341234", "7", "9258341234"),
        ({"calling": "4102", "trunk_group": "STG-CONCORD"}, 2, "9257884000", "7", 1),
        ({"calling": "4102", "trunk_group": "OHD-CONCORD", "access_code": None}, 17, "9257884050", None, 2),
        ({"calling": "9257884101", "trunk_group": "PRI-CONCORD"}, 18, "9257884101", "7", 3),
        ({"calling": "9165551000"}, 18, "9165551000", "7", "9165551000"),
    ],
)
def test_each_trigger_type_asks_in_its_own_way(run, answers, plan, criteria, calling, code, user):
    one = run(answers.route("4159212000"))
    one.one(dialed="4159212000", **plan)
    (seen,) = one.scp.queries
    assert seen.parameters.integer("triggerCriteriaType") == criteria
    assert seen.digits("callingPartyID")[0] == calling
    assert seen.digits("accessCode") == (None if code is None else (code, 0))
    named = seen.parameters.user_id()
    assert user in (named.digits, named.number)


def test_a_terminating_only_number_never_triggers_and_its_call_is_an_ordinary_one(run, answers):
    one = run(answers.route("4159212000"))
    record = one.one(calling="9258341299", access_code="9", dialed="14159212000")
    assert one.scp.queries == []
    assert (record.status, record.facility.facility) == ("COMPLETED", "PSTN")
    assert [usage.ama_slp_id for usage in one.usage] == [None]


def test_a_terminating_only_number_cannot_use_a_dialing_plan(run, answers):
    one = run(answers.route("4159212000"))
    assert one.one(calling="9258341299", access_code="7").status == "ANNOUNCEMENT:VACANT_CODE"
    assert one.scp.queries == []


def test_extension_dialing_inside_a_centrex_group_does_not_trigger(run, answers):
    one = run(answers.route("4159212000"))
    record = one.one(access_code=None, dialed="1235")
    assert one.scp.queries == []
    assert record.status == "COMPLETED"
    assert record.talk_path == ("SSP2004",)


def test_a_call_inside_a_pbx_is_never_seen_by_a_switch(run, answers):
    one = run(answers.route("4159212000"))
    record = one.one(calling="9257884101", trunk_group="PRI-CONCORD", access_code=None, dialed="4102")
    assert record.status == "NOT_TRIGGERED"
    assert one.scp.queries == []


def test_a_call_that_enters_a_private_facility_first_does_not_trigger(run, answers):
    one = run(answers.route("4159212000"))
    record = one.one(access_code=None, dialed="4159215678", enters="ETN2016")
    assert one.scp.queries == []
    assert record.talk_path == ("ETN2016", "SSP2018")


def test_a_line_of_an_unequipped_switch_asks_through_the_switch_it_is_homed_on(run, answers):
    options = NetworkOptions(serves={"925788": "CO1A"})
    one = run(answers.route("9257884099"), options=options)
    record = one.one(calling="9257884102", dialed="9257884099")
    assert len(one.scp.queries) == 1
    assert record.talk_path[:2] == ("CO1A", "SSP2002")
    assert "SSP2002 > CO1A: IAM" in one.names(record, "ISUP")


@pytest.mark.parametrize("code", ["5", "0", "8"])
def test_a_code_nobody_provisioned_still_reaches_the_scp(run, answers, code):
    one = run(answers.announce(6))
    assert one.one(access_code=code).status == "ANNOUNCEMENT:6"
    assert one.scp.queries[0].digits("accessCode") == (code, 0)


@pytest.mark.parametrize(
    ("dialed", "non", "number", "carrier"),
    [
        ("9212000", 1, "9212000", None),
        ("01133140205050", 4, "33140205050", None),
        ("0", 0x74, "", None),
        ("04159212000", 0x72, "4159212000", None),
        ("101022214157770100", 3, "4157770100", "0222"),
        ("411", 1, "411", None),
    ],
)
def test_digits_travel_as_dialed_beside_the_switchs_reading(run, answers, dialed, non, number, carrier):
    one = run(answers.route("4159212000"))
    one.one(access_code="9", dialed=dialed)
    (seen,) = one.scp.queries
    name = "collectedAddressInfo" if len(dialed) <= 15 else "collectedDigits"
    assert seen.parameters.digits(name).digits == dialed
    assert seen.digits("calledPartyID") == (number, non)
    sent = seen.parameters.carrier("carrier")
    assert (sent.digits if sent is not None else None) == carrier


def test_without_the_callers_end_signal_the_interdigit_timer_completes_seven_digits(run, answers):
    slow = run(answers.route("4159212000"), habits=Habits(sends_end=False))
    quick = run(answers.route("4159212000"))
    late = slow.one().answered_ns - quick.one().answered_ns
    assert late == 4 * SECOND_NS
    assert slow.scp.queries[0].digits("collectedAddressInfo") == ("9212000", 1)


def test_digits_that_cannot_be_a_number_end_in_an_announcement(run, answers):
    one = run(answers.route("4159212000"), habits=Habits(sends_end=False))
    assert one.one(dialed="92120").status == "ANNOUNCEMENT:PARTIAL_DIAL"
    assert one.scp.queries == []


@pytest.mark.parametrize(
    ("bearer", "capability"),
    [("SPEECH", 0), ("AUDIO_3K1", 1), ("FAX", 1), ("MODEM_56", 1), ("RDI_56", 3), ("UDI_64", 4)],
)
def test_bearers(run, answers, bearer, capability):
    one = run(answers.route("4159212000"))
    one.one(bearer=bearer)
    assert one.scp.queries[0].parameters.integer("bearerCapability") == capability


# --- answers -----------------------------------------------------------------------------------------------------------


def test_send_to_resource_plays_the_announcement_and_ends_the_call(run, answers):
    one = run(answers.announce(1))
    record = one.one()
    assert (record.status, record.facility, one.usage) == ("ANNOUNCEMENT:1", None, [])
    assert [m.fields for m in record.messages if m.name == "Announcement"] == [(("id", "1"),)]


def test_an_announcement_within_a_conversation_is_reported_and_the_call_goes_on(run, answers):
    def script(seen):
        if seen.name == "resourceClear":
            return [(0, answers.route("4159212000"))]
        return [(0, answers.announce(5, disconnect=False, peer=0x77))]

    one = run(script)
    record = one.one()
    (cleared,) = one.scp.others
    assert (cleared.name, cleared.parameters.integer("clearCause")) == ("resourceClear", 0)
    assert record.status == "COMPLETED"


def test_a_vacant_number_is_announced_and_seizes_nothing(run, answers):
    one = run(answers.route("9255550100"))
    record = one.one()
    assert (record.status, record.facility) == ("ANNOUNCEMENT:VACANT_NUMBER", None)


def test_continue_completes_the_call_as_dialed(run, answers):
    record = run(answers.proceed()).one(access_code="9", dialed="14159212000")
    assert (record.status, record.talk_path) == ("COMPLETED", ("SSP2004", "SSP2006"))


def test_disconnect_ends_the_attempt(run, answers):
    assert run(answers.disconnect()).one().status == "FAILED"


@pytest.mark.parametrize("fault", ["abort", "reject", "error", "empty"])
@pytest.mark.parametrize(("code", "status"), [("9", "COMPLETED"), ("7", "DEFAULT_TREATMENT")])
def test_an_answer_that_is_none_gets_the_default_treatment(run, answers, fault, code, status):
    one = run(getattr(answers, fault)())
    assert one.one(access_code=code, dialed="14159212000").status == status
    assert all(usage.ama_slp_id is None for usage in one.usage)


def test_no_answer_within_t1_sends_public_calls_on_and_announces_the_rest(run):
    one = run(lambda _seen: [])
    one.call(access_code="9", dialed="14157770100")
    one.call(access_code="7", dialed="9212000", at_s=20)
    public, private = one.go()
    assert (public.status, private.status) == ("COMPLETED", "DEFAULT_TREATMENT")
    assert public.answered_ns - public.placed_ns > 3 * SECOND_NS
    assert [usage.ama_slp_id for usage in one.usage] == [None]
    assert one.world.network.switches["SSP2004"].switching.counters["t1_expired"] == 2


def test_a_late_answer_is_discarded_and_reported(run, answers):
    one = run(lambda _seen: [(4 * SECOND_NS, answers.route("4159212000", slp="760833001", echo=ECHO))])
    assert one.one(access_code="9", dialed="14157770100").status == "COMPLETED"
    assert one.usage[0].called == "4157770100"
    assert one.usage[0].ama_slp_id is None
    assert one.world.network.switches["SSP2004"].switching.counters["discarded_late"] == 1
    assert one.scp.reports[0].get("applicationErrorString").error_cause == 2
    assert one.scp.notifications == []


def test_an_answer_delivered_twice_makes_one_route(run, answers):
    answer = answers.route("4159212000")
    one = run(lambda _seen: [(0, answer), (SECOND_NS, answer)])
    record = one.one()
    assert one.names(record, "ISUP").count("SSP2004 > SSP2006: IAM") == 1
    assert one.world.network.switches["SSP2004"].switching.counters["discarded_duplicate"] == 1


def test_an_answer_to_no_query_of_ours_is_discarded_and_reported(run, answers):
    one = run(
        lambda seen: [
            (0, lambda _t: answers.route("4159212000")(0x7FFFFFFF)),
            (1, answers.route("4159212000")),
        ]
    )
    assert one.one().status == "COMPLETED"
    assert one.world.network.switches["SSP2004"].switching.counters["discarded_unknown"] == 1
    assert one.scp.reports[0].get("applicationErrorString").error_cause == 4


def test_a_conversation_nobody_holds_is_aborted(run, answers):
    stray = answers.announce(5, disconnect=False, peer=0x99)
    one = run(lambda _seen: [(0, lambda _t: stray(0x7FFFFFFF)), (1, answers.route("4159212000"))])
    one.one()
    (abort,) = one.scp.others
    assert (abort.p_abort_cause, abort.responding) == (4, 0x99)


def test_a_caller_who_hangs_up_during_the_query_leaves_nothing_behind(run, answers):
    one = run(lambda _seen: [(2 * SECOND_NS, answers.route("4159212000", echo=ECHO))])
    record = one.one(abandon_after_s=1)
    assert record.status == "ABANDONED"
    assert one.names(record, "ISUP") == []
    assert one.world.network.switches["SSP2004"].switching.counters["discarded_abandoned"] == 1


# --- facilities --------------------------------------------------------------------------------------------------------

SIX = {"trunks": ("0000-0174", "0195-2000", "0000-0180"), "carriers": ("0222", "0333", "0388")}
ORDER = [("TRUNK", group) for group in SIX["trunks"]] + [("CARRIER", code) for code in SIX["carriers"]]


@pytest.mark.parametrize("busy", range(7))
def test_facilities_are_tried_in_the_order_declared_then_all_circuits_are_busy(run, answers, busy):
    """The host's answer names three trunk groups and three carriers; the first `busy` of them are out."""

    def script(seen):
        if seen.name == "terminationAttempt":
            return [(0, answers.route("2127770100", **SIX))]
        return [(0, answers.route("9257895678", redirecting="2127770100"))]

    one = run(script)
    record = one.one(busy=tuple(name for _, name in ORDER[:busy]))
    assert (record.leg_facilities[0].facility, record.facility.facility) == ("PSTN", "PSTN")
    second = record.leg_facilities[1]
    expected = ORDER[busy] if busy < 6 else ("ALL_CIRCUITS_BUSY", None)
    assert (second.facility, second.id) == expected
    assert record.status == ("COMPLETED" if busy < 6 else "ALL_CIRCUITS_BUSY")


def test_only_what_was_returned_is_used(run, answers):
    record = run(answers.route("4159213000", trunks=("0000-0301",))).one(busy=("0000-0301",))
    assert record.status == "ALL_CIRCUITS_BUSY"


def test_a_full_trunk_group_overflows_to_the_next_and_frees_its_circuits(run, answers):
    options = NetworkOptions(members={"0000-0301": 2, "0000-0302": 1})
    one = run(answers.route("4159213000", trunks=("0000-0301", "0000-0302")), options=options)
    for start in (0, 1, 2, 3, 100):
        one.call(at_s=start, duration_s=60)
    found = [(record.status, record.facility.id) for record in one.go()]
    assert found == [
        ("COMPLETED", "0000-0301"),
        ("COMPLETED", "0000-0301"),
        ("COMPLETED", "0000-0302"),
        ("ALL_CIRCUITS_BUSY", None),
        ("COMPLETED", "0000-0301"),
    ]


def test_a_trunk_group_of_another_switch_cannot_be_seized(run, answers):
    record = run(answers.route("4159213000", trunks=("9999-9999",), carriers=("0222",))).one()
    assert (record.facility.facility, record.facility.id) == ("CARRIER", "0222")
    assert record.talk_path == ("SSP2004", "POP-0222", "SSP2006")


def test_private_trunks_carry_no_calling_number_and_public_ones_do(run, answers):
    private = run(answers.route("4159213000", trunks=("0000-0301",)))
    record = private.one()
    assert private.usage[0].calling == "9258341234"
    digits = [m for m in record.messages if m.protocol == "MF" and m.name == "MF digits"]
    assert [dict(m.fields)["called"] for m in digits] == ["4159213000"] * 2
    assert all("9258341234" not in str(m.fields) for m in digits)
    public = run(answers.route("4159213000"))
    iam = next(m for m in public.one().messages if m.name == "IAM")
    assert dict(iam.fields)["callingPartyNumber"] == "9258341234"


def test_a_call_may_come_back_to_the_switch_it_left(run, answers):
    """The caller's switch sends it over a tie line to the ETN node, which finds the called party there again."""
    one = run(answers.route("9258341235", trunks=("0000-0911",)))
    record = one.one()
    assert record.status == "COMPLETED"
    assert record.talk_path == ("SSP2004", "ETN2016", "SSP2004")


def test_a_caller_who_calls_the_own_number_talks_to_nobody_else(run, answers):
    record = run(answers.route("9258341234")).one(duration_s=5)
    assert (record.status, record.talk_path) == ("COMPLETED", ("SSP2004",))


def test_a_second_instruction_within_a_conversation_does_not_route_twice(run, answers):
    def conversing(called, peer=0x77):
        make = answers.route(called)
        return lambda own: conversation(peer, own, *make(own).components)

    one = run(lambda _seen: [(0, conversing("4159212000")), (S, answers.route("4159213000"))])
    record = one.one()
    assert record.status == "COMPLETED"
    assert [u.called for u in one.usage] == ["4159212000"]
    assert one.scp.reports[0].get("applicationErrorString").error_cause == 5


def test_a_facility_out_of_service_for_a_while_is_passed_over_then(run, answers):
    options = NetworkOptions(outages=(Outage("0000-0301", START + 10 * S, START + 20 * S),))
    one = run(answers.route("4159213000", trunks=("0000-0301", "0000-0302")), options=options)
    for start in (0, 12, 21):
        one.call(at_s=start, duration_s=1)
    assert [record.facility.id for record in one.go()] == ["0000-0301", "0000-0302", "0000-0301"]


def test_a_number_that_is_out_of_service_cannot_be_reached(run, answers):
    assert run(answers.route("4159212000")).one(busy=("4159212000",)).status == "ALL_CIRCUITS_BUSY"

"""Ways round: another way when the host of an ASF-RTL number cannot be reached, the mate when a link is down."""

import pytest

from ain_scp.signaling import isup, m3ua
from ain_scp.ssp_sim.fabric import LinkConditions
from ain_scp.ssp_sim.topology import NetworkOptions

RTL, MEANT = "9257893412", "4159212000"
FOREVER = (0, 1 << 62)


def script_of(answers, second):
    """Send the call to the host; answer NetworkBusy with `second` (None: not at all)."""

    def script(seen):
        if seen.name == "networkBusy":
            return [] if second is None else [(0, second)]
        return [(0, answers.route(RTL, redirecting=MEANT, slp="760833003", echo=b"\1\2\3\4\5\6"))]

    return script


def test_the_query_names_the_congested_number_and_the_one_meant(run, answers):
    one = run(script_of(answers, answers.route(MEANT, carriers=("0222", "0333"))))
    record = one.one(busy=(RTL,))
    asked = one.scp.queries[1]
    assert asked.name == "networkBusy"
    assert asked.digits("calledPartyID") == (RTL, 3)
    assert asked.digits("originalCalledPartyID") == (MEANT, 3)
    assert asked.parameters.integer("triggerCriteriaType") == 24
    assert (record.facility.facility, record.facility.id) == ("CARRIER", "0222")
    assert record.status == "COMPLETED"


def test_the_call_goes_on_without_redirection_and_its_end_is_still_told(run, answers):
    """The echo data of the first answer stays with the call (AMB-70)."""
    one = run(script_of(answers, answers.route(MEANT)))
    record = one.one(busy=(RTL,))
    iam = next(m for m in record.messages if m.name == "IAM")
    assert dict(iam.fields)["calledPartyNumber"] == MEANT
    assert "originalCalledNumber" not in dict(iam.fields)
    assert [n.octets("echoData") for n in one.scp.notifications] == [b"\1\2\3\4\5\6"]


@pytest.mark.parametrize("second", ["proceed", "error", "abort", "nothing"])
def test_without_another_way_all_circuits_are_busy(run, answers, second):
    one = run(script_of(answers, None if second == "nothing" else getattr(answers, second)()))
    record = one.one(busy=(RTL,))
    assert record.status == "ALL_CIRCUITS_BUSY"
    assert len(one.scp.notifications) == 1


def test_a_refusal_plays_its_announcement(run, answers):
    one = run(script_of(answers, answers.announce(1)))
    assert one.one(busy=(RTL,)).status == "ANNOUNCEMENT:1"


def test_it_is_asked_once_only(run, answers):
    one = run(script_of(answers, answers.route(RTL, redirecting=MEANT)))
    assert one.one(busy=(RTL,)).status == "ALL_CIRCUITS_BUSY"
    assert [seen.name for seen in one.scp.queries] == ["infoAnalyzed", "networkBusy"]


def test_a_call_that_is_not_for_a_host_is_not_asked_about(run, answers):
    one = run(answers.route(MEANT, carriers=("0222",)))
    assert one.one(busy=("0222",)).status == "ALL_CIRCUITS_BUSY"
    assert [seen.name for seen in one.scp.queries] == ["infoAnalyzed"]


def test_a_caller_who_gives_up_while_it_is_asked(run, answers):
    one = run(script_of(answers, None))
    assert one.one(busy=(RTL,), abandon_after_s=1).status == "ABANDONED"


# --- carriers, ringing -----------------------------------------------------------------------------------------------


def iams(record):
    for message in record.messages:
        if message.name == "IAM":
            yield isup.decode(m3ua.decode(message.octets).protocol_data.payload)


def test_the_address_message_names_the_carrier_chosen(run, answers):
    record = run(answers.route(MEANT, carriers=("0222", "0333"))).one(busy=("0222",))
    first = next(iams(record))
    assert first.transit_network_selection.carrier == "0333"


def test_without_a_carrier_none_is_named(run, answers):
    record = run(answers.route(MEANT)).one()
    assert next(iams(record)).transit_network_selection is None


def test_ringing_behind_a_host_is_told_by_call_progress(run, answers):
    """The host's address complete came before it knew where the call goes (T1.113.4)."""

    def script(seen):
        if seen.name == "terminationAttempt":
            return [(0, answers.route(MEANT, name="forwardCall"))]
        return [(0, answers.route(RTL, redirecting=MEANT))]

    one = run(script)
    record = one.one()
    back = [m.name for m in record.messages if m.protocol == "ISUP" and m.destination == "SSP2004"]
    assert back[:3] == ["ACM", "CPG", "ANM"]
    assert "Ringback" in [m.name for m in record.messages]
    assert record.status == "COMPLETED"


# --- mated STPs ------------------------------------------------------------------------------------------------------

MATED = NetworkOptions(mates=("STP-LOCAL-B", "STP-REGIONAL-B"))
DOWN = LinkConditions(down=(FOREVER,))


def hops(record, name):
    return [(m.source, m.destination) for m in record.messages if m.name.startswith(name) and not m.lost]


@pytest.mark.parametrize(
    ("link", "way"),
    [
        (None, ["STP-LOCAL", "STP-REGIONAL", "SCP"]),
        (("SSP2004", "STP-LOCAL"), ["STP-LOCAL-B", "STP-REGIONAL", "SCP"]),
        (("STP-LOCAL", "STP-REGIONAL"), ["STP-LOCAL", "STP-REGIONAL-B", "SCP"]),
        (("STP-REGIONAL", "SCP"), ["STP-LOCAL", "STP-REGIONAL", "STP-REGIONAL-B", "SCP"]),
    ],
)
def test_a_query_goes_round_a_link_that_is_down(run, answers, link, way):
    one = run(
        answers.route(MEANT, echo=b"\1\2\3\4\5\6"),
        options=MATED,
        conditions={} if link is None else {link: DOWN},
    )
    record = one.one()
    assert [destination for _source, destination in hops(record, "InfoAnalyzed")] == way
    assert record.status == "COMPLETED"
    assert len(one.scp.notifications) == 1
    assert one.world.messages_lost == 0


def test_without_mates_the_same_link_loses_the_query(run, answers):
    one = run(answers.route(MEANT), conditions={("STP-LOCAL", "STP-REGIONAL"): DOWN})
    assert one.one().status == "DEFAULT_TREATMENT"


def test_a_switch_cut_off_from_both_mates_is_cut_off(run, answers):
    cut = {("SSP2004", "STP-LOCAL"): DOWN, ("SSP2004", "STP-LOCAL-B"): DOWN}
    one = run(answers.route(MEANT), options=MATED, conditions=cut)
    assert one.one().status == "DEFAULT_TREATMENT"
    assert one.world.messages_lost == 1


def test_an_answer_goes_round_as_well(run, answers):
    down = {("STP-LOCAL", "SSP2004"): LinkConditions(down=((979_725_600_030_000_000, FOREVER[1]),))}
    one = run(answers.route(MEANT), options=MATED, conditions=down)
    record = one.one()
    assert ("STP-LOCAL-B", "SSP2004") in hops(record, "AnalyzeRoute")
    assert record.status == "COMPLETED"

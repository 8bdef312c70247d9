"""Whole networks: Figs. 7 and 8 field by field, what links do to calls, conservation, determinism."""

import math
import random
from pathlib import Path

import msgspec
import pytest

from ain_scp.signaling.errors import DecodeError
from ain_scp.ssp_sim.fabric import LinkConditions
from ain_scp.ssp_sim.topology import NetworkOptions
from ain_scp.ssp_sim.world import CallPlan, stream
from ain_scp.terms.units import SECOND_NS
from kit.long_forms import in_full

ECHO = bytes.fromhex("000000000042")
MS = 1_000_000


def asf_rtl(answers, rtl, true_number, non=3, **facilities):
    """The answers of both legs of an ASF-RTL call."""

    def script(seen):
        if seen.name == "terminationAttempt":
            return [(0, answers.route(true_number, non, name="forwardCall", **facilities))]
        return [
            (0, answers.route(rtl, redirecting=true_number, redirecting_non=non, slp="760833003", echo=ECHO))
        ]

    return script


FIG_7 = [
    ("2402", "9258341234", "SSP2004", "Digits"),
    ("2402", "9258341234", "SSP2004", "Digits"),
    ("2404", "SSP2004", "STP-LOCAL", "InfoAnalyzed"),
    ("2404", "STP-LOCAL", "STP-REGIONAL", "InfoAnalyzed"),
    ("2404", "STP-REGIONAL", "SCP", "InfoAnalyzed"),
    ("2406", "SCP", "STP-REGIONAL", "AnalyzeRoute+SendNotification"),
    ("2406", "STP-REGIONAL", "STP-LOCAL", "AnalyzeRoute+SendNotification"),
    ("2406", "STP-LOCAL", "SSP2004", "AnalyzeRoute+SendNotification"),
    ("2408", "SSP2004", "SSP2014", "IAM"),
    ("2410", "SSP2014", "SSP2004", "ACM"),
    ("2412", "SSP2014", "STP-LOCAL", "TerminationAttempt"),
    ("2412", "STP-LOCAL", "STP-REGIONAL", "TerminationAttempt"),
    ("2412", "STP-REGIONAL", "SCP", "TerminationAttempt"),
    ("2414", "SCP", "STP-REGIONAL", "ForwardCall"),
    ("2414", "STP-REGIONAL", "STP-LOCAL", "ForwardCall"),
    ("2414", "STP-LOCAL", "SSP2014", "ForwardCall"),
    ("2416", "SSP2014", "ETN2016", "MF digits"),
    ("2418", "ETN2016", "SSP2018", "MF digits"),
    ("2420", "SSP2018", "4159215678", "Ringing"),
    ("2422", "4159215678", "SSP2018", "Answer"),
    ("2424", "SSP2018", "ETN2016", "Answer"),
    ("2426", "ETN2016", "SSP2014", "Answer"),
]


def test_fig_7_step_by_step(run, answers):
    one = run(asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",)))
    record = one.one(dialed="14159215678", duration_s=180)
    assert [(m.step, m.source, m.destination, m.name) for m in record.messages if m.step] == FIG_7
    assert record.talk_path == ("SSP2004", "SSP2014", "ETN2016", "SSP2018")
    assert [(leg.facility, leg.id) for leg in record.leg_facilities] == [
        ("PSTN", None),
        ("TRUNK", "0000-0174"),
    ]


def test_fig_7_the_address_message_carries_the_numbers_of_the_text(run, answers):
    one = run(asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",)))
    iam = next(m for m in one.one(dialed="14159215678").messages if m.name == "IAM")
    assert dict(iam.fields) == {
        "CIC": iam.fields[0][1],
        "calledPartyNumber": "9257893412",
        "calledPartyNumber NON": "3",
        "callingPartyNumber": "9258341234",
        "callingPartyNumber NON": "3",
        "originalCalledNumber": "4159215678",
        "originalCalledNumber NON": "3",
        "redirectingNumber": "4159215678",
        "redirectingNumber NON": "3",
    }


def test_fig_7_the_hosts_query_repeats_what_the_address_message_brought(run, answers):
    one = run(asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",)))
    one.one(dialed="14159215678")
    host = one.scp.queries[1]
    assert host.name == "terminationAttempt"
    assert host.parameters.integer("triggerCriteriaType") == 15
    assert host.parameters.user_id().digits == "9257893412"
    assert host.digits("calledPartyID") == ("9257893412", 3)
    assert host.digits("callingPartyID") == ("9258341234", 3)
    assert host.digits("originalCalledPartyID") == host.digits("redirectingPartyID") == ("4159215678", 3)
    assert host.parameters.get("redirectionInformation").count == 1


def test_the_flag_is_on_the_leg_to_the_host_only(run, answers):
    one = run(asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",)))
    one.one(dialed="14159215678")
    records = {usage.switch: usage for usage in one.usage}
    assert set(records) == {"SSP2004", "SSP2014"}
    leg, host = records["SSP2004"], records["SSP2014"]
    assert (leg.called, leg.original_called, leg.originating) == ("9257893412", "4159215678", True)
    assert (host.called, host.original_called, host.originating) == ("4159215678", None, False)
    assert (leg.ama_slp_id, host.ama_slp_id) == ("760833003", None)
    assert (leg.facility, host.facility, host.facility_id) == ("PSTN", "TRUNK", "0000-0174")


def test_fig_8_an_international_call_leaves_by_the_gateway(run, answers):
    one = run(asf_rtl(answers, "9257895678", "33140205050", 4, trunks=("0000-0174",), carriers=("0222",)))
    record = one.one(calling="9258341239", access_code="9", dialed="01133140205050")
    assert one.scp.queries[0].digits("calledPartyID") == ("33140205050", 4)
    assert one.scp.queries[1].digits("calledPartyID") == ("9257895678", 3)
    assert one.scp.queries[1].digits("originalCalledPartyID") == ("33140205050", 4)
    assert record.talk_path == ("SSP2004", "SSP2014", "IG2026")
    iam = dict(next(m for m in record.messages if m.name == "IAM").fields)
    assert (iam["calledPartyNumber NON"], iam["originalCalledNumber NON"]) == ("3", "4")
    steps = [m.step for m in record.messages if m.step]
    assert set(steps) == {"2402", "2404", "2406", "2408", "2410", "2412", "2414"}


def test_the_same_trunk_group_leads_to_the_node_the_route_index_names(run, answers):
    options = NetworkOptions(trunk_routes={("SSP2014", "0195-2000", "INTERNATIONAL"): "ETN2016"})
    script = asf_rtl(answers, "9257895678", "33140205050", 4, trunks=("0195-2000",))
    assert run(script, options=options).one().talk_path == ("SSP2004", "SSP2014", "ETN2016", "PSTN")


def test_a_host_in_another_lata_is_reached_by_an_interexchange_carrier(run, answers):
    one = run(asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",)))
    record = one.one(calling="9165551000", dialed="14159215678")
    assert record.talk_path == ("SSP3002", "IXC", "SSP2014", "ETN2016", "SSP2018")
    seized = next(m for m in record.messages if m.name == "FacilitySeized")
    assert dict(seized.fields)["LATA"] == "interLATA"


def test_an_unauthorized_call_hears_the_hosts_announcement(run, answers):
    def script(seen):
        return [
            (0, answers.announce(4) if seen.name == "terminationAttempt" else answers.route("9257893412"))
        ]

    one = run(script)
    record = one.one()
    assert record.status == "ANNOUNCEMENT:4"
    assert one.usage == []


def test_all_circuits_busy_at_the_host_is_told_to_the_caller(run, answers):
    one = run(asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",)))
    record = one.one(busy=("0000-0174",))
    assert record.status == "ALL_CIRCUITS_BUSY"
    assert one.scp.notifications[0].octets("terminationIndicator") == b"\x05"


def test_the_host_without_an_answer_announces(run, answers):
    def script(seen):
        return [] if seen.name == "terminationAttempt" else [(0, answers.route("9257893412"))]

    assert run(script).one().status == "DEFAULT_TREATMENT"


# --- links ---------------------------------------------------------------------------------------------------------


def test_a_link_that_is_down_costs_the_answer_and_t1_takes_over(run, answers):
    down = {("STP-LOCAL", "STP-REGIONAL"): LinkConditions(down=((0, 1 << 62),))}
    one = run(answers.route("4159212000"), conditions=down)
    record = one.one(access_code="9", dialed="14157770100")
    assert record.status == "COMPLETED"
    assert one.scp.queries == []
    assert [m.lost for m in record.messages if m.name == "InfoAnalyzed"] == [False, True]


def test_a_duplicating_network_makes_one_call_of_each(run, answers):
    one = run(answers.route("4159212000", echo=ECHO), default=LinkConditions(duplication=1.0))
    record = one.one()
    assert record.status == "COMPLETED"
    assert len(one.usage) == 1


def test_a_lost_release_is_repeated_and_a_dead_far_end_given_up(run, answers):
    until = 979_725_600 * SECOND_NS + 90 * SECOND_NS
    quiet = LinkConditions(down=((until - 40 * SECOND_NS, until),))
    one = run(answers.route("4159212000"), conditions={("SSP2004", "SSP2006"): quiet})
    record = one.one(duration_s=60)
    releases = [m for m in record.messages if m.name == "REL" and m.source == "SSP2004"]
    assert [m.lost for m in releases] == [True, True, False]
    dead = LinkConditions(down=((until - 40 * SECOND_NS, 1 << 62),))
    gone = run(answers.route("4159212000"), conditions={("SSP2004", "SSP2006"): dead})
    gone.call(duration_s=60)
    gone.world.run()
    assert gone.world.in_progress() == 0
    assert gone.world.network.switches["SSP2004"]._trunks.counters["release_given_up"] == 1


def test_an_address_message_that_is_lost_ends_the_call(run, answers):
    lossy = {("SSP2004", "SSP2006"): LinkConditions(loss=1.0)}
    one = run(answers.route("4159212000"), conditions=lossy)
    assert one.one().status == "FAILED"


@pytest.mark.parametrize("seed", range(3))
def test_calls_are_conserved_whatever_the_links_do(run, answers, seed):
    """Lossy, duplicating, reordering links and every kind of end: each call ends once, every circuit comes back."""
    chance = random.Random(seed)
    ends = [
        answers.route("4159212000", echo=ECHO),
        answers.announce(1),
        answers.abort(),
        answers.route("9257893412"),
    ]
    conditions = LinkConditions(loss=0.05, duplication=0.05, reordering=0.1, jitter_ns=5 * MS)
    one = run(
        lambda _seen: [(chance.randrange(5) * SECOND_NS, chance.choice(ends))],
        seed=seed,
        default=conditions,
        keep_messages=False,
    )
    for _ in range(200):
        one.call(
            access_code=chance.choice("79"),
            dialed=chance.choice(["9212000", "14157770100"]),
            at_s=chance.random() * 600,
            answered=chance.random() < 0.7,
            called_busy=chance.random() < 0.1,
            abandon_after_s=chance.choice([None, 0.05, 1, 10]),
            duration_s=chance.random() * 100,
        )
    records = one.go()
    assert len(records) == one.world.offered == 200
    assert len({record.id for record in records}) == 200
    assert all(record.status for record in records)


def test_one_seed_gives_identical_records(run, answers):
    def records():
        one = run(
            answers.route("4159212000", echo=ECHO), seed=5, default=LinkConditions(jitter_ns=3 * MS, loss=0.1)
        )
        for start in range(20):
            one.call(at_s=start / 3)
        return msgspec.json.encode(one.go())

    assert records() == records()


def test_streams_of_chance_have_names():
    assert stream(1, "a").random() == stream(1, "a").random()
    assert len({stream(seed, name).random() for seed in (1, 2) for name in "ab"}) == 4


def test_mutated_messages_never_upset_a_node_and_every_call_ends(run, answers):
    """One message in five has a bit turned on its way, at any layer (A-261)."""
    chance = random.Random(9)
    script = asf_rtl(answers, "9257893412", "4159215678", trunks=("0000-0174",))
    for _ in range(40):
        one = run(script, keep_messages=False)
        one.scp = Deaf(one.scp)
        one.world.attach("SCP", one.scp)
        carry = one.fabric.carry

        def mutate(octets, source, destination, now, carry=carry):
            if chance.random() < 0.2:
                changed = bytearray(octets)
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
                octets = bytes(changed)
            return carry(octets, source, destination, now)

        one.fabric.carry = mutate
        for start in range(5):
            one.call(at_s=start, dialed="14159215678", duration_s=30)
        one.world.run()
        assert one.world.in_progress() == 0


class Deaf:
    """A scripted node that drops what it cannot read, as the real one does."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def receive(self, octets, link, now):
        try:
            self._inner.receive(octets, link, now)
        except (DecodeError, AttributeError, KeyError, ValueError):
            return


# --- large runs ----------------------------------------------------------------------------------------------------


def erlang_b(erlangs, trunks):
    blocking = 1.0
    for n in range(1, trunks + 1):
        blocking = erlangs * blocking / (n + erlangs * blocking)
    return blocking


def poisson(chance, rate, count, mean_s):
    at = 0.0
    for number in range(count):
        at += chance.expovariate(rate)
        yield CallPlan(
            f"p{number}",
            979_725_600 * SECOND_NS + round(at * SECOND_NS),
            "9258341234",
            "7",
            "9212000",
            duration_s=chance.expovariate(1 / mean_s),
        )


def blocked_share(one, count, mean_s, erlangs):
    """Run Poisson calls and return (share that met all circuits busy, its standard error by batches)."""
    flags, size = [], max(1, count // 40)
    one.world._on_record = lambda record: flags.append(
        (record.placed_ns, record.status == "ALL_CIRCUITS_BUSY")
    )
    one.world.place_calls(poisson(random.Random("erlang"), erlangs / mean_s, count, mean_s))
    one.go()
    ordered = [blocked for _, blocked in sorted(flags)][size:]
    batches = [sum(ordered[i : i + size]) / size for i in range(0, len(ordered) - size + 1, size)]
    mean = sum(batches) / len(batches)
    deviation = math.sqrt(sum((b - mean) ** 2 for b in batches) / (len(batches) - 1))
    return mean, deviation / math.sqrt(len(batches))


@pytest.mark.slow
@pytest.mark.compiled
def test_whole_calls_over_a_tie_line_block_as_erlang_b_says(run, answers):
    """10 erlangs on 12 trunks, queries, MF digits and all, within the 99.7 per cent confidence interval."""
    one = run(
        answers.route("4159213000", trunks=("0000-0301",)),
        options=NetworkOptions(members={"0000-0301": 12}),
        keep_messages=False,
        write_usage=None,
    )
    mean, error = blocked_share(one, 12_000, 180, 10)
    assert abs(mean - erlang_b(10, 12)) < 3 * error


@pytest.mark.slow
@pytest.mark.compiled
def test_many_calls_are_conserved_in_little_memory(run, answers):
    """Peak resident memory grows by less than 5 kB a call (500 MB at 100,000), and offered = completed + each refusal."""
    calls = in_full(100_000, otherwise=20_000)
    one = run(
        lambda seen: [(0, answers.announce(1) if seen.transaction % 4 == 0 else answers.route("4159212000"))],
        keep_messages=False,
        write_usage=None,
    )
    one.scp.queries = Forgetful()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the tests before this one
    before = resident("VmRSS")
    one.world.place_calls(poisson(random.Random(1), 20, calls, 60))
    records = one.go()
    assert one.world.offered == len(records) == calls
    assert one.world.statuses == {"COMPLETED": calls * 3 // 4, "ANNOUNCEMENT:1": calls // 4}
    assert resident("VmHWM") - before < calls * 5 // 1024 * 1000


def resident(field):
    """A line of the process's memory figures, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


class Forgetful(list):
    """A list that keeps nothing."""

    def append(self, _item):
        """Forget."""

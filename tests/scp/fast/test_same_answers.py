"""The short way answers octet for octet what the general node answers, whatever is sent."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.signaling import m3ua
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.signaling.m3ua.structs import AffectedPointCode
from ain_scp.terms.localtime import parse
from kit.doubts import DOUBTS
from kit.query import BEARERS, SSP

ROOT = Path(__file__).parent.parent.parent
CASES = json.loads((ROOT / "acceptance" / "cases.json").read_text())["cases"]
TRIGGERS = {"CDP_AC": 2, "TAT": 15, "OHD": 17, "PRIBC": 18}

ORIGINATING = [case for case in CASES if case["query"]["message"] != "TERMINATION_ATTEMPT"]
SECOND = 1_000_000_000


@pytest.mark.parametrize("case", ORIGINATING, ids=[case["id"] for case in ORIGINATING])
def test_every_case_asked_again_and_again(case, pair, query_octets):
    asked = case["query"]
    both = pair(case.get("overrides"))
    for transaction in range(4):
        octets = query_octets(
            asked["calling_party"],
            asked["dialed"],
            asked["access_code"],
            transaction,
            BEARERS[asked["bearer"]],
            triggerCriteriaType=TRIGGERS[asked["trigger"]],
            invoke_id=transaction or None,
            sls=transaction,
        )
        both.ask([octets], parse(asked["time"]) * SECOND + transaction)
    plain = asked["access_code"] is not None and asked["calling_party"] is not None
    if plain and case["expect"]["called_non"] == 3:
        assert both.fast.short >= 1


CALLERS = [
    "9258341234",
    "9258341235",
    "9258341240",
    "9257884102",
    "4159215678",
    "9165551000",
    "7075550000",
    "9258340000",
]
DIALED = [
    "9212000", "9692300", "2139692300", "14159215678", "4159215678", "12137770100", "2137770100", "8005551234",
    "8889765555", "9005551234", "2139761234", "2125550100", "4155551234", "8095551234", "01174951234567", "011850123456",
    "01144207946099", "0", "00", "011", "01", "0123456789", "04159215678", "911", "411", "211", "1010222", "10102224159215",
    "1010222911", "5551234", "1", "", "99999999999999", "4085551002", "5551002",
]  # fmt: skip


def calls():
    """Calls of all kinds, most of them like others in the list."""
    return st.builds(
        dict,
        calling=st.sampled_from(CALLERS),
        dialed=st.sampled_from(DIALED) | st.from_regex(r"[0-9]{7}|[0-9]{10}", fullmatch=True),
        access=st.sampled_from(["7", "9", "8", "77"]),
        bearer=st.sampled_from([0, 1, 3, 4, 9]),
        invoke_id=st.sampled_from([1, 200]),
        sls=st.integers(0, 255),
        opc=st.sampled_from([0x0A0B0C, 0x010203]),
        operation=st.sampled_from(["infoAnalyzed", "infoCollected"]),
    )


@pytest.mark.parametrize("dialed", ["", "1", "0", "00", "011", "911", "0" * 15])
@pytest.mark.parametrize("access", ["7", "9", "8"])
def test_odd_digits_again_and_again(pair, query_octets, dialed, access):
    """A shape without digits is a shape like any other: learned once, never a fault."""
    both = pair()
    for turn in range(6):
        asked = [
            ("9212000", 10 * turn),
            (dialed, 10 * turn + 1),
            ("4157770100", 10 * turn + 2),
            (dialed, 10 * turn + 3),
        ]
        both.ask(
            [query_octets(transaction=number, dialed=digits, access=access) for digits, number in asked],
            parse("2001-01-17T10:00:00") * SECOND,
        )


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    asked=st.lists(calls(), min_size=1, max_size=6),
    rounds=st.integers(2, 4),
    step=st.sampled_from([0, 1, 60, 3600 * 11, 86400 * 3]),
)
def test_any_calls_in_any_order(pair, query_octets, asked, rounds, step):
    """Source: A-124..A-127: rules by time and by percentage included, for time goes on and chance is drawn."""
    both = pair()
    transaction = 0
    for turn in range(rounds):
        datagrams = []
        for fields in asked:
            transaction += 1
            datagrams.append(query_octets(transaction=transaction, **fields))
        both.ask(datagrams, (parse("2001-01-17T10:00:00") + turn * step) * SECOND)


def test_mutated_queries_are_answered_as_the_general_node_answers_them(pair, query_octets):
    """Any octet may be wrong: 6,000 mutations of six known shapes, one to three octets each."""
    both = pair()
    chance = random.Random(7)
    wholes = [
        query_octets(dialed="9212000"),
        query_octets(dialed="14159215678", chargeNumber=None),
        query_octets("9257884102", "2137770100", "9"),
        query_octets("9258341240", "8005551234", "9", bearer=3),
        query_octets("9258341235", "2139692300"),
        query_octets("9258341234", "01174951234567", "9"),
    ]
    transaction = 100
    for _ in range(60):
        datagrams = []
        for whole in wholes:
            for _ in range(16):
                octets = bytearray(whole)
                transaction += 1
                at = octets.index(b"\xc7\x04") + 2
                octets[at : at + 4] = transaction.to_bytes(4, "big")
                for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
                    octets[chance.randrange(len(octets))] = chance.randrange(256)
                datagrams.append(bytes(octets))
        both.ask(datagrams)
    assert both.fast.short > 1_000


def test_percentages_fall_the_same_way(pair, query_octets):
    """A-127: the short way uses up one draw a query, and asks the rules again for every percent."""
    rules = [
        {"if": {"percent": 70}, "trunk_groups": ["0000-0301"], "carriers": []},
        {"if": {"percent": 30}, "trunk_groups": [], "carriers": ["0222"]},
    ]
    both = pair({"customers/GOLDEN/asf_profiles/CONCORD/rules": rules})
    octets = [query_octets("9257884102", "12137770100", "9", number) for number in range(600)]
    answers = both.ask(octets)
    by_trunk = sum(b"\x9f\x2a" in answer for answer in answers)
    assert 380 < by_trunk < 460
    assert both.fast.short > 300


def test_a_repeated_query_gets_the_same_answer_and_no_second_sample(pair, query_octets):
    """A-264; a repetition with other content is refused, and after T1 the query is new."""
    both = pair()
    for transaction in range(3):
        both.ask([query_octets(transaction=transaction)])
    octets = query_octets(transaction=9)
    first = both.ask([octets])
    assert both.fast.short >= 2
    assert both.ask([octets, octets]) == first * 2
    assert both.fast.counters["replayed"] == 2
    both.ask([query_octets(transaction=9, dialed="9692300")])
    assert both.fast.counters["rejected_duplicate"] == 1
    assert both.ask([octets], now_after(5)) != first


def now_after(seconds):
    return (parse("2001-01-17T12:00:00") + seconds) * SECOND


def test_who_asks_is_answered_whatever_was_reported_about_him(pair, query_octets):
    """DUNA, DAVA and SCON of anybody: a query proves that its switch is there, and a report costs the short way one message."""
    both = pair()
    for transaction in range(3):
        both.ask([query_octets(transaction=transaction)])
    ssp = m3ua.decode(query_octets()).protocol_data.opc
    affected = (AffectedPointCode(ssp),)
    down = m3ua.encode(m3ua.Message(MessageKind.DUNA, affected_point_codes=affected))
    up = m3ua.encode(m3ua.Message(MessageKind.DAVA, affected_point_codes=affected))
    before = both.fast.short
    assert len(both.ask([down, query_octets(transaction=10), query_octets(transaction=11)])) == 2
    assert len(both.ask([up, query_octets(transaction=12), query_octets(transaction=13)])) == 2
    assert both.fast.short == before + 3


def test_a_snapshot_made_ready_beside_the_running_one_is_swapped_in(pair, program_of, query_octets):
    """Its echo data go on where the running one's end, whatever that answered meanwhile."""
    both = pair()
    ready = both.fast.prepared(program_of({"customers/GOLDEN/ubs": "OFF"}))
    for transaction in range(3):
        both.ask([query_octets(transaction=transaction)])
    both.general.replace(program_of({"customers/GOLDEN/ubs": "OFF"}))
    both.fast.replace(program_of({"customers/GOLDEN/ubs": "OFF"}), ready)
    assert both.fast._path is ready
    for transaction in range(20, 24):
        both.ask([query_octets(transaction=transaction)])


def test_another_snapshot_forgets_what_was_learned(pair, program_of, query_octets):
    """A-060: from the next query on the new data set answers."""
    both = pair()
    for transaction in range(3):
        (before,) = both.ask([query_octets(transaction=transaction)])
    for node in (both.general, both.fast):
        node.replace(program_of({"customers/GOLDEN/ubs": "OFF"}))
    short = both.fast.short
    (after,) = both.ask([query_octets(transaction=20)])
    assert both.fast.short == short
    assert len(after) < len(before)
    both.ask([query_octets(transaction=21)])
    assert both.fast.short == short + 1


def test_a_call_without_digits_is_answered_again_and_again(pair, query_octets):
    """An access code alone has no meaning: the vacant number, the short way too once a door is open."""
    both = pair()
    transaction = 0
    for _ in range(4):
        for dialed in ("9212000", ""):
            transaction += 1
            both.ask([query_octets(transaction=transaction, dialed=dialed)])
    assert both.fast.short >= 4


def test_every_sample_is_one_line_however_many_a_call_has(pair, query_octets):
    """Whoever stores them counts lines: a refused call has two samples, the attempt and its end."""
    both = pair()
    refused = [query_octets("9258341235", "2139692300", transaction=number) for number in range(5)]
    both.fast.answer_all(refused, "link", NOON)
    assert both.fast.short >= 3
    lines = both.fast.sample_lines()
    assert len(lines) == 10
    assert not any("\n" in line for line in lines)


NOON = parse("2001-01-17T12:00:00") * SECOND


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_query_proves_that_its_switch_is_there_however_quick_the_way(doubt, pair, query_octets):
    """Whatever was said of it before. Source: T1.112.4 clause 5."""
    both = pair()
    numbers, status = iter(range(1, 100)), both.fast.lower.status
    for round_ in range(3):
        both.ask([query_octets(transaction=next(numbers)) for _ in range(4)], (10 + round_) * SECOND)
        assert both.fast.short > 0
        both.ask([DOUBTS[doubt]()], (10 + round_) * SECOND + 1)
        assert status.refusal(SSP, 250) is not None
        both.ask([query_octets(transaction=next(numbers))], (10 + round_) * SECOND + 2)
        assert status.refusal(SSP, 250) is None

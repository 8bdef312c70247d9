"""Messages of every kind, in batches as they come: a server's node is the general node, octet for octet."""

import random

import pytest

from ain_scp.scp.fast.node import FastNode
from ain_scp.signaling.bcd import Digits
from kit.kinds import CONFIG, START, Beside, asked, compare, numbered


def test_the_golden_scenario_again_and_again(golden_program, messages):
    beside, number = Beside(golden_program), 0
    for step in (1_000_000, 1_000_000_000, 3_000_000_000) * 2:
        for octets in messages:
            number += 1
            beside.ask([numbered(octets, number)])
            beside.now += step
    assert len(messages) == 62


@pytest.mark.parametrize("seed", range(6))
def test_all_kinds_in_batches(golden_program, messages, seed):
    beside = compare(random.Random(seed), golden_program, messages, 300)
    assert beside.compared > 3_000


def number(digits, nature=3):
    return Digits(nature, 1, digits)


WALKED = {
    "unknown caller": (
        "infoAnalyzed",
        "5555550000",
        {"accessCode": number("7", 0), "collectedAddressInfo": number("9212000")},
    ),
    "no caller": (
        "infoAnalyzed",
        None,
        {"accessCode": number("7", 0), "collectedAddressInfo": number("9212000")},
    ),
    "emergency call": (
        "infoAnalyzed",
        "9258341234",
        {"accessCode": number("9", 0), "collectedAddressInfo": number("911")},
    ),
    "unknown host": ("terminationAttempt", "9258341234", {"calledPartyID": number("9257890000")}),
}


@pytest.mark.parametrize("kind", WALKED)
def test_refusals_emergency_calls_and_repetitions_are_read_once(golden_program, kind, monkeypatch):
    name, calling, more = WALKED[kind]
    beside = Beside(golden_program)
    queries = [asked(name, at, calling, **more) for at in range(1, 6)]
    beside.ask(queries[:1])  # the general way judges where answers go
    read = []
    monkeypatch.setattr(FastNode, "_general", lambda _node, octets, *_: read.append(octets) or [])
    beside.ask(queries[1:])
    if kind == "emergency call":
        beside.ask(queries)  # the same transactions: asked before
        assert beside.general.counters["replayed"] == 5
    assert not read


def test_the_innermost_part_takes_every_kind_itself(golden_program, messages):
    """All of the scenario's but those whose rules ask for the moment; STPs bring several switches under one point code."""
    core = pytest.importorskip(
        "ain_scp.scp.fast.core", reason="needs librt, which compiled installations have"
    )
    node, number = FastNode(golden_program, CONFIG, lambda: 5, innermost=core), 0
    for _ in range(6):
        for octets in messages:
            number += 1
            node.answer_all([numbered(octets, number)], "link", START + number * 1_000_000)
    inner, taken = node._path._core, 0
    for at, octets in enumerate(messages):
        inner.begin(START, number, 0)
        taken += inner.run([numbered(octets, 100_000 + at)], 0, [])
    assert taken == len(messages) - 2


def test_an_original_called_number_of_unknown_nature_teaches_nothing_about_the_national_one(golden_program):
    """The same digits: vacant with nature 0, a number to route to with nature 3; each is asked until it is known, after another number taught the shape."""
    beside, at = Beside(golden_program), 0
    for digits, nature in (("2137770100", 3), ("8097771235", 0), ("8097771235", 3)):
        for _ in range(4):
            at += 1
            query = asked(
                "terminationAttempt", at, "9258341234", triggerCriteriaType=15, bearerCapability=0,
                calledPartyID=number("9257893412"), originalCalledPartyID=number(digits, nature),
            )  # fmt: skip
            beside.ask([query])
            beside.now += 5_000_000_000

"""What the walk accepts, the general codecs accept, and both find the same; the rest is left to them."""

import random

import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import ber, m3ua
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import OPERATIONS, operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.flat.rows import ROWS, SLOT_OF
from ain_scp.signaling.flat.walk import QUERY, Flat
from ain_scp.signaling.tcap import decode_package, encode_package, invoke, query
from kit.kinds import asked, damaged, golden_messages
from kit.query import query_octets, wrapped

NUMBERS = (
    "callingPartyID",
    "calledPartyID",
    "chargeNumber",
    "accessCode",
    "collectedAddressInfo",
    "originalCalledPartyID",
)


@pytest.fixture(scope="module")
def messages():
    return golden_messages(lambda dataset: Program(compile_dataset(dataset), standard_plans()))


def as_codecs_find(octets, start, end):
    """Package, and the parameters of its one component; raises what the codecs raise. Addresses are judged elsewhere."""
    payload = m3ua.decode(octets).protocol_data.payload
    assert payload.endswith(octets[start:end])
    package = decode_package(octets[start:end])
    (component,) = package.components
    return package, component, decode_parameters(operation(component.code), component.parameter)


def agrees(flat, octets):
    """Whether all that was found by the walk is what the codecs find."""
    package, component, parameters = as_codecs_find(octets, flat.package_at, flat.package_end)
    at = flat.transaction_at
    assert flat.code == component.code
    assert flat.package != QUERY or octets[at : at + 4] == package.originating.to_bytes(4, "big")
    assert octets[flat.ids_at : flat.ids_at + flat.ids] == bytes([component.invoke_id or 0])[: flat.ids]
    for name in NUMBERS:
        assert flat.digits(name) == parameters.digits(name)
    for name in ("bearerCapability", "triggerCriteriaType"):
        assert flat.integer(name) == parameters.integer(name)
    assert flat.user_id() == parameters.user_id()
    assert flat.carrier("carrier") == parameters.carrier("carrier")
    for name, slot in SLOT_OF.items():
        assert bool(flat.at[slot]) == (name in parameters)


def test_every_message_of_a_call_is_plain(messages):
    flat = Flat()
    for octets in messages:
        assert flat.walk(octets)
        agrees(flat, octets)


def test_what_is_damaged_is_refused_or_found_alike(messages):
    chance, flat, taken = random.Random(15), Flat(), 0
    for _ in range(6_000):
        octets = damaged(chance, chance.choice(messages))
        if flat.walk(octets):
            agrees(flat, octets)
            taken += 1
    assert taken > 1_500


def test_every_octet_missing_at_the_end_is_noticed(messages):
    flat = Flat()
    for octets in messages[:6]:
        for size in range(len(octets)):
            short = octets[:size]
            assert not flat.walk(short)
            assert not flat.walk(short[:4] + size.to_bytes(4, "big") + short[8:])


def test_a_record_used_again_remembers_nothing():
    flat = Flat()
    assert flat.walk(query_octets(calling="9258341234", dialed="2137770100"))
    assert flat.walk(asked("infoAnalyzed", 1, None))
    assert flat.digits("callingPartyID") is None
    assert flat.digits("collectedAddressInfo") is None
    assert flat.user_id().digits == "0000000000"


@pytest.mark.parametrize(
    ("tag", "plain"), [(0x96, False), (0x97, False), (0x81, False), (0x9D, True), (0xB9, False)]
)
def test_what_an_operation_does_not_have(tag, plain):
    """It is skipped; but not what overload control reads in any operation, nor what has a structure of its own."""
    known = operation_named("terminationAttempt")
    values = {"userID": UserID(UserIDChoice.DN, "9258341234"), "bearerCapability": 0}
    argument = encode_parameters(known, values) + ber.element(bytes([tag]), b"\x03\x10\x21\x43")
    octets = wrapped(encode_package(query(1, invoke(known.code, argument, 1))))
    assert Flat().walk(octets) is plain
    assert decode_parameters(known, argument).unknown[0].tag == tag


def test_the_rows_are_those_of_the_operations():
    """Each parameter with a tag of its own has its place, and what must be there is asked for."""
    assert set(ROWS) == {one.code for one in OPERATIONS}
    for one in OPERATIONS:
        rows = ROWS[one.code]
        tags = {
            int.from_bytes(slot.identifier, "big"): slot for slot in one.slots if slot.identifier != b"\x30"
        }
        assert {tag: row[0] for tag, row in rows.by_tag.items()} == {
            tag: slot.index for tag, slot in tags.items()
        }
        assert all(ber.identifier(tag) == slot.identifier for tag, slot in tags.items())
        assert rows.need == sum({1 << slot.index for slot in one.slots if slot.mandatory})

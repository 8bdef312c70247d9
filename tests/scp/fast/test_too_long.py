"""A number that no answer can name is not routed: 01 and 14 or 15 digits, as a switch sends them (nature 0x73, A-261)."""

import pytest

from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.bcd import Digits
from ain_scp.terms.localtime import parse
from kit.query import package_of, query_octets
from kit.ways import Ways

NOW = parse("2001-01-17T10:00:00") * 1_000_000_000


@pytest.mark.parametrize(
    ("count", "called"), [(13, "014420794600012"), (14, "9255550100"), (15, "9255550100")]
)
def test_operator_international_numbers_at_their_longest(program_of, count, called):
    """The vacant number of the customer is 9255550100."""
    ways = Ways(program_of())
    for transaction in range(1, 7):
        number = Digits(0x73, 1, "442079460001234"[:count])
        octets = query_octets(transaction, calling="9258341240", access="9", collectedAddressInfo=number)
        (answer,) = ways.ask(octets, NOW)
        route = package_of(answer).components[0]
        assert decode_parameters(operation(route.code), route.parameter)["calledPartyID"].digits == called

"""Which translation is an emergency call: 911 as a service code, and nothing that only has its digits (A-103)."""

import pytest

from ain_scp.dialplan.public import N11_LISTED, N11_OTHER, emergency_call, is_emergency_call
from ain_scp.terms.decision import Translation
from ain_scp.terms.vocabulary import NON_INTERNATIONAL


@pytest.mark.parametrize(
    ("translation", "verdict"),
    [
        (Translation("911", None, special=N11_LISTED), True),
        (Translation("411", None, special=N11_LISTED), False),
        (Translation("511", None, special=N11_OTHER), False),
        (Translation("911", NON_INTERNATIONAL), False),
    ],
)
def test_911_is_an_emergency_call_as_a_service_code_alone(translation, verdict):
    assert is_emergency_call(translation) is verdict


@pytest.mark.parametrize(
    ("code", "dialed", "verdict"),
    [
        ("9", "911", True),
        (None, "9911", True),
        ("9", "00911", True),
        ("9", "411", False),
        ("9", "933", False),
    ],
)
def test_digits_that_mean_911_become_that_call(code, dialed, verdict):
    found = emergency_call(code, dialed)
    assert (found is not None) is verdict
    assert found is None or is_emergency_call(found)

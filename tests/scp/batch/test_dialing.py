"""Digits of one form are read alike, and the columns read them as the dialing plans do (A-023..A-039)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.dialplan.plans import unlisted
from ain_scp.dialplan.public import beginning, translate_public
from ain_scp.scp.batch.dialing import _ALONE, _AREA, _BY_MDP, _BY_SDP, Forms

CALLER = "9258341240"
STARTS = (
    "415777",
    "415950",
    "1212555",
    "911",
    "1911",
    "0911",
    "11",
    "0415",
    "011442079",
    "01144",
    "0111415",
    "101022",
    "411",
)
DIGITS = st.one_of(
    st.text("0123456789", max_size=18),
    st.tuples(st.sampled_from(STARTS), st.text("0123456789", max_size=9)).map("".join),
)


@pytest.fixture(scope="module")
def snapshot(program_of):
    return program_of().snapshot


@pytest.fixture(scope="module")
def forms(snapshot):
    return Forms(snapshot)


@given(digits=DIGITS, others=st.text("0123456789", min_size=18, max_size=18))
def test_digits_of_one_beginning_and_number_are_read_alike(forms, digits, others):
    start = beginning(digits)
    assert digits.startswith(start)
    assert forms._form(digits) == forms._form((start + others)[: len(digits)])


@pytest.mark.parametrize(("read", "flag"), [(unlisted, _BY_MDP), (translate_public, _BY_SDP)])
@given(digits=DIGITS)
def test_a_form_gives_the_number_that_the_plan_reads(snapshot, forms, read, flag, digits):
    expected = read(snapshot, CALLER, digits)
    at = int(forms.of(np.array([int("1" + digits)], np.int64))[0])
    flags = int(forms.flags[at])
    if forms.alone[at] & _ALONE:
        assert translate_public(snapshot, CALLER, digits) is not None
    elif expected is None:
        assert not flags & flag
    else:
        area = int(CALLER[:3]) * 10**7 if flags & _AREA else 0
        called = str(int("1" + digits) + int(forms.called[at]) + area)[1:]
        assert (called, forms.non[at] or None, forms.special[at]) == (
            expected.called_number, expected.non, expected.special,
        )  # fmt: skip


def test_many_forms_are_forgotten_and_met_again(snapshot, monkeypatch):
    monkeypatch.setattr("ain_scp.scp.batch.dialing._MAX_REMEMBERED", 4)
    forms = Forms(snapshot)
    for carrier in range(20):
        dialed = np.array([int(f"1101{carrier:04d}4155550100"), int("14155550100")])
        first, second = forms.of(dialed).tolist()
        assert (forms.cic[first], forms.cic[second]) == (carrier, -1)

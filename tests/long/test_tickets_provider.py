"""Checks of the provider left out, one at a time: a test notices each (C-012 to C-015)."""

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from tests.long import ticket_faults


@pytest.mark.slow
@pytest.mark.parametrize("fault", ticket_faults.of("provider"), ids=lambda one: one.name)
def test_a_check_left_out_fails_a_test(fault, tmp_path):
    assert ticket_faults.noticed(fault, tmp_path)

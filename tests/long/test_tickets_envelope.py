"""The long proofs of the envelope in their short forms: flips, and checks left out (C-012, C-013)."""

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from tests.long import flips, ticket_faults


def test_no_flip_truncation_or_splice_of_a_small_batch_is_accepted(capsys):
    assert flips.main(["--octets", "300", "--splices", "300", "--kind", "ec"]) == 0
    assert capsys.readouterr().out.count("0 accepted") == 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", ticket_faults.of("envelope"), ids=lambda one: one.name)
def test_a_check_left_out_fails_a_test(fault, tmp_path):
    assert ticket_faults.noticed(fault, tmp_path)

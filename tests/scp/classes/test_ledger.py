"""A pair of classes is judged once, and again only when there was no more room."""

import pytest

from ain_scp.ain.build import mode
from ain_scp.scp.classes import ledger
from ain_scp.terms.query import Query


def asked(program, dialed, bearer="SPEECH"):
    return program.decide(
        Query(
            "INFO_ANALYZED",
            "CDP_AC",
            "9258341234",
            979_725_600,
            access_code="9",
            dialed=dialed,
            bearer=bearer,
        )
    )


def test_calls_of_one_pair_share_what_was_judged(program_of):
    """Numbers, and bearers that are all voice, make no other pair."""
    program = program_of({"customers/GOLDEN/ubs": "ON"})
    first = asked(program, "2137770100")
    size = len(program.ledger)
    assert asked(program, "2137770199", "FAX").settled is first.settled
    assert len(program.ledger) == size
    assert asked(program, "2137770100", "UDI_64").settled is not first.settled


@pytest.mark.skipif(
    mode() != "interpreted", reason="compiled, the bound is a constant that no test can lower"
)
def test_the_ledger_forgets_when_it_is_full(program_of, monkeypatch):
    monkeypatch.setattr(ledger, "MAX_PAIRS", 2)
    program = program_of({"customers/GOLDEN/ubr": "ON"})
    seen = [
        asked(program, dialed).settled for dialed in ("2137770100", "4157770100", "8005550100", "2137770100")
    ]
    assert seen[0] == seen[3]
    assert len(program.ledger) <= 2

"""The decision alone: call context to response on the golden data set, without the wire.

Run: pytest benchmarks/test_decision.py --benchmark-enable --benchmark-only
"""

from pathlib import Path

import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.localtime import parse
from ain_scp.terms.query import Query

AT = parse("2001-01-17T10:00:00")
GOLDEN = Path(__file__).parent.parent / "examples" / "golden"

QUERIES = {
    "ubs": Query("INFO_ANALYZED", "CDP_AC", "9258341234", AT, access_code="7", dialed="9212000"),
    "rtl_leg_1": Query("INFO_ANALYZED", "CDP_AC", "9258341234", AT, access_code="7", dialed="14159215678"),
    "screened": Query("INFO_ANALYZED", "CDP_AC", "9258341235", AT, access_code="7", dialed="12139692300"),
    "blocked": Query("INFO_ANALYZED", "CDP_AC", "9258341240", AT, access_code="9", dialed="01174951234567"),
    "crs_by_time": Query("INFO_ANALYZED", "PRIBC", "9257884102", AT, access_code="9", dialed="12137770100"),
    "host": Query(
        "TERMINATION_ATTEMPT", "TAT", "9258341237", AT, called_party="9257895678",
        original_called_party="2127770100", original_called_non=3,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def program():
    dataset, _ = load_or_raise(GOLDEN)
    return Program(compile_dataset(dataset), standard_plans())


@pytest.mark.parametrize("kind", QUERIES)
def test_decide(kind, program, benchmark):
    query = QUERIES[kind]
    assert benchmark(program.decide, query) is not None

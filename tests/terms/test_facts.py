"""What a class of calls is, and what its outcome says of itself."""

import pytest

from ain_scp.terms.facts import CalledFacts, CallerFacts, Outcome

CALLER = CallerFacts("925", "CENTREX", 4, 0, 722, "CA", authorized=True)
CALLED = CalledFacts(3, True, "PBX", 0, False, "ORDINARY", "", 722, "CA", False, frozenset(), (-1,))


@pytest.mark.parametrize("facts", [CALLER, CALLED])
def test_equal_facts_are_one_class_and_any_other_fact_makes_another(facts):
    assert {facts: 1}[facts._replace()] == 1
    for name in facts._fields:
        assert facts._replace(**{name: "other"}) != facts


@pytest.mark.parametrize(
    ("outcome", "results", "response"),
    [
        (Outcome(route_kind="PSTN"), 0, "ANALYZE_ROUTE"),
        (Outcome(trunk_groups=("0000-0174", "0195-2000"), carriers=("0222",)), 12, "ANALYZE_ROUTE"),
        (Outcome(announcement="VACANT_NUMBER"), 0, "ANALYZE_ROUTE"),
        (Outcome(announcement="SCREENED"), 0, "SEND_TO_RESOURCE"),
    ],
)
def test_what_an_outcome_says_of_itself(outcome, results, response):
    """Source: A-170 (ASF results), A-056 (a vacant number is routed to), table 4.7."""
    assert (outcome.asf_results, outcome.response_type) == (results, response)

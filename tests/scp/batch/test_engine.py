"""The columns decide every call as `Program.decide` does, whatever the data set."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ain_scp.scp.batch.attempts import attempts_of
from ain_scp.scp.batch.engine import Engine

GOLDEN = "customers/GOLDEN/"
FLAG = st.sampled_from(("ON", "OFF"))
NUMBER = st.sampled_from(("9258341235", "4159212000", "8005550123", "9005550199", "2125557000", "7025551234"))
RULES = [
    {"if": {"ctc": [131, 231, 201], "percent": 30}, "trunk_groups": ["0000-0301"], "carriers": []},
    {"if": {"npa": ["415", "213"], "percent": 50}, "trunk_groups": [], "carriers": ["0222"]},
    {"if": {"dow": [6, 7], "tod": ["22:00", "06:00"]}, "trunk_groups": [], "carriers": []},
    {"if": {"tod": ["08:00", "17:00"]}, "trunk_groups": ["0000-0302"], "carriers": ["0333"]},
]
OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        GOLDEN + "ocs": st.booleans(),
        GOLDEN + "split_interstate": st.booleans(),
        GOLDEN + "default_privilege_class": st.integers(1, 8),
        GOLDEN + "ubs": FLAG,
        GOLDEN + "ubr": FLAG,
        GOLDEN + "rbr": FLAG,
        GOLDEN + "emergency/active": st.booleans(),
        GOLDEN + "mdp/7770001": st.fixed_dictionaries({"number": NUMBER, "non": st.just(3)}),
        GOLDEN + "mdp/7770002": st.just({"number": "8341299", "non": 1}),
        GOLDEN + "blocking/domestic": st.lists(st.sampled_from(("415", "925834", "9258341235", "213", "2125550100")), unique=True),
        GOLDEN + "blocking/800": st.lists(st.sampled_from(("800555", "8005550123", "888976")), unique=True),
        GOLDEN + "asf_profiles/CONCORD/rules": st.just(RULES),
        GOLDEN + "asf_profiles/WALNUT/rules": st.just(RULES),
        GOLDEN + "asf_originating/2": st.just("SF"),
        "ctc_table/261/asf_treatment": st.just("BLOCK"),
        "ctc_table/281/asf_treatment": st.just("BLOCK"),
        "ctc_table/262/blocking_type": st.just("domestic"),
        "ctc_table/201/privilege": st.just("NNNNNNNN"),
        "bearer_is_voice/UDI_64": st.booleans(),
    },
)  # fmt: skip


@settings(
    derandomize=True,
    deadline=None,
    max_examples=8,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
@given(OVERRIDES, st.integers(0, 2**32))
def test_every_field_of_every_decision_is_that_of_the_program(program_of, caller, as_fields, overrides, seed):
    program = program_of(overrides)
    engine = Engine(program)
    attempts = attempts_of(queries := caller(program, seed).queries(500))
    verdicts = engine.decide(attempts)
    for row, query in enumerate(queries):
        expected = as_fields(program.decide(query))
        assert as_fields(engine.decision(attempts, verdicts, row)) == expected, (
            query.calling_party,
            query.dialed,
        )


@pytest.mark.parametrize("count", [0, 1, 2, 700])
def test_any_number_of_calls_is_a_chunk(program_of, caller, count):
    program = program_of()
    attempts = attempts_of(caller(program, 1).queries(count))
    assert len(Engine(program).decide(attempts).outcome) == count


def test_a_plan_of_a_plug_in_is_asked_call_by_call(program_of, caller, as_fields):
    from ain_scp.dialplan.plans import standard_plans
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.terms.decision import Translation

    class Reverse:
        """Dials a number backwards."""

        name, step = "REVERSE", "s110"

        def translate(self, snapshot, customer, calling, dialed, trace):
            return Translation(dialed[::-1], 3) if len(dialed) == 10 else None

    snapshot = program_of({GOLDEN + "access_codes/5": "SDP"}).snapshot
    for customer in snapshot.customers:
        if customer.name == "GOLDEN":
            customer.access_codes["5"] = "REVERSE"
    program = Program(snapshot, {**standard_plans(), "REVERSE": Reverse()})
    engine = Engine(program)
    attempts = attempts_of(queries := caller(program, 5).queries(2000))
    verdicts = engine.decide(attempts)
    reversed_calls = 0
    for row, query in enumerate(queries):
        decided = program.decide(query)
        reversed_calls += getattr(decided, "plan", None) == "REVERSE"
        assert as_fields(engine.decision(attempts, verdicts, row)) == as_fields(decided)
    assert reversed_calls > 20


def test_queries_laid_out_as_columns_come_back(program_of, caller):
    queries = caller(program_of(), 3).queries(300)
    attempts = attempts_of(queries)
    for row, query in enumerate(queries):
        again = attempts.query(row)
        for name in ("calling_party", "dialed", "time", "access_code", "trunk_group", "bearer", "draw"):
            assert getattr(again, name) == getattr(query, name)

"""The reference evaluator, the product beside it, and what every decision must hold to.

Source: acceptance schema (invariants), D-003.
"""

import importlib.util
import json
import random
import sys
import tempfile
from pathlib import Path

import msgspec
import pytest

HERE = Path(__file__).parent


def beside(name):
    """A module of this folder that is no test; tests import none from each other."""
    spec = importlib.util.spec_from_file_location(f"service_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def reference():
    """A function: data set as JSON, query, draw -> the decision as JSON without steps, or {"error": ...}."""
    for name in ("scans", "facts"):
        beside(name)
    return beside("reference").evaluate


@pytest.fixture(scope="session")
def calls_of():
    """A class: data set -> `make(chance)`, one query worth asking."""
    return beside("calls").Calls


@pytest.fixture(scope="session")
def generated():
    """`changed(chance, base, parts)` makes a legal data set; PARTS names what it can replace."""
    return beside("generated")


@pytest.fixture(scope="session")
def product_of():
    """A function: data set as JSON -> a function like `reference` that asks the product.

    The whole way is taken: files on disk, checks, compiled snapshot, service logic, JSON. Each query is decided twice,
    with a trace and without; both must be the same decision. A refused data set fails with its problems.
    """
    from ain_scp.dialplan.plans import standard_plans
    from ain_scp.provisioning.compile import compile_dataset
    from ain_scp.provisioning.loader import load
    from ain_scp.scp.service_logic.decision_json import QueryForm, answer_line, query_of
    from ain_scp.scp.service_logic.program import Program
    from ain_scp.terms.trace import Trace
    from kit.json_data_set import dataset_from_json

    def make(data):
        with tempfile.TemporaryDirectory(prefix="service") as folder:
            loaded = load(dataset_from_json(data, Path(folder) / "set"))
        refused = [str(problem) for problem in loaded.problems if problem.severity == "error"]
        assert loaded.dataset is not None, "\n".join(refused)
        program = Program(compile_dataset(loaded.dataset), standard_plans())

        def ask(query, draw=0):
            asked, trace = query_of(msgspec.convert(query, QueryForm), draw), Trace()
            result = program.decide(asked, trace)
            answer = answer_line(None, result, trace)
            if answer.decision is None:
                return {"error": answer.error}
            assert result.sampled == ("s216" in answer.decision.path)
            answer.decision.steps = []
            untraced = answer_line(None, program.decide(asked), None).decision
            untraced.path = answer.decision.path
            assert untraced == answer.decision
            found = json.loads(msgspec.json.encode(answer.decision))
            del found["steps"]
            return found

        return ask

    return make


def invariants(data, query, decision):
    """What the acceptance schema says of every decision."""
    route, response, path = decision["route"], decision["response"], decision["path"]
    host = query["message"] == "TERMINATION_ATTEMPT"
    trunks, carriers, flag = (response[key] for key in ("trunk_groups", "carriers", "ama_slp_id"))
    assert len(trunks) <= 3
    assert len(carriers) <= 3
    assert route["asf_results"] == 10 * len(carriers) + len(trunks)
    assert route["kind"] in ("CRS", "CCS", "CRS_CCS", "ASF_RTL_HOST") or not route["asf_results"]
    trigger = data["triggers"][query["called_party"] if host else query["calling_party"]]
    values = data["customers"][trigger["customer"]]["ama_slp_ids"]
    assert flag in (None, *values.values())
    assert flag != values["RBR"] or route["kind"] == "ASF_RTL"
    assert flag not in (values["UBS"], values["UBR"]) or route["kind"] == "PSTN"
    if response["type"] == "SEND_TO_RESOURCE":
        assert (response["called_party_id"], trunks, carriers, flag) == (None, [], [], None)
        assert response["announcement"] is not None
    assert decision["screening"] != "DENY" or decision["blocking"] == "NOT_RUN"
    assert not decision["blocking"].startswith("BLOCK_") or route["kind"] == "NONE"
    assert path[-1] == "s218"
    assert path.count("s216") <= 1 - host


@pytest.fixture(scope="session")
def disagreements(reference, calls_of):
    """A function: data set, product, seed, count -> (the calls on which the two differ, how often each result came).

    What the schema says of every decision is checked on the way.
    """

    def compare(data, ask, seed, count):
        chance, calls, differ, seen = random.Random(seed), calls_of(data), [], {}
        for _ in range(count):
            query, draw = calls.make(chance), chance.randrange(10_000)
            expected, found = reference(data, query, draw), ask(query, draw)
            if "error" in expected or "error" in found:
                assert ("error" in expected) == ("error" in found), (query, expected, found)
                continue
            invariants(data, query, found)
            if expected != found:
                keys = [key for key in expected if expected[key] != found[key]]
                differ.append((query, draw, {key: (expected[key], found[key]) for key in keys}))
            kind = expected["route"]["kind"], expected["response"]["announcement"], expected["ctc"]
            seen[kind] = seen.get(kind, 0) + 1
        return differ, seen

    return compare

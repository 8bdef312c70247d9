"""Every worked case of the services beside the dialing plan's: findings, decisions, octets, deltas, calls."""

import itertools
import json
import re
import shutil
from pathlib import Path

import pytest

from ain_scp.provisioning.loader import load

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "services"
CASES = json.loads((HERE / "cases.json").read_text())["cases"]


def of_kind(kind):
    cases = [case for case in CASES if case["kind"] == kind]
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


@pytest.fixture(scope="session")
def dataset_of(tmp_path_factory):
    """A function: a case -> the data set it is about; cases without replacements share one."""
    made = {}

    def make(case):
        replace = case.get("replace", {})
        key = json.dumps(replace, sort_keys=True)
        if key not in made:
            root = tmp_path_factory.mktemp("services") / "set"
            shutil.copytree(ROOT / "examples" / "golden", root, copy_function=shutil.copyfile)
            shutil.copytree(HERE / "golden", root, dirs_exist_ok=True, copy_function=shutil.copyfile)
            for file, text in replace.items():
                (root / file).write_text(text, encoding="utf-8")
            made[key] = root
        return made[key]

    return make


def in_services(problem):
    return problem.file.startswith("services") or problem.file == "network/services.csv"


@of_kind("check")
def test_a_check_finds_exactly_what_is_wrong_in_the_services_files(case, dataset_of):
    found = [
        [one.rule, one.file, one.line, one.severity]
        for one in load(dataset_of(case)).problems
        if in_services(one)
    ]
    assert sorted(found) == sorted(case["expect"]["findings"])


def test_the_golden_data_set_has_no_finding(dataset_of):
    assert [one for one in load(dataset_of({})).problems if in_services(one)] == []


@pytest.fixture(scope="session")
def service_program_of(dataset_of):
    """A function: a case -> the service logic over its data set."""
    from ain_scp.ain.dataset import program_of
    from ain_scp.provisioning.compile import compile_dataset

    made = {}

    def make(case):
        root = dataset_of(case)
        if root not in made:
            loaded = load(root)
            assert loaded.dataset is not None, "\n".join(map(str, loaded.problems))
            made[root] = program_of(compile_dataset(loaded.dataset))
        return made[root]

    return make


def judged(expected, found):
    """What of an answer a case judges: the fields that it gives."""
    if isinstance(expected, dict):
        return {key: judged(value, found.get(key)) for key, value in expected.items()}
    return found


def asked(program, query):
    import msgspec

    from ain_scp.scp.service_logic.asking import answer_of
    from ain_scp.scp.service_logic.decision_json import QueryForm
    from ain_scp.terms.trace import Trace

    form = msgspec.convert(query, QueryForm)
    line = json.loads(msgspec.json.encode(answer_of(program, "id", form, 0, Trace())))
    assert ("error_cause" in line) == ("decision" not in line and "service" in line)
    return line if "error_cause" in line else line.get("decision", {"service": None})


@of_kind("query")
def test_a_query_is_decided_as_expected_in_every_field(case, service_program_of):
    found = asked(service_program_of(case), case["query"])
    assert judged(case["expect"], found) == case["expect"]


@pytest.mark.parametrize(
    ("by", "called", "service"),
    [
        ({"ssn": 248}, "4159212000", "TOLLFREE"),
        ({"ssn": 248}, "8005551234", "TOLLFREE"),
        ({"trigger_criteria": 4}, "4159212000", None),
        ({"trigger_criteria": 4}, "8005551234", "TOLLFREE"),
    ],
)
def test_a_toll_free_service_asked_by_address_answers_for_any_number(by, called, service, service_program_of):
    query = {"message": "INFO_ANALYZED", "calling_party": "9258341234", "time": "2001-01-17T10:00:00", **by}
    found = asked(service_program_of({}), {**query, "called_party": called})
    assert found.get("service") == service


STEPS = {
    ("LNP", "PORTED"): "P2P3P6",
    ("LNP", "POOLED"): "P2P3P4P6",
    ("LNP", "NOT_PORTED"): "P2P3P5P6",
    ("LNP", "NOT_PORTABLE"): "P2P3P5P6",
    **dict.fromkeys(
        itertools.product(["TOLLFREE"], ["INTRALATA", "INTERLATA", "TURNAROUND", "ANNOUNCED"]), "F2F3(F4)?F7"
    ),
    **dict.fromkeys(itertools.product(["TOLLFREE"], ["DISCONNECTED", "VACANT"]), "F2F3F7"),
    **dict.fromkeys(itertools.product(["TERMINATING"], ["AUTHORIZED", "ANNOUNCED"]), "(N1)*(N4)?(N1)?N5"),
    **dict.fromkeys(itertools.product(["TERMINATING"], ["FORWARDED", "LOOP", "REJECTED"]), "N1N1N5"),
}
"""Which steps each outcome rests on."""


@of_kind("query")
def test_a_decision_names_the_row_that_selected_its_service_and_its_own_steps(case, service_program_of):
    found = asked(service_program_of(case), case["query"])
    if found.get("service") is not None and "error_cause" not in found:
        steps = found["steps"]
        assert steps[0]["step"] == "L100"
        assert steps[0]["row"].startswith("network/services.csv:")
        taken = "".join(step["step"] for step in steps[1:])
        assert re.fullmatch(STEPS[found["service"], found["outcome"]], taken)
        assert found["outcome"] in steps[-1]["found"]


def test_every_query_case_passes_through_the_command_in_one_stream(ain, dataset_of):
    cases = [case for case in CASES if case["kind"] == "query" and "replace" not in case]
    lines = "".join(json.dumps({"id": case["id"], "query": case["query"]}) + "\n" for case in cases)
    done = ain("explain", dataset_of({}), "--queries", "-", "--json", stdin=lines)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [case["id"] for case in cases]
    for case, answer in zip(cases, answers, strict=True):
        found = answer if "error_cause" in answer else answer.get("decision", {"service": None})
        assert judged(case["expect"], found) == case["expect"], case["id"]


@of_kind("wire")
@pytest.mark.parametrize("kind", ["general", "fast"])
def test_the_octets_of_the_answer_are_the_expected_ones(case, kind, service_program_of):
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.counters import discrepancies
    from ain_scp.scp.fast.node import FastNode
    from ain_scp.scp.node import ScpNode
    from ain_scp.signaling import m3ua, sccp
    from ain_scp.terms.localtime import parse
    from kit.query import wrapped

    make = {"general": ScpNode, "fast": FastNode}[kind]
    node = make(service_program_of(case), NodeConfig(notify=False), lambda: 0)
    now = parse("2001-01-17T10:00:00") * 1_000_000_000
    for transaction in range(1, 4):  # the same query again and again, with transactions of its own
        first = bytes.fromhex(case["query_hex"])
        octets = wrapped(first.replace(b"\x0a\x00\x00\x01", bytes((10, 0, 0, transaction)), 1))
        node.receive(octets, "STP", now)
        ((_, out),) = node.octets_to_send()
        package = sccp.decode(m3ua.decode(out).protocol_data.payload).data
        expected = bytes.fromhex(case["answer_hex"])
        assert package == expected.replace(b"\x0a\x00\x00\x01", bytes((10, 0, 0, transaction)), 1)
    assert discrepancies(node.counters) == []


DIALING = json.loads((Path(__file__).parent / "cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", DIALING, ids=[case["id"] for case in DIALING])
def test_the_dialing_plan_decides_as_before_beside_services(case, decide, service_program_of):
    if case.get("overrides"):
        return  # other data sets; the services lie over the golden one
    with_services = asked(service_program_of({}), case["query"])
    assert with_services == decide(case["query"])


def test_a_data_set_without_services_asks_no_service(program_of):
    assert program_of().services is None


def test_a_service_is_found_by_subsystem_and_by_translation_type_and_answers_from_there(service_program_of):
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.node import ScpNode
    from ain_scp.signaling import m3ua, sccp
    from kit.query import SCP, SSP

    query = bytes.fromhex(next(case for case in CASES if case["id"] == "LN25")["query_hex"])
    by_title = sccp.GlobalTitle(11, "2135551234")
    node = ScpNode(service_program_of({}), NodeConfig(notify=False), lambda: 0)
    for at, (called, answers_from) in enumerate((
        (sccp.Address(247, SCP), 247),
        (sccp.Address(None, SCP, by_title, route_on_ssn=False), 250),
        (sccp.Address(250, SCP), 250),
    )):  # fmt: skip
        asked = query.replace(b"\x9f\x34\x01\x25", b"\x9f\x34\x01\x06")
        asked = asked.replace(b"\x0a\x00\x00\x01", bytes((10, 0, 1, at)))
        unit = sccp.UnitData(called, sccp.Address(250, SSP), asked)
        node.receive(m3ua.data(SSP, SCP, 3, 2, 0, 5, sccp.encode(unit), 100), "STP", 0)
        ((_, out),) = node.octets_to_send()
        answer = sccp.decode(m3ua.decode(out).protocol_data.payload)
        assert answer.calling == sccp.Address(answers_from, SCP)
        lrn_found = bytes.fromhex("8f070310235355") in answer.data
        assert lrn_found == (called.ssn != 250)  # by criteria 6 alone it is no service's
    node.receive(
        m3ua.data(
            SSP,
            SCP,
            3,
            2,
            0,
            5,
            sccp.encode(sccp.UnitData(sccp.Address(246, SCP), sccp.Address(250, SSP), query)),
            100,
        ),
        "STP",
        0,
    )
    assert node.octets_to_send() == []
    assert node.counters["dropped_sccp_unequipped_user"] == 1


@of_kind("delta")
def test_a_delta_file_changes_answers_whole(case, dataset_of, tmp_path):
    from ain_scp.ain.dataset import open_program

    root = tmp_path / "set"
    shutil.copytree(dataset_of(case), root, copy_function=shutil.copyfile)

    def answers(questions):
        program = open_program(root)
        time = {"time": "2001-01-17T10:00:00", "message": "INFO_ANALYZED", "trigger_criteria": 37}
        return [
            asked(program, time | {"calling_party": "9258341277", "called_party": one["called_party"]})[
                "response"
            ]["called_party_id"]
            for one in questions
        ]

    assert answers(case["before"]) == [one["called_party_id"] for one in case["before"]]
    (root / "services" / "lnp" / "delta").mkdir()
    (root / "services" / "lnp" / "delta" / "2001-01-17.csv").write_text(case["delta"])
    assert answers(case["after"]) == [one["called_party_id"] for one in case["after"]]


def toml(table):
    """A table of a scenario as TOML text."""
    lines = []
    for key, value in table.items():
        text = value if key == "at" else json.dumps(value)
        if isinstance(value, dict):
            text = "{ " + ", ".join(f"{name} = {json.dumps(one)}" for name, one in value.items()) + " }"
        lines.append(f"{key} = {text}")
    return "\n".join(lines) + "\n"


def found_at(call, path):
    """The value of a call at a dotted path."""
    for name in path.split("."):
        call = call[name]
    return call


@of_kind("scenario")
@pytest.mark.parametrize("transport", ["memory", pytest.param("udp", marks=pytest.mark.slow)])
def test_a_call_goes_as_expected(case, transport, dataset_of, ain, tmp_path):
    text = f'dataset = "{dataset_of(case)}"\n'
    if "network" in case:
        text += "[network]\n" + toml(case["network"])
    text += '[[call]]\nid = "one"\n' + toml(case["call"])
    (tmp_path / "scenario.toml").write_text(text)
    done = ain("run", tmp_path / "scenario.toml", "--json", "--transport", transport)
    assert done.returncode == 0, done.stderr + done.stdout
    (call,) = json.loads(done.stdout)["calls"]
    for path, wanted in case["expect"].items():
        got = found_at(call, path)
        if path == "iams":
            got = [judged(one, two) for one, two in zip(wanted, got, strict=True)]
        elif isinstance(wanted, dict):
            got = judged(wanted, got)
        assert got == wanted, (path, call["iams"], call["queries"])

"""Every fault once reported, with its right result: one folder a fault, one `case.toml` a folder.

    title = "A batch that could decide no call does not pass."
    rule = "D-006: a comparison says how many it compared"

    [data]                                            # optional: `data` is a copy of examples/golden, changed
    append = { "customers/GOLDEN/mdp.csv" = "mdp-row.csv" }      # the rows of a file of this folder, without its header
    replace = { "customers/GOLDEN/mdp.csv" = [["9212000,4159212000", "9212000,4159213000"]] }
    write = { "network/rates.toml" = "rates.toml" }              # a whole file

    [[run]]                                           # steps in order, in a new directory with the folder's files,
    command = "ain explain data --from 9258341234"    # `examples`, and `data`; {FILE} stands for the text of a file
    exit = 2
    says = ["--dial"]                                 # each stands on standard output or standard error
    silent = ["Traceback"]                            # none of these does
    json = { "decision.ctc" = 231 }                   # values of the last JSON line on standard output, by dotted path

    [[ask]]                                           # one message to a node in this process
    hex = "query.hex"                                 # M3UA, as a datagram
    dataset = "examples/golden"                       # the default
    at = 2001-01-17T10:00:00                          # the default
    answers = 1                                       # how many messages come back
    says = ["calledPartyID"]                          # stands in the answers as `ain decode` shows them
    silent = ["4159212000"]

No step may end in an exception, and a node has an outcome for every message.
"""

import json
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.dataset import open_program
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import discrepancies
from ain_scp.scp.node import ScpNode
from ain_scp.terms.localtime import parse

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
CASES = sorted(path.parent.name for path in HERE.glob("*/case.toml"))
SECOND_NS = 1_000_000_000
KEYS = {
    "case": {"title", "rule", "data", "run", "ask"},
    "data": {"append", "replace", "write"},
    "run": {"command", "exit", "says", "silent", "json"},
    "ask": {"hex", "dataset", "at", "answers", "says", "silent"},
}


def read(name):
    """The case of a folder; a key that the runner does not know is a fault of the case."""
    case = tomllib.loads((HERE / name / "case.toml").read_text())
    for kind, tables in (
        ("case", [case]),
        ("data", [case.get("data", {})]),
        *((kind, case.get(kind, [])) for kind in ("run", "ask")),
    ):
        assert all(set(table) <= KEYS[kind] for table in tables), f"{name}: unknown key in [{kind}]"
    assert case["title"]
    assert case.get("run") or case.get("ask"), f"{name}: no step"
    return case


def lay_out(name, case, place):
    """The directory of a case: its files, the examples, and the data set it changes."""
    shutil.copytree(HERE / name, place, dirs_exist_ok=True)
    (place / "examples").symlink_to(EXAMPLES)
    data = case.get("data")
    if data is None:
        return
    shutil.copytree(EXAMPLES / "golden", place / "data")
    for target, source in data.get("write", {}).items():
        shutil.copy(HERE / name / source, place / "data" / target)
    for target, source in data.get("append", {}).items():
        _, *rows = (HERE / name / source).read_text().splitlines(keepends=True)
        with (place / "data" / target).open("a") as file:
            file.writelines(rows)
    for target, pairs in data.get("replace", {}).items():
        path = place / "data" / target
        text = path.read_text()
        for old, new in pairs:
            assert old in text, f"{name}: {target} has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text)


def ain(command, place):
    """Run a command line in this process: exit code and both streams."""
    first, *words = shlex.split(command)
    assert first == "ain"
    words = [
        (place / word[1:-1]).read_text().strip() if word.startswith("{") and word.endswith("}") else word
        for word in words
    ]
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(cli, words, prog_name="ain")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def value_at(document, path):
    """The value at `legs.0.ctc`."""
    for part in path.split("."):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def judge(step, text):
    for words in step.get("says", []):
        assert words in text, f"{words!r} is not in:\n{text}"
    for words in step.get("silent", []):
        assert words not in text, f"{words!r} is in:\n{text}"


def run(step, place):
    code, out, err = ain(step["command"], place)
    assert code == step.get("exit", 0), f"exit {code}:\n{out}{err}"
    judge(step, out + err)
    last = json.loads(out.splitlines()[-1]) if "json" in step else None
    for path, value in step.get("json", {}).items():
        assert value_at(last, path) == value, path


def ask(step, place):
    program = open_program(place / step.get("dataset", "examples/golden"))
    node = ScpNode(program, NodeConfig(), lambda: 0)
    at = step["at"].isoformat() if "at" in step else "2001-01-17T10:00:00"
    node.receive(bytes.fromhex((place / step["hex"]).read_text()), "STP", parse(at) * SECOND_NS)
    answers = [octets for _, octets in node.octets_to_send()]
    assert len(answers) == step.get("answers", 1)
    judge(step, "".join(ain(f"ain decode {octets.hex()}", place)[1] for octets in answers))
    assert discrepancies(node.counters, node.in_flight) == []


@pytest.mark.parametrize("name", CASES)
def test_a_fault_once_reported_stays_mended(name, tmp_path, monkeypatch):
    case = read(name)
    lay_out(name, case, tmp_path)
    monkeypatch.chdir(tmp_path)
    for step in case.get("ask", []):
        ask(step, tmp_path)
    for step in case.get("run", []):
        run(step, tmp_path)


def test_every_folder_here_is_a_case():
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders == set(CASES)

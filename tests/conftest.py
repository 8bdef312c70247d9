"""What every room's tests share: the acceptance data set, and a program over it with values overridden."""

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from kit.overrides import changed

# no test ends by the clock or by chance
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

ROOT = Path(__file__).parent.parent
ACCEPTANCE = ROOT / "tests" / "acceptance"


def pytest_configure():
    """Commands that tests start can be interrupted, though a shell that started the tests in the background ignores it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    """Where files are given to processes in this order, those with the longest tests begin, and none of them is left for the end."""
    if getattr(config.option, "loadscopereorder", True):
        return
    slow, tests = Counter(), Counter()
    for item in items:
        slow[item.path] += item.get_closest_marker("slow") is not None
        tests[item.path] += 1
    items.sort(key=lambda item: (slow[item.path] == 0, -tests[item.path], str(item.path)))


@pytest.fixture(scope="session")
def provisioning():
    """The acceptance data set as JSON; tests change copies."""
    return json.loads((ACCEPTANCE / "provisioning.json").read_text())


@pytest.fixture(scope="session")
def program_of(provisioning, tmp_path_factory):
    """A function: overrides {"path/with/slashes": value} -> the service logic over the changed data set.

    The whole way is taken, from files on disk through the checks to the compiled snapshot. A value of DELETE removes.
    """
    from ain_scp.dialplan.plans import standard_plans
    from ain_scp.provisioning.compile import compile_dataset
    from ain_scp.provisioning.loader import load
    from ain_scp.scp.service_logic.program import Program
    from kit.json_data_set import dataset_from_json

    made = {}

    def make(overrides=None):
        key = json.dumps(overrides or {}, sort_keys=True)
        if key not in made:
            directory = tmp_path_factory.mktemp("dataset") / "set"
            loaded = load(dataset_from_json(changed(provisioning, overrides), directory))
            assert loaded.dataset is not None, "\n".join(map(str, loaded.problems))
            made[key] = Program(compile_dataset(loaded.dataset), standard_plans())
        return made[key]

    return make


@pytest.fixture(scope="session")
def decide(program_of):
    """A function: query fields, overrides -> the decision as JSON, path and steps included."""
    import msgspec

    from ain_scp.scp.service_logic.decision_json import QueryForm, answer_line, query_of
    from ain_scp.terms.trace import Trace

    def ask(query, overrides=None, draw=0):
        fields = {
            "message": "INFO_ANALYZED",
            "trigger": "CDP_AC",
            "calling_party": "9258341234",
            "access_code": "7",
            "dialed": "9212000",
            "time": "2001-01-17T10:00:00",
        } | query
        trace = Trace()
        asked = query_of(msgspec.convert(fields, QueryForm), draw)
        answer = json.loads(
            msgspec.json.encode(answer_line(None, program_of(overrides).decide(asked, trace), trace))
        )
        assert "decision" in answer, answer
        return answer["decision"]

    return ask


@pytest.fixture(scope="session")
def ain():
    """A function: arguments -> the finished `ain` process (text), run by this interpreter."""
    from kit.prestarted import Prestarted

    prestarted = Prestarted()

    def run(*arguments, stdin=None):
        environment = {**os.environ, "PYTHONWARNINGS": "error", "NO_COLOR": "1"}
        return prestarted.run([*map(str, arguments)], ROOT, environment, stdin)

    yield run
    prestarted.close()


@pytest.fixture(scope="session")
def charging_dataset(tmp_path_factory):
    """A function: edits of a worked case -> a copy of the charging data set with them; equal edits share one copy.

    `append` adds lines to a file, `replace` gives a file its lines, `replace_in` puts one text in the place of another.
    """
    import shutil

    made = {}

    def write(root, case):
        for file, rows in case.get("replace", {}).items():
            (root / file).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        for file, rows in case.get("append", {}).items():
            before = (root / file).read_text(encoding="utf-8") if (root / file).exists() else ""
            text = "".join(f"{row}\n" for row in rows)
            (root / file).write_text(f"{before.rstrip()}\n{text}".lstrip(), encoding="utf-8")
        for file, (old, new) in case.get("replace_in", {}).items():
            text = (root / file).read_text(encoding="utf-8")
            assert old in text, f"{file}: {old!r} is not there"
            (root / file).write_text(text.replace(old, new), encoding="utf-8")

    def make(case):
        edits = {key: case[key] for key in ("replace", "append", "replace_in") if key in case}
        key = json.dumps(edits, sort_keys=True)
        if key not in made:
            root = tmp_path_factory.mktemp("charging") / "set"
            shutil.copytree(ROOT / "examples" / "charging", root, copy_function=shutil.copyfile)
            shutil.rmtree(root / "customers" / "BRONZE")  # the worked cases know GOLDEN and SILVER alone
            shutil.copyfile(ROOT / "examples/golden/network/triggers.csv", root / "network" / "triggers.csv")
            write(root, edits)
            made[key] = root
        return made[key]

    return make

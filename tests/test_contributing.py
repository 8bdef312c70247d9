"""What CONTRIBUTING.md says a newcomer does, done on a copy of the tree: no other file is touched."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
ROOMS = [place.parent.name for place in ROOT.glob("*/py.typed")]
CUSTOMER = "customers/GOLDEN"

ASK = """
import itertools, json, sys
from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.scp.service_logic.decision_json import decision_form
from ain_scp.scp.service_logic.otherwise import changes
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.localtime import parse
from ain_scp.terms.query import Query
from kit.query import query_octets

program = Program(compile_dataset(load_or_raise(sys.argv[1])[0]), standard_plans())
answers = []
for number, at in itertools.product(sys.argv[3].split(), sys.argv[4].split()):
    query = Query("INFO_ANALYZED", "CDP_AC", sys.argv[2], parse(at), access_code="9", dialed=number)
    general, fast = (kind(program, NodeConfig(), lambda: 0) for kind in (ScpNode, FastNode))
    for turn in range(4):
        octets, now = query_octets(turn + 1, number, calling=sys.argv[2], access="9"), parse(at) * 10**9
        general.receive(octets, "STP", now)
        expected = [answer for _, answer in general.octets_to_send()]
        assert fast.answer_all([octets], "STP", now) == expected, number
    form = decision_form(program.decide(query))
    would = [change.text for change in changes(program, query)]
    answers.append((form.blocking, form.response.announcement, form.route.kind, would))
print(json.dumps(answers))
"""


def example(heading):
    """The code block of a chapter."""
    chapter = GUIDE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.search(r"```python\n(.*?)```", chapter, re.DOTALL)[1]


def edit(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1, (file, old)
    file.write_text(text.replace(old, new))


@pytest.fixture
def copy(tmp_path):
    """A copy of the product's rooms, and beside it one of the golden data set."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    package = tmp_path / "src" / "ain_scp"
    shutil.copytree(
        ROOT / "src" / "ain_scp", package, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "examples" / "golden", tmp_path / "golden")
    return tmp_path


def asked(copy, calling, numbers, times="2001-01-17T10:00:00"):
    """Every number at every time, decided by the copy; the general and the fast node answer in the same octets."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, copy / "golden", calling, numbers, times],
        env={**os.environ, "PYTHONPATH": f"{copy / 'src'}:{ROOT / 'tests'}"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_blocking_type_is_two_words_and_a_row(copy):
    edit(
        copy / "terms/vocabulary.py",
        '    "BLOCK_EMERGENCY",\n',
        '    "BLOCK_EMERGENCY",\n    "BLOCK_PREMIUM",\n',
    )
    edit(
        copy / "terms/vocabulary.py",
        '    "ALL_CIRCUITS_BUSY",\n',
        '    "ALL_CIRCUITS_BUSY",\n    "BLOCKED_PREMIUM",\n',
    )
    last = '"BLOCK_800", "BLOCKED_800"),\n'
    edit(copy / "terms/blocking.py", last, f"{last}    {example('How to add a blocking type').strip()},\n")
    calls = copy / "golden/network/call_types.csv"
    edit(
        calls,
        "209,Off-net 900/976,domestic,BLOCK,N,N,N,N,N,N,N,N",
        "209,Off-net 900/976,premium,PSTN,Y,Y,Y,Y,Y,Y,Y,Y",
    )
    (copy / "golden" / CUSTOMER / "blocking_premium.csv").write_text("number\n900555\n9002221111\n")
    refused = subprocess.run(
        [sys.executable, "-m", "ain_scp.ain", "check", copy / "golden"],
        env={**os.environ, "PYTHONPATH": str(copy / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "cause BLOCKED_PREMIUM has no announcement" in refused.stdout + refused.stderr
    with (copy / "golden/network/announcements.csv").open("a") as rows:
        rows.write("BLOCKED_PREMIUM,1,\n")
    control = copy / "golden" / CUSTOMER / "privilege_control.csv"
    head, *rows = control.read_text().splitlines()
    control.write_text(
        "\n".join([f"{head},premium", *(f"{row},{'N' if row[0] == '3' else 'Y'}" for row in rows)]) + "\n"
    )
    blocked, whole, free = asked(copy, "9258341234", "19005551234 19002221111 19002221112")
    assert blocked[:3] == ["BLOCK_PREMIUM", "BLOCKED_PREMIUM", "NONE"]
    assert whole[:2] == blocked[:2]
    assert free[:2] == ["PASS", None]
    assert "privilege class 3 would have blocking BYPASSED" in blocked[3]
    assert "blocking_premium.csv:2 (entry 900555): no entry would block it" in blocked[3][-1]


def test_a_routing_condition_is_a_class(copy):
    conditions = copy / "terms/questions.py"
    edit(conditions, "KINDS: Final[", example("How to add a routing condition") + "\n\nKINDS: Final[")
    edit(conditions, "TimeIs, DateIs)\n", "TimeIs, DateIs, DayOfMonthIs)\n")
    asf = copy / "golden" / CUSTOMER / "asf.toml"
    rules = 'rules = [{ if = { dom = [17] }, trunk_groups = ["0000-0301"], carriers = [] }]'
    asf.write_text(f'[[originating]]\nprefix = "925"\nprofile = "ONE"\n\n[profiles.ONE]\n{rules}\n')
    answers = asked(
        copy, "9258341234", "12137770100", "2001-01-17T10:00:00 2001-01-18T10:00:00 2001-02-17T10:00:00"
    )
    assert [kind for _, _, kind, _ in answers] == ["CRS", "PSTN", "CRS"]


def test_the_files_it_names_exist_and_are_at_most_four():
    for chapter in GUIDE.split("\n## How to add ")[1:]:
        title, _, text = chapter.partition("\n")
        steps = [line for line in text.splitlines() if re.match(r"\d\. ", line)]
        files = {name for step in steps for name in re.findall(r"`([a-z_/]+\.py)`", step)}
        assert len(files) <= 4, title
        assert all(
            (ROOT / name).is_file() for name in re.findall(r"`([a-z_/]+\.(?:py|md))`", text) if "/" in name
        ), title

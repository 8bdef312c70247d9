"""The script that sets up and tests: what fails twice fails the command; what it leaves out when compiled could not differ."""

import ast
import os
import re
import subprocess
from pathlib import Path

import grimp
import pytest

from ain_scp.ain.build import HOT_MODULES

ROOT = Path(__file__).parent.parent
SCRIPT = (ROOT / "dev").read_text()
GRAPH = grimp.build_graph("ain_scp")
HOT = set(HOT_MODULES)
STUB = """#!/bin/sh
case "$*" in *"not alone"*) part=beside ;; *) part=alone ;; esac
case "$*" in *--lf*) part=$part-again ;; esac
echo "$part" >> "$RUNS"
case " $FAILING " in *" $part "*) exit 1 ;; esac
case " $BROKEN " in *" $part "*) exit 2 ;; esac
"""


@pytest.mark.parametrize(
    ("failing", "broken", "status", "runs"),
    [
        ("", "", 0, ["beside", "alone"]),
        ("beside", "", 0, ["beside", "beside-again", "alone"]),
        ("beside beside-again", "", 1, ["beside", "beside-again", "alone"]),
        ("beside beside-again alone", "", 1, ["beside", "beside-again", "alone", "alone-again"]),
        ("alone alone-again", "", 1, ["beside", "alone", "alone-again"]),
        ("alone", "", 0, ["beside", "alone", "alone-again"]),
        ("", "beside", 2, ["beside", "alone"]),
    ],
)
def test_what_fails_twice_fails_the_command(tmp_path, failing, broken, status, runs):
    stub = tmp_path / "venv" / "bin" / "pytest"
    stub.parent.mkdir(parents=True)
    stub.write_text(STUB)
    stub.chmod(0o755)
    (tmp_path / "venv" / ".ready-dev").touch()
    environment = {name: value for name, value in os.environ.items() if name != "AIN_EXTRAS"}
    environment |= {
        "VENV": str(tmp_path / "venv"),
        "RUNS": str(tmp_path / "runs"),
        "FAILING": failing,
        "BROKEN": broken,
    }
    done = subprocess.run(
        [ROOT / "dev", "test"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert (tmp_path / "runs").read_text().split() == runs


PYTHON = """#!/bin/sh
[ "$1 $2" = "-m venv" ] || exit 0
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "ERROR: No matching distribution found for setuptools" >&2\\nexit 1\\n' > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""


@pytest.mark.parametrize("job", ["demo", "test", "check", "compiled"])
def test_without_a_network_the_last_line_says_what_is_needed_and_nothing_runs(job, tmp_path):
    """And while a first start is at work for half a minute, a line has said so (F30)."""
    python, venv = tmp_path / "python3", tmp_path / "venv"
    python.write_text(PYTHON)
    python.chmod(0o755)
    environment = os.environ | {"VENV": str(venv), "PYTHON": str(python), "CC": "true"}
    done = subprocess.run([ROOT / "dev", job], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"dev: making {venv} once, which takes half a minute",
        "ERROR: No matching distribution found for setuptools",
        "dev: packages could not be installed: a network or a wheelhouse (PIP_FIND_LINKS, PIP_NO_INDEX) is needed once",
    ]
    assert not list(venv.glob(".ready-*"))


def left_out(word):
    """The words of a loop of ./dev compiled."""
    return (
        re.search(rf"for {word} in ([^;]+); do set -- .*--ignore=tests/", SCRIPT)[1]
        .replace("\\\n", "")
        .split()
    )


def named_by(path):
    """What of ours the test files at a path import, at the top or inside."""
    found = set()
    for file in [*path.rglob("test_*.py"), *path.rglob("conftest.py")] if path.is_dir() else [path]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found & GRAPH.modules


def test_what_the_compiled_run_leaves_out_stands_on_no_compiled_module():
    """And it leaves out each such room: the rest is run both ways."""
    pure = {
        room
        for room in GRAPH.find_children("ain_scp")
        if not HOT & GRAPH.find_upstream_modules(room, as_package=True)
        and not HOT & GRAPH.find_descendants(room)
    }
    assert {f"ain_scp.{room}" for room in left_out("room")} == pure - {"ain_scp.__main__"}


@pytest.mark.parametrize("place", left_out("told"))
def test_what_is_left_out_besides_asks_no_compiled_module_itself(place):
    assert (ROOT / "tests" / place).exists()
    assert not HOT & named_by(ROOT / "tests" / place)


def test_every_compiled_module_stands_below_a_test_that_is_run_compiled():
    gone = [ROOT / "tests" / one for one in left_out("room") + left_out("told")]
    kept = [
        file
        for file in (ROOT / "tests").rglob("test_*.py")
        if not any(file.is_relative_to(one) for one in gone) and not file.name.startswith("test_ticket")
    ]
    named = set().union(*map(named_by, kept))
    assert named.union(*(GRAPH.find_upstream_modules(one) for one in named)) >= HOT

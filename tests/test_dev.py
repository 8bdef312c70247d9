"""The script that sets up and tests: what fails twice fails the command; what it leaves out when compiled could not differ."""

import os
import re
import subprocess
from pathlib import Path

import grimp
import pytest

from ain_scp.ain.build import HOT_MODULES

ROOT = Path(__file__).parent.parent
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


def test_what_the_compiled_run_leaves_out_stands_on_no_compiled_module():
    """And it leaves out each such room: the rest is run both ways."""
    script = (ROOT / "dev").read_text()
    left_out = re.search(r"for room in ([a-z_ ]+); do set -- .*--ignore=tests/", script)
    graph = grimp.build_graph("ain_scp")
    hot = set(HOT_MODULES)
    pure = {
        room
        for room in graph.find_children("ain_scp")
        if not hot & graph.find_upstream_modules(room, as_package=True)
        and not hot & graph.find_descendants(room)
    }
    assert {f"ain_scp.{room}" for room in left_out[1].split()} == pure - {"ain_scp.__main__"}

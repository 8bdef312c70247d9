"""The conformance statement says what its table says, and every test it names is there."""

import subprocess
import sys
from pathlib import Path

STATEMENT = Path(__file__).parent / "statement.py"


def test_the_statement_is_up_to_date_and_names_only_tests_that_exist():
    done = subprocess.run(
        [sys.executable, str(STATEMENT), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_test_that_does_not_exist_is_found():
    script = (
        "import runpy, sys; module = runpy.run_path(sys.argv[1]);"
        "row = dict(standard='S', clause='1', title='', status='full', tests=['tests/conformance/test_none.py::x']);"
        "print(module['problems']([row, row]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(STATEMENT)], capture_output=True, text=True, check=True
    )
    assert "no test tests/conformance/test_none.py::x" in done.stdout
    assert "twice" in done.stdout

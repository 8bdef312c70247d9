"""A scenario file is a test, by the fixture and by itself; and the plug-in costs nothing where it is not used."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "examples" / "golden"
CALL = (
    "dataset = '{0}'\n[[call]]\nid = 'X'\nat = 2001-01-17T10:00:00\nfrom = '9258341234'\ndial = '7 9212000'\n"
    "expect = {{ ctc = {1} }}\n"
)
TESTS = """
import pytest

def test_good(ain_scenario):
    run = ain_scenario("good.toml")
    assert run.calls[0].status == "COMPLETED"

def test_bad(ain_scenario):
    ain_scenario("bad.toml")

def test_bad_judged_here(ain_scenario):
    assert ain_scenario("bad.toml", check=False).failures
"""


@pytest.fixture
def project(tmp_path):
    """A project with two scenarios, tests, and a TOML file that is none of either."""
    for name, ctc in (("good", 111), ("bad", 112)):
        (tmp_path / f"{name}.toml").write_text(CALL.format(GOLDEN, ctc))
    (tmp_path / "test_calls.py").write_text(TESTS)
    (tmp_path / "other.toml").write_text("x = 1\n")
    return tmp_path


def run(place, *words):
    """Pytest with our plug-in and no other."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "NO_COLOR": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "ain_scp.ain.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-q",
        *words,
    ]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def test_the_fixture_plays_and_judges(project):
    printed = run(project)
    assert "1 failed, 2 passed" in printed
    assert "X: legs.0.ctc: expected 112, got 111" in printed


def test_a_file_is_a_test_where_it_is_configured_or_named(project):
    printed = run(project, "good.toml", "bad.toml")
    assert "1 failed, 1 passed" in printed
    assert "X: legs.0.ctc: expected 112, got 111" in printed
    assert "Traceback" not in printed
    (project / "pytest.ini").write_text("[pytest]\nain_scenarios = g*.toml\n")
    assert "1 passed" in run(project, "-k", "scenario and not calls")


def test_a_scenario_that_cannot_be_read_fails_with_every_problem(project):
    (project / "broken.toml").write_text("dataset = 'nowhere'\nnosuch = 1\n")
    printed = run(project, "broken.toml")
    assert "unknown key 'nosuch'" in printed
    assert "nowhere is not a directory" in printed
    assert "1 failed" in printed


def test_pytest_loads_it_and_it_loads_nothing():
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    assert entry == {"ain": "ain_scp.ain.pytest_plugin"}
    code = f"import sys, {entry['ain']}; print(sorted(n for n in sys.modules if n.startswith('ain_scp')), 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['ain_scp', 'ain_scp.ain', 'ain_scp.ain.pytest_plugin'] False"

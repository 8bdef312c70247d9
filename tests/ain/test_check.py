"""`ain check`, `ain --help`, `ain --version`: the first things a newcomer types."""

import json
import shutil

import pytest


@pytest.fixture
def golden(tmp_path):
    """A copy of the golden data set to break."""
    return shutil.copytree("examples/golden", tmp_path / "golden")


def test_the_golden_data_set_is_good(ain):
    done = ain("check", "examples/golden")
    assert done.returncode == 0
    assert all("warning" in line for line in done.stdout.splitlines())


def test_every_problem_is_told_at_once_with_file_line_and_rule(golden, ain):
    stations = golden / "customers" / "GOLDEN" / "stations.csv"
    stations.write_text(stations.read_text().replace("9258341234,CENTREX,5", "9258341234,CENTREX,9"))
    (golden / "customers" / "GOLDEN" / "mdp.csv").write_text("dialed,number,non,colour\n")
    (golden / "network" / "rates.toml").write_text("intralata_cents_per_minute = ten\n")
    (golden / "extra.csv").write_text("a,b\n")
    done = ain("check", golden)
    assert done.returncode == 1
    for file in (
        "customers/GOLDEN/stations.csv:2:",
        "customers/GOLDEN/mdp.csv:1:",
        "network/rates.toml:1:",
        "extra.csv:",
    ):
        assert any(line.startswith(file) for line in done.stdout.splitlines()), done.stdout
    assert "Traceback" not in done.stderr


def test_json_tells_the_same(golden, ain):
    (golden / "network" / "switches.csv").unlink()
    done = ain("check", golden, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (1, False)
    assert any(problem["file"] == "network/switches.csv" for problem in report["problems"])


def test_an_access_code_for_an_unknown_plan_is_a_problem_of_the_data_set(golden, ain):
    customer = golden / "customers" / "GOLDEN" / "customer.toml"
    customer.write_text(customer.read_text().replace('"MDP"', '"NOPLAN"'))
    done = ain("check", golden)
    assert done.returncode == 1
    assert "NOPLAN" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "/nowhere"], ["nonsense"], ["explain", "/nowhere"]]
)
def test_wrong_usage_exits_2(arguments, ain):
    done = ain(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_help_names_every_command_with_an_example(ain):
    done = ain("--help")
    assert done.returncode == 0
    for command in ("check", "explain", "run"):
        assert command in done.stdout
        page = ain(command, "--help").stdout
        assert "Example" in page


def test_the_version_says_how_the_hot_modules_run(ain):
    done = ain("--version")
    assert done.stdout.startswith("ain 0.1.0 (")


def test_help_imports_nothing_heavy(ain):
    import subprocess
    import sys

    code = "import sys; sys.argv = ['ain', '--help']; import ain_scp.ain.__main__ as m\ntry: m.main()\nexcept SystemExit: pass\nprint([n for n in ('numpy', 'rich', 'msgspec', 'asyncio') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_digest_is_printed_first_and_stands_in_the_json(golden, ain):
    from ain_scp.provisioning.digest import digest_of

    done = ain("check", golden, "--digest")
    assert done.stdout.splitlines()[-1] == digest_of(golden)
    assert json.loads(ain("check", golden, "--digest", "--json").stdout)["digest"] == digest_of(golden)
    assert ain("check", "--rule", "A-098", "--digest").returncode == 2


REVIEW = '{{"id":"000001-abcdef","state":"{state}","after":"{after}","approved_by":"owner","approved_at":"2026-01-01T00:00:00.000Z"}}'


@pytest.mark.parametrize(
    ("state", "after", "status", "told"),
    [
        ("approved", None, 0, "approved by owner"),
        ("open", None, 1, "it is open, not approved"),
        ("approved", "0" * 64, 1, "review them again"),
    ],
)
def test_an_approval_is_of_exactly_these_files(ain, tmp_path, state, after, status, told):
    digest = ain("check", "examples/golden", "--digest").stdout.split()[-1]
    file = tmp_path / "r.json"
    file.write_text(REVIEW.format(state=state, after=after or digest))
    done = ain("check", "examples/golden", "--approved", file)
    assert done.returncode == status
    assert told in done.stderr
    form = json.loads(ain("check", "examples/golden", "--approved", file, "--json").stdout)
    assert form["approved"]["ok"] is (status == 0)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\x00", '{"id": 3}'])
def test_what_is_no_review_is_refused(ain, tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    done = ain("check", "examples/golden", "--approved", tmp_path / "r.json")
    assert done.returncode == 2
    assert "no review of the console" in done.stderr

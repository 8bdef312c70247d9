"""GitHub annotations: each problem at its file and line, and no text can become another command."""

import re
import shutil
from pathlib import Path

import pytest

from ain_scp.ain.github import annotate

GOLDEN = Path("examples/golden")
LINE = re.compile(r"::(error|warning) file=([^,]+),line=(\d+)(?:,col=\d+)?,title=([^:]+)::(.+)")


def test_problems_of_a_data_set_stand_at_their_lines(ain, tmp_path):
    data = shutil.copytree(GOLDEN, tmp_path / "set")
    with (data / "network" / "lata.csv").open("a") as file:
        file.write("92x,722,CA\n")
    done = ain("check", data, "--github")
    assert done.returncode == 1
    found = [LINE.fullmatch(line).groups() for line in done.stdout.splitlines()]
    count = len((data / "network" / "lata.csv").read_text().splitlines())
    errors = [one for one in found if one[0] == "error"]
    assert [one[1:3] for one in errors] == [(str(data / "network" / "lata.csv"), str(count))]
    assert len(found) - len(errors) == 5


def test_expectations_that_do_not_hold_stand_at_their_lines(ain, tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text(
        f"dataset = '{GOLDEN.resolve()}'\n[[call]]\nid = 'X'\nat = 2001-01-17T10:00:00\nfrom = '9258341234'\n"
        "dial = '7 9212000'\nexpect = { ctc = 112 }\n"
    )
    done = ain("run", scenario, "--transport", "memory", "--github")
    assert done.returncode == 1
    assert (
        f"::error file={scenario},line=7,title=call X::legs.0.ctc: expected 112, got 111 (line 7)"
        in done.stdout.splitlines()
    )
    scenario.write_text("dataset = 'nowhere'\n")
    assert f"::error file={scenario},line=1" in ain("run", scenario, "--github").stdout


@pytest.mark.parametrize("command", ["check", "run"])
def test_two_forms_on_one_output_are_refused(ain, command):
    given = GOLDEN if command == "check" else GOLDEN / "scenario.toml"
    assert ain(command, given, "--github", "--json").returncode == 2


def test_no_text_becomes_a_command(capsys):
    annotate("error", "a,b:c\n::error::x", 3, 0, "t::u,v", "100% \r\n::set-output name=x::y")
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert printed.startswith(
        "::error file=a%2Cb%3Ac\\u000a%3A%3Aerror%3A%3Ax,line=3,title=t%3A%3Au%2Cv::100%25 "
    )

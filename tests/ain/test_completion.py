"""Completion in each shell, by the script that `ain completion` prints: commands, options, and values out of the files named."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN, CHARGING = "examples/golden", "examples/charging"
LINES = [
    (["ex"], {"explain"}, {"run"}),
    (["run", "--jun"], {"--junit"}, {"--json"}),
    (["run", f"{GOLDEN}/scenario.toml", "--call", "C0"], {"C01", "C05"}, {"C10"}),
    (["explain", GOLDEN, "--trunk-group", ""], {"STG-CONCORD"}, set()),
    (["explain", GOLDEN, "--from", "92583412"], {"9258341234"}, {"4155551234"}),
    (["rate", CHARGING, "--tariff", "ST"], {"STD"}, {"DATA"}),
    (["bill", CHARGING, "--customer", ""], {"GOLDEN", "SILVER"}, set()),
    (["check", "--rule", "CH-0"], {"CH-06"}, {"A-098"}),
    (["schema", "customer"], {"customer.toml"}, {"run"}),
    (["explain", "nowhere", "--trunk-group", ""], set(), {"STG-CONCORD"}),
]
BASH = """source "$1"; shift
COMP_WORDS=(ain "$@"); COMP_CWORD=$#
_ain_completion ain; printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """compdef() { : }
_describe() { local name=${@[-2]}; [[ $1 == -V ]] && shift 2; print -l -- ${(P)name} }
compadd() { print -l -- ${(P)@[-1]} }
script=$1; shift
words=(ain "$@"); CURRENT=$(( $# + 1 ))
source $script; _ain_completion
"""
FISH = """source $argv[1]
complete -C (string join ' ' -- ain (string escape -- $argv[2..-2]) $argv[-1])
"""


@pytest.fixture(scope="module")
def place(ain, tmp_path_factory):
    """A directory with `ain` and the three scripts."""
    directory = tmp_path_factory.mktemp("completion")
    binary = directory / "ain"
    binary.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ain_scp.ain "$@"\n')
    binary.chmod(0o755)
    for shell, driver in (("bash", BASH), ("zsh", ZSH), ("fish", FISH)):
        done = ain("completion", shell)
        assert (done.returncode, done.stderr) == (0, "")
        (directory / f"script.{shell}").write_text(done.stdout)
        (directory / f"drive.{shell}").write_text(driver)
    return directory


def proposed(place, shell, words):
    """What a shell proposes for the last word of a line."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: apt install {shell}")
    environment = {**os.environ, "PATH": f"{place}:{os.environ['PATH']}", "HOME": str(place)}
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [shell, *options, place / f"drive.{shell}", place / f"script.{shell}", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {line.partition("\t")[0].partition(":")[0] for line in done.stdout.splitlines()}, done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"), LINES, ids=[" ".join(words) for words, _, _ in LINES]
)
def test_a_shell_proposes_what_fits(place, shell, words, wanted, unwanted):
    found, trouble = proposed(place, shell, words)
    assert wanted <= found, (found, trouble)
    assert not unwanted & found
    assert "Traceback" not in trouble


def test_customers_of_records_and_columns_are_proposed(ain, place, tmp_path):
    records = tmp_path / "records"
    for words in (
        ["run", f"{GOLDEN}/scenario.toml", "--transport", "memory", "--records", records],
        ["smdr", "transfer", records],
        ["smdr", "import", records],
    ):
        assert ain(*words).returncode == 0
    found, _ = proposed(place, "bash", ["smdr", "report", str(records), "--customer", ""])
    assert "GOLDEN" in found
    found, _ = proposed(place, "bash", ["smdr", "report", str(records), "--field", "call"])
    assert found == {"calling_party_id", "called_party_id"}


def test_no_command_loads_the_values_unless_a_shell_completes():
    code = "import sys; from click.testing import CliRunner; from ain_scp.ain.__main__ import cli; CliRunner().invoke(cli, ['check', '--help']); print('ain_scp.ain.completing' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_value_is_of_a_parameter_that_exists():
    import click

    from ain_scp.ain.__main__ import cli
    from ain_scp.ain.completing import VALUES

    for name, parameter in VALUES:
        command = cli
        for word in name.split():
            command = command.get_command(click.Context(command), word)
        assert parameter in {one.name for one in command.params}, (name, parameter)

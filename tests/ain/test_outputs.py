"""No output takes the place of an input, of a data set's file or of another output, by whatever name it is given."""

import os
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import COMMANDS, cli
from ain_scp.ain.outputs import OutputPath

ROOT = Path(__file__).parent.parent.parent
WRITES = {"output", "html", "report", "pcap", "trace", "graph", "checkpoint", "records", "out"}
"""Names of options that write; an option of such a name must be an OutputPath, so that it is checked."""
READ = {("rate", "records"), ("account reconcile", "records")}
"""Options of these names that are read."""


def every_command():
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in command.commands.items())
        else:
            yield name, command


def outputs_of(command):
    return [one for one in command.params if isinstance(one.type, OutputPath)]


def test_every_option_that_names_an_output_is_checked_as_one():
    for name, command in every_command():
        for parameter in command.params:
            if (
                isinstance(parameter, click.Option)
                and parameter.name in WRITES
                and (name, parameter.name) not in READ
                and isinstance(parameter.type, click.Path)
            ):
                assert isinstance(parameter.type, OutputPath), f"ain {name} {parameter.opts[0]}"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A data set in two copies, a scenario outside of them, a capture of its run, query lines and records."""
    for name in ("data", "other"):
        shutil.copytree(ROOT / "examples/golden", tmp_path / name)
    (tmp_path / "data/scenario.toml").unlink()
    (tmp_path / "plan.toml").write_text(
        'dataset = "data"\nstart = 2001-01-17T10:00:00\n[[call]]\nid = "C1"\nat = 2001-01-17T10:00:00\n'
        'from = "9258341234"\ndial = "7 9212000"\n'
    )
    (tmp_path / "calls.csv").write_text("calling_party,dialed,time\n")
    (tmp_path / "records").mkdir()
    (tmp_path / "records/host.db").write_text("kept")
    (tmp_path / "run.pcap").write_bytes(b"kept")
    monkeypatch.chdir(tmp_path)
    return tmp_path


LINES = {
    "run": ("run plan.toml", ["plan.toml"]),
    "bench": ("bench data --scenario plan.toml", ["plan.toml"]),
    "replay": ("replay run.pcap data", ["run.pcap"]),
    "batch": (
        "batch data --calls calls.csv --against other",
        ["calls.csv", "other/network/lata.csv", "other/new"],
    ),
    "explain": ("explain data --from 9258341234 --dial 9212000", []),
    "smdr report": ("smdr report records", ["records/host.db", "records/new.csv"]),
    "serve": ("serve data --udp 127.0.0.1:0", []),
    "account apply": ("account apply data --events calls.csv", ["calls.csv"]),
    "account follow": ("account follow records --once", ["records/host.db", "records/new.jsonl"]),
}
"""For each command that writes: a command line, and its inputs beside the data set `data`."""
OF_A_DATA_SET = [
    "data/customers/GOLDEN/mdp.csv",
    "data/new.html",
    "data/network/new.html",
    "data/dataset.toml",
]


def contents(place):
    return {path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_every_command_with_outputs_is_in_the_table():
    assert {name for name, command in every_command() if outputs_of(command)} == set(LINES)


@pytest.mark.parametrize("name", LINES)
def test_an_output_onto_an_input_is_refused_and_nothing_is_changed(name, place):
    line, inputs = LINES[name]
    before = contents(place)
    command = dict(every_command())[name]
    tried = 0
    for option in outputs_of(command):
        for target in [*inputs, *OF_A_DATA_SET]:
            known = place / target
            if option.type.directory:
                known = known.parent if known.parent != place else known
            ways = [
                Path(target) if not option.type.directory else known,
                known,
                known.parent / ".." / known.parent.name / known.name,
            ]
            for way in ways:
                result = CliRunner().invoke(cli, [*line.split(), option.opts[0], str(way)], prog_name="ain")
                assert result.exit_code == 2, (option.opts, way, result.output)
                tried += 1
    assert tried
    assert contents(place) == before


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_an_input_is_that_input(place, link):
    link(place / "plan.toml", place / "page.html")
    result = CliRunner().invoke(cli, ["run", "plan.toml", "--report", "page.html"], prog_name="ain")
    assert result.exit_code == 2
    assert "is read by this command" in result.output


@pytest.mark.parametrize("second", ["out.x", "./out.x", "records/../out.x"])
def test_two_outputs_are_two_files(place, second):
    words = ["run", "plan.toml", "--report", "out.x", "--pcap", second]
    result = CliRunner().invoke(cli, words, prog_name="ain")
    assert (result.exit_code, "given for" in result.output) == (2, True)
    assert not (place / "out.x").exists()

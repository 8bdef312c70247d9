"""No output takes the place of an input, of a data set's file or of another output, by whatever name it is given; none is half written."""

import os
import re
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.outputs import OutputPath, write_file, writing
from kit.commands import every_command
from kit.full_disk import no_file_beyond

ROOT = Path(__file__).parent.parent.parent
READ = {
    "accept", "against", "approved", "before", "calls", "charging", "config", "control", "events", "http", "http_certificate", "http_key", "layout",
    "http_tokens", "mqtt_ca", "mqtt_certificate", "mqtt_credentials", "mqtt_key", "passphrase_file", "queries", "rate", "request",
    "scenario", "site", "tickets", "tokens", "usage", "verify_audit", "dataset", "dir",
}  # fmt: skip
"""Names of options that are read, or whose writer refuses what is there itself; any other that names a file writes it."""
READ_HERE = {
    ("rate", "records"), ("account reconcile", "records"), ("console", "records"), ("console", "tap"), ("extcap", "tap"),
    ("console", "workspace"), ("extcap", "folder"), ("run", "charging"), ("bench", "compare"),
}  # fmt: skip
"""Options of other names that are read, or are a folder of the command's own."""


def outputs_of(command):
    return [one for one in command.params if isinstance(one.type, OutputPath)]


def test_every_option_that_names_an_output_is_checked_as_one():
    for name, command in every_command():
        for option in command.params:
            known = option.opts[0].lstrip("-").replace("-", "_")
            if not isinstance(option, click.Option) or known in READ or (name, known) in READ_HERE:
                continue
            files = isinstance(option.type, click.Path) or re.search(
                r"FILE|DIR|ZIP|PATH", option.metavar or ""
            )
            assert not files or isinstance(option.type, OutputPath), f"ain {name} {option.opts[0]}"


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
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/ca.key").write_text("kept")
    monkeypatch.chdir(tmp_path)
    return tmp_path


LINES = {
    "run": ("run plan.toml", ["plan.toml"]),
    "report": ("report run.pcap", ["run.pcap"]),
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
    "ticket open": ("ticket open run.pcap plan.toml", ["run.pcap", "plan.toml"]),
    "ticket collect": ("ticket collect plan.toml --once", ["plan.toml"]),
    "ticket receive": ("ticket receive plan.toml run.pcap", ["plan.toml", "run.pcap"]),
    "ticket generate": ("ticket generate --layout nec-sl --calls 1 --site plan.toml", ["plan.toml"]),
    "ticket listen": ("ticket listen run.pcap --layout nec-sl", ["run.pcap"]),
    "ticket key issue": (
        "ticket key issue run.pcap plan.toml --use sign --to X",
        ["run.pcap", "plan.toml", "keys/ca.key"],
    ),
    "ticket enterprise add": (
        "ticket enterprise add X plan.toml --request run.pcap",
        ["run.pcap", "plan.toml", "keys/ca.key"],
    ),
    "extcap": ("extcap --tap run.pcap --capture --once", ["run.pcap"]),
    "bill": ("bill GB --dir records --period 2001-01", ["records/host.db", "records/new.txt"]),
    "lnp diff": ("lnp diff calls.csv run.pcap", ["calls.csv", "run.pcap"]),
    "lnp import": ("lnp import calls.csv", ["calls.csv"]),
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


# --- whole, or as it was -----------------------------------------------------------------------------------------------

SHORT = 100
"""A file may grow to so many octets here, as on a full disk."""
CUT = [
    ["run", "plan.toml", "--transport", "memory", "--pcap", "out.pcap"],
    ["run", "plan.toml", "--transport", "memory", "--pcap", "out.pcapng"],
    ["run", "plan.toml", "--transport", "memory", "--trace", "out.trace"],
    ["run", "plan.toml", "--transport", "memory", "--report", "out.html"],
    ["run", "plan.toml", "--transport", "memory", "--queries-out", "out.jsonl"],
    ["run", "plan.toml", "--transport", "memory", "--junit", "out.xml"],
    ["explain", "data", "--from", "9258341234", "--dial", "7 9212000", "--graph", "out.svg"],
    ["replay", "asked.trace", "data", "--html", "out.html"],
]


@pytest.mark.parametrize("words", CUT, ids=[" ".join((words[0], *words[-2:])) for words in CUT])
@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_cannot_be_written_whole_is_left_as_it_was(place, words, there):
    code = CliRunner().invoke(cli, ["run", "plan.toml", "--trace", "asked.trace"], prog_name="ain").exit_code
    assert code == 0
    target = place / words[-1]
    if there:
        target.write_bytes(b"before")
    before = contents(place)
    with no_file_beyond(SHORT):
        result = CliRunner().invoke(cli, words, prog_name="ain")
    assert (result.exit_code, f"{target.name}: File too large" in result.output) == (2, True), result.output
    assert contents(place) == before
    assert CliRunner().invoke(cli, words, prog_name="ain").exit_code == 0
    assert {path for path, content in contents(place).items() if before.get(path) != content} == {
        Path(target.name)
    }


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError, SystemExit])
def test_a_file_whose_writing_is_broken_off_is_left_as_it_was(tmp_path, fault):
    target = tmp_path / "page.html"
    target.write_text("before")
    with pytest.raises(fault), writing(target) as place:  # noqa: PT012 - the block is broken off half way
        place.write_text("half")
        raise fault
    assert contents(tmp_path) == {Path("page.html"): b"before"}


def test_a_link_stays_one_and_a_file_keeps_its_mode(tmp_path):
    real, link = tmp_path / "real.html", tmp_path / "link.html"
    real.write_text("before")
    real.chmod(0o640)
    link.symlink_to(real)
    write_file(link, "after")
    assert (link.is_symlink(), real.read_text(), real.stat().st_mode & 0o777) == (True, "after", 0o640)


def test_a_pipe_and_a_device_are_written_themselves(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_file(tmp_path / "pipe", "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    write_file(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_in_a_directory_that_takes_no_other_is_written_itself(tmp_path):
    target = tmp_path / "page.html"
    target.write_text("before")
    tmp_path.chmod(0o500)
    try:
        write_file(target, "after")
    finally:
        tmp_path.chmod(0o700)
    assert target.read_text() == "after"


def test_a_name_as_long_as_names_may_be(tmp_path):
    target = tmp_path / ("x" * 250 + ".svg")
    write_file(target, "long")
    assert contents(tmp_path) == {Path(target.name): b"long"}


@pytest.mark.parametrize("words", [("explain", "--graph"), ("batch", "--out")])
def test_a_name_that_no_file_can_have_is_refused_in_a_line(words):
    command, option = words
    given = ["--rate", str(ROOT / "examples/golden")] if command == "batch" else []
    result = CliRunner().invoke(
        cli, [command, str(ROOT / "examples/golden"), *given, option, f"{'a' * 5000}.svg"]
    )
    assert result.exit_code == 2
    assert "File name too long" in result.output
    assert len(result.output) < 400

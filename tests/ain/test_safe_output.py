"""Hostile names through every command: nothing that leaves steers a terminal, runs in a page, or is a formula in a sheet."""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.streams import guard
from ain_scp.terms.safe_text import printable_lines
from kit.commands import every_command

ROOT = Path(__file__).parent.parent.parent
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\u2066\x7f\r"
MARKUP = "<script>alert(1)</script>"


def invoke(*words):
    """Run a command in this process: what stands on both streams."""
    result = CliRunner().invoke(cli, [str(word) for word in words], prog_name="ain")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.stdout_bytes.decode() + result.stderr_bytes.decode()


def is_safe(text):
    return printable_lines(text) == text


@pytest.mark.parametrize(("words", "command"), [pytest.param(*one, id=one[0]) for one in every_command()])
def test_whatever_a_command_says_of_a_hostile_name_is_safe(words, command, tmp_path, monkeypatch):
    """As a file that is not there, as a value of each option, as an option of its own."""
    monkeypatch.chdir(tmp_path)
    name = HOSTILE.replace("\r", "")
    words = words.split()
    assert is_safe(invoke(*words, name))
    assert is_safe(invoke(*words, name, name, "--json"))
    assert is_safe(invoke(*words, f"--{name}"))
    for option in command.params:
        if isinstance(option, click.Option) and not option.is_flag:
            assert is_safe(invoke(*words, name, option.opts[0], name))


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A run whose names are hostile, with all its outputs; what it said."""
    place = tmp_path_factory.mktemp("hostile")
    shutil.copytree(ROOT / "examples/golden", place / "data")
    escaped = HOSTILE.encode("unicode_escape").decode().replace("\\x", "\\u00")
    head = (place / "data/dataset.toml").read_text()
    (place / "data/dataset.toml").write_text(
        head.replace('description = "', f'description = "{escaped}{MARKUP}')
    )
    texts = (place / "data/network/announcements.csv").read_text().splitlines()
    spoiled = [
        texts[0],
        *(re.sub(r",([^,]*)$", f',"=1+1 \u202eevil\u2066{MARKUP}"', line) for line in texts[1:]),
    ]
    (place / "data/network/announcements.csv").write_text("\n".join(spoiled) + "\n")
    plan = place / "scenario.toml"
    calls = [
        f'[[call]]\nid = "C{number} {escaped}"\ntitle = "{escaped}{MARKUP}"\nat = 2001-01-17T10:{number:02}:00\n'
        f'from = "9258341234"\ndial = "{dial}"\nanswered = true\nduration_s = 30\nexpect = {{ status = "{escaped}" }}\n'
        for number, dial in enumerate(["7 9212000", "7 5551111", "9 19005551212"])
    ]
    plan.write_text(
        f'dataset = "data"\ntitle = "{escaped}{MARKUP}"\nstart = 2001-01-17T10:00:00\n' + "\n".join(calls)
    )
    files = {
        "--report": "page.html", "--pcap": "run.pcap", "--trace": "run.trace", "--records": "records",
    }  # fmt: skip
    outputs = [word for option, name in files.items() for word in (option, str(place / name))]
    said = [invoke("run", plan, "--transport", "memory", "--ladder", *outputs)]
    said += [invoke("run", plan, "--transport", "memory", "--json")]
    return place, said


def test_a_run_says_nothing_unsafe(played):
    place, said = played
    assert (place / "page.html").exists(), said
    assert all(map(is_safe, said))
    assert "\\u202eevil" in said[0]


COMMAND_LINES = [
    "check data", "check data --json",
    "explain data --from 9258341234 --dial 9212000 --access-code 7",
    "explain data --from 9258341234 --dial 19005551212 --access-code 9 --json",
    "explain data --from 9258341234 --dial 9212000 --access-code 7 --graph graph.svg",
    "explain data --from 9258341234 --dial 9212000 --access-code 7 --graph graph.dot",
    "decode run.pcap", "decode run.pcap --fields", "decode run.pcap --json",
    "replay run.pcap data", "replay run.trace data --json",
    "smdr transfer records --now 2001-01-18T00:00:00 --billing", "smdr import records", "smdr check records",
    "smdr report records", "smdr report records --form csv", "smdr report records --form html", "smdr report records --json",
    "ama export records --form csv", "ama verify records --dataset data",
]  # fmt: skip


def test_the_commands_that_read_what_it_left_say_nothing_unsafe_either(played, monkeypatch):
    place, _ = played
    monkeypatch.chdir(place)
    for line in COMMAND_LINES:
        said = invoke(*line.split())
        assert is_safe(said), line
        assert "Traceback" not in said, line


def test_no_text_file_holds_markup_or_controls_and_no_cell_a_formula(played, monkeypatch):
    place, _ = played
    monkeypatch.chdir(place)
    files = [
        path
        for path in place.rglob("*")
        if path.suffix in {".html", ".svg", ".dot", ".csv"} and "data" not in path.parts
    ]
    assert {path.suffix for path in files} >= {".html", ".svg", ".dot", ".csv"}
    for path in files:
        text = path.read_text()
        assert is_safe(text), path
        assert MARKUP not in text, path
        if path.suffix == ".csv":
            assert not re.search(r'(^|[,"])[=@]', text, re.MULTILINE), path


def test_on_a_terminal_our_colours_pass_and_nothing_else(tmp_path):
    """A pseudo-terminal, as a person has it: the marks of a run are coloured, the names cannot be."""
    plan = tmp_path / "s.toml"
    plan.write_text(
        f'dataset = "{ROOT / "examples/golden"}"\nstart = 2001-01-17T10:00:00\n[[call]]\nid = "\\u001b[2Jx\\u001b[8m"\n'
        'at = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 9212000"\n'
    )
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "ain_scp.ain", "run", str(plan), "--transport", "memory"],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=ROOT,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    try:
        while more := os.read(ours, 65536):
            said += more
    except OSError:
        pass
    done.wait()
    os.close(ours)
    line = next(line for line in said.decode().splitlines() if "u001b[2Jx" in line)
    assert line.startswith("\x1b[3")
    assert "\x1b[2J" not in line
    assert "\x1b[8m" not in line


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("words", "environment", "colours"),
    [
        ([], {}, True), ([], {"NO_COLOR": "1"}, False), ([], {"NO_COLOR": ""}, True), ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False), (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)  # fmt: skip
def test_colours_are_written_to_a_terminal_that_wants_them(words, environment, colours, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, text in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, text)
    terminal = Terminal()
    with cli.make_context("ain", [*words, "demo"]):
        click.echo(click.style("+", fg="green") + " C01", file=guard(terminal))
    assert terminal.getvalue() == ("\x1b[32m+\x1b[0m C01\n" if colours else "+ C01\n")


def test_a_pipe_has_colours_only_where_they_are_asked_for(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for force, colours in (("", False), ("1", True)):
        monkeypatch.setenv("FORCE_COLOR", force)
        pipe = io.StringIO()
        with cli.make_context("ain", ["demo"]):
            click.echo(click.style("+", fg="green"), file=guard(pipe))
        assert ("\x1b[32m" in pipe.getvalue()) is colours

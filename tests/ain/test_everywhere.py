"""What every command takes: how much is said (`-q`, `-v`), and what a file:line opens on a terminal (`--editor`)."""

import io

import click
import pytest

from ain_scp.ain.__main__ import cli
from ain_scp.ain.streams import guard
from kit.commands import every_command

GOLDEN = "examples/golden"
SCENARIO = "examples/golden/scenario.toml"
TABLE = "customers/GOLDEN/stations.csv"


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture
def warned(tmp_path):
    """A scenario of which one call does not go as expected."""
    path = tmp_path / "plan.toml"
    path.write_text(
        f'dataset = "{click.format_filename(str(_root() / GOLDEN))}"\nstart = 2001-01-17T10:00:00\n'
        '[[call]]\nid = "GOOD"\nat = 2001-01-17T10:00:00\nfrom = "9258341234"\ndial = "7 9212000"\n'
        '[[call]]\nid = "BAD"\nat = 2001-01-17T10:01:00\nfrom = "9258341234"\ndial = "7 9212000"\nexpect = { ctc = 1 }\n'
    )
    return path


def _root():
    from pathlib import Path

    return Path(__file__).parents[2]


def test_every_command_has_them_and_its_help_does_not_repeat_them():
    for words, command in every_command():
        own = [one for one in command.params if {"-q", "-v", "--editor", "--color"} & set(one.opts)]
        assert len(own) == 4, words
        assert all(one.hidden for one in own)
    assert {"color", "quiet", "verbose", "editor"} <= {one.name for one in cli.params if not one.hidden}


@pytest.mark.parametrize("before", [True, False])
def test_quiet_says_what_failed_and_nothing_else(ain, warned, before):
    words = ["run", warned, "--transport", "memory"]
    done = ain("-q", *words) if before else ain(*words, "-q")
    assert done.returncode == 1
    assert "BAD" in done.stdout
    assert "expected 1" in done.stdout
    assert "GOOD" not in done.stdout
    assert "passed" not in done.stdout
    good = ain("run", SCENARIO, "--transport", "memory", "-q")
    assert (good.returncode, good.stdout, good.stderr) == (0, "", "")
    check = ain("check", GOLDEN, "-q")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_quiet_leaves_errors_and_json(ain, tmp_path):
    done = ain("check", tmp_path, "-q")
    assert done.returncode == 1
    assert "dataset.toml" in done.stdout
    assert ain("check", GOLDEN, "-q", "--json").stdout == ain("check", GOLDEN, "--json").stdout
    assert "no such data set" in ain("-q", "check", "nowhere").stderr


def test_verbose_gives_the_rule_of_a_problem_and_the_row_of_a_call(ain, tmp_path):
    done = ain("check", tmp_path, "-v")
    lines = done.stdout.splitlines()
    rule = lines[0].rpartition("(")[2].rstrip(")")
    assert lines[1].startswith(f"    {rule}: ")
    run = ain("run", SCENARIO, "--transport", "memory", "-v")
    assert "s2122: trunk group 0000-0174 [customers/GOLDEN/asf_rtl.csv:5]" in run.stdout


def said(text, *words, command="check"):
    """What a terminal gets of a text that a command writes."""
    terminal = Terminal()
    with cli.make_context("ain", [*words, command, GOLDEN]) as context:
        context.meta["ain.bases"] = [_root() / GOLDEN]
        click.echo(text, file=guard(terminal))
    return terminal.getvalue()


def test_a_file_and_line_is_a_link_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    text = said(f"because of [{TABLE}:12], and of nowhere.csv:3")
    place = (_root() / GOLDEN / TABLE).resolve()
    assert f"{place}\x1b\\{TABLE}:12\x1b]8;;\x1b\\]" in text
    assert text.count("\x1b]8;;file://") == 1
    assert text.endswith(", and of nowhere.csv:3\n")


def test_an_editor_is_opened_at_the_line(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    text = said(f"{TABLE}:12", "--editor", "vscode://file{path}:{line}")
    assert text.startswith(f"\x1b]8;;vscode://file{(_root() / GOLDEN / TABLE).resolve()}:12\x1b\\")


def test_there_is_no_link_in_a_pipe_or_on_a_dumb_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert said(f"{TABLE}:12") == f"{TABLE}:12\n"
    pipe = io.StringIO()
    click.echo(f"{SCENARIO}:1", file=guard(pipe))
    assert pipe.getvalue() == f"{SCENARIO}:1\n"


def test_a_hostile_name_is_no_part_of_a_link(tmp_path, monkeypatch):
    """The name of a file that is there is written into the address by octets that are letters of addresses."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ü.csv").write_text("x")
    text = said("\x1b]8;;evil:\x1b\\ü.csv:1")
    assert "%C3%BC.csv\x1b\\ü.csv:1" in text
    assert "\x1b]8;;evil" not in text


@pytest.mark.parametrize("template", ["emacs", "file://x", "{path}", "x:\x1b{path}", "x: {path}"])
def test_an_editor_that_is_no_address_is_refused(ain, template):
    done = ain("check", GOLDEN, "--editor", template)
    assert done.returncode == 2
    assert "an address with {path} in it" in done.stderr

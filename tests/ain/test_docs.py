"""What the documentation shows, done as it is shown: its commands run, its octets are those on the wire."""

import ast
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import COMMANDS, cli
from ain_scp.ain.dataset import open_program
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.node import ScpNode
from ain_scp.terms.localtime import parse

ROOT = Path(__file__).parents[2]
FIRST_USE = ROOT / "docs" / "first-steps.md"
PAGES = [
    (FIRST_USE, 13),
    (ROOT / "docs" / "tutorial.md", 27),
    (ROOT / "docs" / "schemas.md", 4),
    (ROOT / "docs" / "tickets.md", 23),
    (ROOT / "docs" / "console.md", 5),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path, language=None):
    """The code blocks of a page, of one language or of all."""
    return [text for kind, text in BLOCK.findall(path.read_text()) if language in (None, kind)]


def ended(pid):
    """End the server that a page started, should the page not have got so far."""
    if pid.exists():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "least"), PAGES, ids=[page.stem for page, _least in PAGES])
def test_the_steps_of_a_page_can_be_taken_from_the_page_alone(page, least, tmp_path, request):
    """Every command of its sh blocks, in order, in an empty directory with `examples`; `# exit N` is its exit code."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    binary = tmp_path / "bin" / "ain"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m ain_scp.ain "$@"\n')
    binary.chmod(0o755)
    environment = {**os.environ, "PATH": f"{binary.parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    request.addfinalizer(lambda: ended(tmp_path / "serve.pid"))
    count = 0
    for text in blocks(page, "sh"):
        for line in text.splitlines():
            command, _, comment = line.partition("  # exit ")
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            expected = int(comment or 0)
            assert done.returncode == expected, f"{command}\n{done.stdout}{done.stderr}"
            count += 1
    assert count >= least


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_help_page_has_an_example_that_can_be_pasted(name):
    """No example is cut by a line that a shell would read as a pipe or as half a command."""
    text = CliRunner().invoke(cli, [name, "--help"], prog_name="ain").output
    assert not re.search(r"\bain [^\n]* \| ain ", text)
    assert "Example" in text
    assert re.search(rf"ain {name}\b", text.partition("Example")[2])


def octets(block):
    """The octets of an annotated listing: hexadecimal pairs at the start of each line."""
    pairs = [re.match(r"(?:[0-9a-f]{2} {1,2})+", line).group() for line in block.splitlines()]
    return bytes.fromhex("".join(pairs).replace(" ", ""))


def test_the_annotated_query_gets_the_annotated_answer():
    query, answer = (
        octets(text) for text in blocks(ROOT / "docs" / "wire.md") if text.startswith("01 00 01 01")
    )
    assert int.from_bytes(query[4:8], "big") == len(query)
    node = ScpNode(open_program(ROOT / "examples" / "golden"), NodeConfig(), lambda: 0)
    node.receive(query, "link", parse("2001-01-17T10:00:00") * 1_000_000_000)
    assert [octets for _, octets in node.octets_to_send()] == [answer]


def test_the_client_sends_the_annotated_query_and_imports_nothing_of_ours():
    source = (ROOT / "examples" / "own_switch" / "ask.py").read_text()
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= set(sys.stdlib_module_names)
    room = {"__name__": "ask"}
    exec(compile(source, "ask.py", "exec"), room)  # noqa: S102 - our own example
    query = next(octets(text) for text in blocks(ROOT / "docs" / "wire.md") if text.startswith("01 00 01 01"))
    assert room["info_analyzed"](bytes.fromhex("01020304"), "9258341234", "7", "9212000") == query


SHOWN = re.compile(r"^(?:    |\$ |)(ain [a-z].*)$|`(ain [a-z][^`]*)`", re.MULTILINE)
"""A command in a block or in a line of text."""


def shown(path):
    """The commands that a page shows, without comments and what follows them."""
    for block, inline in SHOWN.findall(re.sub(r"\\\n\s*", "", path.read_text())):
        text = re.split(r"\s{2,}#|\s#\s", block or inline)[0]
        yield from (part.strip() for part in re.split(r"&&|\| |;", text) if part.strip().startswith("ain "))


@pytest.mark.parametrize(
    "page", sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]), ids=lambda page: page.stem
)
def test_every_command_and_option_that_a_page_shows_is_there(page):
    for line in shown(page):
        words, command, name = shlex.split(line)[1:], cli, "ain"
        while isinstance(command, click.Group) and words and re.fullmatch("[a-z-]+", words[0]):
            name = words.pop(0)
            command = command.get_command(click.Context(command), name)
            assert command is not None, line
        options = {name for one in command.params for name in one.opts} | {"--help"}
        asked = {re.match(r"--[\w-]+", word)[0] for word in words if word.startswith("--")}
        assert asked <= options or name == "demo", (
            f"{line}: {asked - options}"
        )  # options of ain run may follow

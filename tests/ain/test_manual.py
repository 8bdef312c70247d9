"""The page of commands is what the commands say of themselves, and they say something of every option."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from ain_scp.ain.__main__ import COMMANDS, cli
from ain_scp.ain.manual import commands, main, man_pages, page

ROOT = Path(__file__).parents[2]
EVERY = list(commands(cli, "ain", click.Context(cli, info_name="ain")))


def test_the_page_is_that_of_the_commands():
    """Generated: `python -m ain_scp.ain.manual > docs/commands.md`."""
    assert (ROOT / "docs" / "commands.md").read_text() == page()


def test_no_command_is_missing():
    assert {path.split()[1] for path, _, _ in EVERY} == set(COMMANDS)
    assert len(EVERY) > 2 * len(COMMANDS)


@pytest.mark.parametrize(
    ("path", "command"), [(path, command) for path, command, _ in EVERY], ids=[one[0] for one in EVERY]
)
def test_a_command_and_each_of_its_options_are_explained(path, command):
    assert command.help, path
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help, (path, option.opts)


def test_every_command_has_a_man_page_with_all_its_options():
    pages = man_pages()
    assert set(pages) == {"ain.1", *(f"ain-{name}.1" for name in COMMANDS)}
    for path, command, context in EVERY:
        text = pages["-".join(path.split()[:2]) + ".1"].replace("\\-", "-")
        for option in command.params:
            record = option.get_help_record(context) if isinstance(option, click.Option) else None
            assert record is None or f"\n.B {record[0]}\n" in text, (path, record)


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_them_without_a_warning(tmp_path):
    """What man-db warns of, lintian refuses."""
    main([str(tmp_path)])
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    for name in ("ain.1", "ain-serve.1", "ain-ticket.1", "ain-account.1"):
        words = ["man", "--warnings", "-E", "UTF-8", "-l", str(tmp_path / name)]
        shown = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        assert shown.stderr == ""
        assert re.search(r"^NAME$.*^SYNOPSIS$.*^EXIT STATUS$", shown.stdout, re.MULTILINE | re.DOTALL)

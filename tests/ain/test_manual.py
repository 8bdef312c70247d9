"""The page of commands is what the commands say of themselves, and they say something of every option."""

from pathlib import Path

import click
import pytest

from ain_scp.ain.__main__ import COMMANDS, cli
from ain_scp.ain.manual import commands, page

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

"""Every command of `ain` there is, however deep its group."""

import click

from ain_scp.ain.__main__ import cli


def every_command(group=cli, words=()):
    """(words, command) of each command that is no group."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def with_json():
    """Those that have --json."""
    return [
        (words, one)
        for words, one in every_command()
        if any("--json" in option.opts for option in one.params)
    ]

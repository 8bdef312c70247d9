"""The commands of docs/charging.md print what it shows; its tables name every file, column and rule there is."""

import re
import shlex
from pathlib import Path

import pytest

from ain_scp.provisioning.check.charging import accounts, charges, read, tariffs, times
from ain_scp.provisioning.manual.rules import RULES

PAGE = (Path(__file__).parents[2] / "docs" / "charging.md").read_text(encoding="utf-8")


def shown():
    """Each command with the lines below it, up to the next command or the end of its block."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


@pytest.mark.parametrize(("command", "output"), [*shown()], ids=[command[:60] for command, _ in shown()])
def test_a_command_prints_what_the_page_shows(command, output, ain):
    name, *words = shlex.split(command)
    assert name == "ain"
    assert ain(*words).stdout == output


def test_every_file_is_named():
    for file in (*read.FILES, read.CONTRACT):
        assert f"`{file}" in PAGE or file == "services"
    assert "`services/NAME.toml`" in PAGE


@pytest.mark.parametrize(
    "columns",
    [
        times.BANDS, tariffs.ZONES, tariffs.TARIFFS, tariffs.PERIODS, charges.COS, charges.TAXES, charges.RECURRING,
        charges.CONTRACT, accounts.ACCOUNTS, accounts.LINES, accounts.GROUPS, accounts.LIMITS, accounts.WARNINGS,
        accounts.EFT, accounts.SHARES, accounts.HOME_SWITCHES, accounts.SOURCES, accounts.PROFILES,
        accounts.PARTITIONS, accounts.DEVICES,
    ],
)  # fmt: skip
def test_every_column_is_named(columns):
    words = set(re.findall(r"[a-z_]+", PAGE))
    assert {column for part in columns for column in part} <= words


def test_every_rule_is_explained():
    assert {rule for rule in RULES if rule.startswith("CH-")} == {
        f"CH-{number:02d}" for number in range(1, 34)
    }

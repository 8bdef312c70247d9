"""`docs/dataset.md` from the declarations: run `python -m ain_scp.provisioning.manual.page > docs/dataset.md`.

Source: interfaces.md section 2.
"""

import sys
from collections.abc import Iterator
from typing import Final

from ain_scp.provisioning.manual.entries import Entry, File
from ain_scp.provisioning.manual.files import FILES
from ain_scp.provisioning.manual.rules import RULES

_HEAD: Final = """# The data set

A directory that a network engineer can read and diff: TOML for options, CSV for tables (RFC 4180, UTF-8, separated by commas).
Numbers are digit strings without hyphens, in quotes in TOML; an empty cell means absent; `#` starts a comment line; the order of
columns is free. Unknown files, columns and keys are errors. `ain check DIRECTORY` names every problem at once, with file, line,
column and the id of the rule; `ain check --rule A-098` explains a rule. Errors stop a load; warnings (legal but odd rows) do not.

`ain init DIRECTORY` makes a small one with comments, and a scenario that runs. [examples/golden](../examples/golden) is a large one.
Folders: `network/` for what all customers share, `customers/NAME/` for each customer. `dataset.toml`, `network/switches.csv`,
`triggers.csv`, `announcements.csv`, `call_types.csv`, `rates.toml` and each `customer.toml` must be there, `privilege_control.csv`
where `ocs = true`; any other file may be left out, and is then an empty table. How tariffs, accounts and plans work (`charging/`):
[charging.md](charging.md), with its programs `charging/services/NAME.toml`; how services do (`services/`): [services.md](services.md).

Which entry wins: the exact number before a prefix, a longer prefix before a shorter one, a prefix before a call type code;
the first of two rules; deny before allow (an absent privilege cell denies, a blocking entry blocks whatever allows). Percentages of
rules under equal conditions share the hundred, in order.

This page is generated from the declarations that the loader uses (`python -m ain_scp.provisioning.manual.page`).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for file in FILES for line in _file(file)), *_rules(), ""])


def _file(file: File) -> Iterator[str]:
    what = "key" if file.columns is None else "column"
    yield f"## `{file.name}`\n\n{file.purpose[:1].upper()}{file.purpose[1:]}.\n"
    yield f"| {what} | meaning | if absent | example | rule |\n|---|---|---|---|---|"
    for name, entry in file.entries.items():
        yield f"| `{name}` | {_cell(entry.meaning)} | {_cell(_absent(file, name, entry))} | `{entry.example}` | {entry.rule} |"
    yield ""


def _absent(file: File, name: str, entry: Entry) -> str:
    needed = file.columns is not None and name in file.columns[0]
    return "must be there" if needed or not entry.default else entry.default


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rules() -> Iterator[str]:
    yield "## Rules\n\n| id | rule |\n|---|---|"
    for rule, text in RULES.items():
        yield f"| {rule} | {_cell(text)} |"


if __name__ == "__main__":
    sys.stdout.write(page())

"""What the manual says of one file, and of one column or key of it.

Source: interfaces.md section 2.
"""

from typing import NamedTuple

from ain_scp.provisioning.check.files import Columns


class Entry(NamedTuple):
    """One column or key. `default` is what an empty cell or an absent key means; empty: it must be there."""

    meaning: str
    example: str
    default: str = ""
    rule: str = ""


class File(NamedTuple):
    """One file: what it is for, its columns as the loader declares them (None: TOML), and its entries by name."""

    name: str
    purpose: str
    columns: Columns | None
    entries: dict[str, Entry]


def words(known: object) -> str:
    """Known words, separated by commas."""
    return ", ".join(map(str, known))  # type: ignore[call-overload]

"""The last digits of numbers that are not ours as x: what a works council asks for first.

Source: C-018.
"""

import re
from collections.abc import Container
from typing import Final

import msgspec

from ain_scp.tickets.profile.adding import Key, Sum
from ain_scp.tickets.profile.unusual import Finding

NUMBERS: Final = ("called", "extension")
"""Dimensions whose values are numbers."""
_DIGIT: Final = re.compile("[0-9]")


def hidden(number: str | None, digits: int, ours: Container[str]) -> str | None:
    """A number with its last digits as x, unless it is one of ours."""
    if not digits or number is None or number in ours:
        return number
    return number[:-digits] + _DIGIT.sub("x", number[-digits:])


def hide_rows(
    rows: dict[Key, Sum], dimensions: list[str], digits: int, ours: Container[str]
) -> dict[Key, Sum]:
    """Rows of a profile with their numbers hidden, those that look alike then put together."""
    places = [at for at, name in enumerate(dimensions) if name in NUMBERS]
    found: dict[Key, Sum] = {}
    for key, row in rows.items():
        cells = list(key)
        for at in places:
            cells[at] = hidden(key[at], digits, ours)
        shown = tuple(cells)
        found[shown] = row.plus(found[shown]) if shown in found else row
    return found


def hide_finding(finding: Finding, digits: int, ours: Container[str]) -> Finding:
    """A finding whose extension is not one of ours says less of it, in its text, too."""
    shown = hidden(finding.extension, digits, ours)
    if shown == finding.extension or shown is None:
        return finding
    text = finding.text.replace(str(finding.extension), shown)
    return msgspec.structs.replace(finding, extension=shown, text=text)

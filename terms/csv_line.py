"""One line of a CSV file as cells, by RFC 4180: what breaks its rules is no line, and nothing of it is guessed.

Source: RFC 4180 clause 2.
"""

import csv
from typing import Final

BROKEN: Final = "a quoted cell is not closed, or text follows its closing quote"
"""What is wrong with a line that gives no cells."""


def cells_of(line: str) -> list[str] | None:
    """The cells of a line without its end; None when its quotes are not those of RFC 4180."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None

"""The place of a row.

Source: interfaces.md section 2.
"""

from typing import NamedTuple


class Where(NamedTuple):
    """Place of a row: file name relative to the data set directory, and line (1-based)."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

"""Where a ledger is kept, as an option or an argument names it: a directory, or the address of a database.

Source: charging.md 4.4, 9.1.
"""

from pathlib import Path
from typing import Any, Final

import click

from ain_scp.ain.outputs import OutputPath

SCHEMES: Final = ("postgresql://", "postgres://")
Place = Path | str
"""Where a ledger is kept: a directory, or the address of a database."""


class LedgerPlace(click.Path):
    """The type of an argument that names a ledger."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """An address stays a text; anything else is a path."""
        return value if _is_address(value) else super().convert(value, param, ctx)


class LedgerOutput(OutputPath):
    """The type of an option that names a ledger to be made, or added to."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As of LedgerPlace."""
        return value if _is_address(value) else super().convert(value, param, ctx)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(SCHEMES)

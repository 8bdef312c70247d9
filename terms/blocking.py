"""The kinds of blocking tables, one row each; a table, its column and its verdict follow from the row.

A kind is the table `blocking_NAME.csv` of a customer, the word `NAME` in the column `blocking_type` of call_types.csv, and
the column `NAME` of privilege_control.csv that says which privilege classes are checked against the table.

Source: [0071]-[0075], [0084]-[0088], A-090..A-098, AMB-34.
"""

from typing import Final, Literal, NamedTuple

from ain_scp.terms.digits import MAX_NUMBER
from ain_scp.terms.vocabulary import Blocking, Cause

COUNTRY_PREFIXES: Final = (3, 2, 1)
"""Lengths at which an international entry matches a longer number; any other entry only as a whole (A-069, A-092)."""

Holds = Literal["INTERNATIONAL", "NATIONAL", "TOLL_FREE"]


class BlockingKind(NamedTuple):
    """One kind of blocking table.

    `holds` is what its entries are: numbers abroad, national numbers, or toll free ones alone. `prefixes` are the lengths
    searched after the complete number, in order, at most 6 (A-092..A-094); `lengths` those an entry may have (A-098).
    `optional`: a data set may do without its column, and then every privilege class is checked, for deny beats allow.
    """

    name: str
    holds: Holds
    prefixes: tuple[int, ...]
    lengths: tuple[int, ...]
    blocked: Blocking
    cause: Cause
    optional: bool = False


BLOCKING_KINDS: Final = (
    BlockingKind(
        "international",
        "INTERNATIONAL",
        COUNTRY_PREFIXES,
        tuple(range(1, MAX_NUMBER + 1)),
        "BLOCK_INTERNATIONAL",
        "BLOCKED_INTERNATIONAL",
    ),
    BlockingKind("domestic", "NATIONAL", (6, 3), (3, 6, 10), "BLOCK_DOMESTIC", "BLOCKED_DOMESTIC"),
    BlockingKind("800", "TOLL_FREE", (6,), (6, 10), "BLOCK_800", "BLOCKED_800"),
)

BLOCKING_TYPES: Final = tuple(kind.name for kind in BLOCKING_KINDS)

CAUSE_OF: Final[dict[Blocking, Cause]] = {
    "BLOCK_EMERGENCY": "BLOCKED_EMERGENCY",
    **{kind.blocked: kind.cause for kind in BLOCKING_KINDS},
}
"""The announcement of every verdict that stops a call."""

KIND_NAMED: Final[dict[str, BlockingKind]] = {kind.name: kind for kind in BLOCKING_KINDS}

KIND_OF: Final[dict[Blocking, BlockingKind]] = {kind.blocked: kind for kind in BLOCKING_KINDS}
"""The kind of table that gave a verdict."""

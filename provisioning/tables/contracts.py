"""The contract percentages of one customer: `contract.csv`, the first key that matches, at its latest version.

Source: charging design 3.6, 8.14; A-227, A-228, A-238.
"""

from typing import final

from ain_scp.provisioning.rows_charging import ContractRow
from ain_scp.provisioning.tables.versions import Key, Versions


@final
class Contracts:
    """`contract.csv` of one customer, compiled; empty without the file."""

    __slots__ = ("_rows", "hosts")

    def __init__(self, rows: tuple[ContractRow, ...]) -> None:
        self.hosts = frozenset(row.host for row in rows)
        self._rows = Versions(rows, key_of) if rows else None

    def row(
        self, flag: str, day: int, origin: str, destination: str, pair: str, host: str, station_class: str
    ) -> ContractRow | None:
        """Give the row that decides; None when the number in `customer.toml` does."""
        if self._rows is None:
            return None
        return self._rows.find((flag, origin, destination, pair, host, station_class), day)


def key_of(row: ContractRow) -> Key:
    """Give the key of a row; rows of one key are its versions."""
    return row.flag, row.origin, row.destination, row.pair, row.host, row.station_class

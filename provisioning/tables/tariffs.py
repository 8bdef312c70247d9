"""One tariff: which of its rows applies to a meter, a feature, two places, a class of service, a band and a date.

Source: charging design 3.2, 8.5.
"""

from collections.abc import Iterable
from typing import final

from ain_scp.provisioning.rows_charging import TariffRow
from ain_scp.provisioning.tables.bands import BandScheme
from ain_scp.provisioning.tables.versions import Key, Versions


@final
class Tariff:
    """The rows of one tariff, compiled. `scheme` None: it has no bands."""

    __slots__ = ("_rows", "features", "name", "scheme")

    def __init__(self, name: str, rows: Iterable[TariffRow], scheme: BandScheme | None) -> None:
        rows = tuple(rows)
        self.name = name
        self.scheme = scheme
        self.features = frozenset(row.feature for row in rows if row.feature)
        self._rows = Versions(rows, key_of)

    def row(
        self, meter: str, feature: str, origin: str, destination: str, cos: str, band: str, day: int
    ) -> TariffRow | None:
        """Give the row that applies; `feature` "" asks for the meter's own row."""
        return self._rows.find((feature, meter, origin, destination, cos, band), day)


def key_of(row: TariffRow) -> Key:
    """Give the key of a row; rows of one key are its versions."""
    return row.feature, row.meter, row.origin, row.destination, row.cos, row.band

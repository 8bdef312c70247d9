"""Call attempts as columns: what a batch is decided from.

Numbers are canonical codes (`ain_scp.provisioning.tables.digits`). What does not fit a column (a host query, a caller or dialed
digits that are no plain digit string) keeps its whole `Query` and is decided one by one, so that no call is decided
otherwise for having come in a batch.

Source: D-006, interfaces.md section 4 (the query line).
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.tables.digits import MAX_DIGITS, POWERS, digits_of
from ain_scp.terms.query import Query
from ain_scp.terms.vocabulary import BEARERS

CHUNK: Final = 1 << 16
"""Calls decided at once: the columns of one chunk stay in the processor's cache."""

EMPTY: Final = 1
"""The code of the empty digit string."""

DRAWS: Final = 10_000
NO_BEARER: Final = len(BEARERS)
"""An unknown bearer word: not voice."""

Origin = tuple[str | None, str | None]
"""Access code and trunk group of a call."""

Codes = NDArray[np.int64]


class Attempts(NamedTuple):
    """A chunk of call attempts.

    `origin` indexes `origins`; `bearer` indexes BEARERS (NO_BEARER for another word); `time` is local seconds; `draw`
    0..9999. Rows of `whole` are decided from that query, whatever their columns say. `keyed`: where a call has neither
    access code nor trunk group, the code is keyed before the digits, as at a telephone (docs/numbers.md).
    """

    calling: Codes
    dialed: Codes
    origin: NDArray[np.int32]
    bearer: NDArray[np.uint8]
    time: Codes
    draw: NDArray[np.int32]
    origins: Sequence[Origin]
    whole: Mapping[int, Query]
    keyed: bool = False

    def query(self, row: int) -> Query:
        """The query of a row, as `Program.decide` takes it."""
        if row in self.whole:
            return self.whole[row]
        access_code, trunk_group = self.origins[int(self.origin[row])]
        dialed = int(self.dialed[row])
        bearer = int(self.bearer[row])
        return Query(
            "INFO_ANALYZED",
            "CDP_AC",
            digits_of(int(self.calling[row])),
            int(self.time[row]),
            trunk_group=trunk_group,
            access_code=access_code,
            dialed="" if dialed == EMPTY else digits_of(dialed),
            bearer=BEARERS[bearer] if bearer < NO_BEARER else "",
            draw=int(self.draw[row]),
        )

    def rows(self, places: NDArray[np.int64]) -> "Attempts":
        """The columns of some rows; whole queries are left out."""
        return Attempts(
            self.calling[places],
            self.dialed[places],
            self.origin[places],
            self.bearer[places],
            self.time[places],
            self.draw[places],
            self.origins,
            {},
            self.keyed,
        )


def draws(seed: int, places: NDArray[np.int64]) -> NDArray[np.int32]:
    """A draw 0..9999 for every place of a call in its file: the same whatever is decided together with it.

    The finalizer of splitmix64, which spreads consecutive integers evenly.
    """
    mixed = places.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed & (2**64 - 1))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(DRAWS)).astype(np.int32)


def attempts_of(queries: Sequence[Query]) -> Attempts:
    """Lay queries out as columns."""
    count = len(queries)
    calling, dialed, time = (np.zeros(count, np.int64) for _ in range(3))
    origin, draw = np.zeros(count, np.int32), np.zeros(count, np.int32)
    bearer = np.zeros(count, np.uint8)
    origins: dict[Origin, int] = {}
    whole: dict[int, Query] = {}
    for row, query in enumerate(queries):
        codes = plain_codes(query)
        if codes is None:
            whole[row] = query
            codes = 0, 0
        calling[row], dialed[row] = codes
        time[row], draw[row] = query.time, query.draw
        bearer[row] = BEARERS.index(query.bearer) if query.bearer in BEARERS else NO_BEARER
        origin[row] = origins.setdefault((query.access_code, query.trunk_group), len(origins))
    return Attempts(calling, dialed, origin, bearer, time, draw, tuple(origins), whole)


def plain_codes(query: Query) -> tuple[int, int] | None:
    """The codes of calling and dialed digits; None when the query does not fit the columns."""
    calling, dialed = query.calling_party, query.dialed
    if query.message in {"TERMINATION_ATTEMPT", "NETWORK_BUSY"} or calling is None or len(calling) != 10:
        return None
    if not _plain(calling) or (dialed and not _plain(dialed)):
        return None
    if not -(2**62) < query.time < 2**62:
        return None
    return int("1" + calling), int("1" + dialed)


def _plain(digits: str) -> bool:
    return len(digits) <= MAX_DIGITS and digits.isascii() and digits.isdigit()


def lengths_of(codes: Codes) -> NDArray[np.int64]:
    """How many digits each code stands for; the empty string has none."""
    return np.searchsorted(np.asarray(POWERS), codes, side="right") - 1

"""The answers of a batch as columns, and each one as the decision it stands for.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_scp.scp.service_logic.program import Undecidable
from ain_scp.terms.decision import Decision

UNDECIDABLE: Final = -1
"""outcome of a call that cannot be decided."""

Ids = NDArray[np.int32]


class Verdicts(NamedTuple):
    """The decisions of a chunk, as positions in the engine's lists.

    `caller`: class of caller, -1 if the call was decided one by one or cannot be decided. `plan`: position in the engine's
    plans, -1 without one. `called`: code of the number called, and `klass` its class among the customer's called numbers, -1
    where the digits have no meaning. `cic` is -1 without a carrier. `outcome`: position in the engine's outcomes. `whole`: the
    decisions of the rows decided one by one.
    """

    caller: Ids
    plan: NDArray[np.int8]
    called: NDArray[np.int64]
    cic: NDArray[np.int16]
    klass: Ids
    outcome: Ids
    whole: Mapping[int, Decision | Undecidable]

    def columns(self) -> tuple[NDArray[Any], ...]:
        """Every column, in the order of the fields."""
        return self[:-1]


def blank(count: int) -> Verdicts:
    """Verdicts of calls nothing was decided about yet."""
    return Verdicts(
        np.full(count, -1, np.int32),
        np.full(count, -1, np.int8),
        np.zeros(count, np.int64),
        np.full(count, -1, np.int16),
        np.full(count, -1, np.int32),
        np.full(count, UNDECIDABLE, np.int32),
        {},
    )

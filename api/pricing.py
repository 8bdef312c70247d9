"""One usage rated by the tariffs of a data set with charging, or a quote: how long money lasts.

Source: charging design 9.1, 9.3.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ain_scp.api.data import DataSet, loaded
from ain_scp.api.faults import InputError
from ain_scp.billing.rating.forms import Granted, Priced, Refused, UsageFault, UsageLine, answer


def rate(
    data: DataSet | Path | str,
    *,
    at: str,
    calling: str | None = None,
    called: str | None = None,
    duration_ms: int | None = None,
    tariff: str | None = None,
    meters: Mapping[str, int | str] | None = None,
    features: Sequence[str] = (),
    money: str | None = None,
) -> Priced | Granted | Refused:
    """Rate a usage that began at local time `at` (ISO 8601); with `money` (decimal text) say how long it lasts.

    Amounts are decimal text of the data set's currency. Refused is a usage without a price; InputError one that cannot be
    understood, and a data set without charging.
    """
    opened = loaded(data)
    snapshot = opened.program.snapshot
    if snapshot.charging is None:
        raise InputError(f"{opened.directory}: no charging/ with tariffs")
    line = UsageLine(
        at=at,
        from_=calling,
        called=called,
        duration_ms=duration_ms,
        tariff=tariff,
        meters=dict(meters) if meters else None,
        features=list(features),
        money=money,
    )
    try:
        return answer(snapshot, snapshot.charging, line, 1)
    except UsageFault as fault:
        raise InputError(str(fault)) from None

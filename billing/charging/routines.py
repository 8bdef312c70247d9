"""The three routines of the first patent as tables: which warning, and which kind of charge.

CWMR (7000) chooses a message when a communication begins, RTWMR (9000) while it runs, by one comparison; RTCR (8000)
accumulates the charge and calls RTWMR.

Source: Figs. 7, 8, 9; B1-090 to B1-095; charging.md 5.2, 5.3.
"""

from typing import Final, NamedTuple

from ain_scp.provisioning.rows_charging import TariffRow, WarningRow


def select(usable: int, limits: tuple[WarningRow, ...]) -> int:
    """The place of the first limit that `usable` exceeds (greater, not equal); the row without limit when none."""
    for place, row in enumerate(limits):
        if row.limit is None or usable > row.limit:
            return place
    return len(limits) - 1


def warning_steps(place: int, limits: int, first: int) -> list[str]:
    """The steps of a selection: `first` 7000 for CWMR, 9000 for RTWMR; `limits` how many limits there are.

    The first three have numbers of their own, the last of more is 7050, those between share it with an index; 7130 and
    9130 are inferred.
    """
    steps = [f"{first}", f"{first + 10}"]
    for number in range(min(place + 1, limits)):
        if number < 3:
            steps.append(f"{first + 20 + 10 * number}")
        else:
            steps.append(f"{first + 50}" if number == limits - 1 else f"{first + 50}.{number - 2}")
    if place >= limits:
        steps.append(f"{first + 60}")
    return [*steps, f"{first + 130}"]


class Step(NamedTuple):
    """One box of Fig. 8: the question or action, and where yes and no lead ("" = end)."""

    what: str
    yes: str
    no: str


RTCR: Final[dict[str, Step]] = {
    "8000": Step("time to accumulate a charge?", "8010", ""),
    "8010": Step("flat rate?", "8020", "8030"),
    "8020": Step("flat charge", "8060", ""),
    "8030": Step("complex?", "8040", "8050"),
    "8040": Step("complex charge", "8060", ""),
    "8050": Step("units x single rate", "8060", ""),
    "8060": Step("take the charge from the balance", "8070", ""),
    "8070": Step("sufficient, or overrun approved?", "8110", "8080"),
    "8080": Step("invoke the disconnect routine", "8120", ""),
    "8110": Step("RTWMR; the call continues", "", ""),
    "8120": Step("RTWMR: disconnect warning", "", ""),
}


def is_flat(row: TariffRow) -> bool:
    """8010: the row has a connect charge only."""
    return bool(row.connect) and not row.first_units and not row.next_units


def is_complex(row: TariffRow, meters: int = 1) -> bool:
    """8030: a first increment, several meters, or a connect charge besides increments."""
    return bool(row.first_units) or meters > 1 or bool(row.connect)


def charge_steps(row: TariffRow, *, due: bool = True, sufficient: bool = True, meters: int = 1) -> list[str]:
    """The steps of one run of RTCR for a row."""
    said = {
        "8000": due,
        "8010": is_flat(row),
        "8030": is_complex(row, meters),
        "8070": sufficient,
    }
    steps, step = [], "8000"
    while step:
        steps.append(step)
        step = RTCR[step].yes if said.get(step, True) else RTCR[step].no
    return steps

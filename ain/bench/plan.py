"""A data set grown to a large numbering plan: the golden customer with as many further numbers as asked for.

Every further number triggers, has a screening row, stands in the SDP list, and is reached by seven digits of the MDP. They
are assigned as numbering plans are: whole blocks of ten thousand, spread over four area codes of the customer's LATA and
outside of it. Nothing is random, so the same size is always the same data set.

Source: interfaces.md section 2, D-003, D-004.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

BLOCK: Final = 10_000
AREAS: Final = ("510", "408", "650", "212")
FIRST_OFFICE: Final = 200
MAX_NUMBERS: Final = 700 * BLOCK
STATION_TYPES: Final = ("CENTREX", "CENTREX", "CENTREX", "PBX")


def grow(source: Path, target: Path, numbers: int) -> None:
    """Copy the golden data set to `target` with `numbers` further numbers (rounded up to whole blocks)."""
    if not 0 < numbers <= MAX_NUMBERS:
        raise ValueError(f"1 to {MAX_NUMBERS} numbers")
    blocks = -(-numbers // BLOCK)
    shutil.copytree(source, target)
    customer = target / "customers" / "GOLDEN"
    index = {line.partition(",")[0] for line in (customer / "ocs_index.csv").read_text().splitlines()}
    _append(customer / "ocs_index.csv", (f"{area},PLAN" for area in AREAS if area not in index))
    _append(target / "network" / "triggers.csv", (f"{n},CDP_AC,GOLDEN,SSP2004" for n in _numbers(blocks)))
    _append(customer / "sdp.csv", _numbers(blocks))
    _append(customer / "mdp.csv", (f"{number[3:]},{number},3" for number in _numbers(blocks)))
    _append(
        customer / "stations.csv",
        (f"PLAN,{n},{STATION_TYPES[int(n[-1]) % 4]},{3 + int(n[-1]) % 5}" for n in _numbers(blocks)),
    )


def _numbers(blocks: int) -> Iterator[str]:
    """The further numbers, block by block; the area codes take turns."""
    for block in range(blocks):
        head = f"{AREAS[block % len(AREAS)]}{FIRST_OFFICE + block}"
        for line in range(BLOCK):
            yield f"{head}{line:04d}"


def _append(path: Path, rows: Iterator[str]) -> None:
    ends = path.read_text().endswith("\n")
    with path.open("a") as file:
        if not ends:
            file.write("\n")
        file.writelines(f"{row}\n" for row in rows)

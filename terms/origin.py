"""Where a call comes from, as far as the services beside the dialing plan's ask for it.

Source: A-046..A-048; T1.113 (address presentation).
"""

from typing import Final, NamedTuple


class Origin(NamedTuple):
    """The caller's number, LATA and state; empty = not known. `restricted`: the number is there, but must not be shown."""

    number: str = ""
    lata: str = ""
    state: str = ""
    restricted: bool = False


NOWHERE: Final = Origin()
"""A caller of whom nothing is known."""

NATIONAL_DIGITS: Final = 10

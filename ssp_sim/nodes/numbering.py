"""Which switch serves which number, what the line there is, the LATA of a number, and where facilities lead.

Source: A-002, A-010, A-015, A-018, A-047, AMB-77; [0045], [0047], [0052].
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ain_scp.ssp_sim.nodes.trunks import PUBLIC_MEMBERS
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL, NON_SUBSCRIBER

MOST_ABSENT: Final = 65_536
"""Numbers remembered to be no line."""

PSTN_NODE = "PSTN"
"""The rest of the public network, as one node."""


class Line(msgspec.Struct, frozen=True):
    """One number a switch serves.

    `trigger` is its trigger type, None = it never triggers (TO numbers, ordinary lines). `station_class` is CENTREX, PBX,
    TO or OTHER. `access_codes` are the codes its dialing plan declares, `pstn_codes` those that mean "as dialed, to the
    public network". `through` names the unequipped switch the line is wired to, when `switch` only hosts its trigger.
    """

    number: str
    switch: str
    station_class: str = "OTHER"
    trigger: str | None = None
    customer: str = ""
    access_codes: frozenset[str] = frozenset()
    pstn_codes: frozenset[str] = frozenset()
    through: str = ""


class PbxGroup(msgspec.Struct, frozen=True):
    """A PBX trunk group: its number on the wire and whether its callers are known by their own numbers."""

    id: str
    number: int
    kind: str
    caller_id: bool
    pilot: str
    sends_access_code: bool
    implied_access_code: str | None = None


class NumberingPlan:
    """The numbers of the simulated network.

    `lines` are exact numbers, and `look_up` finds those not yet in it (large data sets); `prefixes` say which switch serves a block (longest wins); `intercepts` are vacant numbers
    with their announcement; `latas` maps 3- and 6-digit prefixes. What nothing names belongs to the PSTN node.
    """

    def __init__(
        self,
        lines: dict[str, Line],
        prefixes: dict[str, str],
        intercepts: dict[str, int],
        latas: dict[str, str],
        pbx_groups: dict[str, PbxGroup],
        look_up: Callable[[str], Line | None] | None = None,
    ) -> None:
        self.lines = lines
        self._look_up = look_up
        self._absent: set[str] = set()
        self.prefixes = prefixes
        self.intercepts = intercepts
        self.latas = latas
        self.pbx_groups = pbx_groups

    def line(self, number: str) -> Line | None:
        """Return the line with this number, None when no table names it."""
        found = self.lines.get(number)
        if found is None and self._look_up is not None and number not in self._absent:
            found = self._look_up(number)
            if found is not None:
                self.lines[number] = found
            else:
                if len(self._absent) >= MOST_ABSENT:
                    self._absent.clear()
                self._absent.add(number)
        return found

    def serving(self, number: str, non: int) -> str:
        """Return the node that serves a number; foreign, operator and unlisted numbers are the PSTN's."""
        if non != NON_NATIONAL:
            return PSTN_NODE
        line = self.line(number)
        if line is not None:
            return line.through or line.switch
        for size in range(len(number), 0, -1):
            found = self.prefixes.get(number[:size])
            if found is not None:
                return found
        return PSTN_NODE

    def lata(self, number: str, non: int = NON_NATIONAL) -> str | None:
        """Return the LATA of a NANP number, None when unknown."""
        if non not in {NON_NATIONAL, NON_SUBSCRIBER} or len(number) != 10:
            return None
        return self.latas.get(number[:6]) or self.latas.get(number[:3])

    def complete(self, number: str, non: int, home_npa: str) -> tuple[str, int]:
        """Put the home area code before a 7-digit number; everything else stays as it is."""
        if non == NON_SUBSCRIBER and len(number) == 7 and len(home_npa) == 3:
            return home_npa + number, NON_NATIONAL
        return number, non


def is_international(non: int) -> bool:
    """Say whether a nature of number is international."""
    return non == NON_INTERNATIONAL


class RouteIndexes(msgspec.Struct, frozen=True):
    """Where facilities lead.

    `trunks` maps (switch or "", trunk group, "NANP" or "INTERNATIONAL") to the far node; the more precise entry wins.
    `carriers` maps a carrier code to its point of presence; `default_carrier` is the point of presence of interLATA calls
    without one. `members` gives circuits per trunk group.
    """

    trunks: Mapping[tuple[str, str, str], str]
    carriers: Mapping[str, str]
    default_carrier: str
    members: Mapping[str, int]
    private_members: int = 24
    public_members: int = PUBLIC_MEMBERS

    def far_end(self, switch: str, group: str, non: int) -> str | None:
        """Return where a trunk group of a switch leads for a called number of this nature, None = no such route."""
        kind = "INTERNATIONAL" if is_international(non) else "NANP"
        for key in ((switch, group, kind), ("", group, kind), (switch, "", kind), ("", "", kind)):
            if key in self.trunks:
                return self.trunks[key]
        return None

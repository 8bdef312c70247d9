"""Lines that move while the system runs, and profiles that change: both are kept with the money, and hold from then on.

Source: charging.md 5.1, 8.12, 8.22, 9.2; B2-004, B7-009, B7-013.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, final

import msgspec

from ain_scp.billing.ledger.record import Fact
from ain_scp.billing.plans.totals import SEPARATOR
from ain_scp.provisioning.charging import Charging
from ain_scp.provisioning.rows_charging import LineRow
from ain_scp.terms.units import DAY_MS

MOVE: Final = "move"
PROFILE: Final = "profile"


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """What a line is from a local moment on."""

    at_ms: int
    account: str
    plan: str
    cos: str


_encode: Final = msgspec.msgpack.Encoder().encode
_moves: Final = msgspec.msgpack.Decoder(tuple[Moved, ...])
_said: Final = msgspec.msgpack.Decoder(tuple[tuple[str, str], ...])


@final
class Moves:
    """The lines and profiles of a data set as changed by what the ledger keeps."""

    def __init__(self, charging: Charging, facts: Mapping[str, Mapping[str, bytes]]) -> None:
        self._charging = charging
        self._facts = facts
        self._priority = {row.source: row.priority for row in charging.rows.sources}

    # Lines

    def line_at(self, number: str, local_ms: int) -> LineRow | None:
        """The row in effect at a local moment: of rows and moves the latest; of a move and a row of one moment the move."""
        row = self._charging.line_at(number, local_ms // DAY_MS)
        moved = self._facts.get(MOVE)
        octets = moved.get(number) if moved else None
        if octets is None or row is None:
            return row
        done = [one for one in _moves.decode(octets) if one.at_ms <= local_ms]
        if not done or done[-1].at_ms < row.effective * DAY_MS:
            return row
        last = done[-1]
        return msgspec.structs.replace(row, account=last.account, plan=last.plan, cos=last.cos)

    def move(self, number: str, moved: Moved) -> Fact:
        """The fact that a line is another's, or under another plan, from now on."""
        octets = self._facts.get(MOVE, {}).get(number)
        before = () if octets is None else _moves.decode(octets)
        return Fact(MOVE, number, _encode((*before, moved)))

    def lines_of(self, account: str, day: int) -> list[LineRow]:
        """The lines of an account at the end of a local date, in the order of `lines.csv`."""
        moved = self._facts.get(MOVE, {})
        numbers = self._numbers.get(account, ())
        if moved:
            numbers = sorted({*numbers, *(moved.keys() & self._place.keys())}, key=self._place.__getitem__)
        found = (self.line_at(number, (day + 1) * DAY_MS - 1) for number in numbers)
        return [row for row in found if row is not None and self._charging.payer(row.account) == account]

    @cached_property
    def _place(self) -> dict[str, int]:
        """Where each number stands in `lines.csv`."""
        return {number: place for place, number in enumerate(self._charging.lines)}

    @cached_property
    def _numbers(self) -> dict[str, Sequence[str]]:
        """The numbers an account has, had or will have by `lines.csv`."""
        found: dict[str, dict[str, None]] = {}
        for number, rows in self._charging.lines.items():
            for row in rows:
                found.setdefault(self._charging.payer(row.account), {})[number] = None
        return {account: tuple(numbers) for account, numbers in found.items()}

    # Profiles

    def merged(self, account: str, field: str) -> str:
        """What the profiles say of an account and a field; the highest priority wins, then the latest; "" = nothing."""
        said = self._facts.get(PROFILE)
        octets = said.get(f"{account}{SEPARATOR}{field}") if said else None
        if octets is None:
            return self._charging.merged(account, field)
        later = _said.decode(octets)
        changed = {source for source, _ in later}
        first = [
            (row.source, row.value)
            for row in self._charging.rows.profiles
            if row.account == account and row.field == field and row.source not in changed
        ]
        ordered = sorted((*first, *later), key=lambda one: self._priority.get(one[0], 0))
        return next((value for _, value in reversed(ordered) if value), "")

    @property
    def profiled(self) -> bool:
        """Whether any profile is not as in the data set."""
        return bool(self._facts.get(PROFILE))

    def say(self, account: str, field: str, source: str, value: str) -> Fact:
        """The fact that a source says something else of an account now."""
        name = f"{account}{SEPARATOR}{field}"
        octets = self._facts.get(PROFILE, {}).get(name)
        before = () if octets is None else _said.decode(octets)
        return Fact(PROFILE, name, _encode((*(one for one in before if one[0] != source), (source, value))))

    def knows(self, source: str) -> bool:
        """Whether a source is in `sources.csv`."""
        return source in self._priority

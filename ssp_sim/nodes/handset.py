"""A telephone that shows what a call costs: it keeps what was downloaded at set-up and counts time and cost by itself.

Nothing is sent to it after set-up. One without the program takes no notice of the download, and its calls are set up and
charged as any other's.

Source: charging.md 10.4; B3-005 to B3-007, B3-011, B3-012.
"""

from typing import Final, final

import msgspec

from ain_scp.terms.money import money_text, parse_money

MARK: Final = "B1"
"""What a download begins with."""


class Graded(msgspec.Struct, frozen=True):
    """Use of one band so far in the period, as downloaded."""

    band: str
    minutes: int
    cost: int


class Shown(msgspec.Struct, frozen=True):
    """What stands on the display: length of the call in ms, its cost, and the cost added to what was used before."""

    duration_ms: int
    cost: str
    total: str


class Kept(msgspec.Struct, frozen=True):
    """A download: grades, price of a started `per_s` seconds (micros; None: no rate came), the band of the call."""

    grades: tuple[Graded, ...]
    price: int | None
    per_s: int
    band: str

    @property
    def used(self) -> int:
        """What all grades cost so far, in micros."""
        return sum(grade.cost for grade in self.grades)


def read(text: str) -> Kept | None:
    """Read a displayText; None for one that is no download, or is none a handset understands."""
    words = text.split(";")
    if words[0] != MARK:
        return None
    front, rate = words[1:], ["", "0", ""]
    if front[-4:-3] == ["R"]:
        front, rate = front[:-4], front[-3:]
    try:
        grades = tuple(
            Graded(front[at], int(front[at + 1]), parse_money(front[at + 2]))
            for at in range(0, len(front), 3)
        )
        price, per_s, band = rate
        return Kept(grades, parse_money(price) if price else None, int(per_s), band)
    except (ValueError, IndexError):
        return None


def cost_of(price: int, per_s: int, elapsed_ms: int) -> int:
    """The cost of a call so far, each started `per_s` seconds whole, in micros."""
    return -(-elapsed_ms // (per_s * 1000)) * price if per_s else 0


@final
class Handset:
    """One telephone; `program` False: it was never programmed. `received` counts what was sent to it, `text` is the last of it."""

    def __init__(self, *, program: bool = True) -> None:
        self._program = program
        self.received = 0
        self.text = ""
        self.kept: Kept | None = None
        self._since_ms: int | None = None
        self._over_ms: int | None = None

    def receive(self, text: str) -> bool:
        """A displayText comes with the set-up; whether the handset takes notice."""
        self.received, self.text = self.received + 1, text
        if not self._program:
            return False
        self.kept = read(text)
        return self.kept is not None

    def answered(self, now_ms: int) -> None:
        """The call is up: the handset's own clock runs."""
        self._since_ms, self._over_ms = now_ms, None

    def ended(self, now_ms: int) -> None:
        """The call is over: nothing changes any more (B3-011)."""
        self._over_ms = now_ms

    def shown(self, now_ms: int) -> Shown | None:
        """What stands on the display; None without the program, a rate or a call."""
        kept = self.kept
        if kept is None or kept.price is None or self._since_ms is None:
            return None
        elapsed = (now_ms if self._over_ms is None else min(now_ms, self._over_ms)) - self._since_ms
        cost = cost_of(kept.price, kept.per_s, elapsed)
        return Shown(elapsed, money_text(cost), money_text(kept.used + cost))

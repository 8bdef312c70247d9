"""What a handset is given at set-up, and what it makes of it by itself.

Grades are minutes and cost of the period by band. The handset counts time and cost on its own; nothing is sent to it after
set-up, and a telephone without the program takes no notice.

Source: charging.md 10.4; B3-001 to B3-013.
"""

from typing import Final, Literal

import msgspec

LONGEST: Final = 128
"""Characters of a displayText."""


class Grade(msgspec.Struct, frozen=True):
    """Use of one band in the period; `cost` is decimal text."""

    band: str
    minutes: int
    cost: str


class Rate(msgspec.Struct, frozen=True):
    """The rate of the call about to begin."""

    price: str
    per_s: int


class Download(msgspec.Struct, frozen=True):
    """All that is downloaded."""

    grades: tuple[Grade, ...]
    rate: Rate | None
    band: str | None


def display_text(download: Download) -> str:
    """`B1;<band>;<minutes>;<amount>;...;R;<price>;<per_s>;<band now>`, cut at whole entries.

    The rate is kept before grades: without it the handset can compute nothing.
    """
    rate = download.rate
    tail = "" if rate is None else f";R;{rate.price};{rate.per_s};{download.band or ''}"
    text = "B1"
    for grade in download.grades:
        more = f";{grade.band};{grade.minutes};{grade.cost}"
        if len(text) + len(more) + len(tail) > LONGEST:
            break
        text += more
    return text + tail


def schedule(used: int, minimum: int, elapsed: int, length: int) -> Literal["ahead", "behind"]:
    """Whether the use of a minimum keeps up with the period, in whole numbers of any one unit each (B3-009)."""
    return "behind" if used * length < elapsed * minimum else "ahead"

"""The flow charts of the first patent as one machine and a table of step numbers.

A column is a printed figure, a row an abstract step; "" stands for a step that is done within another one and not
printed again. Numbers that no text prints are inferred (charging.md 5.4 marks them).

Source: Figs. 2b, 2d, 3b, 3d, 4b, 4d, 5b, 5d; B1-030 to B1-064.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Literal

Figure = Literal["2b", "2d", "3b", "3d", "4b", "4d", "5b", "5d"]
End = Literal["hangup", "cut"]

FIGURES: Final[tuple[Figure, ...]] = ("2b", "2d", "3b", "3d", "4b", "4d", "5b", "5d")
_ROWS: Final[dict[str, tuple[str, ...]]] = {
    "begin": ("2000", "2005", "3000", "3000", "4000", "4000", "5000", "5000"),
    "warn": ("2010", "2015", "", "", "", "", "", ""),
    "store": ("2020", "2025", "3010", "3015", "4010", "4015", "", "5015"),
    "rate": ("2030", "2035", "3020", "3025", "", "4017", "5020", "5025"),
    "enough": ("2040", "2040", "3030", "3030", "4020", "4020", "5030", "5030"),
    "deny": ("2050", "2055", "3040", "3045", "4030", "4035", "5040", "5040"),
    "say": ("2060", "", "", "", "", "", "", ""),
    "process": ("2070", "2075", "3050", "3055", "4040", "4045", "5050", "5055"),
    "answered": ("2080", "2080", "3060", "3060", "4050", "4050", "5060", "5060"),
    "given_up": ("2090", "2090", "3070", "3070", "4060", "4060", "5070", "5070"),
    "charge": ("2100", "2105", "3080", "3085", "4070", "4075", "5080", "5085"),
    "cut": ("2110", "2110", "3090", "3090", "4080", "4080", "5090", "5090"),
    "ended": ("2120", "2120", "3100", "3100", "4090", "4090", "5100", "5100"),
    "close": ("2130", "2130", "3110", "3110", "4100", "4100", "5110", "5110"),
    "end": ("2140", "2140", "3120", "3120", "4110", "4110", "5120", "5120"),
}


def walk(
    figure: Figure,
    *,
    sufficient: bool,
    polls: int = 0,
    answered: bool = False,
    charges: int = 1,
    end: End = "hangup",
) -> list[str]:
    """The step numbers of one call through a figure.

    `polls` is how often "answered?" and "attempt ended?" both said no, `charges` how often RTCR ran after the answer.
    """
    return _numbers(figure, _steps(sufficient, polls, answered, charges, end))


def granted(figure: Figure) -> list[str]:
    """The step numbers of a call up to "process the call"."""
    return _numbers(figure, ("begin", "warn", "store", "rate", "enough", "process"))


def _numbers(figure: Figure, steps: Iterable[str]) -> list[str]:
    column = FIGURES.index(figure)
    return [number for step in steps if (number := _ROWS[step][column])]


def _steps(sufficient: bool, polls: int, answered: bool, charges: int, end: End) -> Iterator[str]:
    yield from ("begin", "warn", "store", "rate", "enough")
    if not sufficient:
        yield from ("deny", "say", "end")
        return
    yield "process"
    for _ in range(polls):
        yield from ("answered", "given_up")
    yield "answered"
    if answered:
        yield from _talk(charges, end)
    else:
        yield "given_up"
    yield from ("close", "end")


def _talk(charges: int, end: End) -> Iterator[str]:
    for number in range(charges):
        yield from ("charge", "cut")
        if number < charges - 1 or end == "hangup":
            yield "ended"

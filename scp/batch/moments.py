"""What is left to ask of the moment of a call, for columns: the day, the minute and a share of chance.

Source: A-124, A-125, A-127, A-128.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ain_scp.terms.conditions import DRAWS, Condition
from ain_scp.terms.questions import MINUTES, Facts, Question
from ain_scp.terms.units import DAY_S

Mask = NDArray[np.bool_]


def first_match(
    conditions: list[Condition], time: NDArray[np.int64], draw: NDArray[np.int32]
) -> NDArray[np.int64]:
    """For each call the index of the first condition that holds, or -1, as `ain_scp.terms.conditions.first_match` gives it."""
    found = np.full(time.size, -1, np.int64)
    waiting = np.arange(time.size)
    band = np.zeros(time.size, np.int32)
    for index, condition in enumerate(conditions):
        holds = np.ones(waiting.size, np.bool_)
        for question in condition.questions:
            holds &= _answers(question, time[waiting])
        if condition.percent is not None:
            band[holds] += condition.percent * (DRAWS // 100)
            holds &= draw[waiting] < band
        found[waiting[holds]] = index
        waiting, band = waiting[~holds], band[~holds]
    return found


def _answers(question: Question, time: NDArray[np.int64]) -> Mask:
    if question.reads == "minute":
        return _by_minute(question).take(time % DAY_S // 60)
    days, inverse = np.unique(time // DAY_S, return_inverse=True)
    return np.array([question.holds(Facts(0, "", int(day) * DAY_S, 0)) for day in days], np.bool_)[inverse]


@lru_cache(maxsize=1024)
def _by_minute(question: Question) -> Mask:
    return np.array([question.holds(Facts(0, "", 60 * minute, 0)) for minute in range(MINUTES)])

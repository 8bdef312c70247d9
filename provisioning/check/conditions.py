"""Conditions of rules and routing nodes, the facilities they choose, and which earlier condition leaves none over.

Source: requirements.md section 5.2 (`asf_profiles.rules`, `rtl`), A-111, A-120 to A-128, A-157, AMB-41.
"""

import itertools
import math
import re
from collections.abc import Iterable

from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.rows import Facilities
from ain_scp.terms.conditions import ALWAYS, Condition, read_questions
from ain_scp.terms.questions import WEEK, Question, WeekdayIs, whole_numbers

MOST_FACILITIES = 3

_TRUNK_GROUP = re.compile(r"\d{4}-\d{4}", re.ASCII)
_CARRIER = re.compile(r"\d{4}", re.ASCII)
_SPLIT_AT_MOST = 512
_COMPARED = 256


def is_trunk_group(text: str) -> bool:
    """Say whether `text` is a private trunk group id: `0000-0174`."""
    return _TRUNK_GROUP.fullmatch(text) is not None


def is_carrier(text: str) -> bool:
    """Say whether `text` is a carrier code: `0222`."""
    return _CARRIER.fullmatch(text) is not None


def read_facilities(section: Section) -> Facilities:
    """Read `trunk_groups` and `carriers`, each 0 to 3."""
    trunks = _facilities(section, "trunk_groups", "a trunk group (dddd-dddd)")
    return Facilities(trunks, _facilities(section, "carriers", "a carrier (4 digits)"))


def _facilities(section: Section, key: str, kind: str) -> tuple[str, ...]:
    good = is_trunk_group if key == "trunk_groups" else is_carrier
    found: list[str] = []
    for index, value in section.items(key, str):
        text = str(value)
        if index == MOST_FACILITIES:
            section.error(key, f"{key}: more than {MOST_FACILITIES}", "A-111", index)
        if not good(text):
            section.error(key, f"{key}: {shown(text)} is not {kind}", "A-111", index)
            continue
        if text in found:
            section.warn(key, f"{key}: {text} is given twice", "AMB-41", index)
        found.append(text)
    return tuple(found)


def read_condition(parent: Section) -> tuple[Condition, bool]:
    """Read the `if` table of a rule or node, and say whether it is sound: a wrong part counts as not asked."""
    if "if" not in parent:
        return ALWAYS, True
    section = parent.section("if")
    questions = read_questions(section)
    percent = section.integer("percent", 1, 100, "A-127", 100) if "percent" in section else None
    section.finish()
    return Condition(questions, percent), not section.bad


def read_ctcs(section: Section) -> frozenset[int] | None:
    """Read a `ctc` list; None when there is none."""
    return whole_numbers(section, "ctc", 1, 999, "A-132") or None if "ctc" in section else None


def shadowed_by(condition: Condition, earlier: Iterable[Condition]) -> bool:
    """Say whether every call that meets `condition` is taken by the earlier ones first.

    Sound, not complete: the condition is cut into single codes, area codes and days, and each piece must lie within an
    earlier condition that takes all its calls, or within several whose percentages add up to a hundred.
    """
    before = list(itertools.islice(earlier, _COMPARED))
    return not any(_share_left(piece, before) for piece in _pieces(condition))


def share_short(condition: Condition, earlier: Iterable[Condition]) -> str:
    """Say what is wrong with a percentage of which the earlier ones leave less over; empty when nothing is."""
    if condition.percent is None:
        return ""
    before = list(itertools.islice(earlier, _COMPARED))
    pieces = _pieces(condition)
    pieces += [
        both
        for one in before
        for piece, other in itertools.product(pieces, _pieces(one))
        if (both := _meet(piece, other)) is not None
    ]
    left = {_share_left(piece, before) for piece in pieces}
    least = min((share for share in left if share), default=100)
    if least >= condition.percent:
        return ""
    some = " for some of its calls" if len(left) > 1 else ""
    return f"percent = {condition.percent}, but only {least} are left over by those before{some}"


def _share_left(piece: tuple[Question, ...], before: list[Condition]) -> int:
    """How many of a hundred calls that meet all of a piece the conditions before it leave."""
    left = 100
    for one in before:
        if left > 0 and _within(piece, one):
            left -= 100 if one.percent is None else one.percent
    return max(left, 0)


def _meet(one: tuple[Question, ...], other: tuple[Question, ...]) -> tuple[Question, ...] | None:
    """The questions of calls that meet both; None when there are none, or when neither of two answers lies in the other."""
    found = {question.key: question for question in one}
    for question in other:
        mine = found.setdefault(question.key, question)
        if mine.covers(question):
            found[question.key] = question
        elif not question.covers(mine):
            return None
    return tuple(found.values())


def _pieces(condition: Condition) -> list[tuple[Question, ...]]:
    """Take every question of the condition apart; the days of the week are taken apart where they are not asked, too."""
    asked = [one for one in condition.questions if one.key != WeekdayIs.key]
    days = [one for one in condition.questions if one.key == WeekdayIs.key] or [WeekdayIs(WEEK)]
    cut = [one.pieces() for one in (*asked, *days)]
    if math.prod(map(len, cut)) > _SPLIT_AT_MOST:
        return [condition.questions]
    return list(itertools.product(*cut))


def _within(inner: tuple[Question, ...], outer: Condition) -> bool:
    """Whether each question of `outer` is answered with yes wherever those of `inner` are."""
    return all(
        one.always() or any(other.key == one.key and one.covers(other) for other in inner)
        for one in outer.questions
    )

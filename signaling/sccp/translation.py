"""Global title translation: translation type and the longest matching prefix of digits -> where to go.

A row gives the destination point code and, where needed, a subsystem number, whether the next node routes on SSN, and
what happens to the title: kept, removed or replaced. Rows are checked as a whole and compiled once; look-up is one
dictionary probe per distinct prefix length, the longest first.

Source: T1.112.4 clause 2.4 (SCCP routing), [0046], D-001.
"""

from enum import IntEnum

from msgspec import Struct

from ain_scp.signaling.mtp3 import MAX_POINT_CODE
from ain_scp.signaling.sccp.address import DIGITS, MAX_DIGITS
from ain_scp.signaling.sccp.structs import Address, GlobalTitle


class Title(IntEnum):
    """What a translation does with the global title of the called address."""

    KEEP = 0
    REMOVE = 1
    REPLACE = 2


class Translation(Struct, frozen=True):
    """One row: titles of `translation_type` that start with `prefix` go to `point_code` (24 bits).

    `ssn` None keeps the SSN of the address. `route_on_ssn` is the indicator of the outgoing address: False only when
    the next node translates again. `replacement` is the new title for Title.REPLACE.
    Source: T1.112.4 clause 2.4.
    """

    translation_type: int
    prefix: str
    point_code: int
    ssn: int | None = None
    route_on_ssn: bool = True
    title: Title = Title.REMOVE
    replacement: GlobalTitle | None = None


class TranslationTable:
    """All rows, compiled. ValueError lists every row that is wrong or given twice."""

    def __init__(self, rows: tuple[Translation, ...] = ()) -> None:
        """Check all rows, then compile them."""
        problems = [problem for row in rows for problem in _problems(row)]
        self._types: dict[int, tuple[tuple[int, ...], dict[str, Translation]]] = {}
        by_type: dict[int, dict[str, Translation]] = {}
        for row in rows:
            if row.prefix in by_type.setdefault(row.translation_type, {}):
                problems.append(
                    f"translation type {row.translation_type}: prefix {row.prefix!r} is given twice"
                )
            by_type[row.translation_type][row.prefix] = row
        if problems:
            raise ValueError("; ".join(problems))
        for translation_type, rows_of_type in by_type.items():
            lengths = tuple(sorted({len(prefix) for prefix in rows_of_type}, reverse=True))
            self._types[translation_type] = (lengths, rows_of_type)

    def knows(self, translation_type: int) -> bool:
        """Return whether the table has any row of this translation type."""
        return translation_type in self._types

    def translate(self, title: GlobalTitle) -> Translation | None:
        """Return the row with the longest prefix of the title's digits, or None. Source: T1.112.4 clause 2.4."""
        compiled = self._types.get(title.translation_type)
        if compiled is None:
            return None
        lengths, rows = compiled
        for length in lengths:
            row = rows.get(title.digits[:length])
            if row is not None:
                return row
        return None


def apply_translation(row: Translation, called: Address) -> Address:
    """Return the called address a row makes of `called`. Source: T1.112.4 clause 2.4."""
    title = called.global_title
    if row.title is Title.REMOVE:
        title = None
    elif row.title is Title.REPLACE:
        title = row.replacement
    ssn = called.ssn if row.ssn is None else row.ssn
    return Address(ssn, row.point_code, title, row.route_on_ssn, called.national)


def _problems(row: Translation) -> list[str]:
    name = f"translation type {row.translation_type}, prefix {row.prefix[:MAX_DIGITS]!r}"
    checks = (
        (0 <= row.translation_type <= 0xFF, "translation type must be 0 to 255"),
        (
            len(row.prefix) <= MAX_DIGITS and DIGITS.issuperset(row.prefix),
            "prefix must be at most 32 digits",
        ),
        (0 <= row.point_code <= MAX_POINT_CODE, "point code must have 24 bits"),
        (row.ssn is None or 0 <= row.ssn <= 0xFF, "SSN must be 0 to 255"),
        (
            (row.title is Title.REPLACE) == (row.replacement is not None),
            "a replacement goes with Title.REPLACE",
        ),
        (
            row.route_on_ssn or row.title is not Title.REMOVE,
            "without a title the next node must route on SSN",
        ),
    )
    return [f"{name}: {problem}" for good, problem in checks if not good]

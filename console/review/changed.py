"""The rows that differ between two data sets on disk, each under the place that a decision names when it uses the row.

CSV tables are compared as sets of rows, so a row that only moved is no change; a removed and an added row with the same key
(the first columns) are one changed row. In TOML files a unit is a key, an element on a line of its own, or a `[[...]]` entry.

Source: console.md section 7.1.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ain_scp.provisioning.digest import counted_files

KEY_COLUMNS: Final = {"stations.csv": 2, "asf_rtl.csv": 2, "triggers.csv": 2, "ocs_index.csv": 1}
_HEADER: Final = re.compile(r"\s*\[(\[)?([^\]]+)\]")
_UNIT: Final = re.compile(r"""\s*([A-Za-z0-9_."'-]+\s*=|\{)""")
_MOST_TEXT: Final = 2000

Place = tuple[str, int]
"""File and line."""


class Changed(msgspec.Struct, frozen=True, order=True):
    """One row: its file, and line and text before and after; line 0 and no text where it is absent."""

    file: str
    line: int
    before: str | None
    after_line: int
    after: str | None

    @property
    def name(self) -> str:
        """The row as a decision names it, by the line it has now; one that is gone by the line it had."""
        return f"{self.file}:{self.after_line or self.line}"


class Changes(msgspec.Struct, frozen=True):
    """All changed rows, and where each stands on either side."""

    rows: tuple[Changed, ...]
    before: dict[Place, int]
    after: dict[Place, int]
    units: tuple[dict[Place, int], dict[Place, int]]

    def cited(self, row: str, *, after: bool) -> int | None:
        """The changed row that a decision names by `file:line` on one side; None when that row did not change."""
        file, _, line = row.rpartition(":")
        if not line.isdecimal():
            return None
        place = file, int(line)
        place = file, self.units[after].get(place, place[1])
        return (self.after if after else self.before).get(place)


def changed_rows(before: Path, after: Path) -> Changes:
    """Compare the files that count; OSError when one cannot be read."""
    sides = counted_files(before), counted_files(after)
    rows: list[Changed] = []
    units: tuple[dict[Place, int], dict[Place, int]] = ({}, {})
    for file in sorted({*sides[0], *sides[1]}):
        texts = [_lines(side.get(file)) for side in sides]
        if texts[0] == texts[1]:
            continue
        if file.endswith(".csv"):
            rows += _table(file, *texts)
            continue
        found = [_units(lines) for lines in texts]
        for side, lines in zip(units, found, strict=True):
            side.update({(file, line): unit for line, (unit, _) in lines.items()})
        rows += _options(file, *(_joined(lines) for lines in found))
    placed = sorted(rows)
    return Changes(
        tuple(placed),
        {(row.file, row.line): at for at, row in enumerate(placed) if row.line},
        {(row.file, row.after_line): at for at, row in enumerate(placed) if row.after_line},
        units,
    )


def _lines(path: Path | None) -> list[str]:
    return [] if path is None else path.read_text("utf-8", "replace").removeprefix("\ufeff").splitlines()


def _rows(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Rows of a table with their lines: comments and the header left out."""
    header = False
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            if header:
                yield number, line.strip()
            header = True


def _table(file: str, before: list[str], after: list[str]) -> Iterator[Changed]:
    gone, come = _only_in(before, after), _only_in(after, before)
    width = KEY_COLUMNS.get(file.rpartition("/")[2], 1)
    waiting: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, text in come:
        waiting[_key(text, width)].append((number, text))
    for number, text in gone:
        partners = waiting.get(_key(text, width))
        line, now = partners.pop(0) if partners else (0, None)
        yield Changed(file, number, text[:_MOST_TEXT], line, None if now is None else now[:_MOST_TEXT])
    for partners in waiting.values():
        for number, text in partners:
            yield Changed(file, 0, None, number, text[:_MOST_TEXT])


def _only_in(these: list[str], those: list[str]) -> list[tuple[int, str]]:
    known = Counter(text for _, text in _rows(those))
    found = []
    for number, text in _rows(these):
        if known[text]:
            known[text] -= 1
        else:
            found.append((number, text))
    return found


def _key(text: str, width: int) -> str:
    return ",".join(text.split(",")[:width])


def _units(lines: list[str]) -> dict[int, tuple[int, str]]:
    """Line -> the line at which its unit begins, and the text without blanks; lines that hold nothing are left out."""
    found: dict[int, tuple[int, str]] = {}
    unit, whole = 1, False
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        header = _HEADER.match(line)
        if header:
            unit, whole = number, header[1] is not None
        elif not whole and _UNIT.match(line):
            unit = number
        found[number] = unit, line.strip()
    return found


def _joined(lines: dict[int, tuple[int, str]]) -> dict[int, str]:
    joined: dict[int, list[str]] = defaultdict(list)
    for unit, text in lines.values():
        joined[unit].append(text)
    return {unit: "\n".join(texts)[:_MOST_TEXT] for unit, texts in joined.items()}


def _options(file: str, before: dict[int, str], after: dict[int, str]) -> Iterator[Changed]:
    """Units that are new or gone; those with the same beginning (up to `=`) are one that changed."""
    gone, come = _left(before, after), _left(after, before)
    for unit, text in gone.items():
        partner = next((one for one, now in come.items() if _start(now) == _start(text)), 0)
        yield Changed(file, unit, text, partner, come.pop(partner) if partner else None)
    for unit, text in come.items():
        yield Changed(file, 0, None, unit, text)


def _left(these: dict[int, str], those: dict[int, str]) -> dict[int, str]:
    known = Counter(those.values())
    left = {}
    for unit, text in these.items():
        if known[text]:
            known[text] -= 1
        else:
            left[unit] = text
    return left


def _start(text: str) -> str:
    return text.partition("=")[0] if "=" in text else text[:1]

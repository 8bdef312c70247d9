"""The same queries asked of two data sets: which are decided differently, and in which fields.

Source: D-006, interfaces.md section 4.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from ain_scp.api.data import DataSet, loaded
from ain_scp.api.differences import Json
from ain_scp.api.faults import InputError
from ain_scp.api.html import items, table, titled
from ain_scp.api.lines import changes, pairs


class Difference(msgspec.Struct, frozen=True):
    """One query that is decided differently: dotted field -> (before, after)."""

    id: str | int | None
    line: int
    fields: dict[str, tuple[Json, Json]]


class Comparison(msgspec.Struct, frozen=True):
    """What `compare` found. `unusable` says why a query could not be compared; nothing is compared in silence."""

    asked: int
    compared: int
    differences: tuple[Difference, ...]
    unusable: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every query was compared, there was one, and none is decided differently."""
        return self.compared == self.asked > 0 and not self.differences

    def __str__(self) -> str:
        return (
            f"{self.compared} of {self.asked} queries compared: {len(self.differences)} decided differently"
        )

    def _repr_html_(self) -> str:
        rows = [
            (one.line if one.id is None else one.id, name, before, after)
            for one in self.differences
            for name, (before, after) in one.fields.items()
        ]
        shown = table(("query", "field", "before", "after"), rows) if rows else ""
        return titled(str(self), shown, items(self.unusable))


def compare(
    before: DataSet | Path | str,
    after: DataSet | Path | str,
    queries: Iterable[Mapping[str, object]] | Path | str,
    *,
    seed: int = 0,
) -> Comparison:
    """Ask both data sets every query line: of a file of JSON lines, or mappings `{"id": ..., "query": {...}}`.

    Both get the same share of percentages, drawn from `seed`. InputError for a file that cannot be read.
    """
    programs = loaded(before).program, loaded(after).program
    asked = compared = 0
    found: list[Difference] = []
    unusable: list[str] = []
    with _lines(queries) as lines:
        for first, second in pairs(*programs, lines, seed):
            asked += 1
            if first.answer.decision is None and second.answer.decision is None:
                unusable.append(f"line {first.line}: {first.answer.error}")
                continue
            compared += 1
            fields = changes(first.answer, second.answer)
            if fields:
                found.append(Difference(first.answer.id, first.line, fields))
    return Comparison(asked, compared, tuple(found), tuple(unusable))


@contextmanager
def _lines(queries: Iterable[Mapping[str, object]] | Path | str) -> Iterator[BinaryIO]:
    if not isinstance(queries, Path | str):
        yield io.BytesIO(b"".join(msgspec.json.encode(dict(one)) + b"\n" for one in queries))
        return
    try:
        with Path(queries).open("rb") as stream:
            yield stream
    except OSError as fault:
        raise InputError(f"{queries}: {fault.strerror}") from None

"""Whole files of a directory: which are taken, what their records are, and where they go afterwards.

Source: C-005, C-010.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ain_scp.couriers import files
from ain_scp.tickets.collector.frames import LONGEST_OBJECT
from ain_scp.tickets.collector.settings import Source
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.trial import lines_of


def wanted(layout: Layout | None, file: Path) -> bool:
    """Whether a file is one that the layout's manufacturer writes calls into."""
    if layout is None:
        return True
    take, leave = layout.record.take, layout.record.leave
    return bool(re.search(take, file.name)) and not (leave and re.search(leave, file.name))


def lines_after(layout: Layout | None, file: Path, offset: int) -> Iterator[tuple[bytes, int]]:
    """Lines after an offset; a file that is one JSON object over several lines is one record."""
    if layout is None or layout.kind != "json" or file.stat().st_size > LONGEST_OBJECT:
        return files.lines_from(file, offset, whole=True)
    octets = file.read_bytes()
    lines = lines_of(octets, layout)
    if len(lines) == 1:
        return iter([(lines[0], len(octets))][offset // len(octets) :])
    return files.lines_from(file, offset, whole=True)


def put_away(source: Source, file: Path) -> None:
    """Delete or move a file that was read, as its source says."""
    if source.after == "delete":
        file.unlink()
    elif source.after == "move":
        target = file.parent / "done"
        target.mkdir(exist_ok=True)
        shutil.move(file, target / file.name)

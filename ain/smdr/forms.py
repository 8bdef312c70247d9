"""The JSON that `ain smdr` prints: transfer, import, report.

Source: interfaces.md section 1 (`--json`).
"""

import msgspec


class Sent(msgspec.Struct, frozen=True):
    """One transfer file."""

    scp: str
    name: str
    samples: int


class TransferForm(msgspec.Struct, frozen=True):
    """The files that were written."""

    files: list[Sent]


class ImportForm(msgspec.Struct):
    """What became of the files: joined calls, repeated samples and files, conflicts; `calls` are all that the host has now."""

    files: int = 0
    repeated_files: int = 0
    joined: int = 0
    repeated: int = 0
    conflicts: int = 0
    refused_files: int = 0
    incomplete: int = 0
    written: int = 0
    calls: int = 0


class ReportForm(msgspec.Struct, frozen=True):
    """Rows by the columns asked for, and sums of those that can be added; `truncated`: there were more rows than `--most`."""

    rows: list[dict[str, str | int | None]]
    totals: dict[str, int]
    truncated: bool

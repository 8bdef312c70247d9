"""The files of one data set: which are there, which should not be, and how each is opened.

Hidden files (`.git`, an editor's copies) are not ours and are passed over. Beside `dataset.toml` may stand scenarios
(`scenario*.toml`), a demo that plays them (`demo.txt`) and a README.

Source: interfaces.md sections 2 and 3.
"""

import fnmatch
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from ain_scp.provisioning.check.columns import MAX_NAMES, Opener
from ain_scp.provisioning.check.findings import Findings, hint, shown
from ain_scp.provisioning.check.options import Section, read_options
from ain_scp.provisioning.check.source import as_text, is_readable, read_octets
from ain_scp.provisioning.csv_rows import Table, is_word, read_table
from ain_scp.provisioning.tables.columns import BLOCK, ColumnFile, Digits, Text, Words, read_columns

ROOT = ("dataset.toml", "network", "customers", "charging", "services")
BESIDE = ("scenario*.toml", "demo.txt", "README", "README.md")

Columns = tuple[tuple[str, ...], tuple[str, ...]]
"""Columns a table must have, and columns it may leave out."""


class Files:
    """Opens the files of a data set. `unread` names those that are there and could not be understood at all."""

    def __init__(self, root: Path, findings: Findings) -> None:
        self.findings = findings
        self.unread: set[str] = set()
        self._root = root
        self._present: set[str] = set()
        self._texts: dict[str, str] = {}

    def open_root(self) -> bool:
        """List the data set directory; False when it cannot be read."""
        entries = self._entries("")
        if entries is None:
            return False
        for name in sorted(entries):
            if name not in ROOT and not any(fnmatch.fnmatchcase(name, form) for form in BESIDE):
                self._unknown(name, ROOT)
        self._present |= set(entries)
        return True

    def open_folder(self, folder: str, known: Collection[str]) -> None:
        """List a folder of tables; unknown names in it are errors."""
        for name in sorted(self._entries(folder) or ()):
            if name not in known:
                self._unknown(f"{folder}/{name}", known)
            self._present.add(f"{folder}/{name}")

    def forbid(self, folder: str, known: Collection[str]) -> None:
        """Report the folders of a folder listed before that are none of the known ones."""
        for name in sorted(self._present):
            above, _, last = name.rpartition("/")
            if above == folder and last not in known:
                self._unknown(name, known)

    def open_any(self, folder: str) -> tuple[str, ...]:
        """List a folder whose names are not known before; nothing when it is absent."""
        names = tuple(sorted(self._entries(folder) or ())) if folder in self._present else ()
        self._present |= {f"{folder}/{name}" for name in names}
        return names

    def customers(self) -> tuple[str, ...]:
        """List the customers: one directory each, by name."""
        names = []
        for name, directory in sorted((self._entries("customers") or {}).items()):
            if not directory:
                self.findings.error(
                    f"customers/{name}", 0, 0, "not a directory: a customer has one of its own", "file"
                )
            elif not is_word(name):
                text = f"{shown(name)} is not a name (letters, digits, _ . -)"
                self.findings.error(f"customers/{name}", 0, 0, text, "file")
            else:
                names.append(name)
        if len(names) > MAX_NAMES:
            text = f"{len(names)} customers, maximum {MAX_NAMES}"
            self.findings.error("customers", 0, 0, text, "limit")
        return tuple(names[:MAX_NAMES])

    def has(self, name: str) -> bool:
        """Say whether a file or folder is there."""
        return name in self._present

    def read(self, *files: str) -> bool:
        """Say whether all these files were understood (or are rightly absent)."""
        return self.unread.isdisjoint(files)

    def options(
        self, file: str, *, required: bool = False, repair: Callable[[str], str] | None = None
    ) -> Section | None:
        """Open a TOML file; None when it is absent or cannot be understood (reported)."""
        if not self._expected(file, required=required):
            return None
        section = read_options(self._root, file, self.findings, repair)
        if section is None:
            self.unread.add(file)
        return section

    def table(
        self, file: str, columns: Columns, *, required: bool = False, controls: bool = False
    ) -> Table | None:
        """Open a CSV table; None when it is absent or cannot be understood (reported).

        With `controls` control characters do not make a table unreadable: its reader judges every cell.
        """
        if not self._expected(file, required=required):
            return None
        octets = read_octets(self._root, file, self.findings)
        text = None if octets is None else as_text(octets, file, self.findings, controls=controls)
        table = None if text is None else read_table(file, text, *columns, self.findings)
        if table is None:
            self.unread.add(file)
        return table

    def opener(self, file: str, columns: Columns) -> Opener:
        """Give a way to open a table as often as needed; each time it reports to the findings it is given."""

        def open_table(findings: Findings) -> Table | None:
            if file not in self._present:
                return None
            if file not in self._texts:
                octets = read_octets(self._root, file, findings)
                text = None if octets is None else as_text(octets, file, findings)
                if text is None:
                    self.unread.add(file)
                    return None
                self._texts[file] = text
            table = read_table(file, self._texts[file], *columns, findings)
            if table is None:
                self.unread.add(file)
            return table

        return open_table

    def columns(
        self, file: str, expected: Mapping[str, Digits | Words | Text], block: int = BLOCK
    ) -> ColumnFile | None:
        """Read a table as columns, `block` octets at a time; None when it is absent, or not plain enough (then use `opener`)."""
        if file not in self._present or not is_readable(self._root, file, Findings()):
            return None
        return read_columns(self._root / file, expected, block=block)

    def _expected(self, file: str, *, required: bool) -> bool:
        if file in self._present:
            return True
        if required:
            self.findings.error(file, 0, 0, "is missing; it must be there", "file")
            self.unread.add(file)
        return False

    def _unknown(self, name: str, known: Collection[str]) -> None:
        close = hint(name.rpartition("/")[2], known)
        self.findings.error(name, 0, 0, f"unknown file or folder{close}", "file")

    def _entries(self, folder: str) -> dict[str, bool] | None:
        """List a folder: name -> is it a directory; None when it cannot be read (reported)."""
        try:
            with os.scandir(self._root / folder) as found:
                return {
                    _printable(one.name): _is_directory(one) for one in found if not one.name.startswith(".")
                }
        except (OSError, ValueError) as reason:
            why = (reason.strerror or str(reason)) if isinstance(reason, OSError) else str(reason)
            which = "" if folder else f" ({ascii(str(self._root))[1:-1]})"
            self.findings.error(folder or ".", 0, 0, f"cannot be read: {why}{which}", "file")
            return None


def _printable(name: str) -> str:
    """Keep names that UTF-8 can say; others (undecodable octets, control characters) are spelled out."""
    return name if name.isprintable() and name.isascii() else ascii(name)[1:-1]


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of symbolic links
        return False

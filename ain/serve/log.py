"""The log of a server: every line on standard error, as it is, with time and level, or as JSON; to a file that can be reopened.

`plain` (the default) is for a person, and for a service manager that adds the time itself. `text` begins each line with an
ISO 8601 time in UTC and a level, `json` is one object a line: `time`, `level`, `text`. With `text` and `json` what happens in
the normal course (ready, leaving) is written, too. The level follows from how a line begins: `LEVELS`.

Source: interfaces.md section 1 (logs go to stderr).
"""

import datetime as dt
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from ain_scp.ain.faults import file_trouble
from ain_scp.terms.safe_text import printable

Form = Literal["plain", "text", "json"]
LEVELS: Final = (
    ("ALARM", "alert"),
    ("internal fault", "error"),
    ("Error:", "error"),
    ("ain serve:", "error"),
    ("warning:", "warning"),
    ("data set not reloaded", "warning"),
    ("the wall clock was set", "warning"),
    ("worker ", "warning"),
    ("mqtt: connected", "info"),
    ("mqtt:", "warning"),
    ("records: transfer:", "warning"),
)
"""The level of a line by its first words; any other is `info`."""


class Log:
    """A text stream that takes lines and writes entries. `reopen` follows a file that was moved away."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, form: Form, path: Path | None, stderr: TextIO, now: Callable[[], dt.datetime]) -> None:
        """OSError when the file cannot be opened for appending."""
        self._form = form
        self._path = path
        self._stderr = stderr
        self._now = now
        self._rest = ""
        self._file: TextIO = stderr
        self.reopen()

    def reopen(self) -> None:
        """Open the file of this name, the one that is there now or a new one; on failure the old one is kept."""
        if self._path is None:
            return
        before = self._file
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._path, flags, 0o600), "a", encoding=self.encoding)
        if before is not self._stderr:
            before.close()

    def write(self, text: str) -> int:
        """Take text; each whole line is one entry."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._entry(line)
        self._file.flush()
        return len(text)

    def detail(self, text: str) -> None:
        """An entry of the normal course, which `plain` leaves out."""
        if self._form != "plain":
            self.write(text + "\n")

    def flush(self) -> None:
        """Write what is buffered."""
        self._file.flush()

    def isatty(self) -> bool:
        """Whether a person reads it at once."""
        return self._path is None and self._stderr.isatty()

    def _entry(self, line: str) -> None:
        if self._form == "plain":
            self._file.write(line + "\n")
            return
        level = next((level for words, level in LEVELS if line.startswith(words)), "info")
        time = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._form == "json":
            self._file.write(json.dumps({"time": time, "level": level, "text": line}) + "\n")
        else:
            self._file.write(f"{time} {level:<7} {printable(line)}\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def logged(form: Form, path: Path | None) -> Iterator[None]:
    """Let standard error be the log, and SIGUSR1 reopen it; one line and exit 2 for a file that cannot be written."""
    before = sys.stderr
    try:
        log = Log(form, path, before, lambda: dt.datetime.now(dt.UTC))
    except OSError as fault:
        raise file_trouble(path, fault) from None
    signal.signal(signal.SIGUSR1, lambda *_: _reopen(log))
    sys.stderr = log
    try:
        yield
    finally:
        sys.stderr = before


def detail(text: str) -> None:
    """A line of the normal course: in the log, when it has one."""
    if isinstance(sys.stderr, Log):
        sys.stderr.detail(text)


def _reopen(log: Log) -> None:
    try:
        log.reopen()
    except OSError as fault:
        log.write(f"warning: log not reopened: {fault.strerror}\n")

"""Standard output and standard error as every command sees them: nothing leaves that would steer a terminal.

A data set, a scenario, a capture, a peer or a file's name may hold anything. Whatever a command writes, as text or as octets,
passes here once and is made safe (`ain_scp.terms.safe_text`). On a terminal file:line is a link (OSC 8), and the colours of `click.style` pass, unless
NO_COLOR or `--color never` says otherwise; in a pipe nothing does, unless FORCE_COLOR or `--color always` does. JSON stays the same JSON: what is escaped here is escaped as JSON does it.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import click

from ain_scp.terms.safe_text import printable_lines

_COLOR: Final = re.compile(
    r"(\x1b\[(?:[0-47]|22|3[0-79]|4[0-79]|9[0-7])?(?:;(?:[0-47]|22|3[0-79]|4[0-79]|9[0-7]))*m)"
)
_PLACE: Final = re.compile(r"(?<![\w./-])(/?(?:[\w.@+-]+/)*[\w@+-][\w.@+-]*\.[a-z]\w*):([0-9]+)")
EDITOR: Final = "ain.editor"
BASES: Final = "ain.bases"
"""Where the context keeps the address that a link opens, and the directories that files are named from."""
_SUSPECT: Final = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|[\xc2\xd8\xe2\xed\xef\xf3]")


def coloured(when: str = "auto") -> bool | None:
    """Whether colours are written whatever is written to (True), nowhere (False), or on a terminal (None).

    `when` is `auto`, `always` or `never`; for `auto` the environment is asked: NO_COLOR, FORCE_COLOR, a dumb terminal.
    """
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def terminal_width() -> int | None:
    """Columns of the terminal below standard output; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def named_from(directory: Path) -> None:
    """Files of this directory are named from it in what the command writes, so links find them."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(BASES, []).append(directory)


class GuardedBuffer:
    """The binary side of a guarded stream: octets that are no UTF-8 are shown as escapes, too."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def write(self, octets: bytes) -> int:
        """Write them safely; returns how many were given."""
        if _SUSPECT.search(octets):
            text = bytes(octets).decode("utf-8", "backslashreplace")
            self._target.write(printable_lines(text).encode())
        else:
            self._target.write(octets)
        return len(octets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


class GuardedText:
    """A text stream that writes safely; everything else is the stream's own."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self._found: dict[str, str] = {}

    def write(self, text: str) -> int:
        """Write it safely; returns how many characters were given."""
        self.target.write(self._safe(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> GuardedBuffer:
        """The binary side."""
        return GuardedBuffer(self.target.buffer)

    def _safe(self, text: str) -> str:
        if "\x1b" in text and self.coloured():
            parts = _COLOR.split(text)
            return "".join(
                part if at % 2 else self._linked(printable_lines(part)) for at, part in enumerate(parts)
            )
        return self._linked(printable_lines(text))

    def _linked(self, text: str) -> str:
        """The text, each file:line of a file that is there as a link of the terminal; as it is elsewhere."""
        return _PLACE.sub(self._link, text) if self._links else text

    @cached_property
    def _links(self) -> bool:
        return bool(self.target.isatty()) and os.environ.get("TERM") != "dumb"

    def _link(self, place: re.Match[str]) -> str:
        from socket import gethostname
        from urllib.parse import quote

        context = click.get_current_context(silent=True)
        meta = {} if context is None else context.meta
        if place[1] not in self._found:
            paths = (base / place[1] for base in (Path(), *meta.get(BASES, ())))
            found = next((path for path in paths if path.is_file()), None)
            self._found[place[1]] = quote(str(found.resolve())) if found else ""
        path = self._found[place[1]]
        if not path:
            return place[0]
        opens = meta.get(EDITOR) or f"file://{gethostname()}{{path}}"
        address = opens.replace("{path}", path).replace("{line}", place[2])
        return f"\x1b]8;;{address}\x1b\\{place[0]}\x1b]8;;\x1b\\"

    def coloured(self) -> bool:
        """Whether colours pass."""
        context = click.get_current_context(silent=True)
        wanted = None if context is None else context.color
        return bool(self.target.isatty()) if wanted is None else wanted

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


@contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams for as long as a command runs."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = guard(sys.stdout), guard(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def guard(stream: Any) -> Any:
    """The text stream, guarded; None where there is none."""
    return stream if stream is None or isinstance(stream, GuardedText) else GuardedText(stream)


def unguarded(stream: Any) -> Any:
    """The stream behind the guard, for a progress bar that moves the cursor itself."""
    return stream.target if isinstance(stream, GuardedText) else stream

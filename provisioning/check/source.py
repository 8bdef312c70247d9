"""The files of a data set as text: read whole, judged for encoding and control characters, never a traceback.

Source: interfaces.md section 2 (bad input is one clear line per problem).
"""

import os
import re
import stat
from pathlib import Path

from ain_scp.provisioning.check.findings import Findings

MAX_OCTETS = 4 << 30
"""The largest table read, in octets; ten million station rows are about 0.3 GB."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


def is_readable(root: Path, file: str, findings: Findings) -> bool:
    """Say whether a file is a regular one of sane size; a pipe would block, a device never end (reported)."""
    try:
        status = os.stat(root / file)  # noqa: PTH116 - one call for kind and size
    except (OSError, ValueError) as reason:
        findings.error(file, 0, 0, f"cannot be read: {_why(reason)}", "file")
        return False
    if not stat.S_ISREG(status.st_mode):
        findings.error(file, 0, 0, "not a regular file", "file")
        return False
    if status.st_size > MAX_OCTETS:
        findings.error(file, 0, 0, f"{status.st_size} octets, maximum {MAX_OCTETS}", "file")
        return False
    return True


def read_octets(root: Path, file: str, findings: Findings) -> bytes | None:
    """Read one file of the data set; None when it cannot be read (reported)."""
    if not is_readable(root, file, findings):
        return None
    try:
        return (root / file).read_bytes()
    except OSError as reason:
        findings.error(file, 0, 0, f"cannot be read: {_why(reason)}", "file")
        return None


def as_text(octets: bytes, file: str, findings: Findings, *, controls: bool = False) -> str | None:
    """Decode UTF-8 (a byte order mark is dropped); None when it is not text (reported with its place).

    Control characters are no text either, unless a table's own rule judges them cell by cell (`controls`).
    """
    if octets[:2] in _UTF_16:
        text = "UTF-16, not UTF-8 (a spreadsheet's Unicode text): save as CSV UTF-8"
        findings.error(file, 1, 1, text, "encoding")
        return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as wrong:
        before = octets[: wrong.start]
        line = before.count(b"\n") + 1
        tail = before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")
        findings.error(
            file, line, len(tail) + 1, f"not UTF-8 text: octet 0x{octets[wrong.start]:02X}", "encoding"
        )
        return None
    text = text.removeprefix("\ufeff")
    if controls or _FORBIDDEN.search(text) is None:
        return text
    for match in _FORBIDDEN.finditer(text):
        line, column = place(text, match.start())
        findings.error(file, line, column, f"control character 0x{ord(match[0]):02X}", "encoding")
    return None


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both 1-based, of a character."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _why(reason: OSError | ValueError) -> str:
    """Say what went wrong without the path, which the problem already names."""
    return (reason.strerror or str(reason)) if isinstance(reason, OSError) else str(reason)

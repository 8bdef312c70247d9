"""Settings files changed in place: one key's line replaced or added, everything else as it was.

`ain ticket init` writes each key on a line of its own; a file in another form is not changed, and the line to write
is named instead.

Source: C-006, C-013.
"""

import re
from pathlib import Path

from ain_scp.couriers import files
from ain_scp.tickets.names import SettingsError, text_of


def replace_key(file: Path, table: str, key: str, old: str, value: str) -> None:
    """`key = old` becomes `key = value` in the (last begun) table; SettingsError names the line to write by hand."""
    lines = text_of(file).splitlines(keepends=True)
    inside = ""
    for at, line in enumerate(lines):
        head = re.match(r"\s*\[\[?([^\]]+)\]\]?", line)
        inside = head[1].strip() if head else inside
        found = re.match(rf"(\s*{re.escape(key)}\s*=\s*){re.escape(old)}(\s*(?:#.*)?\n?)$", line)
        if found and inside == table:
            lines[at] = f"{found[1]}{value}{found[2]}"
            files.put(file.parent, file.name, "".join(lines).encode())
            return
    raise SettingsError(f"{file}: [{table}] is not as ain ticket init writes it; write: {key} = {value}")


def line_of(file: Path, table: str, key: str) -> str:
    """What follows `key =` in a table, without its comment; "" when it is not on a line of its own."""
    inside = ""
    for line in text_of(file).splitlines():
        head = re.match(r"\s*\[\[?([^\]]+)\]\]?", line)
        inside = head[1].strip() if head else inside
        found = re.match(rf"\s*{re.escape(key)}\s*=\s*(.*?)\s*(?:#[^\"]*)?$", line)
        if found and inside == table:
            return found[1]
    return ""


def add_key(file: Path, table: str, line: str) -> None:
    """A line directly under a table's head."""
    lines = text_of(file).splitlines(keepends=True)
    at = next((at for at, one in enumerate(lines) if one.strip() == f"[{table}]"), None)
    if at is None:
        raise SettingsError(f"{file}: there is no [{table}]; write: {line}")
    lines.insert(at + 1, line + "\n")
    files.put(file.parent, file.name, "".join(lines).encode())

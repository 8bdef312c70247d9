"""What names and settings files of tickets look like.

Source: C-004, C-006.
"""

import re
from pathlib import Path
from typing import Final, TypeVar

import msgspec

_UPPER: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
_LOWER: Final = re.compile(r"[a-z0-9_]{1,40}")
UNREADABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What the reading of TOML raises: numbers of too many digits and impossible dates are ValueError, deep nesting is the last."""
Settings = TypeVar("Settings", bound=msgspec.Struct)


class SettingsError(ValueError):
    """A settings file that cannot be used; a line for each problem."""


def named(name: str, key: str, *, upper: bool) -> list[str]:
    """What is wrong with a name: of an enterprise or provider (upper), or of a source."""
    if upper:
        return [] if _UPPER.fullmatch(name) else [f"{key} = {name!r}: expected 1 to 32 of A-Z 0-9 - _"]
    return [] if _LOWER.fullmatch(name) else [f"{key} = {name!r}: expected 1 to 40 of a-z 0-9 _"]


def text_of(file: Path) -> str:
    """The text of a file, in UTF-8 with or without a mark; SettingsError names the file."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise SettingsError(f"{file}: {fault.strerror or fault}") from fault
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: not UTF-8 text") from None


def decode(file: Path, form: type[Settings]) -> Settings:
    """A TOML file as a record; SettingsError names file and key."""
    text = text_of(file)
    try:
        return msgspec.toml.decode(text, type=form)
    except UNREADABLE as fault:
        raise SettingsError(f"{file}: {fault}") from fault


def several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """One path or several, as several."""
    return (value,) if isinstance(value, str) else value

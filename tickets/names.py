"""What names and settings files of tickets look like.

Source: C-004, C-006.
"""

import re
from pathlib import Path
from typing import Final, TypeVar

import msgspec

_UPPER: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
_LOWER: Final = re.compile(r"[a-z0-9_]{1,40}")
Settings = TypeVar("Settings", bound=msgspec.Struct)


class SettingsError(ValueError):
    """A settings file that cannot be used; a line for each problem."""


def named(name: str, key: str, *, upper: bool) -> list[str]:
    """What is wrong with a name: of an enterprise or provider (upper), or of a source."""
    if upper:
        return [] if _UPPER.fullmatch(name) else [f"{key} = {name!r}: 1 to 32 of A-Z 0-9 - _ are due"]
    return [] if _LOWER.fullmatch(name) else [f"{key} = {name!r}: 1 to 40 of a-z 0-9 _ are due"]


def decode(file: Path, form: type[Settings]) -> Settings:
    """A TOML file as a record; SettingsError names file and key."""
    try:
        return msgspec.toml.decode(file.read_bytes(), type=form)
    except OSError as fault:
        raise SettingsError(f"{file}: {fault.strerror or fault}") from fault
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{file}: {fault}") from fault


def several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    """One path or several, as several."""
    return (value,) if isinstance(value, str) else value

"""JSON on standard output: every object begins with the version of its form.

`ain schema` prints the forms. A version changes when a key is taken away or means something else; keys may be added.

Source: interfaces.md section 1 (`--json`).
"""

import sys
from typing import Final

import msgspec

from ain_scp.provisioning.problems import Problem

VERSION: Final = 1
_HEAD: Final = b'{"version":%d' % VERSION


class Trouble(msgspec.Struct, omit_defaults=True):
    """Why a command could not do its work: the exit code, all of it as text, and problems with a place as records."""

    exit: int
    text: str
    problems: tuple[Problem, ...] = ()


class ErrorForm(msgspec.Struct):
    """What `--json` gives instead of a result."""

    error: Trouble


def encoded(value: object) -> bytes:
    """An object as JSON with its version in front."""
    return versioned(msgspec.json.encode(value))


def versioned(octets: bytes) -> bytes:
    """An object that is JSON already, with its version in front."""
    return _HEAD + (b"," if octets[1:2] != b"}" else b"") + octets[1:]


def write_json(value: object) -> None:
    """One object as one line on standard output, at once."""
    write_line(value)
    sys.stdout.buffer.flush()


def write_line(value: object) -> None:
    """One object of many as one line on standard output, when enough have come."""
    sys.stdout.buffer.write(encoded(value) + b"\n")

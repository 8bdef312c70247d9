"""TOML documents in which one value, or one table, is of another type than it should be."""

import copy
import datetime as dt

WRONG = (
    "text", "", "\x00\u202e", -1, 2**63, 10**30, 1.5, float("nan"), float("inf"), True, [], [[1]], [1, "a"], {}, {"a": 1}, [{}],
    dt.datetime(2001, 1, 17, 10, 0, tzinfo=dt.UTC), dt.date(2001, 1, 17), dt.time(10, 0),
)  # fmt: skip


def written(value):
    """A value in TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text):
    """A basic string."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text) + '"'


def document(value):
    """A whole document, a line for each key at its top."""
    return "".join(f"{quoted(key)} = {written(one)}\n" for key, one in value.items())


def places(value, path=()):
    """The path of every value and table below one; of a list, the first and the last entry."""
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list) and value:
        below = [(at, value[at]) for at in {0, len(value) - 1}]
    else:
        below = []
    for key, one in below:
        yield (*path, key)
        yield from places(one, (*path, key))


def replaced(value, path, other):
    """A copy with another value at a path."""
    result = copy.deepcopy(value)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = other
    return result

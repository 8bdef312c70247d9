"""Schemas of the files of a data set, made from the manual, which a test holds against what the loader asks for.

Source: interfaces.md section 2.
"""

import tomllib
from collections.abc import Mapping
from typing import Any, Final

from ain_scp.ain.toml_schemas.words import FLAG, TEXT, Schema, closed, several

PLACEHOLDERS: Final = frozenset({"NAME", "CODE", "NUMBER", "PAIR", "HOST", "CLASS", "EVENT"})
"""Segments of the manual's key names that stand for names of the user's."""
ROWS: Final = frozenset({"originating", "rtl", "rules", "logic", "discount", "summary", "message"})
"""Keys that hold arrays of tables."""
ALSO: Final[dict[str, dict[str, Any]]] = {"query_at": {"const": "ALL"}}
"""Values of another type than the manual's example."""


def of_manual(name: str) -> Schema:
    """The schema of a file of a data set, by its name in the manual."""
    from ain_scp.provisioning.manual.files import FILES as MANUAL

    entries = next(file.entries for file in MANUAL if file.name == name)
    tree: dict[str, Any] = {}
    for path, entry in entries.items():
        at = tree
        *above, last = path.split(".")
        for segment in above:
            at = at.setdefault(segment, {})
        at[last] = entry
    return _table(tree)


def _table(tree: Mapping[str, Any]) -> Schema:
    """A table of the manual's tree: entries, tables, arrays of tables, and names that are the user's."""
    properties: dict[str, Schema] = {}
    required: list[str] = []
    others: Schema | bool = False
    one_of = {word for one in tree.values() if not isinstance(one, dict) for word in _choices(one.default)}
    for name, one in tree.items():
        if name in PLACEHOLDERS:
            others = _table(one) if isinstance(one, dict) else _value(one, name)
        elif isinstance(one, dict):
            properties[name] = several(_table(one)) if name in ROWS else _table(one)
        else:
            properties[name] = _value(one, name)
            if not one.default and name not in one_of:
                required.append(name)
    return closed(properties, required) | {"additionalProperties": others}


def _choices(default: str) -> list[str]:
    """The keys of `one of number, prefix, ctc`: none of them must be there."""
    return default.removeprefix("one of ").split(", ") if default.startswith("one of ") else []


def _value(entry: Any, name: str) -> Schema:
    """The type of an entry's example, with what the manual says of it."""
    if name == "if":
        return {"description": entry.meaning} | _conditions()
    text = (
        entry.example if name not in PLACEHOLDERS or "=" not in entry.example else entry.example.split("=")[1]
    )
    made = _type(tomllib.loads(f"x = {text.strip()}")["x"])
    return {"description": entry.meaning} | ({"anyOf": [made, ALSO[name]]} if name in ALSO else made)


def _type(value: object) -> Schema:
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int):
        return {"type": "integer"}
    if isinstance(value, list):
        return {"type": "array", "items": _type(value[0])}
    return TEXT


def _conditions() -> Schema:
    from ain_scp.terms.origin_questions import EVERY_KIND

    listed: Schema = {"type": ["array", "boolean"]}
    return closed(
        {one.key: listed for one in EVERY_KIND}
        | {"percent": {"type": "integer", "minimum": 0, "maximum": 100}}
    )

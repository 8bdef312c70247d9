"""What differs between two decisions, field by field.

Source: D-006, interfaces.md section 4 (the fields).
"""

from collections.abc import Mapping

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, tuple[Json, Json]]:
    """Dotted field -> (before, after) for every field that differs; `steps` name rows, not decisions, and are left out."""
    found: dict[str, tuple[Json, Json]] = {}
    _walk("", dict(before), dict(after), found)
    return found


def _walk(prefix: str, before: Json, after: Json, found: dict[str, tuple[Json, Json]]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before | after:
            if key != "steps":
                _walk(f"{prefix}.{key}" if prefix else key, before.get(key), after.get(key), found)
    elif before != after:
        found[prefix] = (before, after)

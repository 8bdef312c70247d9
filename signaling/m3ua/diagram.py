"""State tables drawn as Mermaid or DOT, for the documentation.

Source: house rule "state machines are literal tables; docs draw their diagrams from them".
"""

from collections.abc import Mapping
from enum import IntEnum


def edges(
    table: Mapping[tuple[IntEnum, IntEnum], tuple[IntEnum, tuple[IntEnum, ...]]],
) -> list[tuple[str, str, str]]:
    """Return (from, to, label) of every cell that changes state or does something; labels of one arrow are joined."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, what), (after, actions) in table.items():
        if after != state or actions:
            label = what.name + (" / " + ", ".join(action.name for action in actions) if actions else "")
            arrows.setdefault((state.name, after.name), []).append(label)
    return [(start, end, "; ".join(labels)) for (start, end), labels in arrows.items()]


def mermaid(table: Mapping[tuple[IntEnum, IntEnum], tuple[IntEnum, tuple[IntEnum, ...]]]) -> str:
    """Return the table as a Mermaid state diagram, one arrow a line."""
    lines = [f"    {start} --> {end}: {label.replace(';', ' |')}" for start, end, label in edges(table)]
    return "\n".join(("stateDiagram-v2", *lines)) + "\n"


def dot(
    table: Mapping[tuple[IntEnum, IntEnum], tuple[IntEnum, tuple[IntEnum, ...]]], name: str = "states"
) -> str:
    """Return the table as a DOT graph called `name`, one arrow a line."""
    lines = [f'  {start} -> {end} [label="{label}"];' for start, end, label in edges(table)]
    return "\n".join((f"digraph {name} {{", *lines, "}")) + "\n"

"""The metrics of several processes as one exposition.

Source: interfaces.md section 1 (`--workers`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ain_scp.scp.edges.metrics import figure

if TYPE_CHECKING:
    pass

_LOWEST: Final = frozenset({"ain_scp_start_time_seconds", "process_start_time_seconds"})
_OWN: Final = ("ain_scp_reload",)
"""What the process that adds them up says itself."""
_HIGHEST: Final = frozenset({"ain_scp_overload_level", "ain_scp_clock_steps_total"})


def added_up(texts: Sequence[str]) -> str:
    """One exposition of several: counts are added, times of start are the earliest, levels the highest."""
    values: dict[str, float | None] = {}
    for text in texts:
        for line in text.splitlines():
            if line.removeprefix("# HELP ").removeprefix("# TYPE ").startswith(_OWN):
                continue
            if line.startswith("#"):
                values.setdefault(line, None)
                continue
            name, _, word = line.rpartition(" ")
            value: float = int(word) if word.isdecimal() else float(word)
            before = values.get(name)
            if before is None:
                values[name] = value
            elif name in _LOWEST:
                values[name] = min(before, value)
            elif name in _HIGHEST:
                values[name] = max(before, value)
            else:
                values[name] = before + value
    return "".join(
        f"{name}\n" if value is None else f"{name} {figure(value)}\n" for name, value in values.items()
    )

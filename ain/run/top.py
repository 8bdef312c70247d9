"""`ain run --top`: a run on the terminal while it runs: calls, answer times, statuses, trunk groups, busiest links; nothing in a pipe.

Source: console.md section 11; interfaces.md section 6.1.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from ain_scp.ain.streams import unguarded
from ain_scp.ain.words import counted
from ain_scp.reports.text import table
from ain_scp.terms.safe_text import printable

MOST: Final = 8
_BAR: Final = 30


@contextmanager
def top_view() -> Iterator["TopView"]:
    """A view that is drawn on standard error while it is open, at most four times a second."""
    if not sys.stderr.isatty():
        yield TopView()
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(file=unguarded(sys.stderr)), refresh_per_second=4, transient=True) as live:
        view = TopView()
        view.show = lambda lines: live.update(Text("\n".join(lines)))
        yield view


class TopView:
    """What was heard of a run. `send` takes the lines that `ain run --live` would write."""

    def __init__(self) -> None:
        self._title = ""
        self.show: Callable[[list[str]], None] = lambda _lines: None

    def send(self, line: bytes) -> bool:
        """Take one line; it is always taken."""
        said = msgspec.json.decode(line)
        if "run" in said:
            self._title = printable(str(said["run"].get("title") or said["run"].get("scenario") or ""))
        elif "frame" in said:
            self.show(self.lines(said["frame"]))
        return True

    def lines(self, frame: dict[str, Any]) -> list[str]:
        """A frame as text."""
        statuses = sorted(frame["statuses"].items(), key=lambda item: -item[1])
        most = statuses[0][1] if statuses else 1
        bars = [
            f"  {printable(name):<28}{count:>9,}  {'█' * max(round(count / most * _BAR), 1)}"
            for name, count in statuses[:MOST]
        ]
        groups = sorted(frame["groups"], key=lambda one: -one[4] / (one[3] or 1))[:MOST]
        links = sorted(frame["links"], key=lambda one: -one[2])[:MOST]
        head = (
            f"{self._title}  {frame['at'][:19].replace('T', ' ')}  {counted(frame['in_progress'], 'call')} in progress, "
            f"{frame['seen']:,} placed, {counted(frame['messages'], 'message')}"
        )
        p50, p99 = frame.get("answer_us") or (None, None)
        times = [] if p50 is None else [f"  the SCP answers in {p50:,.0f} us (p50), {p99:,.0f} us (p99)"]
        return [
            head,
            *times,
            *bars,
            *table(
                ("trunk group", "near", "far", "circuits", "held"),
                [tuple(map(_cell, one)) for one in groups],
                numbers=(3, 4),
            ),
            *table(
                ("from", "to", "messages", "lost"), [tuple(map(_cell, one)) for one in links], numbers=(2, 3)
            ),
        ]


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else printable(str(value))

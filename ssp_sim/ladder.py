"""The ladder of a call: one column per node, one arrow per message, time running down; for terminals and as Mermaid text.

A message that hops through STPs is drawn as one arrow unless `transit` asks for the hops. Where the columns do not fit, the
same facts come as a list. Text from messages is made printable first, so no caller can send escape codes to a terminal.

Source: A-178, A-179, D-007, D-010; no-color.org.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from ain_scp.ssp_sim.record import WireMessage
from ain_scp.terms.localtime import text as time_text

_MIN_GAP: Final = 11
_MAX_GAP: Final = 26
_MIN_TEXT: Final = 30
_LATER_NS: Final = 1_000_000_000
Times = Literal["start", "delta", "clock"]
"""Since the first message, since the message before, or local time of the day."""
_STYLES: Final = {
    "AIN": "36",
    "SCCP": "35",
    "M3UA": "35",
    "ISUP": "32",
    "Diameter": "34",
    "MF": "33",
    "LINE": "",
    "lost": "31",
    "dim": "2",
    "node": "1",
    "step": "1",
}


class Look(msgspec.Struct, frozen=True):
    """How a ladder is drawn: columns of the terminal, colours or not, ASCII only or box-drawing characters, which times."""

    width: int = 100
    color: bool = False
    ascii_only: bool = False
    times: Times = "start"


class _Strokes(msgspec.Struct, frozen=True):
    life: str
    later: str
    line: str
    cross: str
    right: str
    left: str
    from_right: str
    from_left: str
    lost: str
    here: str


_BOX: Final = _Strokes("│", "┊", "─", "┼", "▶", "◀", "├", "┤", "✗", "●")
_ASCII: Final = _Strokes("|", ":", "-", "+", ">", "<", "|", "|", "X", "*")


def terminal_look() -> Look:
    """Ask the terminal and the environment how to draw on standard output (NO_COLOR, TERM, COLUMNS, encoding)."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    encoding = (sys.stdout.encoding or "ascii").lower()
    return Look(
        width=shutil.get_terminal_size((100, 24)).columns,
        color=terminal and not os.environ.get("NO_COLOR"),
        ascii_only=not encoding.startswith("utf"),
    )


def is_transit(node: str) -> bool:
    """Say whether a node only passes messages on (an STP)."""
    return node.upper().startswith("STP")


def journeys(messages: Sequence[WireMessage]) -> list[list[int]]:
    """Group the hops of each message through STPs: lists of indexes, in the order in which the messages set out.

    A hop is continued by the next one of the same call, protocol and name that leaves the node where the hop ended.
    """
    groups: list[list[int]] = []
    waiting: dict[tuple[str, str, str, str], list[int]] = {}
    for index, message in enumerate(messages):
        key = (message.source, message.call, message.protocol, message.name)
        group = waiting.pop(key, None) if is_transit(message.source) else None
        if group is None:
            group = []
            groups.append(group)
        group.append(index)
        if is_transit(message.destination) and not message.lost:
            waiting[(message.destination, *key[1:])] = group
    return groups


def end_to_end(messages: Iterable[WireMessage]) -> list[WireMessage]:
    """Join the hops of each message through STPs into one message from its true source to its true destination.

    The joined message keeps the time, fields and octets of the first hop and is lost if the last one was. A message that
    ends in an STP (lost there) still names it.
    """
    hops = list(messages)
    joined: list[WireMessage] = []
    for group in journeys(hops):
        first, last = hops[group[0]], hops[group[-1]]
        step = next((hops[index].step for index in group if hops[index].step), "")
        joined.append(msgspec.structs.replace(first, destination=last.destination, lost=last.lost, step=step))
    return joined


def node_order(messages: Iterable[WireMessage]) -> list[str]:
    """Return the nodes in the order in which they first take part."""
    return list(
        dict.fromkeys(node for message in messages for node in (message.source, message.destination) if node)
    )


def ladder(
    messages: Sequence[WireMessage],
    nodes: Sequence[str] | None = None,
    width: int | None = None,
    *,
    look: Look | None = None,
    transit: bool = False,
) -> str:
    """Draw the messages of one call for a terminal; `look` None = as the terminal wants it.

    `nodes` gives the columns and their order (others follow as they appear), `width` overrides the look's.
    """
    look = look or terminal_look()
    if width is not None:
        look = msgspec.structs.replace(look, width=width)
    shown = list(messages) if transit else end_to_end(messages)
    if not shown:
        return "(no messages)\n"
    seen = [node for node in node_order(shown) if transit or not is_transit(node) or _speaks(shown, node)]
    columns = [node for node in nodes or () if node in seen]
    columns += [node for node in seen if node not in columns]
    drawing = _Drawing(shown, columns, look)
    lines = drawing.columns() if drawing.fits() else drawing.rows()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _speaks(messages: Sequence[WireMessage], node: str) -> bool:
    return any(message.source == node for message in messages)


def printable(text: str) -> str:
    """Replace whatever would move a terminal's cursor or change its state."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def pairs(message: WireMessage) -> list[str]:
    """Return the message's fields as printable "name value" texts."""
    return [printable(f"{name} {value}".strip()) for name, value in message.fields]


class _Line:
    """One line of the drawing: characters with a style each, written left to right without escape codes in between."""

    def __init__(self, width: int) -> None:
        self.letters = [" "] * width
        self.styles = [""] * width

    def put(self, at: int, text: str, style: str = "") -> None:
        for offset, letter in enumerate(text):
            if 0 <= at + offset < len(self.letters):
                self.letters[at + offset] = letter
                self.styles[at + offset] = style

    def text(self, *, color: bool) -> str:
        if not color:
            return "".join(self.letters)
        out: list[str] = []
        last = ""
        for letter, style in zip(self.letters, self.styles, strict=True):
            if style != last and (letter != " " or last):
                out.append(f"\x1b[0;{style}m" if style else "\x1b[0m")
                last = style
            out.append(letter)
        return "".join(out).rstrip() + ("\x1b[0m" if last else "")


class _Drawing:
    def __init__(self, messages: Sequence[WireMessage], nodes: Sequence[str], look: Look) -> None:
        self.messages = messages
        self.names = [printable(node) for node in nodes]
        self.number = {node: at for at, node in enumerate(nodes)}
        self.look = look
        self.strokes = _ASCII if look.ascii_only else _BOX
        self.start = messages[0].time_ns
        self.in_ms = messages[-1].time_ns - self.start < _LATER_NS
        self.times = self.told(messages)
        self.steps = max(max(map(len, self.times)) + 1, 12)
        steps = max(len(printable(message.step)) for message in messages)
        self.gutter = self.steps + (steps + 1 if steps else 0)
        first = min(len(self.names[0]) // 2, 8)
        room = look.width - self.gutter - first - max(len(self.names[-1]) // 2, 2) - 1
        self.gap = min(room // max(len(nodes) - 1, 1), _MAX_GAP)
        self.at = [self.gutter + first + at * self.gap for at in range(len(nodes))]

    def fits(self) -> bool:
        """Say whether every node gets a column wide enough for an arrow with a name on it."""
        return self.gap >= _MIN_GAP or (len(self.names) == 1 and self.look.width >= self.gutter + _MIN_TEXT)

    def told(self, messages: Sequence[WireMessage]) -> list[str]:
        """The time of each message as the look wants it."""
        if self.look.times == "clock":
            return [
                f"{time_text(at // _LATER_NS)[11:]}.{at % _LATER_NS // 1_000_000:03}"
                for at in (message.time_ns for message in messages)
            ]
        if self.look.times == "delta":
            befores = [self.start, *(message.time_ns for message in messages)]
            return [
                _span(message.time_ns - before, in_ms=message.time_ns - before < _LATER_NS)
                for before, message in zip(befores, messages, strict=False)
            ]
        return [_span(message.time_ns - self.start, in_ms=self.in_ms) for message in messages]

    def columns(self) -> list[str]:
        lines = self.heads()
        last = self.start
        for message, time in zip(self.messages, self.times, strict=True):
            if message.time_ns - last >= _LATER_NS and self.look.times == "start":
                lines.append(self.later(message.time_ns - last))
            last = message.time_ns
            lines += self.rung(message, time)
        lines.append(self.blank())
        return [line.text(color=self.look.color) for line in lines]

    def heads(self) -> list[_Line]:
        line = _Line(self.look.width)
        for name, at in zip(self.names, self.at, strict=True):
            cut = name if len(name) < self.gap or len(self.names) == 1 else name[: self.gap - 2] + "~"
            line.put(max(at - len(cut) // 2, 0), cut, _STYLES["node"])
        return [line, self.blank()]

    def blank(self, stroke: str | None = None) -> _Line:
        line = _Line(self.look.width)
        for at in self.at:
            line.put(at, stroke or self.strokes.life, _STYLES["dim"])
        return line

    def later(self, span: int) -> _Line:
        line = self.blank(self.strokes.later)
        line.put(0, f"{'+' + format(span / 1e9, '.1f') + ' s':>11}", _STYLES["dim"])
        return line

    def rung(self, message: WireMessage, time: str) -> list[_Line]:
        source = self.at[self.number[message.source]]
        target = self.target(message, source)
        style = _STYLES["lost" if message.lost else message.protocol]
        label = self.label(message)
        lines: list[_Line] = []
        arrow = self.blank()
        if source == target:
            arrow.put(source, f"{self.strokes.here} {label}", style)
        else:
            if len(label) + 4 > abs(target - source) - 1:
                over = self.blank()
                over.put(self.text_start(min(source, target) + 2, len(label)), label, style)
                lines.append(over)
                label = ""
            self.arrow(arrow, source, target, label, style, lost=message.lost)
        arrow.put(0, time, _STYLES["dim"])
        arrow.put(self.steps, printable(message.step), _STYLES["step"])
        lines.append(arrow)
        lines += self.beneath(message, min(source, target) + 2, abs(target - source) - 3)
        return lines

    def target(self, message: WireMessage, source: int) -> int:
        """Return the column where the arrow ends: half way to the neighbour for a message lost in a node not shown."""
        if message.destination in self.number:
            return self.at[self.number[message.destination]]
        if not message.destination or self.gap <= 0:
            return source
        half = self.gap // 2 + 1
        return source + half if source < self.at[-1] else source - half

    def label(self, message: WireMessage) -> str:
        where = "" if message.destination in self.number else f" at {message.destination}"
        return printable(message.name + (f" (lost{where})" if message.lost else ""))

    def arrow(self, line: _Line, source: int, target: int, label: str, style: str, *, lost: bool) -> None:
        strokes = self.strokes
        low, high = min(source, target), max(source, target)
        line.put(low + 1, strokes.line * (high - low - 1), style)
        for at in self.at:
            if low < at < high:
                line.put(at, strokes.cross, style)
        line.put(source, strokes.from_right if source < target else strokes.from_left, style)
        if label:
            line.put(low + (high - low - len(label)) // 2, f" {label} ", style)
        head = strokes.right if source < target else strokes.left
        line.put(target - 1 if source < target else target + 1, strokes.lost if lost else head, style)

    def text_start(self, at: int, wanted: int) -> int:
        """Move a text to the left as far as it takes to fit, but never into the gutter."""
        return max(min(at, self.look.width - wanted), self.gutter)

    def beneath(self, message: WireMessage, at: int, span: int) -> list[_Line]:
        """Lay the fields out beneath the arrow, in its own span when that is wide enough, else over to the right."""
        texts = pairs(message)
        if not texts:
            return []
        start = self.text_start(at, min(_MIN_TEXT + 6, max(map(len, texts))))
        most = self.look.width - start
        lines: list[_Line] = []
        for row in wrapped(texts, min(max(span, _MIN_TEXT), most), most):
            line = self.blank()
            line.put(start - 1, f" {row} ", _STYLES["dim"])
            lines.append(line)
        return lines

    def rows(self) -> list[str]:
        """Draw the same facts as a list, for a terminal too narrow for columns."""
        arrow = "->" if self.look.ascii_only else "→"
        width = max(self.look.width, 40)
        lines: list[str] = []
        for message, time in zip(self.messages, self.times, strict=True):
            head = _Line(width)
            head.put(0, time.strip(), _STYLES["dim"])
            head.put(self.steps, printable(message.step), _STYLES["step"])
            place = printable(f"{message.source} {arrow} {message.destination}")
            head.put(self.gutter, place)
            name = self.label(message)
            at = self.gutter + len(place) + 2
            style = _STYLES["lost" if message.lost else message.protocol]
            if at + len(name) > width:
                lines.append(head.text(color=self.look.color))
                head, at = _Line(width), 4
            head.put(at, name, style or "1")
            lines.append(head.text(color=self.look.color))
            lines += ["    " + row for row in wrapped(pairs(message), width - 4, width - 4)]
        return lines


def _span(time_ns: int, *, in_ms: bool) -> str:
    return f"{time_ns / 1e6:8.3f} ms" if in_ms else f"{time_ns / 1e9:9.3f} s"


def wrapped(texts: Sequence[str], width: int, most: int) -> list[str]:
    """Fill lines of `width` with the texts, two spaces apart; a longer text has its own line, folded beyond `most`."""
    lines: list[str] = []
    row = ""
    for text in texts:
        if row and len(row) + 2 + len(text) > width:
            lines.append(row)
            row = ""
        row = f"{row}  {text}" if row else text
        if len(row) > most:
            *done, row = textwrap.wrap(row, most, subsequent_indent="  ")
            lines += done
    return [*lines, row] if row else lines


def mermaid(
    messages: Sequence[WireMessage], nodes: Sequence[str] | None = None, *, transit: bool = False
) -> str:
    """Write the messages as a Mermaid sequence diagram, which many viewers draw; lost messages end in a cross."""
    shown = list(messages) if transit else end_to_end(messages)
    names = [*(nodes or ()), *(node for node in node_order(shown) if node not in (nodes or ()))]
    alias = {name: f"n{number}" for number, name in enumerate(names)}
    lines = ["sequenceDiagram"]
    lines += [f"  participant {alias[name]} as {_mermaid_text(name)}" for name in names]
    for message in shown:
        source, target = alias[message.source], alias[message.destination or message.source]
        head = f"{message.step} " if message.step else ""
        lines.append(
            f"  {source}{'-x' if message.lost else '->>'}{target}: {_mermaid_text(head + message.name)}"
        )
        if message.fields:
            note = "<br/>".join(_mermaid_text(text) for text in pairs(message))
            over = (
                source
                if source == target
                else ",".join(sorted((source, target), key=lambda one: int(one[1:])))
            )
            lines.append(f"  Note over {over}: {note}")
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    """Write every letter with a meaning in Mermaid or HTML as an entity code of Mermaid's."""
    return "".join(
        letter if letter.isalnum() or letter in " .,+-/()_" else f"#{ord(letter)};"
        for letter in printable(text)
    )

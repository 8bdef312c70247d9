r"""Foreign text made safe where it leaves: on a terminal, in a page, in a spreadsheet.

Names, titles and digits come from data sets, scenarios, captures, peers and file names, and none of them is trusted: a control
character moves a terminal's cursor or clears it, a bidirectional control makes a line read as another one, a cell that begins
with `=` is a formula. What must not leave is shown as its escape, `\u202e`; in JSON that is the same string once more.

Unsafe: C0 and C1 controls and DEL, the line and paragraph separators, all bidirectional controls (UAX #9), the interlinear
annotation marks and the byte order mark inside a text, tags and lone surrogates. Letters of every script stay as they are.

Source: attacks section 1; Unicode UAX #9, UTS #39 section 3; CVE-2021-42574; OWASP CSV injection.
"""

import html
import re
from typing import Final

_HIDDEN: Final = (
    "\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSAFE: Final = re.compile(f"[\x00-\x1f{_HIDDEN}\ud800-\udfff]")
_UNSAFE_IN_LINES: Final = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{_HIDDEN}\ud800-\udfff]|\r(?!\n)")
_JSON_ESCAPE: Final = re.compile(r"\\(u00[01][0-9a-f]|.)")
_SHORT: Final = {"b": "\\\\u0008", "f": "\\\\u000c", "r": "\\\\u000d", "u000a": "\\n", "u0009": "\\t"}
_FORMULA: Final = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_TEXT_MARK: Final = "'"


def printable(text: str) -> str:
    """One name or value, on one line: what must not leave, line ends and tabs too, is shown as its escape."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escape, text)


def printable_lines(text: str) -> str:
    """Text of several lines: as `printable`, but line feeds, tabs and CR LF stay."""
    return text if text.isascii() and text.isprintable() else _UNSAFE_IN_LINES.sub(_escape, text)


def printable_json(document: str) -> str:
    """A JSON document whose strings a page shows: each is as `printable_lines` makes it, carriage returns as escapes."""
    shown = _JSON_ESCAPE.sub(
        lambda match: _SHORT.get(match[1]) or ("\\" + match[0] if len(match[1]) > 1 else match[0]), document
    )
    return _UNSAFE.sub(lambda match: "\\" + _escape(match), shown)


def in_page(text: str) -> str:
    """A text for HTML or SVG, between tags or in an attribute: printable, then escaped."""
    return html.escape(printable_lines(text))


def to_cell(value: object) -> object:
    """A value for a CSV file that a spreadsheet may open: a text that would be a formula gets an apostrophe before it.

    Numbers stay, also negative ones. A text that begins with an apostrophe gets another one, so `from_cell` is exact.
    """
    if not isinstance(value, str) or not value:
        return value
    if value[0] == _TEXT_MARK or (value[0] in _FORMULA and not _NUMBER.fullmatch(value)):
        value = _TEXT_MARK + value
    return printable_lines(value)


def from_cell(text: str) -> str:
    """The text that `to_cell` was given, for texts without control characters."""
    return text[1:] if text[:1] == _TEXT_MARK else text


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"

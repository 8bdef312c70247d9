"""Nasty lines of every shipped layout, each read as a slow reader of the rules reads it (C-001, C-010)."""

import json
import os
import random
import tomllib

import pytest

from ain_scp.tickets.call import Event, Heading, Quarantined
from ain_scp.tickets.layout.library import FOLDER, names, shipped
from ain_scp.tickets.layout.reading import Reader
from ain_scp.tickets.layout.trial import lines_of, trial

from .conftest import RECEIVED, SAMPLES
from .plain import Plain
from .test_layouts import LINES, SITE, balanced

TEXTS = {name: (FOLDER / f"{name}.toml").read_text() for name in names()}
PLAIN_SITE = tomllib.loads((SAMPLES / "site.toml").read_text())
COUNT = int(os.environ.get("NASTY_LINES", "400"))
"""Lines a layout; a release is judged with more."""
NASTY = [
    "", " ", "0", "1", "-1", "5.0", "1e3", "007", "99999999999999999999", "999999999999999999", "٣", "²", "½", "+", "+1",
    "+13105550142", "+442079460000", "911", "9911", "411", "0", "90", "9", "913105550142", "011442", "0114420", "1234567",
    "11234567890", "0234567890", "2xx", "203", "203 ", "4002", "E203", "E", "EE203", "T9001", "T", "X1", "Ext.", "Ext.203",
    "24:00", "23:59", "12:60", "12:05P", "12:05p", "00:05p", "13:05P", "11:59P", "9:15", "12:00AM", "12:00PM", "13:00PM",
    "00:00:00", "99:99:99", "100:00:00", "00:60:00", "00:00:60", "0:00:01", "1:00:00", "00:01'60", "0'59", "9'60", "10'00",
    "02/29", "02/30", "00/10", "13/01", "12/31", "11/30", "11/31", "02/29/28", "02/29/27", "11/27/26", "**/**/**",
    "2026/02/29 10:00:00", "2028/02/29 10:00:00", "2026/03/08 02:30:00", "2026/11/01 01:30:00", "2026/11/01 01:05:00",
    "0000/01/01 00:00:00", "9999/12/31 23:59:59", "0001/01/01 00:00:00", "2026/11/27 09:15", "2026-11-27 09:15:02",
    "2026-03-08 02:30:00", "2026-11-01 01:30:00", "2026-11-27T09:15:02-08:00", "2026-11-01T01:30:00", "2026-11-27",
    "2026-11-27T09:15:02.999Z", "2026-11-27T24:00:00", "2026-W48-5", "0001-01-01T00:00:00", "9999-12-31T23:59:59+14:00",
    "0010", "0599", "0600", "9595", "1399", "0229", "outgoing", "event", "tandem", "INCOMING", "ANSWERED", "NO ANSWER", "I", "O",
    "4", "=", "\t", "\xa0", "é", "%41", "%zz", "a%2Cb", "<I>5551234", "<D>12<I>", "EXT207", "LOG IN", "Check out", "3-4-55",
    '"', '""', 'a"b', '"a,b"', "'", ",", "=1+1", "null", "true", "[]", "{}",
]  # fmt: skip


def nasty(chance, name):
    """A line of a layout with something wrong or at a limit in it."""
    line = chance.choice(LINES[name].splitlines())
    how = chance.random()
    if how < 0.55:
        return in_field(chance, name, line)
    if how < 0.65:
        return line[: chance.randrange(len(line) + 1)]
    if how < 0.7:
        return line + b" " * chance.choice([1, 20, 5000])
    if how < 0.75:
        return chance.randbytes(chance.randrange(90))
    if how < 0.8:
        return b"\0" * chance.randrange(3) + line + b"\0\0\0"
    at = chance.randrange(len(line) + 1)
    piece = chance.choice(
        [chance.randbytes(1), chance.choice(NASTY).encode(), b"\xe9", b"\x07", b"\x7f", b"\t", b" "]
    )
    return line[:at] + piece + line[at + chance.randrange(3) :]


def in_field(chance, name, line):
    layout, value = shipped(name), chance.choice(NASTY)
    if layout.kind == "fixed":
        first, last = chance.choice(layout.fields).at
        text = line.decode("latin-1").ljust(last)
        width = last - first + 1
        value = (value.rjust if chance.random() < 0.3 else value.ljust)(width)[:width]
        return (text[: first - 1] + value + text[last:]).encode("latin-1", "replace")
    if layout.kind == "delimited":
        cells = line.decode("utf-8", "replace").split(",")
        cells[chance.randrange(len(cells))] = value
        return ",".join(cells).encode()
    if layout.kind == "json":
        try:
            whole = json.loads(line)
            table = whole[".".join(layout.record.path)]
        except (ValueError, TypeError, KeyError):
            return line
        key = chance.choice(chance.choice(layout.fields).sources or ([one.name for one in layout.fields]))
        table[key] = chance.choice([value, value, 17, 0, None, 5.5, True, [1], {"a": 1}, "\x07", "\x1b[2J"])
        return json.dumps(whole, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")
    if layout.kind == "keyvalue":
        field = chance.choice(layout.fields).name
        return line + f" {field}={chance.choice([value, chr(34) + value + chr(34)])}".encode()
    words = line.split(b" ")
    words[chance.randrange(len(words))] = value.encode("ascii", "replace")
    return b" ".join(words)


def compiled(outcome):
    """What the product's reader says, in the form of the plain one."""
    match outcome:
        case None:
            return None
        case Heading():
            return ("heading",)
        case Event():
            return ("event",)
        case Quarantined(reason, field):
            return ("quarantine", str(reason), field)
    call = outcome.call
    names = ("direction", "extension", "calling", "called", "called_kind", "dialed", "trunk", "start", "end", "ring_s",
             "duration_s", "answered", "status", "account", "call_id", "transferred_to")  # fmt: skip
    return ("call", {name: getattr(call, name) for name in names} | {"notes": list(call.notes)})


@pytest.mark.parametrize("name", names())
def test_a_nasty_line_is_what_the_rules_say_and_nothing_else(name):
    chance = random.Random(name)
    reader, plain = Reader(shipped(name), SITE), Plain(TEXTS[name], TEXTS, PLAIN_SITE)
    received = RECEIVED
    kinds = set()
    for at in range(COUNT):
        line = nasty(chance, name)
        received += chance.choice([0, 1, 60, 86_400, 40 * 86_400])
        here, there = compiled(reader.read(line, received, at)), plain.read(line, received)
        assert here == there, (at, line, received)
        kinds.add(here and here[0])
    assert {"call", "quarantine"} <= kinds


@pytest.mark.parametrize("name", names())
def test_the_sum_of_the_outcomes_is_the_sum_of_the_lines(name):
    chance = random.Random(f"sum {name}")
    layout = shipped(name)
    lines = [nasty(chance, name).replace(b"\n", b"").replace(b"\r", b"") for _one in range(COUNT)]
    shown, counts = trial(lines_of(b"\n".join(lines), layout), layout, SITE, RECEIVED)
    assert balanced(counts)
    assert counts.lines == sum(1 for line in lines if line.strip(layout.record.padding.encode() + b"\0"))
    places = [line for one in shown for line in (one.call.lines if one.call else (one.line,))]
    assert len(places) == len(set(places)) == counts.lines - counts.headings

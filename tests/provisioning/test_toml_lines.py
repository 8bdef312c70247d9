"""The locator finds every key of a TOML document, and finds it where it is written.

Source: TOML 1.0.0; libraries.md section 2.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.toml_lines import Place, locate

DOCUMENT = '''\
# comment with [brackets] = "and quotes"
title = "a"  # [not.a.table]
owner.name = 'x'
owner."full name" = 1
"quoted \\u00e9" = true

[server]
ports = [ 8000,
  8001, # in between ]
  [ 1, 2 ],
]
text = """
[fake]
key = "value" \\"""
"""
raw = \'\'\'
[[fake]]
it's ''
\'\'\'
when = 2001-07-04 10:00:00
inline = { a = 1, "b.c" = [ { d = 2 }, { e.f = 3 } ] }

[ server . alpha ]
ip = "10.0.0.1"

[[fruit]]
name = "apple"
[[fruit.variety]]
name = "red"
[[fruit.variety]]
name = "green"
[fruit.physical]
color = "x"

[[fruit]]
name = "banana"
[[fruit.variety]]
name = "plantain"
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("title",), 2, 1),
        (("owner",), 3, 1),
        (("owner", "name"), 3, 7),
        (("owner", "full name"), 4, 7),
        (("quoted é",), 5, 1),
        (("server",), 7, 2),
        (("server", "ports", 1), 9, 3),
        (("server", "ports", 2, 1), 10, 8),
        (("server", "text"), 12, 1),
        (("server", "raw"), 16, 1),
        (("server", "when"), 20, 1),
        (("server", "inline", "b.c", 1, "e", "f"), 21, 44),
        (("server", "alpha"), 23, 12),
        (("server", "alpha", "ip"), 24, 1),
        (("fruit",), 26, 3),
        (("fruit", 0, "variety", 1, "name"), 31, 1),
        (("fruit", 0, "physical", "color"), 33, 1),
        (("fruit", 1), 35, 3),
        (("fruit", 1, "variety", 0, "name"), 38, 1),
    ],
)
@pytest.mark.parametrize("line_feed", ["\n", "\r\n"])
def test_a_key_stands_where_it_is_written(path: Any, line: int, column: int, line_feed: str) -> None:
    assert locate(DOCUMENT.replace("\n", line_feed))[path] == Place(line, column)


def paths(value: object, at: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Name everything in a parsed document by its path."""
    found = {at} if at else set()
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        found |= paths(inner, (*at, key))
    return found


def test_every_path_of_the_document_is_found() -> None:
    assert locate(DOCUMENT).keys() == paths(tomllib.loads(DOCUMENT))


def test_every_path_of_the_example_is_found(golden: Path) -> None:
    for file in golden.rglob("*.toml"):
        text = file.read_text(encoding="utf-8")
        assert locate(text).keys() == paths(tomllib.loads(text)), file


KEYS = st.sampled_from(["a", "b", "c-1", "4", '"x y"', "'q.r'", '"\\u0061\\t"', "a . b", 'b."[x]"', "c-1.4"])
SCALARS = st.sampled_from(
    [
        "1", "-2.5e3", "true", "inf", "0x1F", "2001-07-04", "2001-07-04T10:00:00Z", "2001-07-04 10:00:00", "10:00:00",
        '""', "''", '"a, ] } # ="', "'\\'", '"\\"\\\\"', '"""\n[a]\nb = "1"\n"""', "'''\n\"\"\"\n'''", '"""a"""""', "''''x'''''",
        '"""\\"""x"""', '""""""', "''''''",
    ]
)  # fmt: skip
SPACES = st.sampled_from(["", " ", "\t "])
BREAKS = st.sampled_from(["", " ", "\n", " # ] } \" ' = [x]\n", "\n\n  "])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.builds(
            lambda items, gap, comma: f"[{gap}{f'{gap},{gap}'.join(items)}{gap}{comma if items else ''}{gap}]",
            st.lists(inner, max_size=3), BREAKS, st.sampled_from(["", ","]),
        ),
        st.builds(
            lambda pairs, gap: "{" + gap + f"{gap},{gap}".join(f"{key} ={gap}{value}" for key, value in pairs) + gap + "}",
            st.lists(st.tuples(KEYS, inner), max_size=3), SPACES,
        ),
    ),
    max_leaves=6,
)  # fmt: skip
LINES = st.one_of(
    st.builds("{}{} = {}{}\n".format, SPACES, KEYS, VALUES, st.sampled_from(["", " ", " # x"])),
    st.builds("[{}{}]\n".format, SPACES, KEYS),
    st.builds("[[{}]] # t\n".format, KEYS),
    st.sampled_from(["\n", "# [a] = 1\n"]),
)


@settings(derandomize=True, deadline=None, max_examples=250)
@given(st.lists(LINES, max_size=7))
def test_any_document_that_tomllib_reads_is_located_completely(lines: list[str]) -> None:
    text = ""
    for line in lines:  # keep the lines that leave it a valid document
        try:
            tomllib.loads(text + line)
        except tomllib.TOMLDecodeError:
            continue
        text += line
    places = locate(text)
    assert places.keys() == paths(tomllib.loads(text))
    rows = text.split("\n")
    for path, place in places.items():
        assert 1 <= place.column <= len(rows[place.line - 1])
        name = path[-1]
        if isinstance(name, str) and name.isalnum():
            assert rows[place.line - 1][place.column - 1 :].lstrip("\"'").startswith((name, "\\u0061"))

"""No foreign text steers a terminal, a page or a spreadsheet, and nothing of it is lost."""

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.terms.safe_text import from_cell, in_page, printable, printable_json, printable_lines, to_cell

CONTROLS = [
    chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Zl", "Zp", "Cs"}
]
BIDI = list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
KEPT = ["Zürich", "日本", "עברית", "café 7", "e\u0301", "🙂", "'quoted'", "100 %"]
texts = st.text(st.characters(categories=["L", "N", "P", "S", "Z", "C"]))


@pytest.mark.parametrize("letter", [*CONTROLS[:70], *CONTROLS[-2:], *BIDI, "\ufeff", "\U000e0041"])
def test_each_unsafe_character_is_shown_as_its_escape_and_json_reads_it_back(letter):
    shown = printable(f"a{letter}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(f'"{shown}"') == f"a{letter}b"


def test_every_control_of_unicode_is_unsafe():
    assert not set(CONTROLS) & set(printable("".join(CONTROLS)))


@pytest.mark.parametrize("text", KEPT)
def test_letters_of_every_script_stay(text):
    assert printable(text) == printable_lines(text) == text


def test_lines_keep_their_ends_and_tabs_but_no_lone_carriage_return():
    assert printable_lines("a\tb\r\nc\n\rd") == "a\tb\r\nc\n\\u000dd"
    assert printable("a\tb\n") == "a\\u0009b\\u000a"


def shown(text):
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))


@given(st.dictionaries(texts, texts))
@settings(derandomize=True, deadline=None)
def test_a_document_in_a_page_shows_each_string_safely(value):
    document = printable_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(document) == {shown(name): shown(one) for name, one in value.items()}


@given(texts)
@settings(derandomize=True, deadline=None)
def test_a_page_gets_neither_markup_nor_controls(text):
    shown = in_page(text)
    assert not set(shown) & set("<>\"'")
    assert not set(shown) & set(BIDI) | set(shown) & set(CONTROLS) - {"\n", "\t", "\r"}


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\uff1d1",
        "%0A=1",
        "|x",
        "-",
        "+",
        "=HYPERLINK(1)",
    ],
)
def test_no_cell_is_a_formula(value):
    assert str(to_cell(value)).startswith("'")


@pytest.mark.parametrize(
    "value", [0, -5, 12, "-5", "+15551234567", "-0.25", "9258341234", "BLOCKED:SCREENED", "", None]
)
def test_numbers_and_plain_words_stay_as_they_are(value):
    assert to_cell(value) == value


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
@settings(derandomize=True, deadline=None)
def test_a_cell_read_back_is_the_text(text):
    out = io.StringIO()
    csv.writer(out).writerow([to_cell(text), "end"])
    (row,) = csv.reader([out.getvalue()])
    assert from_cell(row[0]) == text

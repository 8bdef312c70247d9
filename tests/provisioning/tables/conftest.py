"""Random entries, numbers near them, hostile texts, and the slow scans every table is compared with."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

HOSTILE = [
    "", " ", "\x00", "*", "#", "+1415", "-415", " 4155550100", "4155550100 ", "415_555_01", "415555010a", "A15555010F", "0x19",
    "1e5", "4155550100\n", "٤١٥٥٥٥٠١٠٠", "４１５", "²³", "\ud800", "1" * 19, "9" * 400, "415.555", "NaN", "４155550100",
]  # fmt: skip

ALPHABETS = ["01", "09", "0123456789", "12345"]


@st.composite
def entries_and_numbers(
    draw: st.DrawFn, shortest: int = 1, longest: int = 18
) -> tuple[dict[str, int], list[str]]:
    """Draw a table (digits -> row) and numbers to ask for: its entries, their neighbours, random ones and hostile texts."""
    alphabet = draw(st.sampled_from(ALPHABETS))
    text = st.text(alphabet, min_size=shortest, max_size=longest)
    table = draw(st.dictionaries(text, st.integers(0, 536870909), max_size=40))
    numbers = draw(st.lists(st.text(alphabet, min_size=1, max_size=18), max_size=25))
    for digits in list(table)[:12]:
        tail = draw(st.text(alphabet, max_size=18 - len(digits)))
        numbers += [
            digits,
            digits + tail,
            digits[:-1],
            digits[1:],
            f"{(int(digits) + 1) % 10 ** len(digits):0{len(digits)}d}",
        ]
    return table, numbers + draw(st.lists(st.sampled_from(HOSTILE), max_size=4))


def plain(text: str) -> bool:
    """Say slowly whether a text is a digit string."""
    return 1 <= len(text) <= 18 and all(character in "0123456789" for character in text)


def scan_exact(table: dict[str, int], number: str) -> int:
    """Find a number by going through all entries."""
    for digits, row in table.items():
        if digits == number:
            return row
    return -1


def scan_longest(table: dict[str, int], number: str) -> int:
    """Find the longest entry a number begins with by going through all entries."""
    best, best_row = "", -1
    for digits, row in table.items():
        if plain(number) and number.startswith(digits) and len(digits) > len(best):
            best, best_row = digits, row
    return best_row


def scan_search(table: dict[str, int], number: str, lengths: Sequence[int], complete: bool) -> int:
    """Go through all entries once for the complete number and once for each prefix length."""
    if not plain(number):
        return -1
    wanted = [number] if complete else []
    wanted += [number[:length] for length in lengths if 0 < length <= len(number)]
    for one in wanted:
        row = scan_exact(table, one)
        if row >= 0:
            return row
    return -1


@pytest.fixture(scope="session")
def drawn():
    """Give the strategy of random tables and numbers."""
    return entries_and_numbers


@pytest.fixture(scope="session")
def scans():
    """Give the slow scans: exact, longest, search."""
    return scan_exact, scan_longest, scan_search


@pytest.fixture(scope="session")
def hostile():
    """Give texts that no table may accept."""
    return HOSTILE

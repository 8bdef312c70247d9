"""Lines of a large file by number and by what stands in them are those that a reading from the beginning finds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.console import sets
from ain_scp.console.resources.lines import EVERY, Lines
from ain_scp.console.sets import Sets
from tests.console.conftest import ROOT

TEXTS = st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=3 * EVERY), st.booleans(), st.integers(0, 4 * EVERY), st.sampled_from(("1", "a", "9", ",", "é", "12")))  # fmt: skip
def test_lines_are_those_of_the_file(tmp_path_factory, lines, ends, after, text):
    path = tmp_path_factory.mktemp("lines") / "one.csv"
    octets = "\n".join(lines) + ("\n" if ends else "")
    path.write_bytes(octets.encode())
    whole = octets.removesuffix("\n").split("\n") if octets else []
    numbered = [(at, one.removeprefix("\ufeff") if at == 1 else one) for at, one in enumerate(whole, 1)]
    found = Lines(path)
    assert list(found.behind(after)) == numbered[after:]
    lowered = str.casefold if not text.isascii() else str.lower
    wanted = [one for one in numbered[after:] if text in lowered(one[1]) or text.upper() in one[1]]
    assert [one for one in found.holding(text, after) if text.isascii()] == (wanted if text.isascii() else [])


def test_ten_thousand_lines_are_found_from_any_of_them(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("number\n" + "".join(f"{9_000_000 + at}\n" for at in range(10_000)))
    lines = Lines(path)
    for at in (0, 1, EVERY - 1, EVERY, EVERY + 1, 9_999):
        assert next(lines.behind(at + 1)) == (at + 2, str(9_000_000 + at))
        assert next(lines.holding(str(9_000_000 + at), 1)) == (at + 2, str(9_000_000 + at))
    assert list(lines.behind(10_001)) == []


def test_a_large_data_set_is_mapped_the_next_time_and_decides_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "LARGE", 0)
    first = Sets(ROOT / "examples" / "golden", tmp_path).now()
    monkeypatch.setattr(sets, "load", None)  # it is not read again
    second = Sets(ROOT / "examples" / "golden", tmp_path).now()
    assert (second.digest, second.problems) == (first.digest, first.problems)
    number = "9258341237"
    assert second.program.snapshot.triggers.find(number) == first.program.snapshot.triggers.find(number) >= 0
    (tmp_path / f"{first.digest}.image").write_bytes(b"broken")
    with pytest.raises(TypeError):  # and is read when the image is none
        Sets(ROOT / "examples" / "golden", tmp_path).now()

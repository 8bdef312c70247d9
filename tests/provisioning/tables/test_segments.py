"""Saved tables: another process maps them and gives the same answers; a damaged one is refused, never answered from."""

import json
import mmap
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.tables.build import codes_of, compile_exact, compile_prefix
from ain_scp.provisioning.tables.lookup import ExactTable
from ain_scp.provisioning.tables.prefix import PrefixTable
from ain_scp.provisioning.tables.segments import (
    ALIGNMENT,
    TableFault,
    exact_from_segments,
    from_segments,
    prefix_from_segments,
    to_segments,
)

NUMBERS = ["0", "925", "925834", "9258341234", "9258341299", "4159212000", "44207946", "0" * 18]

READER = """
import json, mmap, sys
from ain_scp.provisioning.tables.segments import from_segments
index, numbers = json.loads(sys.argv[2]), json.loads(sys.argv[3])
with open(sys.argv[1], "rb") as file:
    whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
segments = {name: whole[start:start + size] for name, start, size in index}
exact, prefix = from_segments(segments, "exact"), from_segments(segments, "prefix")
assert "numpy" not in sys.modules, "mapping a table needs no numpy"
print(json.dumps([[exact.find(n) for n in numbers], [prefix.longest(n) for n in numbers]]))
"""


def tables():
    """Give one table of every representation, small enough to try every octet of it."""
    ten = [number for number in NUMBERS if len(number) == 10]
    small = [number for number in NUMBERS if len(number) <= 3]
    return {
        "dict": compile_exact(NUMBERS),
        "flat": compile_exact(["911", "411"], representation="flat"),
        "buckets": compile_exact(ten, representation="buckets"),
        "mixed": compile_exact(NUMBERS, representation="mixed"),
        "ladder": compile_prefix(NUMBERS, representation="dict"),
        "flat-prefix": compile_prefix(small, representation="flat"),
        "trie": compile_prefix(small, representation="trie"),
    }


@pytest.fixture(scope="module", params=list(tables()))
def saved(request):
    """Give the segments of one representation."""
    return dict(to_segments(tables()[request.param], "x"))


def test_two_other_processes_map_one_file_and_answer_alike(tmp_path):
    """Two processes map the same 60,000-number file at once; every answer equals the compiling process's."""
    chance = np.random.default_rng(11)
    codes = np.unique(chance.integers(0, 10**10, 60_000)) // 3 + 10**10
    codes = np.unique(np.concatenate([codes, codes_of(["925", "415", "9"])]))
    exact, prefix = compile_exact(codes), compile_prefix(codes, representation="trie")
    numbers = [str(code)[1:] for code in chance.choice(codes, 300).tolist()] + ["925", "92599", "9", "4a", ""]
    index, path = [], tmp_path / "tables"
    with path.open("wb") as file:
        for name, octets in to_segments(exact, "exact") + to_segments(prefix, "prefix"):
            assert file.tell() % ALIGNMENT == 0
            index.append((name, file.tell(), len(octets)))
            file.write(octets)
    command = [sys.executable, "-c", READER, str(path), json.dumps(index), json.dumps(numbers)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for reader in readers:
        answers, _ = reader.communicate(timeout=60)
        assert reader.returncode == 0
        assert json.loads(answers) == [[exact.find(n) for n in numbers], [prefix.longest(n) for n in numbers]]


def test_a_mapped_table_is_the_file_itself(tmp_path):
    """Cells are read where the file lies: the mapping cannot be closed while a table stands on it."""
    path = tmp_path / "table"
    path.write_bytes(dict(to_segments(compile_exact(["911", "411"], representation="flat")))["table"])
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    table = exact_from_segments({"table": mapping})
    assert table.find("911") == 0
    with pytest.raises(BufferError):
        mapping.close()
    del table
    mapping.close()


def test_saving_what_was_mapped_gives_the_same_octets(saved):
    """A table read back writes exactly the segments it was read from."""
    assert dict(to_segments(from_segments(saved, "x"), "x")) == saved


def test_every_truncation_is_refused(saved):
    """Cut at any octet, any segment is refused."""
    for name, octets in saved.items():
        cuts = (
            range(len(octets))
            if len(octets) < 2000
            else [*range(200), *range(200, len(octets), 97), len(octets) - 1]
        )
        for cut in cuts:
            with pytest.raises(TableFault, match=name):
                from_segments(saved | {name: octets[:cut]}, "x")


def test_every_altered_octet_is_refused(saved):
    """One octet changed anywhere, header or column, is noticed by the checksums."""
    for name, octets in saved.items():
        for at in range(0, len(octets), 1 if len(octets) < 2000 else 37):
            altered = bytearray(octets)
            altered[at] ^= 1 << at % 8
            with pytest.raises(TableFault):
                from_segments(saved | {name: altered}, "x")


def test_an_altered_header_is_refused_even_unverified(saved):
    """Leaving out the columns' checksum still checks the header, which says where everything lies."""
    for name, octets in saved.items():
        for at in range(64):
            altered = bytearray(octets)
            altered[at] ^= 0x40
            with pytest.raises(TableFault):
                from_segments(saved | {name: altered}, "x", verify=False)


@given(at=st.integers(8, 59), octets=st.binary(min_size=1, max_size=8))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_a_forged_header_gives_a_fault_or_a_table(at, octets):
    """A header changed by someone who also corrected its checksum never ends in any other error than the one declared."""
    for table in tables().values():
        segments = dict(to_segments(table, "x"))
        header = bytearray(segments["x"][:60])
        header[at : min(at + len(octets), 60)] = octets[: 60 - at]
        forged = bytes(header) + zlib.crc32(header).to_bytes(4, sys.byteorder) + segments["x"][64:]
        try:
            read = from_segments(segments | {"x": forged}, "x")
        except TableFault:
            continue
        assert isinstance(read, ExactTable | PrefixTable)
        assert read.describe().octets > 0


def test_each_missing_segment_is_named(saved):
    """A table is not read without all its parts."""
    for name in saved:
        with pytest.raises(TableFault, match=f"'{name}': is missing"):
            from_segments({other: octets for other, octets in saved.items() if other != name}, "x")


def test_a_table_of_the_other_sort_is_refused():
    """Complete numbers are not taken for prefixes, nor prefixes for complete numbers, at the top or inside."""
    exact, ladder = (
        dict(to_segments(compile_exact(NUMBERS), "x")),
        dict(to_segments(compile_prefix(NUMBERS), "x")),
    )
    with pytest.raises(TableFault, match="not of prefixes"):
        prefix_from_segments(exact, "x")
    with pytest.raises(TableFault, match="not of complete numbers"):
        exact_from_segments(ladder, "x")
    flat = dict(to_segments(compile_prefix(["9", "92"], representation="flat"), "x"))
    with pytest.raises(TableFault, match="wrong kind"):
        prefix_from_segments(flat | {"x/shorter": exact["x"]}, "x")


def test_a_part_made_of_parts_is_refused():
    """A forged nesting cannot make reading recurse."""
    mixed = dict(to_segments(compile_exact(NUMBERS, representation="mixed"), "x"))
    with pytest.raises(TableFault, match="made of parts"):
        from_segments(mixed | {"x/0": mixed["x"], "x/0/0": mixed["x/0"]}, "x")


def test_what_is_no_table_has_no_segments():
    """Only tables are written."""
    with pytest.raises(TypeError, match="has no segment form"):
        to_segments(ExactTable(0))

"""The innermost part's own map and memory behave as the interpreter's dictionaries do, compiled and interpreted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ain_scp.scp.fast.recent import Recent
from ain_scp.scp.fast.shared import SharedRepetition
from ain_scp.scp.repetition import Repeated

int_map = pytest.importorskip(
    "ain_scp.scp.fast.int_map", reason="needs librt, which compiled installations have"
)
native = pytest.importorskip("ain_scp.scp.fast.native_recent")

T1 = 3_000


@given(
    st.lists(st.tuples(st.integers(0, 40) | st.integers(0, (1 << 62) - 1), st.integers(-9, 9)), max_size=200)
)
def test_a_map_is_a_dictionary(items):
    made, expected = int_map.IntMap(), {}
    for key, value in items:
        made.put(key, value)
        expected[key] = value
    assert len(made) == len(expected)
    for key in [*expected, 41, 1 << 61]:
        assert made.get(key) == expected.get(key, int_map.NOTHING)
    made.clear()
    assert (len(made), made.get(items[0][0]) if items else int_map.NOTHING) == (0, int_map.NOTHING)


KEYS = st.sampled_from([bytes([0, 0, 0, n]) + b"\xff\xff\xff" + bytes([n]) for n in range(6)])
STEPS = st.lists(
    st.tuples(KEYS, st.sampled_from([0, 1, 500, T1 // 2, T1]), st.binary(max_size=20)), max_size=60
)


@given(STEPS, st.sampled_from([0, 2, 5, 8, 1 << 14]), st.sampled_from([0, T1]))
def test_both_memories_remember_the_same(steps, capacity, t1):
    """A-264: found for T1, not longer; the oldest half goes when there are too many."""
    both = (Recent(t1, capacity), native.NativeRecent(t1, capacity))
    now = 10 * T1
    for key, step, octets in steps:
        now += step
        for one in both:
            one.turn(now)
        plain, fast = (one.find(key, now) for one in both)
        assert both[0].knows(key) == both[1].knows(key)
        assert (plain is None) == (fast is None)
        if plain is not None:
            assert (plain[0], plain[2]) == (fast[0], fast[2])
            assert (plain[1] == both[0].fingerprint(octets)) == (fast[1] == both[1].fingerprint(octets))
            continue
        for one in both:
            one.keep(key, now, octets, octets[::-1])
    assert len(both[0]) == len(both[1])


@pytest.mark.parametrize("kind", [Recent, native.NativeRecent], ids=["objects", "native"])
def test_what_had_to_go_early_is_counted(kind):
    """A generation of eight becomes the old one when it is full, and the old one goes at the next turn."""
    memory = kind(T1, 16)
    for number in range(24):
        memory.turn(100 + number)
        memory.keep(number.to_bytes(8, "big"), 100 + number, b"query", b"answer")
    assert memory.forgotten == 8
    assert [number for number in range(24) if memory.knows(number.to_bytes(8, "big"))] == list(range(8, 24))
    memory.turn(100 + T1 + 30)
    memory.turn(100 + 2 * T1 + 30)
    assert (memory.forgotten, len(memory)) == (8, 0)


@pytest.mark.parametrize("kind", [Recent, native.NativeRecent], ids=["objects", "native"])
def test_a_batch_that_fills_a_generation_many_times_loses_nothing_of_itself(kind):
    memory = kind(T1, 4)
    memory.turn(50)
    for number in range(6_000):
        memory.keep(number.to_bytes(8, "big"), 50, b"query", b"answer %d" % number)
    assert all(
        memory.find(number.to_bytes(8, "big"), 51)[2] == b"answer %d" % number for number in range(6_000)
    )


def test_more_than_there_is_room_for_makes_the_oldest_go():
    """Nobody asks whether a generation is full for longer than any batch: entries are bounded all the same."""
    memory = native.NativeRecent(T1, 4)
    memory.turn(50)
    for number in range(50_000):
        memory.keep(number.to_bytes(8, "big"), 50, b"query", b"answer %d" % number)
    assert 4_000 < len(memory) < 20_000
    assert memory.find((49_999).to_bytes(8, "big"), 51)[2] == b"answer 49999"
    assert memory.find(bytes(8), 51) is None


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_a_changed_query_has_another_fingerprint(octets, place, change):
    memory = native.NativeRecent(T1, 16)
    before = memory.fingerprint(octets)
    assert before == memory.fingerprint(bytes(octets))
    assert before != memory.fingerprint(octets + b"\0")
    if octets:
        changed = bytearray(octets)
        changed[place % len(octets)] ^= change
        assert before != memory.fingerprint(bytes(changed))


@pytest.mark.parametrize("kind", [Recent, native.NativeRecent], ids=["objects", "native"])
def test_the_general_way_finds_what_either_way_kept(kind):
    """A-264: the same octets get the same answer, other octets under the same transaction are another query."""
    repetition = SharedRepetition(kind(T1, 16))
    repetition.keep((0x0A0B0C, 7), b"query", b"\xe4answer", 10)
    assert repetition.answer((0x0A0B0C, 7), b"query", 20) == b"\xe4answer"
    assert repetition.answer((0x0A0B0C, 7), b"other", 20) == Repeated.OTHER_CONTENT
    assert repetition.answer((0x0A0B0C, 8), b"query", 20) == Repeated.NEW
    assert repetition.answer((0x0A0B0C, 7), b"query", 10 + T1) == Repeated.NEW
    assert len(repetition) == 1


def test_a_generation_of_objects_goes_little_by_little():
    memory = Recent(T1, 2_000)
    for number in range(2_000):
        if number % 500 == 0:
            memory.turn(50)
        memory.keep(number.to_bytes(8, "big"), 50, b"query", b"answer")
    memory.turn(51)
    left = []
    for _ in range(60):
        memory.turn(51)
        left.append(sum(len(generation) for generation in memory._gone))
    assert left[0] > 100
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("representation", ["dict", "flat", "buckets"])
@pytest.mark.parametrize("values", [False, True], ids=["rows", "values"])
def test_every_kind_of_table_is_read_alike(representation, values):
    """The innermost part's copies say what the tables say: rows, or what stands for a row elsewhere."""
    np = pytest.importorskip("numpy")
    build = pytest.importorskip("ain_scp.provisioning.tables.build")
    core_tables = pytest.importorskip("ain_scp.scp.fast.core_tables")
    spread = 3_000 if representation == "buckets" else 60_000
    numbers = np.unique(np.random.default_rng(5).integers(9_258_000_000, 9_258_060_000, spread))
    codes = 10_000_000_000 + numbers
    table = build.compile_exact(codes, np.arange(len(codes), dtype=np.int32), representation=representation)
    looked_up = np.arange(len(codes), dtype=np.int64) * (1 << 40) - (np.arange(len(codes)) % 7 == 0)
    made = core_tables.core_table(table, 10, looked_up.data if values else None)
    assert made is not None
    assert (made.width > 0) == (representation == "flat")
    for number in [*range(9_258_000_000, 9_258_060_000, 7), *numbers[:50].tolist(), 0, 9_999_999_999]:
        row = table.find(f"{number:010d}")
        found = made.find(number)
        expected = int(looked_up[row]) if values and row >= 0 else row
        assert found == expected if row >= 0 else found < 0, number
    empty = core_tables.core_table(table, 7)
    assert empty.find(2_000_000) < 0

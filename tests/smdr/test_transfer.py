"""Hourly files: what is in them, when, in which order, octet for octet; and what a receiver refuses.

Source: A-244, A-245, A-246, A-248, A-257.
"""

import msgspec
import pytest

from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal, Limits
from ain_scp.smdr.distributor import BILLING_COLUMNS, DataDistributor, billing_lines
from ain_scp.smdr.sample import SampleError, decode, encode
from ain_scp.smdr.transfer import decode_file, encode_file, file_name


def lines_of(file):
    return file.octets.split(b"\n")[1:-2]


def test_the_samples_of_an_hour_appear_in_one_file_after_it_and_none_before(make_plant, calls, clock):
    """A-246: records of 10:00-10:59 appear in one file soon after 11:00; none before."""
    plant = make_plant("ISCP")
    plant.place(calls)
    assert plant.sender.ascii_file(clock("10:59:59")) is None
    files = plant.transfer(clock("11:00:00"))
    assert [file.name for file in files] == ["smdr-20010117T10-000000000001.txt"]
    assert len(lines_of(files[0])) == 19
    assert plant.transfer(clock("11:59:59")) == []
    assert [len(lines_of(file)) for file in plant.transfer(clock("12:00:00"))] == [1]


def test_octets_in_are_octets_out(make_plant, calls, clock, pair):
    """A-244: bytes out = bytes in the distributor's store, even when another would write the same sample differently."""
    plant = make_plant("ISCP")
    attempt, completion = pair(calls[0], "00000000ABCD")
    odd = encode(attempt).replace(b":", b" :  ")
    for octets in (odd, encode(completion)):
        plant.sender.receive(octets)
    plant.sender.commit(0)
    assert plant.sender.stored(0, 9) == [odd, encode(completion)]
    assert lines_of(plant.sender.ascii_file(clock("11:00:00"))) == [odd, encode(completion)]


def test_a_file_is_ordered_by_identifier_and_time(make_plant, calls, clock):
    """A-245."""
    plant = make_plant("ISCP")
    plant.place(calls)
    found = [decode(line) for line in lines_of(plant.sender.ascii_file(clock("11:00:00")))]
    identifiers = [sample.identifier for sample in found]
    assert identifiers == sorted(identifiers)
    assert [type(sample).__name__ for sample in found[:2]] == ["AttemptSample", "CompletionSample"]


def test_the_same_file_comes_until_it_is_accepted_even_after_a_crash(make_plant, calls, clock):
    plant = make_plant("ISCP")
    plant.place(calls)
    first = plant.sender.ascii_file(clock("11:00:00"))
    assert plant.sender.ascii_file(clock("13:00:00")) == first
    plant.storage.crash()
    again = DataDistributor(Journal.open(plant.storage, 0, Limits(low_octets=0, floor_octets=0)))
    assert again.ascii_file(clock("13:00:00")) == first
    again.accepted(first)
    assert again.ascii_file(clock("13:00:00")).first == first.last + 1


def test_a_late_sample_goes_with_the_hour_already_reached(make_plant, calls, clock, pair):
    plant = make_plant("LSCP")
    early, _ = pair(calls[0], "1")
    late, _ = pair(calls[9], "2")
    for sample in (msgspec.structs.replace(late, start_ms=clock("11:00:10")), early):
        plant.sender.store(sample)
    plant.sender.commit(0)
    assert plant.sender.file(clock("11:30:00")) is None
    assert len(lines_of(plant.sender.file(clock("12:00:00")))) == 2


def test_what_a_clock_ahead_stamped_holds_up_nothing_once_it_is_set_back(make_plant, calls, clock, pair):
    """Two hours ahead, then 400 days back, then right: each run of the journal is a file, the same whenever it is asked for."""
    from ain_scp.smdr.transfer import HOUR_MS, TransferQueue

    plant = make_plant("LSCP")
    one, _ = pair(calls[0], "1")
    ahead, past = clock("11:40:00"), clock("11:40:00") - 400 * 24 * HOUR_MS
    times = [
        clock("09:30:00"),
        ahead,
        ahead + 1000,
        past,
        clock("09:31:00"),
        clock("09:32:00"),
        clock("10:10:00"),
    ]
    for number, time in enumerate(times):
        plant.sender.store(msgspec.structs.replace(one, identifier=str(number + 1), start_ms=time))
    plant.sender.commit(0)

    def files(now):
        queue, found = TransferQueue(plant.journal, now.replace(":", "")), []
        while file := queue.due(clock(now)):
            found.append((file.name, file.octets))
            queue.accepted(file)
        return found

    sent = files("10:59:00")
    assert [len(octets.splitlines()) - 2 for _, octets in sent] == [1, 2, 1, 2]
    assert files("11:30:00") == sent[:1], "the hour it was stamped with is not over yet"
    for later in ("12:10:00", "13:00:00"):
        again = files(later)
        assert again[:4] == sent
        assert [len(octets.splitlines()) - 2 for _, octets in again] == [1, 2, 1, 2, 1]


@pytest.mark.parametrize(("back_ms", "counts"), [(90 * 60_000, [2]), (90 * 60_000 + 1, [1, 1])])
def test_an_hour_and_a_half_is_late_and_more_is_a_clock_set_back(
    make_plant, calls, clock, pair, back_ms, counts
):
    plant = make_plant("LSCP")
    one, _ = pair(calls[0], "1")
    for number, time in enumerate((clock("11:40:00"), clock("11:40:00") - back_ms)):
        plant.sender.store(msgspec.structs.replace(one, identifier=str(number + 1), start_ms=time))
    plant.sender.commit(0)
    found = []
    while file := plant.sender.file(clock("13:00:00")):
        found.append(len(lines_of(file)))
        plant.sender.accepted(file)
    assert found == counts


def test_a_long_hour_is_cut_into_files_that_follow_each_other(make_plant, calls, clock):
    from ain_scp.smdr.transfer import TransferQueue

    plant = make_plant("LSCP")
    plant.place(calls)
    queue = TransferQueue(plant.journal, "short", most=8)
    ranges = []
    while file := queue.due(clock("13:00:00")):
        ranges.append((file.first, file.last))
        queue.accepted(file)
    assert ranges == [(1, 8), (9, 16), (17, 19), (20, 20)]


def test_both_interfaces_have_an_export(make_plant, calls, clock):
    """A-257: two exports exist; SMDR uses the ASCII file."""
    plant = make_plant("ISCP")
    plant.place(calls[:1])
    lines = billing_lines(plant.sender.ascii_file(clock("11:00:00")))
    assert lines[0] == BILLING_COLUMNS
    assert lines[1] == "attempt,000000000041,GOLDEN,9258341234,9257893412,4159215678,,979725600000,"
    assert lines[2] == "completion,000000000041,,,,,COMPLETED,979725600000,979725780000"


def test_nothing_but_samples_is_taken(make_plant):
    plant = make_plant("ISCP")
    with pytest.raises(SampleError):
        plant.sender.receive(b"{}")
    assert plant.sender.commit(0) == 0


def test_a_journal_with_other_records_is_refused_not_skipped(make_plant, clock):
    plant = make_plant("ISCP")
    plant.journal.append(b"not a sample")
    plant.journal.commit(0)
    with pytest.raises(JournalFault, match="record 1 is no sample"):
        plant.sender.ascii_file(clock("11:00:00"))


@pytest.fixture
def octets(calls, pair):
    lines = [encode(sample) for row in calls[:2] for sample in pair(row, "00000000AB" + row[0][1:])]
    return encode_file("ab12", 979_725_600_000, 7, 10, lines)


def test_a_file_comes_back_as_it_was(octets):
    found = decode_file(octets)
    assert (found.journal, found.first, found.last, len(found.samples)) == ("ab12", 7, 10, 4)
    assert file_name(979_725_600_000, 7) == "smdr-20010117T10-000000000007.txt"


def test_a_file_cut_at_any_octet_is_refused(octets):
    for length in range(len(octets)):
        with pytest.raises(SampleError):
            decode_file(octets[:length])


def test_a_file_with_any_octet_changed_is_refused_or_says_the_same(octets):
    whole = decode_file(octets)
    head = octets.index(b"\n")
    for at in range(head + 1, len(octets)):
        with pytest.raises(SampleError):
            decode_file(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
    for at in range(head):
        try:
            found = decode_file(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
        except SampleError:
            continue
        assert found.samples == whole.samples


HEADERS = [
    b"#smdr 2 ab12 2001-01-17T10:00:00 7 10",
    b"#smdr 1 ab12 2001-01-17T10:00:00 7 11",
    b"#smdr 1 ab12 2001-01-17T10:00:00 7",
    b"#smdr 1 ab12 2001-01-17T10:00:00 x 10",
    b"#smdr 1 ../.. 2001-01-17T10:00:00 7 10",
    b"#smdr 1 ab12 2001-01-17T10:00:00 7 99999999999999999999",
    "#smdr 1 ab12 2001-01-17T10:00:00 ٧ 10".encode(),
    b"",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_wrong_header_is_refused(octets, header):
    with pytest.raises(SampleError):
        decode_file(header + octets[octets.index(b"\n") :])

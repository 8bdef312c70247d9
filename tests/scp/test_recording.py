"""The recorder under faults of its storage, and what the node answers meanwhile."""

import asyncio
import errno
import itertools

import pytest

import ain_scp.scp.edges.recording
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import discrepancies
from ain_scp.scp.edges.recording import MAX_WAITING, Recorder
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.sample_journal import ECHO_BLOCK, EchoNumbers, SampleForm, last_echo
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import ERRORS, operation, operation_named
from ain_scp.signaling.tcap import Package, PackageType, decode_package, encode_package, invoke
from ain_scp.smdr.sample import AttemptSample, CompletionSample, encode, identifier_of
from kit.model_storage import ModelStorage, PlannedFault

LIMITS = Limits(low_octets=0, floor_octets=0)
NOW = 979_725_600_000


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Look after the journal every hundredth of a second."""
    monkeypatch.setattr(ain_scp.scp.edges.recording, "CHECK_S", 0.01)
    monkeypatch.setattr(ain_scp.scp.edges.recording, "RETRY_S", 0.01)


def line(number):
    echo = identifier_of(b"\x01" + number.to_bytes(5, "big"))
    return encode(AttemptSample(echo, "GOLDEN", "9258341234", "4159212000", NOW)).decode()


class Keeping:
    """A recorder over a model file system; `told` are its lines, `sent` what held answers left, with what was durable."""

    def __init__(self, storage, limits=LIMITS, kind="iscp"):
        self.storage = storage
        self.limits = limits
        self.told = []
        self.sent = []
        self.recorder = Recorder(self.open(), lambda: NOW, self.told.append, self.open, kind, 0.0)
        self.numbers = itertools.count(1)
        self.lines = []

    def open(self):
        return Journal.open(self.storage, NOW, self.limits, bytes(range(16)))

    def batch(self, count=3):
        """Samples of one batch, and its answer held until they are durable."""
        taken = [line(next(self.numbers)) for _ in range(count)]
        self.lines += taken
        self.recorder.take(taken)
        last = len(self.lines)
        self.recorder.hold(lambda: self.sent.append((last, self.recorder.journal.durable)))

    async def until(self, holds):
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - the condition is nobody's event
                await asyncio.sleep(0.001)

    async def settled(self):
        await self.until(
            lambda: not self.recorder.stopped and self.recorder.journal.durable == len(self.lines)
        )

    def stored(self):
        return [entry.payload.decode() for entry in read_directory(self.storage)]


def keep(work, storage=None, **options):
    """Run a coroutine with a started recorder, stop it, return it."""

    async def main():
        keeping = Keeping(storage or ModelStorage(), **options)
        keeping.recorder.start()
        await work(keeping)
        keeping.lost = await keeping.recorder.stop()
        return keeping

    return asyncio.run(main())


def test_samples_are_stored_once_in_order_and_answers_leave_after_them():
    async def work(one):
        for _ in range(20):
            one.batch()
            await asyncio.sleep(0)
        await one.settled()

    done = keep(work)
    assert done.stored() == done.lines
    assert len(done.sent) == 20
    assert all(durable >= last for last, durable in done.sent)
    assert done.told == []


def test_a_group_that_waits_for_the_disk_thread_is_not_lost_at_the_end():
    """The writer has taken a group and the thread is busy with other work when the end comes."""
    import threading

    async def work(one):
        free = threading.Event()
        one.busy = asyncio.create_task(one.recorder.run(lambda: free.wait(5)))
        await asyncio.sleep(0)
        one.batch()
        await one.until(lambda: one.recorder.journal.pending == 0)
        asyncio.get_running_loop().call_later(0.05, free.set)

    done = keep(work)
    assert done.stored() == done.lines
    assert len(done.sent) == 1


def test_what_waits_at_the_end_is_written_before_the_journal_is_sealed():
    async def work(one):
        for _ in range(5):
            one.batch()

    done = keep(work)
    assert done.stored() == done.lines
    assert len(done.sent) == 5


FAULTS = [
    PlannedFault(operation, nth, number, short)
    for operation, nth, number, short in itertools.chain(
        ((("append", n, errno.ENOSPC, 40)) for n in range(1, 5)),
        ((("append", n, errno.EROFS, -1)) for n in range(1, 5)),
        ((("sync", n, errno.EIO, -1)) for n in range(1, 5)),
        ((("free_octets", n, errno.EIO, -1)) for n in range(1, 3)),
    )
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.operation}-{fault.nth}-{fault.errno}")
def test_a_fault_stops_billable_work_and_nothing_taken_is_lost_or_doubled(fault):
    async def work(one):
        one.storage.plan(fault)
        for _ in range(6):
            one.batch()
            await asyncio.sleep(0.002)
        await one.settled()
        one.batch()
        await one.settled()

    done = keep(work)
    assert done.stored() == done.lines
    assert all(durable >= last for last, durable in done.sent)
    assert [text.startswith("ALARM records: ") for text in done.told] == [True, False]
    assert "writing again" in done.told[1]


def test_a_disk_that_stays_broken_is_told_once_and_tried_again():
    storage = ModelStorage()

    async def work(one):
        one.storage.plan(PlannedFault("sync", 1, errno.EIO, lasting=True))
        one.batch()
        await one.until(lambda: one.recorder.stopped)
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert one.recorder.journal.durable == 0
        assert len(one.told) == 1
        one.storage.plan(None)
        await one.settled()

    assert keep(work, storage).stored() == [line(1), line(2), line(3)]


def test_below_the_reserve_calls_are_refused_and_above_it_served_again():
    storage = ModelStorage(capacity=1 << 20)

    async def work(one):
        one.batch()
        await one.settled()
        storage.capacity = 1 << 12
        await one.until(lambda: one.recorder.stopped)
        assert "DISK_LOW" in one.recorder.stopped or "octets of disk space left" in one.recorder.stopped
        one.recorder.take([line(next(one.numbers))])
        one.lines.append(line(4))
        storage.capacity = 1 << 20
        await one.settled()

    done = keep(work, storage, limits=Limits(low_octets=1 << 14, floor_octets=1 << 13))
    assert done.stored() == done.lines


def test_memory_is_bounded_while_stopped_and_what_finds_no_room_is_counted(monkeypatch):
    monkeypatch.setattr(ain_scp.scp.edges.recording, "MAX_WAITING", 10)
    assert MAX_WAITING > 100_000

    async def work(one):
        one.storage.plan(PlannedFault("sync", 1, errno.EIO, lasting=True))
        one.batch(1)
        await one.until(lambda: one.recorder.stopped)
        one.recorder.take([line(number) for number in range(100, 120)])
        one.storage.plan(None)
        await one.until(lambda: not one.recorder.stopped)
        assert one.recorder.lost == 10

    assert len(keep(work).stored()) == 11


def test_a_sample_no_file_could_hold_is_refused_on_entry_and_counted():
    form = SampleForm()
    good = AttemptSample("000000000042", "GOLDEN", "9258341234", "4159212000", NOW)
    assert form.octets(good) == encode(good)
    assert form.octets(AttemptSample("000000000042", "GOLDEN", "", "4159212000", NOW)) is None
    assert form.lines('{"sample":"attempt"}') == []
    assert (form.refused, form.problem) == (2, "not a sample")


def test_an_lscp_names_calls_by_notification_id():
    (octets,) = SampleForm("lscp").lines(line(66))
    assert b'"identifier":"1099511627842"' in octets


@pytest.mark.parametrize("kind", ["iscp", "lscp"])
def test_a_restarted_node_goes_on_behind_the_last_echo_on_disk(kind):
    async def work(one):
        one.batch(5)
        await one.settled()
        completions = [
            encode(CompletionSample(f"0200000000{n % 256:02X}", "COMPLETED", NOW)).decode()
            for n in range(3000)
        ]
        one.lines += completions
        one.recorder.take(completions)
        await one.settled()

    journal = keep(work, kind=kind).open()
    assert (last_echo(journal, 1), last_echo(journal, 2)) == (5, 0)
    assert last_echo(Journal.open(ModelStorage(), NOW, LIMITS, bytes(16)), 1) == 0


@pytest.mark.parametrize("before", [0, 70_000])
def test_no_kill_makes_an_echo_number_repeat(before):
    """Killed after any count of calls, before any sample is on disk, the next start goes on behind all it may have given."""
    storage = ModelStorage()
    given = 0
    for calls in (1, 1, 100_000, ECHO_BLOCK // 2 - 1, 3 * ECHO_BLOCK, 1):
        journal = Journal.open(storage, NOW, LIMITS, bytes(16))
        first = EchoNumbers(journal, 1).first
        assert first >= given
        if not given and before:
            journal.append(encode(AttemptSample(f"01{before:010X}", "GOLDEN", "9258341234", "911", NOW)))
            journal.commit(NOW)
        given = first
        while given < first + calls:
            given = min(given + ECHO_BLOCK // 4, first + calls)  # as many between two looks at the reserve
            EchoNumbers.keep_ahead(journal, given)
        storage.crash()
    journal = Journal.open(storage, NOW, LIMITS, bytes(16))
    EchoNumbers.give_back(journal, given)
    journal.close(NOW)
    assert EchoNumbers(Journal.open(storage, NOW, LIMITS, bytes(16)), 1).first == max(given, before)


def test_a_run_killed_without_a_reservation_is_gone_on_behind_by_its_samples():
    async def work(one):
        one.batch(5)
        await one.settled()

    assert EchoNumbers(keep(work).open(), 1).first == 5


def test_samples_that_could_not_be_stored_are_counted_at_the_end():
    storage = ModelStorage()

    async def work(one):
        one.batch(2)
        await one.settled()
        storage.plan(PlannedFault("append", 1, errno.ENOSPC, lasting=True))
        one.batch(1)
        await one.until(lambda: one.recorder.stopped)
        one.batch(3)

    done = keep(work, storage)
    assert done.lost == 4
    assert len(done.stored()) == 2


def test_at_the_end_the_reserve_of_disk_space_takes_what_waits():
    limits = Limits(low_octets=3000, floor_octets=3000)

    async def work(one):
        one.batch(5)
        await one.until(lambda: one.recorder.stopped)
        one.batch(5)

    done = keep(work, ModelStorage(capacity=3900), limits=limits)
    assert done.lost == 0
    assert len(done.lines) == 10
    assert done.stored() == done.lines


@pytest.mark.parametrize("at", [60, 90, 200])
def test_a_bit_that_changed_in_a_sealed_segment_is_said_after_the_start(at):
    storage = ModelStorage()
    for _ in range(3):
        journal = Journal.open(storage, NOW, LIMITS, bytes(16))
        for number in range(1, 5):
            journal.append(line(journal.durable + number).encode())
        journal.commit(NOW)
        journal.close(NOW)
    name = storage.names()[1]
    octets = storage.read(name, 0, 1 << 20)
    storage.overwrite(name, octets[:at] + bytes([octets[at] ^ 4]) + octets[at + 1 :])

    async def work(one):
        await one.until(lambda: one.recorder.damaged)
        one.lines.clear()
        one.batch(1)

    done = keep(work, storage)
    assert done.recorder.figures()["damaged"] == 1
    assert done.told[0].startswith(f"ALARM records: {name} is damaged (records 5 to 8)")
    assert len(done.told) == 1


class StubRecorder:
    """Only what a node asks of a recorder."""

    stopped = ""


FIELDS = {
    "message": "INFO_ANALYZED",
    "trigger": "CDP_AC",
    "calling_party": "9258341234",
    "access_code": "7",
    "bearer": "SPEECH",
}
HOST = FIELDS | {
    "message": "TERMINATION_ATTEMPT",
    "trigger": "TAT",
    "called_party": "9257893412",
    "original_called_party": "4159215678",
    "original_called_non": 3,
}
SECOND_NS = 1_000_000_000


class Asked:
    """A node whose samples a stub stands for, what it was asked, and the samples it took."""

    def __init__(self, make, probe):
        self.records = StubRecorder()
        self.node = make(self.records)
        self.probe = probe
        self.lines = []

    def ask(self, fields, now):
        """What the first component of the one answer to a query is called."""
        return self.send(self.probe.query_octets(fields), now)

    def send(self, octets, now):
        (answer,) = self.node.answer_all([octets], "link", now)
        self.lines += self.node.sample_lines()
        package = decode_package(sccp.decode(m3ua.decode(answer).protocol_data.payload).data)
        assert package.responding == self.probe.transaction
        component = package.components[0]
        if component.is_invoke:
            return operation(component.code).name
        known = ERRORS[component.code]
        assert component.correlation_id == 1
        return f"{known.name} {decode_parameters(known, component.parameter)['failureCause']}"


@pytest.fixture(params=[True, False], ids=["fast", "general"])
def gate(request, program_of, probe):
    """A node with its gate of records."""
    return Asked(
        lambda records: FastNode(program_of(), NodeConfig(), lambda: 0, fast=request.param, records=records),
        probe(),
    )


DIALED = FIELDS | {"dialed": "9212000"}
EMERGENCY = FIELDS | {"dialed": "911"}
NOW_NS = NOW * 1_000_000
FAILURE = "failureReport 2"


def test_a_stopped_recorder_means_failure_reports_for_billable_calls_only(gate):
    assert [gate.ask(DIALED, NOW_NS) for _ in range(3)] == ["analyzeRoute"] * 3
    assert len(gate.lines) == 3
    gate.records.stopped = "journal DISK_FULL"
    assert [gate.ask(DIALED, NOW_NS) for _ in range(3)] == [FAILURE] * 3
    assert gate.ask(FIELDS | {"dialed": "92120009"}, NOW_NS) == FAILURE
    assert gate.ask(HOST, NOW_NS) == "forwardCall"
    assert gate.node.counters["refused_unrecorded"] == 4
    assert len(gate.lines) == 3
    assert gate.ask(EMERGENCY, NOW_NS) == "analyzeRoute"
    assert len(gate.lines) == 4
    gate.records.stopped = ""
    assert [gate.ask(DIALED, NOW_NS) for _ in range(3)] == ["analyzeRoute"] * 3
    assert len(gate.lines) == 7
    assert discrepancies(gate.node.counters) == []


def test_a_query_refused_while_stopped_and_repeated_within_t1_is_refused_again(gate):
    gate.records.stopped = "journal DISK_FULL"
    octets = gate.probe.query_octets(DIALED)
    assert gate.send(octets, NOW_NS) == FAILURE
    gate.records.stopped = ""
    assert gate.send(octets, NOW_NS + SECOND_NS) == FAILURE
    assert gate.lines == []
    assert gate.send(octets, NOW_NS + 4 * SECOND_NS) == "analyzeRoute"
    assert len(gate.lines) == 1


@pytest.mark.parametrize(
    ("fields", "stopped"), [(DIALED, FAILURE), (EMERGENCY, "analyzeRoute"), (HOST, "forwardCall")]
)
def test_while_stopped_only_an_answer_that_needs_no_record_is_repeated(gate, fields, stopped):
    """The record of an answer that was held back may be lost with the journal; the answer must not leave without it."""
    octets = gate.probe.query_octets(fields)
    before = gate.send(octets, NOW_NS)
    gate.records.stopped = "journal FAILED"
    taken = len(gate.lines)
    assert gate.send(octets, NOW_NS + SECOND_NS) == stopped
    gate.records.stopped = ""
    assert gate.send(octets, NOW_NS + 2 * SECOND_NS) == before
    assert gate.node.counters["replayed"] + gate.node.counters["refused_unrecorded"] == 2
    assert len(gate.lines) == taken


def test_a_query_without_permission_is_refused_in_a_response_and_opens_no_dialogue(probe):
    records = StubRecorder()
    records.stopped = "journal DISK_FULL"
    asking = probe(token=lambda: 1 << 25, records=records)
    name, values = asking.argument(DIALED)
    known = operation_named(name)
    part = invoke(known.code, encode_parameters(known, values), 1)
    kind = PackageType.QUERY_WITHOUT_PERMISSION
    octets = encode_package(Package(kind, 7, None, (part,)))
    (package,) = asking.send(asking.wrap(octets))
    assert (package.kind, package.responding) == (PackageType.RESPONSE, 7)
    assert (asking.node.dialogues, asking.node.samples()) == (0, [])


@pytest.mark.parametrize(("hold", "order"), [(False, ["sent", "taken"]), (True, ["taken", "sent"])])
def test_answers_wait_for_their_samples_only_when_they_are_held(hold, order):
    async def work(one):
        one.recorder._hold = hold
        took = one.recorder.take
        seen = []
        one.recorder.take = lambda lines: (seen.append("taken"), took(lines))
        one.lines.append(line(1))
        one.recorder.take_and_send([line(1)], lambda: seen.append("sent"))
        await one.settled()
        one.recorder.take_and_send([], None)
        assert seen == [*order, "taken"]

    assert keep(work).stored() == [line(1)]


def test_what_is_answered_while_stopped_is_not_held():
    async def work(one):
        one.recorder._hold = True
        one.storage.plan(PlannedFault("sync", 1, errno.EIO, lasting=True))
        one.batch(1)
        await one.until(lambda: one.recorder.stopped)
        one.recorder.take_and_send([], lambda: one.sent.append((0, 0)))
        assert one.sent[-1:] == [(0, 0)]
        one.storage.plan(None)
        await one.settled()

    keep(work)

"""A serving SCP with records: killed with -9 under load, on a full disk, publishing while it runs."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal, Limits
from kit.query import first_name, identifier_in, query_octets
from kit.serving import Serving

ROOT = Path(__file__).parent.parent.parent
KILLS = int(os.environ.get("SERVE_KILLS", "5"))


class Recording(Serving):
    """`ain serve --records` on the golden data set."""

    def __init__(self, records, *options):
        began = time.monotonic()
        super().__init__("examples/golden", "--records", records, *options, patience_s=5)
        self.started_s = time.monotonic() - began

    def ask(self, transaction, dialed="9212000"):
        return super().ask(query_octets(transaction, dialed))

    def end(self, number=signal.SIGTERM):
        """End it; its lines on stderr."""
        return super().end(number)[2].splitlines()


def samples_in(records):
    return [json.loads(entry.payload) for entry in read_directory(RecordDirectory(records).samples("SCP"))]


def load(serving, first, answers):
    """Ask 32 at a time until the server is gone; the identifier of every answer goes into `answers`."""
    serving.socket.settimeout(0.5)
    number = first
    try:
        while True:
            for _ in range(32):
                serving.send(query_octets(number))
                number += 1
            for _ in range(32):
                answers.append(identifier_in(serving.socket.recv(4096)))
    except OSError:
        return


@pytest.mark.slow
def test_killed_under_load_every_answered_call_is_on_disk_once_and_restart_is_quick(tmp_path):
    answers = []
    for kill in range(KILLS):
        serving = Recording(tmp_path / "records", "--hold-answers")
        before = len(answers)
        asking = threading.Thread(target=load, args=(serving, 1 + kill * 1_000_000, answers))
        asking.start()
        time.sleep(0.3 + 0.137 * kill)
        serving.end(signal.SIGKILL)
        asking.join()
        assert len(answers) > before
        began = time.monotonic()
        journal = Journal.open(
            RecordDirectory(tmp_path / "records").samples("SCP"), 0, Limits(low_octets=0, floor_octets=0)
        )
        assert time.monotonic() - began < 1.0
        journal.close(0)
    entries = list(read_directory(RecordDirectory(tmp_path / "records").samples("SCP")))
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    stored = [json.loads(entry.payload)["identifier"] for entry in entries]
    assert len(set(stored)) == len(stored)
    assert None not in answers
    assert len(set(answers)) == len(answers)
    assert set(answers) <= set(stored)


def test_without_waiting_for_the_disk_an_orderly_end_leaves_every_sample(tmp_path):
    serving = Recording(tmp_path / "records")
    answered = [identifier_in(serving.ask(number)) for number in range(1, 200)]
    assert serving.end() == []
    assert [sample["identifier"] for sample in samples_in(tmp_path / "records")] == answered
    serving = Recording(tmp_path / "records")
    later = identifier_in(serving.ask(500))
    serving.end()
    assert later not in answered
    assert samples_in(tmp_path / "records")[-1]["identifier"] == later


def test_killed_right_after_each_answer_no_two_calls_get_one_identifier(tmp_path):
    """Also when no sample reached the disk; an orderly end between two kills changes nothing of it."""
    given = []
    for ending in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
        serving = Recording(tmp_path / "records")
        given.append(identifier_in(serving.ask(1)))
        serving.end(ending)
    assert len(set(given)) == len(given)
    assert sorted(given) == given


def test_records_whose_segments_vanished_are_not_gone_on_with(tmp_path, ain):
    serving = Recording(tmp_path / "records")
    serving.ask(1)
    serving.end()
    for segment in (tmp_path / "records").rglob("*.segment"):
        segment.unlink()
    done = ain("serve", "examples/golden", "--udp", "127.0.0.1:0", "--records", tmp_path / "records")
    assert (done.returncode, done.stderr.count("\n"), "from a copy" in done.stderr) == (2, 1, True)


def left_without_room(small_disk, *options):
    """A server whose disk is full at its end, emergency calls answered meanwhile; its lines, and calls asked before it refused."""
    serving = Recording(small_disk / "records", "--records-reserve", "0", *options)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    number = 1
    while first_name(serving.ask(number)) != "error 2":
        number += 1
    for more in range(3):
        assert first_name(serving.ask(number + more + 1, "911")) == "analyzeRoute"
    ended = serving.end()
    ballast.unlink()
    return ended, number, serving.process.returncode


@pytest.mark.slow
def test_samples_that_no_disk_took_make_the_exit_code_say_so(small_disk):
    lines, number, code = left_without_room(small_disk)
    lost = int(lines[-1].split()[1])
    assert lines[-1].endswith(f"samples could not be stored in {small_disk / 'records'}")
    assert code == 1
    assert lost >= 3
    assert lost + len(samples_in(small_disk / "records")) >= number


def test_samples_that_no_disk_took_are_kept_elsewhere_and_stored_by_the_next_start(small_disk, tmp_path):
    kept = tmp_path / "kept"
    lines, number, code = left_without_room(small_disk, "--records-spill", kept)
    (file,) = kept.iterdir()
    assert (code, str(file) in lines[-1], kept.stat().st_mode & 0o777) == (0, True, 0o700)
    again = Recording(small_disk / "records", "--records-reserve", "0", "--records-spill", kept)
    assert "stored" in again.end()[0]
    assert list(kept.iterdir()) == []
    found = [(sample["identifier"], sample["sample"]) for sample in samples_in(small_disk / "records")]
    assert len(set(found)) >= number + 2
    called = [
        sample["called"] for sample in samples_in(small_disk / "records") if sample["sample"] == "attempt"
    ]
    assert called.count("911") == 3


def test_what_is_kept_elsewhere_and_is_no_sample_stays_there_and_is_named(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "SCP-1.jsonl").write_text("no sample\n")
    serving = Recording(tmp_path / "records", "--records-spill", kept)
    assert first_name(serving.ask(1)) == "analyzeRoute"
    assert "SMDR: line 1: not a sample" in serving.end()[0]
    assert (kept / "SCP-1.jsonl").exists()


def test_a_second_server_on_the_same_records_is_refused_in_one_line(tmp_path, ain):
    serving = Recording(tmp_path / "records")
    done = ain("serve", "examples/golden", "--udp", "127.0.0.1:0", "--records", tmp_path / "records")
    assert (done.returncode, done.stderr.count("\n"), "LOCKED" in done.stderr) == (2, 1, True)
    serving.end()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one mebibyte."""
    target = tmp_path / "small"
    target.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", target], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no tmpfs here: {done.stderr.decode().strip()}")
    yield target
    subprocess.run(["umount", target], check=True)


@pytest.mark.slow
def test_a_full_disk_stops_billable_calls_not_emergencies_and_loses_no_answered_call(small_disk):
    serving = Recording(small_disk / "records", "--hold-answers", "--records-reserve", "0")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(700_000))
    answered, refused, number = [], 0, 0
    serving.socket.settimeout(0.5)
    while refused < 3 and number < 20_000:
        number += 1
        try:
            octets = serving.ask(number)
        except TimeoutError:
            continue
        if first_name(octets) == "error 2":
            refused += 1
        else:
            answered.append(identifier_in(octets))
    assert refused == 3
    assert first_name(serving.ask(number + 1, "911")) == "analyzeRoute"
    ballast.unlink()
    deadline = time.monotonic() + 20
    serving.socket.settimeout(5)
    while first_name(octets := serving.ask(number + 2)) == "error 2" and time.monotonic() < deadline:
        number += 1
        time.sleep(0.1)
    answered.append(identifier_in(octets))
    lines = serving.end()
    assert lines[0].startswith("ALARM records: journal DISK_FULL")
    assert "writing again" in lines[1]
    stored = [sample["identifier"] for sample in samples_in(small_disk / "records")]
    assert len(set(stored)) == len(stored)
    assert set(answered) <= set(stored)
    assert [sample["called"] for sample in samples_in(small_disk / "records")].count("911") == 1


def test_a_reserve_of_disk_space_is_kept_from_the_start(small_disk):
    serving = Recording(small_disk / "records", "--records-reserve", "64")
    deadline = time.monotonic() + 10
    number = 1
    while first_name(serving.ask(number)) != "error 2" and time.monotonic() < deadline:
        number += 1
        time.sleep(0.05)
    assert first_name(serving.ask(number + 1)) == "error 2"
    assert any("disk space left" in line for line in serving.end())


def test_a_damaged_journal_is_one_line_and_no_server(tmp_path, ain):
    serving = Recording(tmp_path / "records")
    for number in range(1, 20):
        serving.ask(number)
    serving.end()
    (segment,) = (tmp_path / "records" / "smdr" / "SCP").glob("*1.segment")
    octets = bytearray(segment.read_bytes())
    octets[300] ^= 1
    segment.write_bytes(octets)
    done = ain("serve", "examples/golden", "--udp", "127.0.0.1:0", "--records", tmp_path / "records")
    assert (done.returncode, done.stderr.count("\n"), "CORRUPT" in done.stderr) == (2, 1, True)


@pytest.mark.parametrize("options", [("--hold-answers",), ("--mqtt", "mqtt://127.0.0.1")])
def test_options_about_records_need_records(ain, options):
    done = ain("serve", "examples/golden", "--udp", "127.0.0.1:0", *options)
    assert (done.returncode, "need --records" in done.stderr) == (2, True)


def test_a_server_without_a_broker_serves_with_one_line_of_notice(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = Recording(tmp_path / "records", "--mqtt", f"mqtt://127.0.0.1:{port}")
    notice = serving.process.stderr.readline()
    assert "Connection refused" in notice
    for number in range(1, 50):
        serving.ask(number)
    assert serving.end() == []
    assert len(samples_in(tmp_path / "records")) == 49


@pytest.mark.slow
@pytest.mark.interop
def test_a_server_publishes_while_it_serves(tmp_path):
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if mosquitto is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nuser root\nallow_anonymous true\npersistence false\n"
    )
    broker = subprocess.Popen(
        [mosquitto, "-c", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    copy = None
    try:
        url = f"mqtt://127.0.0.1:{port}"
        serving = Recording(tmp_path / "records", "--mqtt", url, "--confirm", "receiver")
        copy = subprocess.Popen(
            [sys.executable, "-m", "ain_scp.ain", "smdr", "receive", tmp_path / "copy", "--mqtt", url, "--idle", "3"],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        answered = [identifier_in(serving.ask(number)) for number in range(1, 300)]
        _, err = copy.communicate(timeout=30)
        assert "299 records stored" in err
        serving.end()
    finally:
        broker.kill()
        broker.wait()
        if copy is not None and copy.poll() is None:
            copy.kill()
    assert [sample["identifier"] for sample in samples_in(tmp_path / "copy")] == answered
    storage = DiskStorage(tmp_path / "records" / "smdr" / "SCP")
    journal = Journal.open(storage, 0, Limits(low_octets=0, floor_octets=0))
    assert journal.position("smdr_SCP") == 299
    journal.close(0)


def test_a_serving_scp_sends_its_hours_and_retires_what_everybody_has_read(tmp_path):
    from ain_scp.ain.serve.records import RecordOptions, ServerRecords
    from ain_scp.smdr.sample import AttemptSample, encode

    hour = 3_600_000
    storage = RecordDirectory(tmp_path / "records")
    storage.prepare()
    journal = Journal.open(storage.samples("SCP"), 0, Limits(low_octets=0, floor_octets=0))
    for number in range(4):
        journal.append(
            encode(AttemptSample(f"{number:012X}", "GOLDEN", "9258341234", "4159212000", number * hour))
        )
        journal.commit(number * hour)
        journal.rotate(number * hour)
    journal.close(4 * hour)
    records = ServerRecords(RecordOptions(tmp_path / "records", reserve_mib=0))
    records._transfer_due()
    files = sorted(path.name for path in (tmp_path / "records" / "transfer").iterdir())
    assert [name.split("-")[2] for name in files] == [f"19700101T{hour:02d}" for hour in range(4)]
    journal = records.recorder.journal
    assert [segment.last for segment in journal.segments] == [4]
    assert journal.position("front_end") == 4
    journal.close(5 * hour)

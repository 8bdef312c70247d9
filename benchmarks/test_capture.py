"""Captures: frames per second written, read, dissected and paired, and tshark's field extraction of the same file.

Run: pytest benchmarks/test_capture.py --benchmark-enable --benchmark-only --benchmark-group-by=group
The file holds FRAMES packets (query and answer in turn, transaction IDs counting) of raw IPv4, SCTP and M3UA. Each row
is one whole pass over it; rate = FRAMES / time. tshark does more per packet: it is a comparison of jobs, not of work.

Source: performance.md section 2 (offline replay), D-006.
"""

import io
import os
import pathlib
import shutil
import subprocess

import pytest

from ain_scp.ssp_sim.capture.dialogues import Dialogues
from ain_scp.ssp_sim.capture.dissect import Dissector
from ain_scp.ssp_sim.capture.frame import Endpoint
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.statistics import Statistics
from ain_scp.ssp_sim.capture.writer import CaptureWriter

FRAMES = int(os.environ.get("CAPTURE_FRAMES", "20000"))
SSP, SCP = Endpoint("10.0.0.1", 2905), Endpoint("10.0.0.2", 2905)
HEADS = {
    "up": "0006000800000064021000{:02x}00f6030400f5010203020000090003080d05c3fa0201f505c3fa0403f6",
    "down": "0006000800000064021000{:02x}00f5010200f6030403020000090003080d05c3fa0403f605c3fa0201f5",
}


def m3ua_data(way, package):
    body = bytes.fromhex(HEADS[way].format(16 + 17 + len(package) + 1)) + bytes((len(package),)) + package
    body += bytes(-len(body) % 4)
    return b"\x01\x00\x01\x01" + (8 + len(body)).to_bytes(4, "big") + body


def messages(count):
    """Query and answer in turn, every pair with its own transaction ID."""
    path = pathlib.Path(__file__).parent.parent / "tests" / "signaling" / "vectors_ain.txt"
    vectors = {
        line.split()[0]: bytes.fromhex(line.split()[2])
        for line in path.read_text().splitlines()
        if line[0] != "#"
    }
    ask, answer = m3ua_data("up", vectors["InfoAnalyzed"]), m3ua_data("down", vectors["AnalyzeRoute"])
    old = bytes.fromhex("0a000001")
    for number in range(count // 2):
        new = number.to_bytes(4, "big")
        time_ns = 1_700_000_000_000_000_000 + number * 1_000_000
        yield time_ns, SSP, SCP, ask.replace(old, new)
        yield time_ns + 400_000, SCP, SSP, answer.replace(old, new)


def write(stream, count, form):
    writer = CaptureWriter(stream, form)
    for message in messages(count):
        writer.write(*message)
    writer.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    paths = {form: tmp_path_factory.mktemp("capture") / f"frames.{form}" for form in ("pcap", "pcapng")}
    for form, path in paths.items():
        with path.open("wb") as stream:
            write(stream, FRAMES, form)
    return paths


def passes(benchmark, name, work):
    """Five passes; the best is the machine's, the others its neighbours'."""
    benchmark.group = name
    benchmark.extra_info["frames"] = FRAMES
    return benchmark.pedantic(work, rounds=5, iterations=1, warmup_rounds=1)


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_write(benchmark, form):
    assert passes(benchmark, "write", lambda: write(io.BytesIO(), FRAMES, form)) is None


@pytest.mark.parametrize(("form", "fast"), [("pcap", True), ("pcapng", True), ("pcap", False)])
def test_read_to_m3ua_octets(benchmark, files, form, fast):
    def work():
        with files[form].open("rb") as stream:
            return sum(1 for _ in CaptureReader(stream, fast=fast))

    assert passes(benchmark, "read", work) == FRAMES


def test_read_to_tcap_octets_and_addresses(benchmark, files):
    def work():
        with files["pcap"].open("rb") as stream:
            return sum(1 for _ in Dissector().messages(CaptureReader(stream)))

    assert passes(benchmark, "read", work) == FRAMES


def test_read_to_dialogues(benchmark, files):
    def work():
        with files["pcap"].open("rb") as stream:
            return sum(1 for _ in Dialogues().pair(Dissector().messages(CaptureReader(stream))))

    assert passes(benchmark, "read", work) == FRAMES // 2


def test_read_to_statistics(benchmark, files):
    """Down to the name of every operation: the job `tshark -T fields -e ansi_tcap.private` does."""

    def work():
        statistics = Statistics()
        with files["pcap"].open("rb") as stream:
            for dialogue in Dialogues().pair(Dissector().messages(CaptureReader(stream))):
                statistics.add(dialogue)
        return statistics.summary().operations

    assert passes(benchmark, "read", work) == {"analyzeRoute": FRAMES // 2, "infoAnalyzed": FRAMES // 2}


def test_tshark_fields(benchmark, files):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    fields = ("frame.time_epoch", "ansi_tcap.identifier", "ansi_tcap.private", "ain.bcd_digits")
    command = [
        "tshark",
        "-n",
        "-o",
        "mtp3.standard:ANSI",
        "-o",
        "tcap.ssn:250",
        "-r",
        str(files["pcap"]),
        "-T",
        "fields",
    ]
    command += [word for field in fields for word in ("-e", field)]

    def work():
        return subprocess.run(command, check=True, capture_output=True).stdout.count(b"\n")

    benchmark.group = "read"
    assert benchmark.pedantic(work, rounds=2, iterations=1) == FRAMES

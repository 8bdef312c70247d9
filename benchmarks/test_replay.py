"""Decode of a capture to the service's parameters, side by side with tshark's field extraction of the same file.

Run: REPLAY_FRAMES=200000 pytest benchmarks/test_replay.py --benchmark-enable --benchmark-only
Two files of raw IPv4, SCTP and M3UA, some FRAMES packets each. `day`: what the links of a simulated network carry, as
`ain run --pcap` writes it: queries, answers, notifications, ISUP, every message and TSN once. `pair`, the best case: one form
of query and its answer in turn; transaction IDs, callers and dialed digits differ. Each row is one whole pass over a file.
tshark does more per packet: it is a comparison of jobs, not of work.

Source: performance.md section 2 (offline replay) and section 8 (bars), D-006.
"""

import io
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from ain_scp.provisioning.loader import load_or_raise
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import encode_package, invoke, query, response
from ain_scp.ssp_sim.capture.columns import ColumnReader
from ain_scp.ssp_sim.capture.frame import Endpoint, Frame
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.run import RunCapture
from ain_scp.ssp_sim.capture.writer import CaptureWriter
from ain_scp.ssp_sim.fields.columns import ColumnFields
from ain_scp.ssp_sim.fields.fields import FieldReader, general_fields
from ain_scp.ssp_sim.lab import Lab, default_program
from ain_scp.ssp_sim.scenario import load
from benchmarks.test_network import GOLDEN, TRAFFIC

FRAMES = int(os.environ.get("REPLAY_FRAMES", "20000"))
PACKETS_A_CALL = 13
GROUPS = {"day": "mixed traffic to the service's parameters", "pair": "two forms to the service's parameters"}
SSP, SCP = Endpoint("10.0.0.1", 2905), Endpoint("10.0.0.2", 2905)
SSP_CODE, SCP_CODE = 0xF60304, 0xF50102
ANALYZED, ROUTE = operation_named("infoAnalyzed"), operation_named("analyzeRoute")


def exchange(number):
    """One query and its answer as M3UA messages."""
    calling = f"925{8340000 + number % 9999:07d}"
    called = f"415{2000000 + number * 7919 % 7_000_000:07d}"
    asked = {
        "userID": UserID(UserIDChoice.DN, calling),
        "bearerCapability": number % 2,
        "calledPartyID": Digits(3, 1, called),
        "triggerCriteriaType": 2,
        "chargeNumber": Digits(3, 1, calling),
        "callingPartyID": Digits(3, 1, calling),
        "accessCode": Digits(0, 0, "79"[number % 2]),
        "collectedAddressInfo": Digits(3, 1, called[3:] if number % 2 else called),
    }
    answered = {"callingPartyID": Digits(3, 1, calling), "calledPartyID": Digits(3, 1, called)}
    if number % 3:
        answered["aMAslpID"] = "760833001"
    ask = encode_package(query(number, invoke(ANALYZED.code, encode_parameters(ANALYZED, asked), 1)))
    answer = encode_package(response(number, invoke(ROUTE.code, encode_parameters(ROUTE, answered), 2, 1)))
    pair = []
    for octets, source, target in ((ask, SSP_CODE, SCP_CODE), (answer, SCP_CODE, SSP_CODE)):
        unit = sccp.UnitData(sccp.Address(250, target), sccp.Address(250, source), octets)
        pair.append(m3ua.data(source, target, 3, 2, 0, number % 16, sccp.encode(unit), 100))
    return pair


def write_pairs(path):
    """FRAMES packets of two forms."""
    with path.open("wb") as stream:
        writer = CaptureWriter(stream, "pcap")
        for number in range(FRAMES // 2):
            time_ns = 1_700_000_000_000_000_000 + number * 1_000_000
            ask, answer = exchange(number)
            writer.write(time_ns, SSP, SCP, ask)
            writer.write(time_ns + 400_000, SCP, SSP, answer)
        writer.close()


def write_day(path):
    """The first FRAMES packets of a run of mixed traffic, from calls enough to have so many."""
    plan = path.with_suffix(".toml")
    plan.write_text(TRAFFIC.format(dataset=GOLDEN, calls=FRAMES // PACKETS_A_CALL))
    with path.open("wb") as stream:
        writer = CaptureWriter(stream, "pcap")
        capture = RunCapture(writer)
        Lab(
            load(plan),
            load_or_raise(GOLDEN)[0],
            default_program,
            keep=False,
            on_record=lambda _: None,
            on_message=capture.write,
        ).run()
        writer.close()


@pytest.fixture(scope="module")
def capture(request, tmp_path_factory):
    """A file: its path, its frames, and how many of them carry TCAP."""
    path = tmp_path_factory.mktemp("capture") / "frames.pcap"
    {"pair": write_pairs, "day": write_day}[request.param](path)
    with path.open("rb") as stream:
        read = FieldReader().line
        told = [bool(read(frame.octets)) for frame in CaptureReader(stream)]
    return Capture(request.param, path, len(told), sum(told))


class Capture(NamedTuple):
    """A file, its frames, and how many of them are told of: those with a TCAP package."""

    name: str
    path: Path
    frames: int
    told: int


both = pytest.mark.parametrize("capture", ["day", "pair"], indirect=True)


def passes(benchmark, capture, work, rounds=5):
    benchmark.group = GROUPS[capture.name]
    benchmark.extra_info["frames"] = capture.frames
    return benchmark.pedantic(work, rounds=rounds, iterations=1, warmup_rounds=1)


@both
def test_ain_fields(benchmark, capture):
    """What `ain decode --fields` does: many messages at once."""

    def work():
        fields, count = ColumnFields(), 0
        with capture.path.open("rb") as stream, Path(os.devnull).open("wb") as target:
            for piece in ColumnReader(stream).blocks():
                lines = fields.frame(piece) if isinstance(piece, Frame) else fields.block(piece)
                target.write(lines)
                count += lines.count(b"\n")
        return count

    assert passes(benchmark, capture, work) == capture.told


@both
def test_ain_fields_one_by_one(benchmark, capture):
    def work():
        read, lines = FieldReader().line, io.StringIO()
        with capture.path.open("rb") as stream:
            for frame in CaptureReader(stream):
                found = read(frame.octets)
                if found:
                    lines.write(f"{frame.number}\t{frame.time_ns}\t{found}\n")
        return lines.getvalue().count("\n")

    assert passes(benchmark, capture, work) == capture.told


@both
def test_read_to_m3ua_octets_only(benchmark, capture):
    def work():
        with capture.path.open("rb") as stream:
            return sum(1 for _ in CaptureReader(stream))

    assert passes(benchmark, capture, work) == capture.frames


@both
def test_ain_general_codec(benchmark, capture):
    def work():
        with capture.path.open("rb") as stream:
            return sum(general_fields(frame.octets) is not None for frame in CaptureReader(stream))

    assert passes(benchmark, capture, work, 1) == capture.told


@both
def test_tshark_fields(benchmark, capture):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    fields = (
        "frame.number",
        "frame.time_epoch",
        "ansi_tcap.identifier",
        "ansi_tcap.private",
        "ain.bcd_digits",
    )
    command = [
        "tshark",
        "-n",
        "-o",
        "mtp3.standard:ANSI",
        "-o",
        "tcap.ssn:250",
        "-r",
        str(capture.path),
        "-T",
        "fields",
    ]
    command += [word for field in fields for word in ("-e", field)]

    def work():
        return subprocess.run(command, check=True, capture_output=True).stdout.count(b"\n")

    assert passes(benchmark, capture, work, 2) == capture.frames


@both
def test_all_ways_read_the_same(capture):
    """A benchmark of wrong answers would be none."""
    reader, text = FieldReader(), io.StringIO()
    with capture.path.open("rb") as stream:
        for frame in CaptureReader(stream):
            fields = general_fields(frame.octets)
            assert (reader.line(frame.octets) or None) == (fields and fields.line)
            if fields is None:
                continue
            seconds, rest = divmod(frame.time_ns, 1_000_000_000)
            text.write(f"{frame.number}\t{seconds}.{rest:09d}\t{fields.line}\n")
    assert reader.known > capture.told * (0.99 if capture.name == "pair" else 0.9)
    many, lines = ColumnFields(), b""
    with capture.path.open("rb") as stream:
        for piece in ColumnReader(stream).blocks():
            lines += many.frame(piece) if isinstance(piece, Frame) else many.block(piece)
    assert lines.decode() == text.getvalue()

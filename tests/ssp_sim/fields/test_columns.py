"""Lines made for many messages at once are the lines of the general codecs, in the order of the capture."""

import io
import random
from pathlib import Path

import pytest

from ain_scp.signaling import m3ua, sccp, tcap
from ain_scp.signaling.ain.codec import encode_parameters
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.sccp.segmentation import segment
from ain_scp.ssp_sim.capture.columns import Block, ColumnReader
from ain_scp.ssp_sim.capture.frame import NO_ENDPOINT, Endpoint, Frame, Transport
from ain_scp.ssp_sim.capture.writer import CaptureWriter
from ain_scp.ssp_sim.fields.columns import ColumnFields
from ain_scp.ssp_sim.fields.fields import general_fields

ROOT = Path(__file__).parents[3]
VECTORS = [
    bytes.fromhex(line.split()[2])
    for line in (ROOT / "tests" / "signaling" / "vectors_ain.txt").read_text().splitlines()
    if line and line[0] != "#"
]
SSP, SCP = Endpoint("10.0.0.1", 2905), Endpoint("10.0.0.2", 2905)


def framed(package, sls=5):
    unit = sccp.UnitData(sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304), package)
    return m3ua.data(0xF60304, 0xF50102, 3, 2, 0, sls, sccp.encode(unit), 100)


MESSAGES = [framed(package) for package in VECTORS if len(package) <= 255]


def capture_of(messages, first_ns=1_700_000_000_000_000_000, step_ns=1_000_007):
    stream = io.BytesIO()
    writer = CaptureWriter(stream, "pcap-ns")
    for number, octets in enumerate(messages):
        writer.write(first_ns + number * step_ns, SSP, SCP, octets)
    writer.close()
    stream.seek(0)
    return stream


@pytest.fixture(params=["arrays", "scan"])
def way(request):
    """Both ways of reading a block: arrays, and the one that is used where it is compiled."""
    return request.param


def general_line(number, time_ns, octets):
    fields = general_fields(octets)
    if fields is None:
        return ""
    return f"{number}\t{time_ns // 10**9}.{time_ns % 10**9:09d}\t{fields.line}\n"


def lines_of(stream, way="arrays"):
    """All lines of a capture, and how many messages came in blocks."""
    fields, text, together = ColumnFields(), b"", 0
    fields._scan = None
    if way == "scan":
        reason = "needs librt, which compiled installations have"
        fields._scan = pytest.importorskip("ain_scp.ssp_sim.fields.scan", reason=reason).Scan(fields.single)
    for piece in ColumnReader(stream).blocks():
        if isinstance(piece, Block):
            text += fields.block(piece)
            together += piece.number.size
        else:
            text += fields.frame(piece)
    return text.decode(), together, fields


def check(way, messages, first_ns=1_700_000_000_000_000_000, step_ns=1_000_007):
    expected = "".join(
        general_line(number + 1, first_ns + number * step_ns, octets)
        for number, octets in enumerate(messages)
    )
    text, together, _ = lines_of(capture_of(messages, first_ns, step_ns), way)
    assert text == expected
    return together


@pytest.mark.parametrize("seed", range(4))
def test_many_messages_of_all_forms_some_of_them_changed(seed, way):
    """Digits change, letters among them, and now and then anything; numbers pass 10, 100 and 1000."""
    chance = random.Random(seed)
    messages = []
    for _ in range(1200):
        octets = bytearray(chance.choice(MESSAGES[:12]))
        for _ in range(chance.choice((0, 1, 3))):
            at = chance.randrange(60, len(octets))
            if octets[at] >> 4 < 10 and octets[at] & 15 < 10:
                octets[at] = chance.choice((0x12, 0x98, 0x00, 0x45, 0x1A, 0xF1, chance.randrange(256)))
        messages.append(bytes(octets))
    assert check(way, messages) > 1100


def test_one_message_of_each_form_again_and_again(way):
    assert check(way, MESSAGES * 25) >= 25 * len(MESSAGES) - 1


@pytest.mark.parametrize(
    ("first_ns", "step_ns"), [(0, 1), (999_999_990_000_000_000, 10**9), (4 * 10**18, 999)]
)
def test_times_of_few_and_of_many_digits(first_ns, step_ns, way):
    check(way, MESSAGES[:4] * 40, first_ns, step_ns)


def test_notifications_and_what_other_users_of_the_network_say(way):
    """Connect times of words of every length, none at all, and one that is no time; trunk signaling between them."""
    operation, messages = operation_named("terminationNotification"), []
    for number in range(400):
        values = {"echoData": bytes((1, 0, 0, 0, number >> 8, number & 255)), "terminationIndicator": b"\0"}
        if number % 5:
            values["connectTime"] = (
                bytes((0xAA, 1, 2, 3, 4)) if number % 50 == 1 else 7 ** (number % 7) + number
            )
        contents = encode_parameters(operation, values)
        package = tcap.unidirectional(tcap.invoke(operation.code, contents, 1))
        messages.append(framed(tcap.encode_package(package)))
        payload = bytes((number & 255, 0, number % 7, *range(number % 9)))
        messages.append(m3ua.data(0xF60304, 0xF60305, 5, 2, 0, number & 31, payload, 100))
    check(way, messages)


def test_more_forms_of_one_length_than_are_looked_for_at_once(way):
    """A value that no digits spell makes a form of its own."""
    octets = bytearray(next(one for one in MESSAGES if general_fields(one).operations == "infoAnalyzed"))
    texts = dict(general_fields(bytes(octets)).values)
    assert "bearerCapability" in texts
    at = octets.index(b"\x8d\x01") + 2
    messages = []
    for number in range(600):
        octets[at] = number % 200
        messages.append(bytes(octets))
    check(way, messages)


def test_segments_of_one_message_are_joined_and_told_with_the_last(way):
    """Segments have several lengths, so that blocks sort them apart."""
    package = max(VECTORS, key=len)
    called, calling = sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304)
    unit = sccp.ExtendedUnitData(called, calling, package, 1)
    messages = []
    for reference in range(100):
        pieces = segment(unit, reference, 70)
        messages += [m3ua.data(0xF60304, 0xF50102, 3, 2, 0, 5, sccp.encode(one), 100) for one in pieces]
    count = len(messages) // 100
    assert count > 1
    text, together, fields = lines_of(capture_of(messages), way)
    lines = text.splitlines()
    assert together >= 100 * count - 1
    assert [int(line.split("\t")[0]) for line in lines] == list(range(count, 100 * count + 1, count))
    whole = general_fields(framed(package)).line
    assert all(line.split("\t", 2)[2] == whole for line in lines)
    assert fields.dissector.left_out == {"SCCP segment: pending": 100 * (count - 1)}


def test_a_frame_of_an_mtp_link_has_its_line():
    package = VECTORS[0]
    unit = sccp.encode(sccp.UnitData(sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304), package))
    octets = b"\x83\x02\x01\xf5\x04\x03\xf6\x05" + unit
    line = ColumnFields().frame(Frame(7, 10**18, 0, NO_ENDPOINT, NO_ENDPOINT, Transport.MTP3, octets))
    assert line.decode() == f"7\t1000000000.000000000\t{general_fields(framed(package)).line}\n"


def test_what_sccp_brings_and_is_no_package_is_counted():
    fields = ColumnFields()
    octets = framed(b"nothing of TCAP")
    assert fields.frame(Frame(1, 0, 0, SSP, SCP, Transport.SCTP, octets)) == b""
    assert fields.unread == 1

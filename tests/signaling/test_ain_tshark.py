"""tshark as the judge: what we write, it decodes as AIN without expert item or malformed frame.

Messages of every operation tshark knows are generated from the table, in windows of seven optional parameters beside the
mandatory ones, wrapped in SCCP, M3UA, SCTP and IPv4 by the few lines below, and put through the gate in one run. The wrong
messages show that the judge has teeth.

Left out, as tshark 4.0.17 cannot judge them: the three operations it does not know, extensionParameter (always an expert
item), and aMADigitsDialedWCList without aMAslpID or aMALineNumberList before it (read as the other list).

Source: ain-wire sections 0, 5.1, 5.3-5.5.
"""

import pathlib
import shutil
import struct
import subprocess

import pytest

from ain_scp.signaling import ber
from ain_scp.signaling.ain import OPERATIONS, Message, operation_named
from ain_scp.signaling.ain.parameters import PARAMETERS
from ain_scp.signaling.tcap import decode_package, encode_package, invoke, query, unidirectional

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed"),
]

UNKNOWN_TO_TSHARK = {"sendNotification", "oCalledPartyBusy", "reportError"}
NOT_JUDGED = {"extensionParameter"}
EXPECTED = {one.name: {slot.name for slot in one.slots if slot.expected} for one in OPERATIONS}
GATE = '_ws.expert.severity >= "Warning" || _ws.malformed'
KNOWN = [one for one in OPERATIONS if one.name not in UNKNOWN_TO_TSHARK]
WINDOW = 7


def read(name: str) -> list[list[str]]:
    """Read the rows of a vector file."""
    text = pathlib.Path(__file__).with_name(name).read_text()
    return [line.split() for line in text.splitlines() if not line.startswith("#")]


VECTORS = {name: (verdict, bytes.fromhex(octets)) for name, verdict, octets in read("vectors_ain.txt")}
SAMPLES = {
    row[0]: b"" if row[3] == "-" else bytes.fromhex(row[3]) for row in read("vectors_ain_parameters.txt")
}

CRC32C = []
for number in range(256):
    for _ in range(8):
        number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)  # noqa: PLW2901 (the table's own arithmetic)
    CRC32C.append(number)


def crc32c(octets: bytes) -> int:
    """Compute SCTP's checksum."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc = crc >> 8 ^ CRC32C[(crc ^ octet) & 0xFF]
    return crc ^ 0xFFFFFFFF


def packet(tcap: bytes, number: int) -> bytes:
    """Wrap a TCAP message: UDT from 246-3-4 to 245-1-2 (SSN 250), M3UA DATA, SCTP DATA chunk, IPv4."""
    assert len(tcap) <= 255
    called, calling = bytes.fromhex("05c3fa0201f5"), bytes.fromhex("05c3fa0403f6")
    udt = bytes.fromhex("090003080d") + called + calling + bytes((len(tcap),)) + tcap
    data = struct.pack(">IIBBBB", 0xF60304, 0xF50102, 3, 2, 0, 0) + udt
    protocol_data = struct.pack(">HH", 0x0210, 4 + len(data)) + data + bytes(-len(data) % 4)
    context = struct.pack(">HHI", 0x0006, 8, 100)
    m3ua = struct.pack(">BBBBI", 1, 0, 1, 1, 8 + len(context) + len(protocol_data)) + context + protocol_data
    chunk = (
        struct.pack(">BBHIHHI", 0, 3, 16 + len(m3ua), number, 1, number & 0xFFFF, 3)
        + m3ua
        + bytes(-len(m3ua) % 4)
    )
    header = struct.pack(">HHI", 2905, 2905, 1)
    sctp = header + struct.pack("<I", crc32c(header + bytes(4) + chunk)) + chunk
    return (
        struct.pack(
            ">BBHHHBBH4s4s",
            0x45,
            0,
            20 + len(sctp),
            number & 0xFFFF,
            0,
            64,
            132,
            0,
            b"\x0a\0\0\1",
            b"\x0a\0\0\2",
        )
        + sctp
    )


def write_capture(path: pathlib.Path, messages: list[bytes]) -> None:
    """Write a classic pcap file of raw IPv4 packets."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228))
        for number, tcap in enumerate(messages, 1):
            octets = packet(tcap, number)
            file.write(struct.pack("<IIII", number, 0, len(octets), len(octets)) + octets)


def tshark(path: pathlib.Path, *options: str) -> list[str]:
    """Run tshark over a capture and return its lines."""
    command = ["tshark", "-n", "-r", str(path), "-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


def faulty(path: pathlib.Path) -> list[int]:
    """List the numbers of the packets that do not pass the gate."""
    return [int(line) for line in tshark(path, "-Y", GATE, "-T", "fields", "-e", "frame.number")]


def choices(message: Message) -> list[list[str]]:
    """List the parameter names of each place in a message's order, a choice's alternatives together."""
    places: dict[int, list[str]] = {}
    for slot in message.slots:
        places.setdefault(slot.index, []).append(slot.name)
    return [places[index] for index in sorted(places)]


def arguments(message: Message, pick: int) -> list[bytes]:
    """Write a message's arguments: the mandatory parameters, and each window of optional ones beside them.

    `pick` chooses among the alternatives of a choice: 0 the first, -1 the last.
    """
    names = [
        (
            one,
            any(names[0] == group[0] for group in message.mandatory) or one in EXPECTED.get(message.name, ()),
        )
        for names in choices(message)
        for one in [names[pick]]
        if one not in NOT_JUDGED
    ]
    optional = [name for name, mandatory in names if not mandatory]
    windows = [optional[at : at + WINDOW] for at in range(0, len(optional), WINDOW)] or [[]]
    found = []
    for window in windows:
        wanted = set(window) | ({"aMAslpID"} if "aMADigitsDialedWCList" in window else set())
        chosen = [name for name, mandatory in names if mandatory or name in wanted]
        found.append(b"".join(ber.element(PARAMETERS[name].identifier, SAMPLES[name]) for name in chosen))
    return found


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """One capture of every operation's messages: (path, operation of each packet)."""
    messages = []
    operations = []
    for one in KNOWN:
        for argument in dict.fromkeys(arguments(one, 0) + arguments(one, -1)):
            messages.append(
                encode_package(query(0x0A000000 + len(messages), invoke(one.opcode, argument, 1)))
            )
            operations.append(one)
    path = tmp_path_factory.mktemp("tshark") / "generated.pcap"
    write_capture(path, messages)
    return path, operations


def test_every_known_operation_passes_the_gate(generated):
    """No generated message raises an expert item or is malformed."""
    path, operations = generated
    found = faulty(path)
    assert found == [], sorted({operations[number - 1].name for number in found})


def test_every_known_operation_is_decoded_as_itself(generated):
    """Tshark reads each packet's operation code as the one written, in an AIN argument of its own."""
    path, operations = generated
    lines = tshark(path, "-T", "fields", "-e", "ansi_tcap.private", "-e", "frame.protocols")
    assert [int(line.split("\t")[0]) for line in lines] == [one.opcode for one in operations]
    assert all(line.endswith(":ain") for line in lines)


def test_every_parameter_of_a_known_operation_is_found_by_name(generated):
    """Each parameter written is a field tshark names, so no tag is mistaken for another's."""
    path, operations = generated
    text = "\n".join(tshark(path, "-V", "-O", "ain"))
    written = {name for one in KNOWN for names in choices(one) for name in names if name not in NOT_JUDGED}
    spelled = {
        "privateGapInterval": "gapInterval",
        "msrID": "serviceProviderID",
        "signalingPointCode": "ssignalingPointCode",
    }
    spelled |= {"aMABAFModules": "aaMABAFModules", "aMAServiceProviderID": "aMAserviceProviderID"}
    missing = {name for name in written if f" {spelled.get(name, name)}" not in text}
    assert missing == set()
    assert {one.name for one in operations} == {one.name for one in KNOWN}


def test_clean_vectors_pass_the_gate_together(tmp_path):
    """The clean vectors in one capture, so that an error finds its query, print nothing."""
    clean = [
        encode_package(decode_package(octets)) for verdict, octets in VECTORS.values() if verdict == "CLEAN"
    ]
    path = tmp_path / "clean.pcap"
    write_capture(path, clean)
    assert faulty(path) == []
    assert len(clean) == 44


def test_vectors_with_something_to_say_about_are_flagged(tmp_path):
    """Each of the others raises an expert item or is malformed: the judge tells them apart."""
    flagged = [octets for verdict, octets in VECTORS.values() if verdict == "EXPERT"]
    path = tmp_path / "flagged.pcap"
    write_capture(path, flagged)
    assert faulty(path) == list(range(1, len(flagged) + 1))


def test_the_judge_refuses_wrong_order_and_missing_user(tmp_path):
    """Two parameters swapped, and a missing userID, do not pass."""
    one = operation_named("infoAnalyzed")
    parts = [
        ber.element(PARAMETERS[name].identifier, SAMPLES[name])
        for name in ("userID", "bearerCapability", "lata", "calledPartyID")
    ]
    wrong = [b"".join(parts), b"".join(parts[1:2])]
    path = tmp_path / "wrong.pcap"
    write_capture(
        path,
        [
            encode_package(query(number, invoke(one.opcode, octets, 1)))
            for number, octets in enumerate(wrong, 1)
        ],
    )
    assert faulty(path) == [1, 2]


def test_analyze_route_without_service_logic(tmp_path):
    """Without aMAslpID, AnalyzeRoute passes as long as nothing that comes after it in order is there.

    A fact about tshark that the responses must respect: redirectionInformation needs aMAslpID before it.
    """
    one = operation_named("analyzeRoute")
    before = ["calledPartyID", "primaryTrunkGroup", "carrier", "redirectingPartyID"]
    cases = [[], before, [*before, "redirectionInformation"], [*before, "aMAslpID", "redirectionInformation"]]
    messages = []
    for names in cases:
        argument = b"".join(ber.element(PARAMETERS[name].identifier, SAMPLES[name]) for name in names)
        messages.append(encode_package(query(len(messages), invoke(one.opcode, argument, 1))))
    path = tmp_path / "analyze_route.pcap"
    write_capture(path, messages)
    assert faulty(path) == [3]


def test_values_agree_with_tshark(tmp_path):
    """Digits, carriers, service logic and trunk-free numbers read the same there and here."""
    path = tmp_path / "values.pcap"
    write_capture(path, [VECTORS["InfoAnalyzed"][1], VECTORS["AnalyzeRoute"][1]])
    fields = ["ain.bcd_digits", "ain.carrier_bcd_digits", "ain.amaslpid", "ain.triggerCriteriaType"]
    first, second = (
        line.split("\t")
        for line in tshark(path, "-T", "fields", *[word for one in fields for word in ("-e", one)])
    )
    assert first[0].split(",")[:2] == ["8005551212", "2240"]  # an odd number's filler is printed as a digit
    assert first[1:] == ["0288", "", "5"]
    assert second[0].split(",")[:3] == ["9085551234", "9085551234", "2015559876"]
    assert second[1:3] == ["0288,0222,0333", "1234567890"]


def test_unidirectional_and_plain_notification(tmp_path):
    """What an SSP sends at the end of a call passes the gate in a package of its own."""
    argument = b"".join(
        ber.element(PARAMETERS[name].identifier, SAMPLES[name])
        for name in ("echoData", "terminationIndicator", "connectTime", "busyCause")
    )
    path = tmp_path / "notification.pcap"
    write_capture(
        path,
        [
            encode_package(
                unidirectional(invoke(operation_named("terminationNotification").opcode, argument, 1))
            )
        ],
    )
    assert faulty(path) == []

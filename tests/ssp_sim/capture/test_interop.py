"""Second opinions: tshark on what the writer writes; text2pcap's, scapy's and editcap's captures in the reader."""

import io
import pathlib
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.sccp import Address, UnitData
from ain_scp.ssp_sim.capture.dialogues import Dialogues, Outcome
from ain_scp.ssp_sim.capture.dissect import Dissector
from ain_scp.ssp_sim.capture.frame import CaptureFault, Cause, Endpoint, Transport
from ain_scp.ssp_sim.capture.reader import CaptureReader
from ain_scp.ssp_sim.capture.writer import CaptureWriter

pytestmark = pytest.mark.interop

SSP, SCP = Endpoint("10.1.0.1", 2905), Endpoint("10.1.0.2", 2905)
START_NS = 1_700_000_000_123_456_789
VECTORS = pathlib.Path(__file__).parents[2] / "signaling" / "vectors_ain.txt"
TSHARK = ("tshark", "-n", "-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250")
LUA = 'DissectorTable.get("udp.port"):add(2905, Dissector.get("m3ua"))\n'


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60, **options).stdout


def clean_vectors():
    """Every TCAP message tshark finds nothing wrong with, queries towards the SCP, all else towards the switch."""
    ssp, scp = Address(250, 0xF60304), Address(250, 0xF50102)
    for line in VECTORS.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, verdict, octets = line.split()
        if verdict == "CLEAN":
            package = bytes.fromhex(octets)
            up = package[0] in {0xE2, 0xE3}
            unit = UnitData(scp if up else ssp, ssp if up else scp, package)
            ends = (0xF60304, 0xF50102) if up else (0xF50102, 0xF60304)
            yield name, up, m3ua.data(*ends, 3, 2, 0, 5, sccp.encode(unit), routing_context=100)


@pytest.mark.parametrize("link", ["sctp", "udp"])
@pytest.mark.parametrize("form", ["pcap", "pcap-ns", "pcapng"])
def test_tshark_decodes_every_clean_message_to_ain_without_complaint(tmp_path, form, link):
    """Time stamps to the nanosecond, comments, no malformed frame, no expert item from Warning up."""
    need("tshark")
    path = tmp_path / "out"
    times = []
    with path.open("wb") as stream:
        writer = CaptureWriter(stream, form, link)
        for number, (name, up, octets) in enumerate(clean_vectors()):
            times.append(START_NS + number * 1_000_001)
            ends = (SSP, SCP) if up else (SCP, SSP)
            writer.write(times[-1], *ends, octets, name, "A link")
        writer.close()
    command = [*TSHARK, "-r", str(path)]
    if link == "udp":
        script = tmp_path / "m3ua.lua"
        script.write_text(LUA)
        command += ["-X", f"lua_script:{script}"]
    assert run(*command, "-Y", '_ws.expert.severity >= "Warning" || _ws.malformed') == ""
    fields = (
        "frame.time_epoch",
        "_ws.col.Protocol",
        "frame.comment",
        "frame.interface_name",
        "ansi_tcap.private",
    )
    rows = run(*command, "-T", "fields", *(word for field in fields for word in ("-e", field))).splitlines()
    assert len(rows) == len(times) > 40
    unit_ns = 1000 if form == "pcap" else 1
    for row, time_ns, (name, _, _) in zip(rows, times, clean_vectors(), strict=True):
        stamp, protocol, comment, interface, code = row.split("\t")
        seconds, fraction = stamp.split(".")
        assert int(seconds) * 1_000_000_000 + int(fraction) == time_ns // unit_ns * unit_ns
        assert protocol in {"AIN", "ANSI TCAP"}, name
        assert (comment, interface) == ((name, "A link") if form == "pcapng" else ("", ""))
        assert code or protocol == "ANSI TCAP"


def test_tshark_finds_the_check_sums_right(tmp_path, query):
    """SCTP's CRC-32C, IPv4's and UDP's."""
    need("tshark")
    for link, rule in (("sctp", "sctp.checksum:CRC-32C"), ("udp", "udp.check_checksum:TRUE")):
        path = tmp_path / link
        with path.open("wb") as stream:
            writer = CaptureWriter(stream, "pcapng", link)
            for size in range(4):
                writer.write(START_NS, SSP, SCP, query + bytes(size))
            writer.write(START_NS, Endpoint("2001:db8::1", 1), Endpoint("2001:db8::2", 2905), query)
        fields = ("-e", f"{link}.checksum.status", "-e", "ip.checksum.status")
        out = run(
            *TSHARK, "-r", str(path), "-o", rule, "-o", "ip.check_checksum:TRUE", "-T", "fields", *fields
        )
        assert out == "1\t1\n" * 4 + "1\t\n"


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_text2pcap_captures(tmp_path, query, answer, form):
    need("text2pcap")
    text, path = tmp_path / "hex.txt", tmp_path / "out"
    lines = []
    for octets in (query, answer):
        lines += [f"{at:06x} {octets[at : at + 16].hex(' ')}\n" for at in range(0, len(octets), 16)]
    text.write_text("".join(lines))
    run("text2pcap", "-q", "-F", form, "-S", "2905,2905,3", str(text), str(path))
    reader = CaptureReader(io.BytesIO(path.read_bytes()))
    assert [frame.octets for frame in reader] == [query, answer]
    assert reader.counts.causes == {}
    run("text2pcap", "-q", "-F", form, "-6", "::1,::2", "-S", "2905,2906,3", str(text), str(path))
    frames = list(CaptureReader(io.BytesIO(path.read_bytes())))
    assert [frame.octets for frame in frames] == [query, answer]
    run("text2pcap", "-q", "-F", form, "-u", "2905,2905", str(text), str(path))
    assert {frame.transport for frame in CaptureReader(io.BytesIO(path.read_bytes()))} == {Transport.UDP}


@pytest.mark.parametrize("form", ["nsecpcap", "pcapng", "modpcap"])
def test_editcap_rewrites(tmp_path, query, form):
    """Our capture through editcap: as it is in the formats read, a clear fault in one that is not."""
    need("editcap")
    first, second = tmp_path / "a", tmp_path / "b"
    with first.open("wb") as stream:
        CaptureWriter(stream, "pcap-ns").write(START_NS, SSP, SCP, query)
    run("editcap", "-F", form, str(first), str(second))
    reader = CaptureReader(io.BytesIO(second.read_bytes()))
    if form == "modpcap":
        with pytest.raises(CaptureFault, match="not a pcap"):
            list(reader)
        return
    (frame,) = reader
    assert (frame.octets, frame.time_ns) == (query, START_NS)


@pytest.fixture(scope="module")
def scapy():
    """Scapy with the layers used here; it is slow to import and warns about interfaces of the machine."""
    pytest.importorskip("scapy", reason="scapy is not installed")
    from scapy.layers import inet, inet6, l2, sctp
    from scapy.utils import PcapNgWriter, PcapWriter

    return SimpleNamespace(
        Ether=l2.Ether,
        Dot1Q=l2.Dot1Q,
        Dot1AD=l2.Dot1AD,
        CookedLinux=l2.CookedLinux,
        IP=inet.IP,
        UDP=inet.UDP,
        IPv6=inet6.IPv6,
        IPv6ExtHdrFragment=inet6.IPv6ExtHdrFragment,
        fragment=inet.fragment,
        fragment6=inet6.fragment6,
        SCTP=sctp.SCTP,
        Data=sctp.SCTPChunkData,
        Sack=sctp.SCTPChunkSACK,
        writers={"pcap": PcapWriter, "pcapng": PcapNgWriter},
    )


def data(scapy, payload, tsn=1, begin=1, end=1):
    return scapy.Data(proto_id=3, beginning=begin, ending=end, tsn=tsn, stream_id=1, data=payload)


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_scapy_captures(tmp_path, scapy, query, answer, form):
    """VLAN and QinQ, bundled and fragmented chunks, IP fragments of both versions, both UDP forms."""
    head = scapy.SCTP(sport=2905, dport=2905, tag=9)
    ether, ip = (
        scapy.Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"),
        scapy.IP(src="10.0.0.1", dst="10.0.0.2"),
    )
    packets = [
        ether / scapy.Dot1Q(vlan=5) / ip / head / data(scapy, query, 1),
        ether / scapy.Dot1AD(vlan=6) / scapy.Dot1Q(vlan=5) / ip / head / data(scapy, query, 2),
        ether / ip / head / scapy.Sack() / data(scapy, query, 3) / data(scapy, answer, 4),
        ether / ip / head / data(scapy, answer[:100], 5, 1, 0),
        ether / ip / head / data(scapy, answer[100:], 6, 0, 1),
        *(ether / piece for piece in scapy.fragment(ip / head / data(scapy, answer, 7), 48)),
        ether / ip / scapy.UDP(sport=9899, dport=9899) / head / data(scapy, query, 8),
        ether / ip / scapy.UDP(sport=2905, dport=2905) / query,
    ]
    version6 = scapy.IPv6(src="2001:db8::1", dst="2001:db8::2")
    long = version6 / scapy.IPv6ExtHdrFragment(id=3) / head / data(scapy, answer * 6, 9)
    packets += [ether / piece for piece in scapy.fragment6(long, 800)]
    path = tmp_path / "out"
    with scapy.writers[form](str(path)) as writer:
        for packet in packets:
            writer.write(packet)
    reader = CaptureReader(io.BytesIO(path.read_bytes()))
    octets = [frame.octets for frame in reader]
    assert octets == [query, query, query, answer, answer, answer, query, query, answer * 6]
    assert reader.counts.causes == {Cause.SCTP_CONTROL: 1}


def test_scapy_raw_and_cooked_captures(tmp_path, scapy, query):
    packet = (
        scapy.IP(src="10.0.0.1", dst="10.0.0.2") / scapy.SCTP(sport=2905, dport=2905) / data(scapy, query)
    )
    for kind in (packet, scapy.CookedLinux(proto=0x0800) / packet):
        path = tmp_path / "out"
        with scapy.writers["pcap"](str(path)) as writer:
            writer.write(kind)
        (frame,) = CaptureReader(io.BytesIO(path.read_bytes()))
        assert frame.octets == query


def test_a_capture_is_read_from_the_standard_input_of_a_process(tmp_path, query):
    """What `tcpdump -w - | ain replay -` does, with an ordinary pipe."""
    program = (
        "import sys\n"
        "from ain_scp.ssp_sim.capture.reader import CaptureReader\n"
        "for frame in CaptureReader(sys.stdin.buffer): print(frame.number, len(frame.octets))\n"
    )
    out = io.BytesIO()
    writer = CaptureWriter(out)
    for _ in range(3):
        writer.write(START_NS, SSP, SCP, query)
    result = subprocess.run(
        [sys.executable, "-c", program],
        input=out.getvalue(),
        capture_output=True,
        check=True,
        timeout=60,
        cwd=pathlib.Path(__file__).parents[3],
    )
    assert result.stdout.decode().splitlines() == [f"{number} {len(query)}" for number in (1, 2, 3)]


def test_tshark_and_the_reader_agree_on_the_messages_of_a_capture(tmp_path):
    """Point codes, subsystems and transaction IDs of every frame."""
    need("tshark")
    path = tmp_path / "out"
    with path.open("wb") as stream:
        writer = CaptureWriter(stream, "pcapng")
        for _name, up, octets in clean_vectors():
            writer.write(START_NS, *((SSP, SCP) if up else (SCP, SSP)), octets)
    fields = ("m3ua.protocol_data_opc", "m3ua.protocol_data_dpc", "sccp.called.ssn", "ansi_tcap.identifier")
    rows = run(
        *TSHARK, "-r", str(path), "-T", "fields", *(word for field in fields for word in ("-e", field))
    )
    messages = list(Dissector().messages(CaptureReader(io.BytesIO(path.read_bytes()))))
    for row, message in zip(rows.splitlines(), messages, strict=True):
        opc, dpc, ssn, identifiers = row.split("\t")
        assert (int(opc), int(dpc), int(ssn)) == (message.opc, message.dpc, message.called.ssn)
        assert identifiers.replace("<MISSING>", "").replace(",", "").replace(":", "") in message.payload.hex()
    outcomes = [dialogue.outcome for dialogue in Dialogues().pair(messages)]
    assert Outcome.ANSWERED in outcomes

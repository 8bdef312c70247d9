"""Captures of other software through the commands: tcpdump, dumpcap, text2pcap, scapy; editcap and mergecap on the way.

A run of the lab over UDP is recorded on loopback while it plays; what the recorder wrote is decoded and replayed without a
difference, from a file and from a pipe, in every form the converters make of it. The clock of such a capture is that of the
machine, so the run has no rule that depends on the time of day.
"""

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "examples" / "figures" / "fig7.toml"
GOLDEN = ROOT / "examples" / "golden"
RECORDERS = {
    "tcpdump": ("tcpdump", "-i", "lo", "-U", "-s", "4096", "-B", "8192", "-w", "FILE", "udp"),
    "tcpdump any": ("tcpdump", "-i", "any", "-U", "-s", "4096", "-B", "8192", "-w", "FILE", "udp"),
    "tcpdump ns": (
        "tcpdump",
        "-i",
        "lo",
        "-U",
        "-s",
        "4096",
        "--time-stamp-precision=nano",
        "-w",
        "FILE",
        "udp",
    ),
    "dumpcap": ("dumpcap", "-q", "-i", "lo", "-f", "udp", "-w", "FILE"),
    "tshark": ("tshark", "-q", "-n", "-i", "lo", "-f", "udp", "-w", "FILE"),
}

pytestmark = pytest.mark.interop


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def ain(*words, stdin=None):
    """The command in this process, to be quick: exit code, output, errors."""
    done = CliRunner().invoke(cli, list(map(str, words)), input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def within():
    """Words that run a command in a network of its own, so that no other test is on its loopback."""
    need("unshare")
    need("nsenter")
    script = "ip link set lo up && echo up && exec sleep 600"
    with subprocess.Popen(
        ["unshare", "-n", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as holder:
        try:
            if holder.stdout.readline() != b"up\n":
                pytest.skip("a network namespace needs root")
            yield ("nsenter", "-t", str(holder.pid), "-n")
        finally:
            holder.kill()


def marked(path, within, mark):
    """Send datagrams that say `mark` until a recorder has written one."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        send = f"echo {mark} > /dev/udp/127.0.0.1/9; sleep 0.05"
        subprocess.run([*within, "bash", "-c", send], check=True)
        if path.exists() and mark.encode() in path.read_bytes():
            return True
    return False


def recorded(recorder, path, within):
    """Record loopback while the run plays; skip where recording is not allowed."""
    words = [str(path) if word == "FILE" else word for word in RECORDERS[recorder]]
    need(words[0])
    with subprocess.Popen([*within, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            if not marked(path, within, "begun"):
                process.kill()
                pytest.skip(f"{words[0]} records nothing here: {process.stderr.read().decode()[-200:]}")
            play = [*within, sys.executable, "-m", "ain_scp.ain", "run", str(SCENARIO)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            subprocess.run(play, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
            assert marked(path, within, "ended")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


@pytest.fixture(scope="module", params=RECORDERS)
def recording(request, tmp_path_factory, within):
    """A run over UDP as a recorder wrote it down."""
    path = tmp_path_factory.mktemp("recorded") / "lo.pcap"
    path.parent.chmod(0o777)  # tcpdump gives up root
    recorded(request.param, path, within)
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The same run as our own writer wrote it."""
    path = tmp_path_factory.mktemp("own") / "run.pcap"
    assert ain("run", SCENARIO, "--transport", "memory", "--pcap", path)[0] == 0
    return path


def asked_and_answered(path, stdin=None):
    """Operations and parameters of every message, without what a run draws anew."""
    code, out, errors = ain("decode", path, "--fields", "--json", stdin=stdin)
    assert code == 0, errors
    return [
        (one["operations"], [pair for pair in one["parameters"] if pair[0] != "echoData"])
        for one in map(json.loads, out.splitlines())
    ]


def replayed(path, stdin=None):
    code, out, errors = ain("replay", path, GOLDEN, stdin=stdin)
    assert code == 0, out + errors
    return out.splitlines()[-1]


def test_a_recorded_run_is_our_own_capture_of_it(recording, own):
    """The same messages, some of them in another order: links of the lab are processes of one machine."""
    assert sorted(map(repr, asked_and_answered(recording))) == sorted(map(repr, asked_and_answered(own)))
    assert replayed(recording) == replayed(own)


def test_a_recording_is_read_from_a_pipe_as_well(recording):
    octets = recording.read_bytes()
    assert asked_and_answered("-", octets) == asked_and_answered(recording)
    assert replayed("-", octets) == replayed(recording)


def test_what_is_no_signaling_is_counted(recording):
    code, _, errors = ain("decode", recording, "--fields")
    assert code == 0
    assert "UDP that is not M3UA" in errors


CONVERTED = {
    "pcap": ("editcap", "-F", "pcap", "IN", "OUT"),
    "nanoseconds": ("editcap", "-F", "nsecpcap", "IN", "OUT"),
    "pcapng": ("editcap", "-F", "pcapng", "IN", "OUT"),
    "merged": ("mergecap", "-F", "pcapng", "-w", "OUT", "IN"),
    "half as fast": ("editcap", "-t", "86400", "IN", "OUT"),
}


@pytest.mark.parametrize("form", CONVERTED)
def test_a_converted_capture_tells_the_same(own, tmp_path, form):
    words = CONVERTED[form]
    need(words[0])
    out = tmp_path / "out"
    names = {"IN": own, "OUT": out}
    subprocess.run([str(names.get(word, word)) for word in words], check=True, capture_output=True)
    assert asked_and_answered(out) == asked_and_answered(own)
    assert replayed(out) == replayed(own)


def swapped(octets):
    """A classic capture in the other octet order."""
    made, at = bytearray(struct.pack(">IHHiIII", *struct.unpack("<IHHiIII", octets[:24]))), 24
    while at < len(octets):
        head = struct.unpack_from("<IIII", octets, at)
        made += struct.pack(">IIII", *head) + octets[at + 16 : at + 16 + head[2]]
        at += 16 + head[2]
    return bytes(made)


def test_the_other_octet_order_tells_the_same(own):
    octets = swapped(own.read_bytes())
    assert asked_and_answered("-", octets) == asked_and_answered(own)
    assert replayed("-", octets) == replayed(own)


def test_packets_cut_short_are_counted_and_a_compressed_file_is_refused(own, tmp_path):
    need("editcap")
    cut = tmp_path / "cut.pcap"
    subprocess.run(["editcap", "-s", "60", str(own), str(cut)], check=True)
    code, out, errors = ain("decode", cut, "--fields")
    assert (code, out) == (0, "")
    assert "packet cut by the snapshot length" in errors
    code, out, errors = ain("replay", cut, GOLDEN)
    assert code == 2
    assert "holds no signaling" in errors
    import gzip

    for command in (("decode", "-"), ("replay", "-", GOLDEN)):
        code, out, errors = ain(*command, stdin=gzip.compress(own.read_bytes()))
        assert (code, out) == (2, "")
        assert "decompress it first" in errors


def m3ua_messages(path):
    """The M3UA messages of our own capture."""
    from ain_scp.ssp_sim.capture.reader import CaptureReader

    with path.open("rb") as stream:
        return [frame.octets for frame in CaptureReader(stream)]


@pytest.mark.parametrize(
    "carrier", [("-S", "2905,2905,3"), ("-u", "2905,2905"), ("-6", "::1,::2", "-S", "2905,2906,3")]
)
def test_a_capture_made_by_text2pcap_from_hex(own, tmp_path, carrier):
    need("text2pcap")
    text, out = tmp_path / "hex.txt", tmp_path / "out.pcap"
    with text.open("w") as file:
        for octets in m3ua_messages(own):
            for at in range(0, len(octets), 16):
                file.write(f"{at:06x} {octets[at : at + 16].hex(' ')}\n")
    subprocess.run(["text2pcap", "-q", *carrier, str(text), str(out)], check=True, capture_output=True)
    assert asked_and_answered(out) == asked_and_answered(own)
    assert replayed(out).startswith(replayed(own).partition(";")[0])


def test_a_capture_made_by_scapy(own, tmp_path):
    pytest.importorskip("scapy", reason="scapy is not installed")
    from scapy.layers.inet import IP
    from scapy.layers.l2 import Dot1Q, Ether
    from scapy.layers.sctp import SCTP, SCTPChunkData
    from scapy.utils import PcapWriter

    out = tmp_path / "scapy.pcap"
    with PcapWriter(str(out)) as writer:
        for tsn, octets in enumerate(m3ua_messages(own)):
            chunk = SCTPChunkData(proto_id=3, beginning=1, ending=1, tsn=tsn, stream_id=1, data=octets)
            frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / Dot1Q(vlan=5)
            writer.write(
                frame / IP(src="10.0.0.1", dst="10.0.0.2") / SCTP(sport=2905, dport=2905, tag=9) / chunk
            )
    assert asked_and_answered(out) == asked_and_answered(own)
    assert replayed(out).startswith(replayed(own).partition(";")[0])

"""`ain serve`: its metrics, and every way to ask for a network wrongly told in one line, exit 2."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.serve.command import command
from ain_scp.transport import sctp_kernel, sctp_usr

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "examples/golden"


def told(*options, environment=None):
    words = [sys.executable, "-W", "error", "-m", "ain_scp.ain", "serve", str(GOLDEN), *options]
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, timeout=30, cwd=ROOT, env=environment
    )
    return done.returncode, done.stderr.splitlines()[-1:], done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sctp", "10.0.0.1:2905"), "not a loopback address"),
        (("--sctp", "somewhere:2905"), "is no IPv4 address"),
        (("--sctp", "127.0.0.1"), "HOST:PORT"),
        (("--sctp", "127.0.0.1:2905", "--config", "x.toml"), "one of them"),
        (("--config", "nowhere.toml"), "No such file"),
        (("--metrics", "0.0.0.0:9464"), "on this machine only"),
        (("--metrics", "9464"), "HOST:PORT"),
        (("--udp", "127.0.0.1:0", "--sctp", "127.0.0.1:0"), "--udp beside --sctp"),
        (("--udp", "127.0.0.1:0", "--config", "x.toml"), "--udp beside --sctp or --config"),
        (("--udp", "localhost"), "a numeric address and a port"),
        (("--udp", "192.0.2.1:0", "--allow-public"), "--udp 192.0.2.1:0: Cannot assign requested address"),
        (("--records-keep", "3"), "--records-keep needs --records DIR"),
        (("--scp-kind", "lscp"), "--scp-kind needs --records DIR"),
        (("--records", "x", "--confirm", "receiver"), "--confirm needs --mqtt URL"),
        (("--mqtt-key", "x"), "need --mqtt URL"),
    ],
)
def test_wrong_options_are_one_line_and_exit_2(options, words):
    result = CliRunner().invoke(command, [str(GOLDEN), *options])
    assert result.exit_code == 2
    assert words in result.stderr.splitlines()[-1]


@pytest.fixture
def taken():
    """A TCP and a UDP port that somebody else has."""
    with socket.socket() as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        stream.bind(("127.0.0.1", 0))
        stream.listen()
        datagrams.bind(("127.0.0.1", 0))
        yield stream.getsockname()[1], datagrams.getsockname()[1]


NODE = (
    'point_code = "245-1-2"\nsctp_udp_port = {usr}\n[[listen]]\ntransport = "{transport}"\naddress = "{at}"\n'
)


def test_a_place_that_is_taken_is_named_in_one_line_and_exit_2(taken, tmp_path):
    tcp, udp = taken
    node = tmp_path / "node.toml"
    cases = [
        (("--udp", f"127.0.0.1:{udp}"), f"--udp 127.0.0.1:{udp}: Address already in use"),
        (
            ("--udp", "127.0.0.1:0", "--metrics", f"127.0.0.1:{tcp}"),
            f"metrics 127.0.0.1:{tcp}: Address already in use",
        ),
        (
            ("--udp", "127.0.0.1:0", "--metrics", f"127.0.0.1:{tcp}", "--records", str(tmp_path / "records")),
            f"metrics 127.0.0.1:{tcp}: Address already in use",
        ),
        (("--config", str(node)), f"{node}: udp 127.0.0.1:{udp}: Address already in use"),
    ]
    node.write_text(NODE.format(usr=0, transport="udp", at=f"127.0.0.1:{udp}"))
    for options, words in cases:
        status, lines, everything = told(*options)
        assert status == 2, everything
        assert lines == [words]
        assert "Traceback" not in everything


def test_a_node_without_beats_serves_and_ends_in_order(tmp_path):
    node = tmp_path / "node.toml"
    node.write_text("t_beat_ms = 0\n" + NODE.format(usr=0, transport="udp", at="127.0.0.1:0"))
    words = [sys.executable, "-m", "ain_scp.ain", "serve", str(GOLDEN), "--config", str(node)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    ready = process.stdout.readline().split()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert (ready[:2], process.returncode, err) == (["ready", "udp"], 0, "")


@pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing()))
@pytest.mark.skipif(sctp_kernel.missing() is None, reason="the kernel's SCTP is preferred here")
def test_a_taken_encapsulation_port_is_named_by_its_key(taken, tmp_path):
    node = tmp_path / "node.toml"
    node.write_text(NODE.format(usr=taken[1], transport="sctp", at="127.0.0.1:2905"))
    status, lines, _ = told("--config", str(node))
    assert (status, lines) == (
        2,
        [f"{node}: sctp over udp 127.0.0.1:{taken[1]} (sctp_udp_port): Address already in use"],
    )


@pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing()))
@pytest.mark.skipif(sctp_kernel.missing() is None, reason="the kernel's SCTP is preferred here")
def test_port_0_is_a_port_that_is_told(tmp_path):
    node = tmp_path / "node.toml"
    node.write_text(NODE.format(usr=0, transport="sctp", at="127.0.0.1:0"))
    words = [sys.executable, "-m", "ain_scp.ain", "serve", str(GOLDEN), "--config", str(node)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    ready = process.stdout.readline().split()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert ready[:2] == ["ready", "sctp"]
    assert int(ready[2].rpartition(":")[2]) > 0
    assert int(ready[4].rpartition(":")[2]) > 0


@pytest.mark.skipif(sctp_kernel.missing() is None, reason="this kernel has SCTP")
def test_a_host_without_any_sctp_is_told_what_to_install(tmp_path):
    """The library is hidden by a module of its name's finder that finds nothing."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes\n"
        "whole = ctypes.CDLL.__init__\n"
        "def without(self, name, *more, **named):\n"
        "    if name and 'usrsctp' in name:\n"
        "        raise OSError('not found')\n"
        "    whole(self, name, *more, **named)\n"
        "ctypes.CDLL.__init__ = without\n"
    )
    status, lines, everything = told(
        "--sctp", "127.0.0.1:2905", environment={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)}
    )
    assert status == 2
    assert lines == everything.splitlines(), "one line"
    assert "modprobe sctp" in lines[0]
    assert f"apt-get install {sctp_usr.missing() or 'libusrsctp2'}".split()[-1] in lines[0]


def test_the_udp_server_tells_its_metrics_and_its_health(read_metrics):
    words = [
        "-W",
        "error",
        "-m",
        "ain_scp.ain",
        "serve",
        str(GOLDEN),
        "--udp",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
    ]
    process = subprocess.Popen(
        [sys.executable, *words, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        ready = json.loads(process.stdout.readline())
        udp, http = (int(ready[name].rpartition(":")[2]) for name in ("udp", "http"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            beat = bytes.fromhex("0100030300000010") + bytes.fromhex("0009000800000001")
            client.sendto(b"nonsense", ("127.0.0.1", udp))
            client.sendto(beat, ("127.0.0.1", udp))
            while client.recv(4096)[:4] != b"\x01\x00\x03\x06":
                pass
        rows = asyncio.run(read_metrics(http))
        assert rows["ain_scp_received_total"] == 2
        assert rows["ain_scp_discrepancies"] == 0
        assert rows['ain_scp_datagrams_total{port="udp",event="received"}'] == 2
        with socket.create_connection(("127.0.0.1", http)) as asking:
            asking.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: asking.recv(4096), b""))
        assert re.search(rb'"status": "serving"', answer)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        process.stdout.close()
        process.stderr.close()

"""Debian's freeDiameter as a peer of the server: it opens, keeps watch, and leaves in peace, all by its own judgement.

Source: charging.md 6.3; RFC 6733 (CER, DWR, DPR).
"""

import shutil
import socket
import subprocess
import time

import pytest

from kit.serving import Serving

DAEMON = shutil.which("freeDiameterd")
WATCH_S = 6  # the shortest it takes
PATIENCE_S = 60

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.skipif(DAEMON is None, reason="freeDiameterd is not installed: apt install freediameterd"),
    pytest.mark.skipif(
        shutil.which("openssl") is None, reason="openssl is not installed: apt install openssl"
    ),
]

CONFIG = """
Identity = "fd.example";
Realm = "example";
Port = {own};
SecPort = 0;
No_SCTP;
No_IPv6;
ListenOn = "127.0.0.1";
TLS_Cred = "{place}/cert.pem", "{place}/key.pem";
TLS_CA = "{place}/cert.pem";
TLS_DH_Bits = 1024;
TwTimer = {watch};
ConnectPeer = "{name}" {{ ConnectTo = "127.0.0.1"; Port = {port}; No_TLS; }};
"""


@pytest.fixture
def server(tmp_path):
    one = Serving("examples/charging", "--charging", tmp_path / "books", "--diameter", "127.0.0.1:0")
    yield one
    one.close()


@pytest.fixture
def start(server, tmp_path):
    """A function: the name it expects -> the running daemon; all it says goes to `tmp_path / log`."""
    made = []

    def make(name):
        key = [
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            tmp_path / "key.pem",
            "-out",
            tmp_path / "cert.pem",
        ]
        subprocess.run(
            ["openssl", "req", "-x509", *key, "-days", "2", "-subj", "/CN=fd.example"],
            check=True,
            capture_output=True,
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            own = free.getsockname()[1]
        config = tmp_path / "fd.conf"
        port = server.endpoint("diameter")[1]
        config.write_text(CONFIG.format(own=own, place=tmp_path, watch=WATCH_S, name=name, port=port))
        with (tmp_path / "log").open("wb") as log:
            made.append(subprocess.Popen([DAEMON, "-c", config, "-dd"], stdout=log, stderr=subprocess.STDOUT))
        return made[-1]

    yield make
    for one in made:
        if one.poll() is None:
            one.kill()
        one.wait(30)


def lines(tmp_path, wanted):
    """All it has said, once it has said a thing."""
    deadline = time.monotonic() + PATIENCE_S
    while wanted not in (said := (tmp_path / "log").read_text(errors="replace")):
        assert time.monotonic() < deadline, said
    return said


def test_it_opens_watches_and_leaves(server, start, tmp_path):
    daemon = start("scp.ain-scp")
    said = lines(tmp_path, "RCV from 'scp.ain-scp': (no model)0/280")
    assert "'STATE_WAITCEA'\t-> 'STATE_OPEN'\t'scp.ain-scp'" in said
    assert "Result-Code(268)[-M]='DIAMETER_SUCCESS' (2001" in said
    daemon.terminate()
    assert daemon.wait(30) == 0
    said = (tmp_path / "log").read_text(errors="replace")
    assert "RCV from 'scp.ain-scp': (no model)0/282" in said
    assert "'STATE_CLOSING'\t-> 'STATE_CLOSED'\t'scp.ain-scp'" in said
    assert "ERROR" not in said
    code, _, err = server.end()
    assert (code, err) == (0, "")


def test_under_another_name_it_does_not_open(start, tmp_path):
    """The proof that its judgement counts: it takes no peer whose Origin-Host is not the one it expects."""
    start("somebody.else")
    said = lines(tmp_path, "'STATE_WAITCEA'\t-> 'STATE_CLOSED'")
    assert "Origin-Host set to 'scp.ain-scp' while expecting 'somebody.else'" in said
    assert "STATE_OPEN" not in said

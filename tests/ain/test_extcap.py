"""`ain extcap`: what Wireshark asks is answered as its manual says, and tshark shows a running SCP through it."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from tests.kit.query import query_octets
from tests.kit.serving import ROOT, Serving


@pytest.fixture
def served(tmp_path):
    server = Serving(ROOT / "examples" / "golden", "--tap", tmp_path / "scp.tap", patience_s=60)
    yield server
    server.close()


def test_wireshark_is_told_what_it_asks(ain):
    said = ain("extcap", "--extcap-interfaces", "--extcap-version=4.0").stdout
    assert re.fullmatch(
        r"extcap {version=[^}]+}{display=[^}]+}\ninterface {value=ain-scp}{display=[^}]+}\n", said
    )
    said = ain("extcap", "--extcap-interface", "ain-scp", "--extcap-dlts").stdout
    assert said == "dlt {number=228}{name=LINKTYPE_IPV4}{display=IPv4}\n"
    said = ain("extcap", "--extcap-interface", "ain-scp", "--extcap-config").stdout
    assert said.startswith("arg {number=0}{call=--tap}{display=")
    assert said.count("\n") == 1
    said = ain("extcap", "--extcap-interface", "ain-scp", "--extcap-capture-filter", "udp").stdout
    assert "not used" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give --tap PATH"),
        (("--write", "-"), "--tap PATH"),
        (("--capture", "--extcap-interface", "eth0", "--fifo", "x"), "there is ain-scp only"),
        (("--capture", "--extcap-interface", "ain-scp", "--tap", "t"), "--fifo"),
        (("--tap", "missing.tap", "--once", "--write", "-"), "No such file"),
        (("--tap", "README.md", "--once", "--write", "-"), "no tap"),
    ],
)
def test_wrong_usage_is_one_line(ain, words, told):
    done = ain("extcap", *words)
    assert done.returncode == 2
    assert told in done.stderr.splitlines()[-1]


def test_what_a_tap_holds_as_a_capture(served, ain, tmp_path):
    served.ask(query_octets(0x1234))
    target = tmp_path / "live.pcap"
    assert ain("extcap", "--tap", tmp_path / "scp.tap", "--once", "--write", target).returncode == 0
    lines = ain("decode", target).stdout.splitlines()
    heads = [line for line in lines if line.startswith("#")]
    assert [head.partition(" UDT ")[2] for head in heads] == [
        "infoAnalyzed",
        "analyzeRoute + sendNotification",
    ], heads
    assert sum("00001234" in line for line in lines) == 2


def plain_user():
    """What to begin a command with, so that tshark looks into a folder of ours: root's it does not trust."""
    if os.geteuid():
        return []
    words = ["unshare", "-U"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False).returncode:
        pytest.skip(
            "as root, tshark takes programs from its own folder only, and unshare -U is not possible here"
        )
    return words


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: apt install tshark")
def test_tshark_shows_a_running_scp(served, ain, tmp_path):
    folder = tmp_path / "extcap"
    assert ain("extcap", "--install", "--folder", folder).returncode == 0
    environment = {**os.environ, "WIRESHARK_EXTCAP_DIR": str(folder), "HOME": str(tmp_path)}
    listed = subprocess.run(
        [*plain_user(), "tshark", "-D"], capture_output=True, text=True, check=False, env=environment
    ).stdout
    assert "ain-scp (AIN SCP: tap of ain serve)" in listed
    shown = subprocess.Popen(
        [*plain_user(), "tshark", "-i", "ain-scp", "-o", f"extcap.ain_scp.tap:{tmp_path}/scp.tap", "-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250",
         "-l", "-c", "2", "-T", "fields", "-e", "_ws.col.Protocol", "-e", "ain.opcode", "-e", "tcap.tid"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        while "Capturing on" not in (line := shown.stderr.readline()):
            assert line, "tshark ended"
        for transaction in range(1, 400):  # until it has opened the tap
            served.ask(query_octets(transaction))
            try:
                shown.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                continue
        out, _ = shown.communicate(timeout=60)
    finally:
        if shown.poll() is None:
            shown.send_signal(signal.SIGKILL)
            shown.wait()
    rows = [line.split("\t") for line in out.splitlines()]
    assert len(rows) == 2
    assert all("AIN" in row[0] for row in rows), rows

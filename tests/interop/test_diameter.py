"""tshark reads what the simulated network and the server say in Diameter and in charged conversations: nothing is malformed."""

import shutil
import subprocess

import pytest

TSHARK = shutil.which("tshark")
OPTIONS = ["-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250"]
SEND_NOTIFICATION = "26373"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(TSHARK is None, reason="tshark is not installed: apt install tshark"),
]


def tshark(capture, *arguments):
    done = subprocess.run(
        [TSHARK, "-n", "-r", str(capture), *OPTIONS, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture(scope="module", params=["scp", "switch", "application_cpu", "messages", "handset"])
def capture(request, ain, tmp_path_factory):
    """A charged run as a capture."""
    target = tmp_path_factory.mktemp("charged") / f"{request.param}.pcap"
    done = ain(
        "run", f"examples/charging/scenario_{request.param}.toml", "--transport", "memory", "--pcap", target
    )
    assert done.returncode == 0, done.stdout
    return request.param, target


def test_nothing_is_malformed(capture):
    _, target = capture
    wanted = '_ws.expert.severity >= "Warning" || _ws.malformed'
    found = tshark(target, "-Y", wanted, "-T", "fields", "-e", "_ws.expert.message")
    assert {line.split(",")[-1] for line in found} <= {f"Unknown invokeData {SEND_NOTIFICATION}"}


def test_credit_control_is_read_to_its_units(capture):
    at, target = capture
    found = tshark(
        target, "-Y", "diameter", "-T", "fields", "-e", "diameter.cmd.code", "-e", "diameter.CC-Time"
    )
    if at != "application_cpu":
        assert found == []
        return
    assert len(found) > 100
    assert {line.split("\t")[0] for line in found} == {"272"}
    assert any(line.endswith("\t60") for line in found)

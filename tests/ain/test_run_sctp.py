"""`ain run --transport sctp`: the golden run over SCTP ends as over UDP, and a host or an option that forbids it is told."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ain_scp.scp.associations.driver import NoSctpError, sctp_here
from ain_scp.transport import sctp_kernel

ROOT = Path(__file__).parents[2]
GOLDEN = "examples/golden/scenario.toml"
FIGURES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "examples/figures").glob("*.toml"))
FIGURES = [name for name in FIGURES if not name.endswith("dataset.toml")]


def absent():
    try:
        sctp_here()
    except NoSctpError as fault:
        return str(fault)
    return ""


needs_sctp = pytest.mark.skipif(bool(absent()), reason=absent())


@needs_sctp
def test_the_golden_run_is_the_same_over_sctp_as_over_udp_but_for_the_word_and_its_associations(ain):
    over = {}
    for transport in ("sctp", "udp"):
        done = ain("run", GOLDEN, "--json", "--transport", transport)
        assert (done.returncode, done.stderr) == (0, "")
        over[transport] = json.loads(done.stdout)
        assert over[transport]["summary"].pop("transport") == transport
    assert over["sctp"]["network"].pop("associations")
    assert over["udp"]["network"].pop("associations") == []
    assert over["sctp"] == over["udp"]


@needs_sctp
def test_the_report_lists_the_associations_with_point_codes_and_streams(ain, tmp_path):
    """What SCTP adds is on the page; over UDP there are none (V19). Each link's messages add up to those of the topology."""
    views = {}
    for transport in ("sctp", "udp"):
        page = tmp_path / f"{transport}.html"
        assert ain("run", GOLDEN, "--transport", transport, "--report", str(page)).returncode == 0
        views[transport] = json.loads(page.read_text("utf-8").split('id="run">')[1].split("</script>")[0])
    assert views["udp"]["associations"] == []
    found = {(one["registers"], one["answers"]): one for one in views["sctp"]["associations"]}
    scp = found["SCP", "STP-REGIONAL"]
    assert (scp["registers_code"], scp["answers_code"]) == ("245-1-2", "246-0-2")
    drawn = {frozenset((wire["one"], wire["other"])): wire for wire in views["sctp"]["topology"]["wires"]}
    assert scp["messages"] == drawn[frozenset(("SCP", "STP-REGIONAL"))]["messages"]
    assert all(0 < int(used) < one["streams"] for one in found.values() for used in one["used"].split(", "))
    assert views["sctp"]["point_codes"]["SSP2004"] == "246-3-4"


@needs_sctp
def test_the_table_ends_with_all_calls_as_expected_over_sctp(ain):
    done = ain("run", GOLDEN, "--transport", "sctp")
    last = done.stdout.splitlines()[-1]
    assert (done.returncode, done.stderr) == (0, "")
    assert last.startswith("32 calls: 32 passed, 0 failed;")
    assert last.endswith("messages over sctp")


@needs_sctp
@pytest.mark.parametrize("scenario", FIGURES)
def test_every_figure_plays_over_sctp(scenario, ain):
    done = ain("run", scenario, "--transport", "sctp")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_sctp
@pytest.mark.interop
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: apt install tshark")
@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_its_capture_is_sctp_in_every_frame_with_nothing_malformed(form, ain, tmp_path):
    """SendNotification's operation code stands in no public list: tshark has no name for it, and that is all."""
    target = tmp_path / f"golden.{form}"
    assert ain("run", GOLDEN, "--transport", "sctp", "--pcap", target).returncode == 0
    words = [
        "tshark",
        "-n",
        "-r",
        str(target),
        "-o",
        "mtp3.standard:ANSI",
        "-o",
        "tcap.ssn:250",
        "-T",
        "fields",
    ]

    def fields(*more):
        return subprocess.run([*words, *more], capture_output=True, text=True, check=True).stdout.splitlines()

    protocols = fields("-e", "frame.protocols")
    assert len(protocols) > 100
    assert all(":sctp:m3ua:" in row for row in protocols)
    wrong = fields("-Y", '_ws.expert.severity >= "Warning" || _ws.malformed', "-e", "_ws.expert.message")
    assert {row.split(",")[-1] for row in wrong} == {"Unknown invokeData 26373"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--pcap-framing", "udp", "--pcap", "x.pcap"], "with --transport sctp the capture is of SCTP"),
        (["--speed", "-1"], "--speed -1"),
    ],
)
def test_what_does_not_go_together_is_one_line_and_exit_2(options, words, ain):
    done = ain("run", GOLDEN, "--transport", "sctp", *options)
    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1] or words in absent()


@pytest.mark.skipif(sctp_kernel.missing() is None, reason="this kernel has SCTP")
def test_a_host_without_any_sctp_is_told_what_to_install_before_anything_runs(tmp_path):
    """The library is hidden: no module finds it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes\n"
        "whole = ctypes.CDLL.__init__\n"
        "def without(self, name, *more, **named):\n"
        "    if name and 'usrsctp' in name:\n"
        "        raise OSError('not found')\n"
        "    whole(self, name, *more, **named)\n"
        "ctypes.CDLL.__init__ = without\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "ain_scp.ain", "run", GOLDEN, "--transport", "sctp"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    told = done.stderr.splitlines()[-1]
    assert "--transport sctp: no SCTP on this host" in told
    assert "modprobe sctp" in told
    assert "apt-get install libusrsctp2" in told

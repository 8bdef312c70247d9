"""The lab in user-mode Linux: kernel SCTP, osmo-stp, two SCPs and a switch. Skipped, and counted, where it cannot run."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 58


def _lab():
    spec = importlib.util.spec_from_file_location("lab_uml", ROOT / "lab" / "uml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UML = _lab()
LACKING = UML.missing()
pytestmark = [
    pytest.mark.interop,
    pytest.mark.alone,
    pytest.mark.slow,
    pytest.mark.skipif(bool(LACKING), reason=f"the lab needs: apt-get install {' '.join(LACKING)}"),
]


def able(outcome):
    """What a guest ended with; where none can start a program at all, the test is skipped and says so."""
    reason = UML.unable(outcome)
    if reason:
        pytest.skip(reason)
    return outcome


def test_only_what_the_processor_refuses_is_an_excuse():
    refused = UML.Outcome(125, "", "userspace - ptrace set fp regs failed, errno = 14")
    assert UML.unable(refused)
    assert not UML.unable(refused._replace(status=1))
    assert not UML.unable(refused._replace(console="Kernel panic - not syncing: Attempted to kill init!"))


def played(scenario, directory):
    """Play a scenario; its result. A guest that could not run at all is no verdict on the SCP, and fails with its console."""
    outcome = able(UML.play(scenario, SECONDS, directory))
    assert outcome.status in {0, 1}, f"guest {outcome.status}\n{outcome.console}\n{outcome.output}"
    result = json.loads(outcome.output.splitlines()[-1])
    assert result["ok"], f"{result}\n{outcome.output}"
    return result


def test_every_scenario_of_the_lab_is_tested_here():
    text = Path(__file__).read_text()
    assert [scenario for scenario in UML.SCENARIOS if f'"{scenario}"' not in text] == []


def test_a_switch_registers_with_the_scp_itself_over_kernel_sctp(tmp_path):
    result = played("direct", tmp_path)
    assert (result["asked"], result["lost"], result["status"]) == (200, 0, 0)
    assert result["by"] == {"245-1-2": 200}


def test_both_mates_answer_through_a_real_stp_and_tshark_reads_every_message(tmp_path):
    result = played("loadshare", tmp_path)
    assert (result["asked"], result["lost"], result["wrong"], result["astray"]) == (240, 0, 0, 0)
    assert result["by"] == {"254-200-21": 120, "254-200-22": 120}
    if shutil.which("tshark") is None:
        pytest.skip("answers counted; the capture not read: tshark is not installed")
    words = [
        "tshark",
        "-n",
        "-o",
        "mtp3.standard:ANSI",
        "-o",
        "tcap.ssn:250",
        "-r",
        str(tmp_path / "lab.pcap"),
    ]
    fields = ["-T", "fields", "-e", "ansi_tcap.private", "-e", "_ws.malformed"]
    told = subprocess.run([*words, *fields], capture_output=True, text=True, check=True).stdout
    for operation in ("25603", "25857"):  # InfoAnalyzed, AnalyzeRoute
        assert told.count(operation) >= 480, "each message twice: to the STP and from it"
    assert "Malformed" not in told


@pytest.mark.parametrize("scenario", ["leave", "override"])
def test_a_mate_that_leaves_a_real_stp_in_order_loses_nothing(scenario, tmp_path):
    result = played(scenario, tmp_path)
    assert (result["lost"], result["wrong"], result["status"]) == (0, 0, 0)
    assert result["by"].keys() == {"254-200-21", "254-200-22"}


def test_a_killed_mate_that_comes_back_serves_again_without_a_loss(tmp_path):
    result = played("kill", tmp_path)
    assert result["lost_after"] == 0
    assert result["lost"] == result["lost_at_kill"]


def test_delay_loss_and_a_short_cut_are_mended_by_sctp(tmp_path):
    result = played("netem", tmp_path)
    assert (result["asked"], result["lost"]) == (250, 0)
    assert result["longest_ms"] >= 80, "two hops each way at 20 ms: netem was there"


def test_a_cut_path_of_a_multi_homed_association_loses_nothing(tmp_path):
    result = played("paths", tmp_path)
    assert (result["asked"], result["lost"]) == (200, 0)
    assert result["path_changes"] >= 1


def test_the_golden_scenario_ends_as_expected_over_kernel_sctp(tmp_path):
    """`ain run --transport sctp` in the guest, where the kernel's SCTP is there: the JSON of UDP but for the word and the associations."""
    script = (
        "import sys\n"
        "from ain_scp.scp.associations.driver import sctp_here\n"
        "assert sctp_here() == 'kernel'\n"
        "sys.argv = ['ain', 'run', 'examples/golden/scenario.toml', '--json', '--transport', sys.argv[1]]\n"
        "from ain_scp.ain.__main__ import main\n"
        "main()\n"
    )
    told = {}
    for transport in ("sctp", "udp"):
        outcome = able(UML.run([sys.executable, "-c", script, transport], SECONDS, tmp_path / transport))
        assert outcome.status == 0, f"guest {outcome.status}\n{outcome.console}\n{outcome.output}"
        told[transport] = json.loads(outcome.output)
        assert told[transport]["summary"].pop("transport") == transport
    assert (told["sctp"]["summary"]["ok"], told["sctp"]["summary"]["failed"]) == (32, 0)
    assert told["sctp"]["network"].pop("associations")
    assert told["udp"]["network"].pop("associations") == []
    assert told["sctp"] == told["udp"]

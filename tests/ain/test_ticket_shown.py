"""What is shown of a collector while it goes on, and that no caller's octets reach a terminal (C-015, C-016)."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

SOURCE = '[[source]]\nname = "pbx"\nkind = "file"\nlayout = "{}"\npath = "../tickets.log"\n'
LINE = "start=2026-11-27T09:15:02-08:00 duration=205 direction=outgoing extension=203 calling=203 called=13105550142 id=k1\n"
LONG_S = 60.0
CLEAR = "\x1b[2J"


def made(ain, tmp_path, layout):
    files = json.loads(ain("ticket", "init", tmp_path, "--enterprise", "ACME", "--json").stdout)
    collector, provider = Path(files["collector"]), Path(files["provider"])
    collector.write_text(collector.read_text() + SOURCE.format(layout))
    return collector, provider


@pytest.mark.slow
def test_pending_shows_a_collector_that_goes_on(ain, tmp_path):
    collector, _provider = made(ain, tmp_path, "keyvalue")
    (tmp_path / "tickets.log").write_text(LINE + "start=soon\n")
    words = [sys.executable, "-m", "ain_scp.ain", "ticket", "collect", str(collector)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout.readline().startswith("ready")
        end = time.monotonic() + LONG_S
        found = {}
        while time.monotonic() < end and not found.get("sources", [{}])[0].get("lines"):
            done = ain("ticket", "pending", collector, "--json")
            found = json.loads(done.stdout) if done.stdout else {}
            time.sleep(0.1)
    finally:
        process.terminate()
        process.communicate(timeout=LONG_S)
    (source,) = found["sources"]
    assert (source["lines"], source["calls"], source["quarantined"], source["layout"]) == (
        2,
        1,
        1,
        "keyvalue",
    )
    assert source["last_seen"].endswith("+00:00")
    (row,) = found["providers"]
    assert (row["stored"], row["waiting_tickets"], row["error"]) == (3, 3, "")
    stopped = ain("ticket", "pending", collector)
    assert (stopped.returncode, "0 batches sealed" in stopped.stdout) == (0, True)


@pytest.mark.slow
def test_escapes_in_tickets_reach_no_terminal(ain, tmp_path):
    """A field of JSON and a line in quarantine, each with an escape that would clear the screen."""
    collector, provider = made(ain, tmp_path, "freeswitch-json")
    sample = (
        (Path(__file__).parents[1] / "acceptance" / "tickets" / "freeswitch.json").read_text().splitlines()[0]
    )
    variables = json.loads(sample)["variables"] | {"accountcode": f"a{CLEAR}b"}
    log = tmp_path / "tickets.log"
    log.write_text(json.dumps({"variables": variables}) + "\n" + f"{CLEAR}nothing\n")
    shown = [ain("ticket", "layout", "test", log, "--layout", "freeswitch-json"),
             ain("ticket", "layout", "test", log, "--layout", "freeswitch-json", "--explain", "1")]  # fmt: skip
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    batch = next((provider.parent / "in").iterdir())
    shown.append(ain("ticket", "open", batch, provider, "--show"))
    ain("ticket", "receive", provider, "--once")
    shown.append(ain("ticket", "profile", provider, "--enterprise", "ACME", "--by", "account"))
    listed = json.loads(ain("ticket", "quarantine", provider, "--enterprise", "ACME", "--json").stdout)[
        "quarantine"
    ]
    assert [one["reason"] for one in listed] == ["CONTROL_OCTETS"]
    number = str(listed[0]["sequence"])
    shown.append(ain("ticket", "quarantine", provider, "show", number, "--show", "--enterprise", "ACME"))
    assert all("\x1b" not in done.stdout + done.stderr for done in shown)
    assert "nothing" in shown[-1].stdout
    assert "[2J" in shown[3].stdout


@pytest.mark.slow
def test_one_turn_of_a_collector_waits_for_the_receipt_unless_told_otherwise(ain, tmp_path):
    collector, provider = made(ain, tmp_path, "keyvalue")
    (tmp_path / "tickets.log").write_text(LINE)
    words = [sys.executable, "-m", "ain_scp.ain", "ticket", "collect", str(collector), "--once", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    inbox, end = provider.parent / "in", time.monotonic() + LONG_S
    while time.monotonic() < end and not list(inbox.glob("*.p7m")):
        time.sleep(0.05)
    assert ain("ticket", "receive", provider, "--once").returncode == 0
    found = json.loads(process.communicate(timeout=LONG_S)[0])
    assert (process.returncode, found["receipted"], found["pending"]) == (0, 1, 0)
    assert ain("ticket", "collect", collector, "--wait", "0").returncode == 2

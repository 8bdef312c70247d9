"""A provider that goes on keeps calls up to date, shows them beside itself, and prints unusual usage as it comes (C-003, C-018)."""

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

SOURCE = '[[source]]\nname = "pbx"\nkind = "file"\nlayout = "keyvalue"\npath = "../tickets.log"\n'
CALL = (
    "start=2026-11-27T{}:02-08:00 duration={} direction=outgoing extension=203 calling=203 called={} id=k{}\n"
)
LONG_S = 60.0


@pytest.mark.slow
def test_profiles_are_shown_beside_a_provider_that_goes_on_and_alerts_are_printed(ain, tmp_path):
    files = json.loads(ain("ticket", "init", tmp_path, "--enterprise", "ACME", "--json").stdout)
    collector, provider = Path(files["collector"]), Path(files["provider"])
    collector.write_text(collector.read_text() + SOURCE)
    provider.write_text(provider.read_text().replace("127.0.0.1:8443", "127.0.0.1:0"))
    log = tmp_path / "tickets.log"
    log.write_text(CALL.format("09:15", 20_000, "13105550142", 1))
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    words = [sys.executable, "-u", "-m", "ain_scp.ain", "ticket", "receive", str(provider), "--alert"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    printed = queue.Queue()
    reader = threading.Thread(target=lambda: [printed.put(line) for line in process.stdout])
    reader.start()
    try:
        assert printed.get(timeout=LONG_S).startswith("ready")
        assert shown(ain, provider, 1)
        log.write_text(log.read_text() + CALL.format("10:15", 15_000, "13105550143", 2))
        ain("ticket", "collect", collector, "--once", "--wait", "0")
        said = printed.get(timeout=LONG_S)
        assert ("ACME  2026-11-27  long_call" in said, "13105550143" in said) == (True, False)
        assert shown(ain, provider, 2)
        refused = ain("ticket", "reprocess", provider)
        assert (refused.returncode, "another process" in refused.stderr) == (2, True)
        (provider.parent / "enterprises" / "ACME" / "rates.csv").write_text("kind\nno\n")
        log.write_text(log.read_text() + CALL.format("11:15", 10, "13105550144", 3))
        ain("ticket", "collect", collector, "--once", "--wait", "0")
        alarm = process.stderr.readline()
        assert ("calls are not brought up to date" in alarm, "rates.csv" in alarm) == (True, True)
    finally:
        process.terminate()
        reader.join(LONG_S)
        process.stderr.close()
        assert process.wait(LONG_S) == 0
        process.stdout.close()


def shown(ain, provider, calls):
    """Whether a profile has so many calls before long."""
    end = time.monotonic() + LONG_S
    while time.monotonic() < end:
        done = ain("ticket", "profile", provider, "--enterprise", "ACME", "--json")
        if done.returncode == 0 and json.loads(done.stdout)["totals"]["calls"] == calls:
            return True
        time.sleep(0.2)
    return False

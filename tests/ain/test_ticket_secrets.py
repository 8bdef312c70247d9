"""Nothing that a run prints or writes outside its stores holds a number, a key or a passphrase (C-002, C-016)."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

PASSPHRASE = "Tr0ub4dor-and-3"  # noqa: S105 - of this test's own keys
NUMBERS = [f"1310777{at:04}" for at in range(12)]
LINE = "start=2026-11-27T09:{:02}:02-08:00 duration=205 direction=outgoing extension=203 calling=203 called={} id=k{}\n"
SOURCE = '[[source]]\nname = "pbx"\nkind = "file"\nlayout = "keyvalue"\npath = "../tickets.log"\n'


def keys_of(place):
    """Base64 of every private key under a directory, a line of the middle of each."""
    return [file.read_text().splitlines()[2] for file in place.rglob("*.key")]


@pytest.mark.slow
def test_the_outputs_of_every_command_of_the_way_and_what_lies_on_the_way_hold_no_secret(tmp_path):
    environment = {**os.environ, "AIN_TICKET_PASSPHRASE": PASSPHRASE, "NO_COLOR": "1"}
    printed = []

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-m", "ain_scp.ain", "ticket", *map(str, words)], capture_output=True, env=environment, check=False
        )  # fmt: skip
        printed.append(done.stdout + done.stderr)
        return done

    files = json.loads(run("init", tmp_path, "--enterprise", "ACME", "--json").stdout)
    collector, provider = Path(files["collector"]), Path(files["provider"])
    run("key", "protect", "acme-sign", collector)
    collector.write_text(collector.read_text() + SOURCE)
    text = "".join(LINE.format(at, number, at) for at, number in enumerate(NUMBERS))
    (tmp_path / "tickets.log").write_text(text + f"start=soon called={NUMBERS[0]}\n")
    trace = tmp_path / "trace"
    run("collect", collector, "--once", "--wait", "0", "--json", "--trace", trace)
    batch = next((provider.parent / "in").iterdir())
    kept, spoiled = tmp_path / "kept.p7m", tmp_path / "spoiled.p7m"
    shutil.copy(batch, kept)
    spoiled.write_bytes(kept.read_bytes()[:-1] + b"x")
    run("receive", provider, "--once", "--json", "--trace", trace)
    run("receive", provider, spoiled, kept)
    run("collect", collector, "--once", "--wait", "0")
    for side in (collector, provider):
        run("check", side, "--json")
        run("key", "list", side, "--json")
        run("key", "check", side)
    run("pending", collector, "--json")
    run("open", kept, provider, "--json")
    run("open", spoiled, provider)
    run("quarantine", provider, "--json")
    run("quarantine", provider, "list", "--enterprise", "ACME")
    run("enterprise", "list", provider, "--json")
    run("layout", "test", tmp_path / "tickets.log", "--layout", "mitel-3300")
    environment["AIN_TICKET_PASSPHRASE"] = "another"  # noqa: S105 - a wrong one
    run("collect", collector, "--once", "--wait", "0")
    on_the_way = [
        *(tmp_path / "ACME" / "store").glob("outbox-*/*"), *(tmp_path / "TELCO" / "receipts").rglob("*.p7s"), kept, trace,
        *(tmp_path / "TELCO" / "data" / "quarantine").iterdir(),
    ]  # fmt: skip
    octets = b"\n".join([*printed, *(file.read_bytes() for file in on_the_way if file.is_file())])
    found = [secret for secret in (*NUMBERS, PASSPHRASE, *keys_of(tmp_path)) if secret.encode() in octets]
    assert found == []
    assert b"PRIVATE KEY" not in octets
    assert len(printed) == 20
    assert not re.search(rb"Traceback", octets)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_running_collector_shows_no_secret_in_its_process_list(tmp_path):
    words = [sys.executable, "-m", "ain_scp.ain", "ticket"]
    subprocess.run([*words, "init", tmp_path, "--enterprise", "ACME"], check=True, capture_output=True)
    secret = tmp_path / "ACME" / "keys" / "pass"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    config = tmp_path / "ACME" / "collector.toml"
    subprocess.run(
        [*words, "key", "protect", "acme-sign", config, "--passphrase-file", secret],
        check=True,
        capture_output=True,
    )
    text = config.read_text().replace('acme-sign.key" }', 'acme-sign.key", passphrase_file = "keys/pass" }')
    config.write_text(text + SOURCE)
    (tmp_path / "tickets.log").write_text(LINE.format(1, NUMBERS[1], 1))
    process = subprocess.Popen([*words, "collect", config], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout.readline().startswith(b"ready")
        place = Path("/proc") / str(process.pid)
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        limits = (place / "limits").read_text()
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert PASSPHRASE.encode() not in seen
    assert NUMBERS[1].encode() not in seen
    assert re.search(r"Max core file size +0 +0", limits)

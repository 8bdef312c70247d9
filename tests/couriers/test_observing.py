"""What a collector shows of its sources: outcomes, drift, silence, metrics without a number (C-010, C-016)."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.metrics import text_of
from ain_scp.couriers.observing import Seen, silent
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.site import Site

from .test_pair import Pair, line

SITE = Site(name="site", zone="America/Los_Angeles")


@pytest.fixture
def two(tmp_path):
    return Pair(tmp_path)


def test_metrics_say_how_far_everything_is_and_hold_no_number(two):
    two.write(1, 2)
    with two.log.open("a") as stream:
        stream.write("start=soon called=13105550199\n")
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    run.turn(force=True)
    two.now += timedelta(seconds=90)
    found = dict(row.rsplit(" ", 1) for row in text_of(run).splitlines() if row[0] != "#")
    run.close()
    assert found['ain_ticket_lines_total{source="walnut",outcome="ticket"}'] == "2"
    assert found['ain_ticket_lines_total{source="walnut",outcome="quarantined"}'] == "1"
    assert found['ain_ticket_batches_total{provider="TELCO",outcome="sealed"}'] == "1"
    assert found['ain_ticket_oldest_seconds{provider="TELCO"}'] == "90"
    assert not re.search(r"1310555|soon", text_of.__doc__ + str(found))


def test_a_clock_that_is_away_and_lines_that_cannot_be_read_are_alarms():
    seen = Seen(shipped("keyvalue"), SITE, live=True)
    end = int(datetime(2026, 11, 27, 17, 16, 2, tzinfo=UTC).timestamp())
    for at in range(6):
        seen.lines([line(2).strip().encode()], end + 400 + at)
    assert seen.drift_s > 300
    assert any("two minutes" in alarm for alarm in seen.alarms())
    for _at in range(200):
        seen.lines([b"start=soon"], end)
    assert any("cannot be read" in alarm for alarm in seen.alarms())


SILENT = [  # local time of 2026-11-27, a Friday; hours since the last ticket; whether four hours of silence are an alarm
    ("2026-11-27T13:00:00-08:00", 4.5, True), ("2026-11-27T13:00:00-08:00", 3.5, False),
    ("2026-11-27T11:00:00-08:00", 20, False), ("2026-11-27T12:00:00-08:00", 20, True),
    ("2026-11-27T19:00:00-08:00", 8, False), ("2026-11-28T13:00:00-08:00", 30, False),
]  # fmt: skip


@pytest.mark.parametrize(("now", "hours", "expected"), SILENT)
def test_silence_is_an_alarm_in_working_hours_alone(now, hours, expected):
    at = int(datetime.fromisoformat(now).timestamp())
    assert silent(int(at - hours * 3600), at, SITE, 4) is expected
    assert not silent(None, at, SITE, 0)


@pytest.mark.slow
def test_a_collector_that_goes_on_serves_its_metrics_and_health(two):
    two.write(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "ain_scp.ain", "ticket", "collect", two.files.collector, "--metrics", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = process.stdout.readline().rpartition(":")[2].strip()
        for _try in range(100):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
            if 'outcome="ticket"} 1' in text:
                break
        assert 'ain_ticket_lines_total{source="walnut",outcome="ticket"} 1' in text
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err

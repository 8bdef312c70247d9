"""Delivery by https: a real TLS door, its refusals, and a collector that tries again (C-007, C-015)."""

import asyncio
import os
import re
import signal
import subprocess
import sys

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)
pytest.importorskip("urllib3", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'")

import urllib3

from ain_scp.couriers.collector_run import CollectorRun, utc_now
from ain_scp.couriers.https_client import LAST_RETRY_S, Sender
from ain_scp.couriers.https_server import AT_ONCE, Rates, app
from ain_scp.couriers.standing import Standing, set_standing
from ain_scp.tickets.provider.intake import Answer

from .test_pair import Pair


class Door:
    """`ain ticket receive` with its door on a free port of loopback."""

    def __init__(self, two):
        words = [
            sys.executable,
            "-m",
            "ain_scp",
            "ticket",
            "receive",
            str(two.files.provider),
            "--https",
            "127.0.0.1:0",
        ]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        self.url = "https://localhost:" + re.search(r":([0-9]+)$", ready.strip())[1]
        self.ca = two.root / "TELCO" / "keys" / "ca.pem"

    def put(self, path, body):
        with urllib3.PoolManager(ca_certs=str(self.ca)) as pool:
            return pool.request("PUT", self.url + path, body=body, retries=False)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        _out, err = self.process.communicate(timeout=20)
        assert (self.process.returncode, err) == (0, "")


def deliver_by_https(two, url):
    text = two.files.collector.read_text()
    line = next(line for line in text.splitlines() if line.startswith("deliver"))
    by_https = f'deliver = {{ kind = "https", url = "{url}", ca = "keys/ca.pem" }}'
    two.files.collector.write_text(text.replace(line, by_https))


def collect(two):
    run = CollectorRun(two.files.collector, utc_now, os.urandom)
    try:
        return run.once()
    finally:
        run.close()


@pytest.fixture
def two(tmp_path):
    """Its keys are of today: the door is another process, with the real clock."""
    return Pair(tmp_path, now=utc_now())


@pytest.mark.slow
def test_batches_go_by_https_and_the_receipt_comes_back_the_same_way(two):
    two.write(*range(7))
    door = Door(two)
    deliver_by_https(two, door.url)
    found = collect(two)
    assert (found.stored, len(found.sealed), found.receipted, found.pending, found.alarms) == (7, 3, 3, 0, [])
    door.end()
    two.now = utc_now()
    assert two.received() == list(range(7))


@pytest.mark.slow
def test_what_does_not_hold_is_400_without_a_word_and_nothing_is_parsed_beyond_its_size(two):
    two.write(1)
    collect(two)
    batch = next(two.inbox.iterdir())
    octets, (name, store, number) = batch.read_bytes(), batch.stem.split("-")
    identity = collect_identity(two, store)
    good = f"/v1/batches/{name}/{identity}/{int(number)}"
    door = Door(two)
    for path, body in [
        (good, b"nothing"), (good, octets[:-1]), (good.replace("ACME", "BETA"), octets),
        (good[:-1] + "2", octets), ("/v1/batches/ACME/00/1", octets),
    ]:  # fmt: skip
        answer = door.put(path, body)
        assert (answer.status, answer.data) == (400, b""), path
    assert door.put("/other", octets).status == 404
    assert door.put(good, bytes((16 << 20) + 1)).status == 413
    assert door.put(good, octets).status == 200
    door.end()


def collect_identity(two, short):
    run = CollectorRun(two.files.collector, utc_now, os.urandom)
    try:
        assert run.store.identity.startswith(short)
        return run.store.identity
    finally:
        run.close()


@pytest.mark.slow
def test_a_suspended_enterprise_hears_when_to_come_again(two):
    home = two.root / "TELCO" / "data" / "ACME"
    home.mkdir(parents=True)
    set_standing(home, Standing(suspended=True))
    two.write(1)
    door = Door(two)
    deliver_by_https(two, door.url)
    found = collect(two)
    assert (found.pending, found.alarms) == (1, ["TELCO: batch 1: SUSPENDED"])
    door.end()


def test_nobody_at_the_door_leaves_batches_pending_without_an_error(two):
    deliver_by_https(two, "https://localhost:9")
    two.write(1)
    found = collect(two)
    assert (found.stored, found.pending, found.alarms) == (1, 1, [])


def test_tries_come_ever_more_seldom_with_jitter_and_never_stop():
    now = [0.0]
    sender = Sender("https://localhost:9", None, lambda: 1.0, lambda: now[0])
    waits = []
    for _turn in range(14):
        assert sender.due
        assert sender.send("A", "0", 1, b"x").receipt == b""
        begin = now[0]
        while not sender.due:
            now[0] += 0.5
        waits.append(now[0] - begin)
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == LAST_RETRY_S


def test_an_address_has_so_many_requests_a_minute_and_strangers_share_what_is_left():
    now = [0.0]
    rates = Rates(3, lambda: now[0])
    assert [rates.allow("a") for _turn in range(4)] == [True, True, True, False]
    assert rates.allow("b")
    now[0] = 60.0
    assert rates.allow("a")
    for at in range(20_000):
        rates.allow(f"x{at}")
    assert not rates.allow("one more")


async def put_slowly(door, *chunks, end):
    """The answer to a body of these pieces, which then ends or hangs."""
    pieces, told = list(chunks), {}

    async def receive():
        if not pieces and not end:
            await asyncio.Event().wait()
        body = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": body, "more_body": bool(pieces) or not end}

    async def send(message):
        told.update(message)

    path = "/v1/batches/ACME/00/1"
    scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
             "client": ("192.0.2.1", 1), "root_path": "", "http_version": "1.1", "scheme": "https"}  # fmt: skip
    await door(scope, receive, send)
    return told.get("status")


def a_door(most, read_s):
    return app(
        lambda _octets: Answer(outcome="REFUSED", reason=""),
        lambda: True,
        Rates(99, lambda: 0.0),
        most,
        read_s,
    )


def test_a_body_that_does_not_come_to_its_end_is_given_up():
    door = a_door(1000, 0.02)
    assert asyncio.run(put_slowly(door, b"half", end=False)) == 408
    assert asyncio.run(put_slowly(door, b"half", b"half", end=True)) == 400


def test_bodies_on_their_way_hold_no_more_than_four_of_the_largest_together():
    async def play():
        door = a_door(100, 0.2)
        slow = [asyncio.create_task(put_slowly(door, b"x" * 100, end=False)) for _one in range(AT_ONCE)]
        for _turn in range(20):
            await asyncio.sleep(0)
        beside = await put_slowly(door, b"x", end=True)
        return beside, await asyncio.gather(*slow), await put_slowly(door, b"x" * 100, end=True)

    assert asyncio.run(play()) == (503, [408] * AT_ONCE, 400)


def test_a_body_larger_than_it_may_be_is_413_whatever_its_length_said():
    assert asyncio.run(put_slowly(a_door(100, 1.0), b"x" * 60, b"x" * 60, end=True)) == 413

"""A wall clock set an hour back and forward under a real server (libfaketime): calls, repetition and levels do not notice."""

import socket
import time
import urllib.request
from pathlib import Path

import pytest

from kit.query import package_of, query_octets
from kit.serving import Serving

LIBRARY = next(map(str, Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), "")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.alone,
    pytest.mark.skipif(not LIBRARY, reason="libfaketime is not installed"),
]


@pytest.mark.parametrize("general", [(), ("--general",)], ids=["fast", "general"])
def test_an_hour_back_and_forward_changes_no_answer(general, tmp_path, monkeypatch):
    word = tmp_path / "clock"
    word.write_text("+0")
    for name, value in {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(word),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }.items():
        monkeypatch.setenv(name, value)
    server = Serving("examples/golden", "--metrics", "127.0.0.1:0", "--json", *general)
    for name in ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE"):
        monkeypatch.delenv(name)
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.settimeout(5)
    peer.connect(server.endpoint("udp"))

    def ask(transaction):
        peer.send(query_octets(transaction))
        return package_of(peer.recv(4096))

    def figure(name):
        host, port = server.endpoint("http")
        with urllib.request.urlopen(f"http://{host}:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.rpartition(" ")[2] for line in lines if name in line and line[:1] != "#"))

    try:
        number = 0
        for step in ("+0", "+1h", "-1h", "+0"):
            word.write_text(step)
            until = time.monotonic() + 2.5
            while time.monotonic() < until:  # the step falls somewhere in here
                number += 1
                assert ask(number).components[0].is_invoke
                time.sleep(0.01)
            replayed = figure('cause="replayed"')
            first = ask(100_000 + number)
            assert ask(100_000 + number) == first
            assert figure('cause="replayed"') == replayed + 1
        assert figure("ain_scp_overload_level") == 0
        assert figure('cause="dropped_stale"') == 0
        assert figure('cause="shed_unread"') == 0
    finally:
        peer.close()
        server.end()
        server.close()

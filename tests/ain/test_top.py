"""`ain top`: what SCPs do, from their metrics; a silent or wrong endpoint is a state, not a trace."""

import contextlib
import json
import os
import pty
import socket
import subprocess
import sys
import threading

import pytest

from ain_scp.console.sources.metrics import Watched, parse, percentile
from tests.kit.query import query_octets
from tests.kit.serving import Serving

GOLDEN = "examples/golden"


def exposition(answered, waiting=0, *, buckets=(0, 0, 0)):
    low, middle, top = buckets
    return (
        f'ain_scp_outcome_total{{outcome="answered"}} {answered}\n'
        'ain_scp_dataset_info{name="golden",digest="abc"} 1\nain_scp_in_flight 2\n# HELP x y\nnonsense\n'
        f'ain_scp_records{{what="waiting"}} {waiting}\n'
        f'ain_scp_service_seconds_bucket{{le="0.0001"}} {low}\nain_scp_service_seconds_bucket{{le="0.001"}} {middle}\n'
        f'ain_scp_service_seconds_bucket{{le="+Inf"}} {top}\n'
    )


def test_rates_are_what_grew_and_a_counter_that_went_back_begins_anew():
    scp = Watched("A")
    assert scp.frame(0.0).state == "starting"
    scp.take(parse(exposition(100)), 10.0)
    assert scp.frame(10.0).rate is None
    scp.take(parse(exposition(150, 3)), 12.0)
    frame = scp.frame(12.5)
    assert (frame.state, frame.rate, frame.in_flight, frame.queue, frame.dataset, frame.digest) == (
        "serving",
        25.0,
        2,
        3,
        "golden",
        "abc",
    )
    scp.take(parse(exposition(5)), 13.0)
    assert scp.frame(13.0).rate == 0.0


def test_who_is_not_heard_for_three_seconds_is_silent_with_its_last_figures():
    scp = Watched("A")
    scp.take(parse(exposition(1)), 1.0)
    scp.take(parse(exposition(3)), 2.0)
    assert scp.frame(5.5).state == "silent"
    assert scp.frame(5.5).rate == 2.0
    scp.gone()
    assert scp.frame(2.0).state == "gone"


@pytest.mark.parametrize(
    ("buckets", "share", "value"),
    [([(0.0001, 100.0), (0.001, 100.0), (float("inf"), 100.0)], 0.5, 50.0), ([(0.0001, 0.0), (0.001, 100.0)], 0.5, 550.0),
     ([(0.001, 0.0), (float("inf"), 10.0)], 0.99, 1000.0), ([(0.001, 0.0)], 0.5, None), ([], 0.5, None)],
)  # fmt: skip
def test_percentiles_of_a_cumulative_histogram(buckets, share, value):
    assert percentile(buckets, share) == value


def test_an_scp_that_serves_is_shown(ain):
    server = Serving(GOLDEN, "--metrics", "127.0.0.1:0")
    try:
        host, port = server.endpoint("http")
        server.ask(query_octets(1))
        done = ain("top", f"{host}:{port}", "--once", "--json")
        frame = json.loads(done.stdout)["scp"][0]
        assert (done.returncode, frame["state"], frame["dataset"], frame["rate"]) == (
            0,
            "serving",
            "golden",
            0.0,
        )
        text = ain("top", f"{host}:{port}")
        assert text.returncode == 0
        assert "serving" in text.stdout
    finally:
        server.close()


def test_q_leaves():
    """On a terminal of its own, drawn once a second until the key is pressed."""
    server = Serving(GOLDEN, "--metrics", "127.0.0.1:0")
    main, side = pty.openpty()
    try:
        words = [sys.executable, "-m", "ain_scp", "top", ":".join(map(str, server.endpoint("http")))]
        process = subprocess.Popen(words, stdin=side, stdout=side, stderr=side)
        os.close(side)
        drawn = b""
        while b"Ctrl-C ends" not in drawn:
            drawn += os.read(main, 65536)
        os.write(main, b"xq")
        with contextlib.suppress(OSError):  # the other side is closed
            while os.read(main, 65536):
                pass
        assert process.wait(30) == 0
    finally:
        os.close(main)
        server.close()


def answering(octets):
    """A server that answers everybody with these octets; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(2):
            line, _peer = listening.accept()
            with line:
                line.recv(4096)
                line.sendall(octets)
        listening.close()

    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1]


@pytest.mark.parametrize("octets", [b"", b"garbage", b"HTTP/1.1 500 No\r\n\r\n"])
def test_what_answers_wrongly_is_gone(ain, octets):
    done = ain("top", f"127.0.0.1:{answering(octets)}", "--once", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["scp"][0]["state"] == "gone"


def test_nobody_there_and_nonsense(ain):
    assert ain("top", "127.0.0.1:1", "--once").returncode == 1
    done = ain("top", "nowhere")
    assert (done.returncode, "expected HOST:PORT" in done.stderr) == (2, True)

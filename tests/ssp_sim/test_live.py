"""Frames and messages of a run while it goes on: whole lines, in order, and a reader that is slow or gone stops nothing."""

import fcntl
import json
import os
import threading
import time
from collections import Counter

import pytest

from ain_scp.ain.run.live import LinesOut, Orders, Pace
from ain_scp.ssp_sim.live import MOST_MESSAGES, Live
from ain_scp.ssp_sim.record import WireMessage


class World:
    def __init__(self):
        self.offered = 3
        self.statuses = Counter(COMPLETED=2)

    def in_progress(self):
        return 1

    def groups(self):
        return [("0000-0174", "SSP2014", "ETN2016", 24, 1)]


def message(number, source="SSP2004", destination="STP", protocol="AIN", *, lost=False):
    return WireMessage(number, number * 1000, source, destination, "C1", protocol, "InfoAnalyzed", lost=lost)


def test_a_frame_has_what_happened_since_the_one_before():
    lines, now = [], [0]
    live = Live(lambda line: lines.append(json.loads(line)) or True, lambda: now[0])
    live.message(message(1))
    live.message(message(2, "STP", "SSP2004", lost=True))
    live.message(message(3, "9258341234", "SSP2004", "LINE"))
    live.frame(0, World())
    live.message(message(4))
    now[0] = 10**9
    live.tick(5, World())
    frames = [one["frame"] for one in lines if "frame" in one]
    assert [frame["links"] for frame in frames] == [[["SSP2004", "STP", 2, 1]], [["SSP2004", "STP", 1, 0]]]
    assert (frames[0]["in_progress"], frames[0]["seen"], frames[0]["statuses"]) == (1, 3, {"COMPLETED": 2})
    assert [one["message"]["number"] for one in lines if "message" in one] == [1, 2, 3, 4]


def test_beyond_the_most_messages_a_second_they_are_counted():
    lines = []
    live = Live(lambda line: lines.append(line) or True, lambda: 0)
    for number in range(MOST_MESSAGES + 7):
        live.message(message(number))
    live.frame(0, World())
    assert len(lines) == MOST_MESSAGES + 1
    assert json.loads(lines[-1])["frame"]["left_out"] == 7


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    yield reader, writer
    os.close(writer)


def test_a_reader_that_does_not_read_costs_lines_and_never_a_part_of_one(pipe):
    reader, writer = pipe
    out = LinesOut(writer)
    lines = [json.dumps({"n": number, "x": "y" * 1500}).encode() + b"\n" for number in range(8)]
    taken = [out.send(line) for line in lines]
    assert taken.count(True) < len(lines)
    got = os.read(reader, 65536)
    assert out.send(b'{"last":1}\n')
    got += os.read(reader, 65536)
    os.close(reader)
    whole = [json.loads(line) for line in got.splitlines()]
    assert [one["n"] for one in whole[:-1]] == [number for number, ok in enumerate(taken) if ok]
    assert whole[-1] == {"last": 1}


def test_a_reader_that_is_gone_is_noticed_once(pipe):
    reader, writer = pipe
    out = LinesOut(writer)
    os.close(reader)
    assert not out.send(b"{}\n")
    assert not out.send(b"{}\n")


class Lab:
    def __init__(self):
        self.world = World()
        self.kernel = type("Kernel", (), {"now": 0})()


def test_a_run_waits_goes_on_and_goes_faster_as_it_is_told():
    reader, writer = os.pipe()
    try:
        os.write(writer, b'nonsense\n[1]\n{"speed": "-1"}\n{"pause": true}\n')
        lab, lines = Lab(), []
        began = time.monotonic()
        live = Live(lambda line: lines.append(line) or True, time.monotonic_ns)
        pace = Pace(live, lab, "max", 0, Orders(reader))
        told = threading.Timer(0.3, os.write, (writer, b'{"pause": false}\n{"speed": "100"}\n'))
        told.start()
        pace(1)
        assert 0.3 <= time.monotonic() - began < 20
        pace(20 * 10**9)  # a hundred times as fast as the clock
        assert 0.45 <= time.monotonic() - began < 20
        os.write(writer, b'{"speed": "max"}\n')
        os.close(writer)
        pace(3600 * 10**9)
        assert time.monotonic() - began < 30
    finally:
        os.close(reader)


def test_what_is_no_pipe_is_not_read(tmp_path):
    with (tmp_path / "file").open("wb+") as file:
        assert Orders(file.fileno()).given() == []
    assert Orders(999).given() == []

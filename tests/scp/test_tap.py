"""The tap of a server: what was asked and answered, a budget a second, orders about it, and no fault that costs an answer."""

import asyncio
import sys

import pytest

from ain_scp.ain.build import mode
from ain_scp.ain.dataset import open_program
from ain_scp.journal.ring import RingReader
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.edges.control import OrderFault
from ain_scp.scp.edges.tap import MOST, Tap, tap_verbs
from ain_scp.scp.fast.node import FastNode
from tests.kit.query import query_octets
from tests.kit.serving import ROOT, Serving

SECOND = 1_000_000_000
MARK = 0x7A7B7C7D
LINK = "udp://127.0.0.1:1"


def test_a_second_has_a_budget_and_the_rest_is_counted(tmp_path):
    tap = Tap(tmp_path / "tap", rate=10)
    for second in (1, 1, 1, 2):
        tap.take(second * SECOND + 5, [b"q"] * 6, [b"a"] * 6, "x")
    tap.take(3 * SECOND, [b"q"], [], "x")
    head, found = RingReader(tmp_path / "tap", behind=True).read()
    assert (head.written, head.passed, len(found)) == (6 + 6 + 6 + 1, 6, 19)
    tap.set_rate(0)
    tap.take(3 * SECOND, [b"q"], [b"a"], "x")
    assert 'ain_scp_tap_total{what="passed"} 7' in tap.lines()
    tap.close()


def test_a_file_that_takes_nothing_costs_samples_only(tmp_path, monkeypatch):
    tap = Tap(tmp_path / "tap")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ain_scp.journal.ring.os.pwrite", full)
    tap.take(SECOND, [b"q"] * 3, [b"a"] * 3, "x")
    assert 'ain_scp_tap_total{what="failed"} 4' in tap.lines()  # the counts once, and three samples


def test_at_forty_thousand_queries_a_second_it_costs_less_than_a_hundredth_of_the_calls(tmp_path):
    """Calls of functions are counted, Python's and built in: a second's batches of 16 answered, and sampled at the usual budget."""
    if mode() != "interpreted":
        pytest.skip("calls within compiled modules are not seen")
    node, tap = (
        FastNode(open_program(ROOT / "examples/golden"), NodeConfig(), lambda: 0),
        Tap(tmp_path / "tap"),
    )
    head, tail = query_octets(MARK).split(MARK.to_bytes(4, "big"))
    batches = [
        [head + at.to_bytes(4, "big") + tail for at in range(first, first + 16)]
        for first in range(0, 41_600, 16)
    ]
    learned, batches = batches[:100], batches[100:]
    for batch in learned:
        node.answer_safely(batch, LINK, SECOND, print)
    answers = []
    alone = calls(lambda: answers.extend(node.answer_safely(batch, LINK, SECOND, print) for batch in batches))
    beside = calls(
        lambda: [
            tap.take(SECOND + at, *both, LINK) for at, both in enumerate(zip(batches, answers, strict=True))
        ]
    )
    tap.close()
    assert all(map(all, answers))
    assert alone / (alone + beside) > 0.99, (alone, beside)


def calls(work):
    """How many calls of functions some work takes."""
    count = 0

    def see(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("rate", [None, -1, MOST + 1, "5", True, 1.5])
def test_an_order_without_a_rate_is_refused(tmp_path, rate):
    with pytest.raises(OrderFault, match="whole number"):
        asyncio.run(tap_verbs([Tap(tmp_path / "tap")])["tap"]({"rate": rate}))


def test_an_order_without_a_tap_says_how_to_have_one():
    with pytest.raises(OrderFault, match="--tap PATH"):
        asyncio.run(tap_verbs([])["tap"]({"rate": 5}))


def said(path, line):
    async def main():
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line)
        answer = await reader.readline()
        writer.close()
        return answer

    return asyncio.run(main())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_with_a_tap(tmp_path, workers):
    path, control = tmp_path / "scp.tap", tmp_path / "c.sock"
    options = ("--tap", path, "--control", control, "--workers", workers)
    server = Serving(ROOT / "examples" / "golden", *options, patience_s=60)
    try:
        readers = [
            RingReader(one)
            for one in ([path] if workers == 1 else [tmp_path / f"scp.tap.{n}" for n in range(2)])
        ]
        for reader in readers:
            assert reader.read()[1] == []
        asked = [query_octets(transaction) for transaction in range(1, 9)]
        answers = [server.ask(octets) for octets in asked]
        found = [one for reader in readers for one in reader.read()[1]]
        assert sorted(one.query for one in found) == sorted(asked)
        assert sorted(one.answer for one in found) == sorted(answers)
        assert {one.link.rpartition(":")[0] for one in found} == {"udp://127.0.0.1"}
        assert b'"ok":true' in said(control, b'{"do":"tap","rate":0}\n')
        heard = said(control, b'{"do":"status"}\n')  # after it, so that workers have the order, too
        assert b'"ok":true' in heard
        assert b"whole number" in said(control, b'{"do":"tap","rate":-1}\n')
        status, _, errors = server.end()
        assert (status, errors) == (0, "")
        assert list(tmp_path.iterdir()) == []
    finally:
        server.close()


def test_a_tap_that_cannot_be_had_is_one_line(tmp_path, ain):
    (tmp_path / "taken").write_text("precious")
    for workers in (1, 2):
        name = "taken" if workers == 1 else "tak"
        (tmp_path / "tak.1").write_text("precious")
        done = ain(
            "serve", "examples/golden", "--udp", "127.0.0.1:0", "--tap", tmp_path / name, "--workers", workers
        )
        assert done.returncode == 2, done
        assert "is no tap" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_tap_in_the_data_set_is_refused_before_it_spoils_it(ain, tmp_path):
    import shutil

    dataset = shutil.copytree(ROOT / "examples" / "golden", tmp_path / "golden")
    done = ain("serve", dataset, "--udp", "127.0.0.1:0", "--tap", dataset / "scp.tap")
    assert done.returncode == 2
    assert "--tap" in done.stderr
    assert not (dataset / "scp.tap").exists()

"""Several worker processes on one port: spread by transaction, replaced when one dies, loaded again and ended together."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from ain_scp.ain.serve.sums import added_up
from ain_scp.ain.serve.worker import News, is_news
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.signaling import m3ua
from ain_scp.signaling.m3ua import MessageKind
from ain_scp.transport.spread import Mailbox, attach, mailboxes, program
from kit.query import SSP, package_of, query_octets
from kit.serving import Serving

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 30


def filter_works():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probe.bind(("127.0.0.1", 0))
        return attach(probe, program(2))


pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="worker processes need Linux")


class Workers(Serving):
    """`ain serve --workers 2`, and one peer."""

    def __init__(self, dataset, *options):
        self.dataset = dataset
        options = ("--workers", "2", "--metrics", "127.0.0.1:0", "--json", *options)
        super().__init__(dataset, *options, patience_s=PATIENCE_S)

    def answers(self, transactions):
        """Ask all at once; the answers by transaction."""
        for transaction in transactions:
            self.send(query_octets(transaction))
        found = [self.socket.recv(4096) for _ in transactions]
        return {package_of(octets).responding: octets for octets in found}

    def told(self, path):
        """What the health endpoint says."""
        host, port = self.endpoint("http")
        with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=PATIENCE_S) as page:
            return page.read().decode()

    def metric(self, name):
        (value,) = [line.split()[-1] for line in self.told("/metrics").splitlines() if line.startswith(name)]
        return float(value)

    def workers(self):
        """The process ids of the workers, in the order of their numbers at the start."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in children.split()]


@pytest.fixture
def serving(tmp_path):
    """A function: options -> two workers serving a copy of the golden data set."""
    started = []
    dataset = tmp_path / "golden"
    shutil.copytree(ROOT / "examples" / "golden", dataset)

    def start(*options):
        started.append(Workers(dataset, *options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def gone(process):
    """Whether a process ends within the patience."""
    end = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{process}").exists():
        if "\nState:\tZ" in Path(f"/proc/{process}/status").read_text() or time.monotonic() > end:
            break
    return time.monotonic() < end


def test_one_peer_is_answered_by_both_and_the_metrics_are_added_up(serving):
    server = serving()
    assert json.loads(server.ready)["workers"] == 2
    assert set(server.answers(range(40))) == set(range(40))
    assert server.metric("ain_scp_received_total") == 40
    assert server.metric('ain_scp_datagrams_total{port="udp",event="sent"}') == 40
    assert server.metric("ain_scp_workers") == 2
    told = json.loads(server.told("/health"))
    assert told.items() >= {"status": "serving", "name": "SCP", "workers": 2, "running": 2}.items()
    assert server.end() == (0, "", "")


@pytest.mark.skipif(not filter_works(), reason="no filter for groups of sockets here")
def test_a_transaction_always_reaches_the_same_worker(serving):
    """Of two workers the one that is stopped owns half of the transactions: they wait, the others do not."""
    server = serving()
    server.answers(range(4))
    stopped = server.workers()[0]
    os.kill(stopped, signal.SIGSTOP)
    for transaction in range(10, 30):
        server.send(query_octets(transaction))
    first = {package_of(server.socket.recv(4096)).responding for _ in range(10)}
    os.kill(stopped, signal.SIGCONT)
    second = {package_of(server.socket.recv(4096)).responding for _ in range(10)}
    assert [sorted(first), sorted(second)] in (
        [list(range(10, 30, 2)), list(range(11, 30, 2))],
        [list(range(11, 30, 2)), list(range(10, 30, 2))],
    )
    again = server.answers([100, 101])
    assert server.answers([100, 101]) == again, "a repeated query gets the same answer, octet for octet"
    assert 'cause="replayed"} 2' in server.told("/metrics")
    assert server.end()[0] == 0


def test_a_worker_that_died_is_started_again(serving):
    server = serving()
    for killed in server.workers():
        os.kill(killed, signal.SIGKILL)
        assert server.error_line().endswith(f"(pid {killed}) ended with signal 9; started again")
    assert set(server.answers(range(20))) == set(range(20)), "what was asked meanwhile waits in the socket"
    assert len(server.workers()) == 2
    assert server.end() == (0, "", "")


@pytest.mark.slow
@pytest.mark.alone
def test_a_worker_that_hangs_is_replaced_within_two_seconds(serving):
    """Stopped, it is killed and replaced, again and again: no death counts, so it is not the end of the whole.

    Two seconds are those of a quiet machine; what starting Python takes longer here than there (0.6 s) is added.
    """
    server = serving()
    server.answers(range(4))
    for turn in range(6):
        began = time.monotonic()
        subprocess.run([sys.executable, "-P", "-c", "import ain_scp.ain.serve.worker"], cwd=ROOT, check=True)
        slower = max(0.0, time.monotonic() - began - 0.6)
        hung = server.workers()[0]
        began = time.monotonic()
        os.kill(hung, signal.SIGSTOP)
        asked = range(100 * turn + 10, 100 * turn + 30)
        assert set(server.answers(asked)) == set(asked), "what was asked meanwhile waits in the socket"
        took = time.monotonic() - began
        assert took < 2.0 + 2 * slower, f"{took:.2f} s"
        assert server.error_line().endswith(f"(pid {hung}) hangs: not heard for 0.75 s, killed")
        assert server.error_line().endswith(f"(pid {hung}) ended with signal 9; started again")
    assert json.loads(server.told("/health"))["running"] == 2
    assert server.end() == (0, "", "")


def test_a_supervisor_that_was_killed_leaves_nothing_behind_after_the_next_start(
    serving, tmp_path, monkeypatch
):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    other = serving()
    killed = serving()
    assert len(list(scratch.iterdir())) == 2
    killed.end(signal.SIGKILL)
    assert len(list(scratch.iterdir())) == 2
    third = serving()
    assert len(list(scratch.iterdir())) == 2, "one of a living server, one of the new one"
    for server in (other, third):
        assert server.answers(range(4))
        assert server.end()[0] == 0
    assert list(scratch.iterdir()) == []


def test_workers_that_do_not_stay_alive_end_the_whole(serving):
    server = serving()
    seen = set()
    while server.process.poll() is None and len(seen) < 20:
        for worker in set(server.workers()) - seen:
            seen.add(worker)
            os.kill(worker, signal.SIGKILL)
    _, errors = server.process.communicate(timeout=PATIENCE_S)
    assert server.process.returncode == 1
    assert errors.splitlines()[-1] == "ain serve: workers died 5 times within 60 s: ended"


def test_sighup_reaches_all_workers_and_a_broken_data_set_none(serving):
    server = serving()
    before = server.answers([0, 1])
    mdp = server.dataset / "customers" / "GOLDEN" / "mdp.csv"
    good = mdp.read_text()
    mdp.write_text(good + "nonsense\n")
    server.process.send_signal(signal.SIGHUP)
    assert "mdp.csv" in server.error_line()
    assert "still using the previous one" in server.error_line()
    same = server.answers([2, 3])
    assert [package_of(one).components[0] for one in same.values()] == [
        package_of(one).components[0] for one in before.values()
    ]
    mdp.write_text("\n".join(line for line in good.splitlines() if not line.startswith("9212000")) + "\n")
    server.process.send_signal(signal.SIGHUP)
    assert server.error_line() == "data set reloaded"
    after = server.answers([4, 5])
    assert not {package_of(one).components[0] for one in after.values()} & {
        package_of(one).components[0] for one in before.values()
    }
    os.kill(server.workers()[0], signal.SIGKILL)
    assert "started again" in server.error_line()
    assert [package_of(one).components[0] for one in server.answers([6, 7]).values()] == [
        package_of(one).components[0] for one in after.values()
    ]
    assert server.end()[0] == 0


SIGNALLED_WHEN_READY = """
import os, signal, sys
from ain_scp.ain.__main__ import cli

class Told:
    def write(self, text):
        os.kill(os.getpid(), signal.SIGTERM)
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

sys.stdout = Told()
cli.main(["serve", sys.argv[1], "--udp", "127.0.0.1:0", "--workers", "2"])
"""


def test_a_signal_that_comes_with_the_ready_line_is_heeded():
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED_WHEN_READY, "examples/golden"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_worker_outlives_its_supervisor(serving):
    server = serving()
    workers = server.workers()
    server.process.kill()
    assert len(workers) == 2
    assert all(gone(worker) for worker in workers)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--sctp", "127.0.0.1:0"], "--sctp"),
        (["--records", "nowhere"], "--records"),
        (["--udp", "127.0.0.1:x"], "--udp"),
        (["--workers", "65"], "--workers"),
    ],
)
def test_what_workers_cannot_do_is_one_line(ain, options, word, tmp_path):
    result = ain("serve", "examples/golden", "--workers", "2", *options)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)
    assert word in result.stderr or "--udp" in result.stderr
    empty = ain("serve", tmp_path, "--udp", "127.0.0.1:0", "--workers", "2")
    assert (empty.returncode, "dataset.toml" in empty.stderr) == (2, True)


def test_what_one_worker_hears_of_the_network_all_obey(program_of):
    """RFC 4666 clause 3.4.1: after DUNA all workers hold that switch cut off, until DAVA or a query of its own."""
    pairs = mailboxes(2)
    boxes = [Mailbox(number, pairs[number][0], [end for _, end in pairs]) for number in range(2)]
    nodes = [FastNode(program_of(), NodeConfig(), lambda: 0) for _ in boxes]
    news_of = [News(node, box) for node, box in zip(nodes, boxes, strict=True)]
    affected = (m3ua.AffectedPointCode(SSP),)
    numbers = iter(range(1000))

    def ask(worker, octets):
        answers = nodes[worker].answer_all([octets], "udp://127.0.0.1:5", 0)
        news_of[worker].heard(("127.0.0.1", 5), [octets])
        return len(answers)

    def served():
        return [ask(worker, query_octets(next(numbers))) for worker in range(2)]

    def pass_on():
        return sum(
            len(news)
            for mine, box in zip(news_of, boxes, strict=True)
            for _, address, news in box.take()
            if mine.obey(address, news) is None
        )

    assert served() == [1, 1]
    for kind, cut_off in ((MessageKind.DUNA, True), (MessageKind.DAVA, False)):
        ask(0, m3ua.encode(m3ua.Message(kind, affected_point_codes=affected)))
        assert pass_on() == 1
        assert pass_on() == 0, "what was passed on is not passed on again"
        refusals = [node.lower.status.refusal(SSP, 250) for node in nodes]
        assert [refusal is not None for refusal in refusals] == [cut_off, cut_off]
    assert served() == [1, 1]
    beat = m3ua.encode(m3ua.Message(MessageKind.BEAT, heartbeat=b"alive"))
    assert ask(0, beat) == 1
    assert pass_on() == 0
    assert not is_news(beat)
    assert not is_news(query_octets(1))
    for box in boxes:
        box.close()


def test_metrics_are_added_but_for_times_and_levels():
    one = '# TYPE a counter\na 1\nb{c="d e"} 2\nain_scp_overload_level 3\nain_scp_start_time_seconds 10.5\n'
    two = '# TYPE a counter\na 10\nb{c="d e"} 5\nain_scp_overload_level 1\nain_scp_start_time_seconds 9.5\nx 0.5\n'
    assert added_up([one, two]).splitlines() == [
        "# TYPE a counter",
        "a 11",
        'b{c="d e"} 7',
        "ain_scp_overload_level 3",
        "ain_scp_start_time_seconds 9.5",
        "x 0.5",
    ]
    assert added_up([]) == ""

"""The server as a process: ready, asked over UDP, loaded again, ended."""

import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ain_scp.signaling import m3ua
from ain_scp.signaling.ain.operations import operation_named
from ain_scp.signaling.m3ua import MessageKind
from kit.query import package_of, query_octets
from kit.serving import Serving

ROOT = Path(__file__).parent.parent.parent


class Server(Serving):
    """A server that is asked for whole packages."""

    def answered(self, transaction=77, **fields):
        return package_of(self.ask(query_octets(transaction, **fields)))


@pytest.fixture
def serving(tmp_path):
    """A function: options -> a server on a copy of the golden data set."""
    started = []
    dataset = tmp_path / "golden"
    shutil.copytree(ROOT / "examples" / "golden", dataset)

    def start(*options):
        started.append(Server(dataset, *options))
        return started[-1]

    start.dataset = dataset
    yield start
    for one in started:
        one.close()


def test_it_says_when_it_is_ready_answers_who_asked_and_ends_on_sigterm(serving):
    server = serving()
    assert server.ready.startswith("ready udp 127.0.0.1:")
    package = server.answered(transaction=4711)
    assert (package.responding, package.components[0].code) == (4711, operation_named("analyzeRoute").code)
    beat = m3ua.encode(m3ua.Message(MessageKind.BEAT, heartbeat=b"alive"))
    assert m3ua.decode(server.ask(beat)).kind == MessageKind.BEAT_ACK
    server.send(b"no message")
    server.send(b"")
    assert server.answered(transaction=4712).responding == 4712
    assert server.end() == (0, "", "")


def test_every_peer_gets_its_own_answers(serving):
    server = serving("--json")
    others = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    for index, other in enumerate(others):
        other.settimeout(10)
        for number in range(20):
            other.sendto(query_octets(transaction=100 * index + number), server.address)
    for index, other in enumerate(others):
        seen = set()
        for _ in range(20):
            seen.add(package_of(other.recv(4096)).responding)
        assert seen == {100 * index + number for number in range(20)}
        other.close()
    assert server.end(signal.SIGINT)[0] == 0


def test_sighup_loads_again_and_a_broken_data_set_changes_nothing(serving):
    server = serving()
    stations = serving.dataset / "customers"
    (customer,) = [path for path in stations.iterdir() if (path / "mdp.csv").exists()][:1]
    mdp = customer / "mdp.csv"
    good = mdp.read_text()
    before = server.answered()
    mdp.write_text(good + "nonsense\n")
    server.process.send_signal(signal.SIGHUP)
    assert "mdp.csv" in server.error_line()
    line = server.error_line()
    while "still using the previous one" not in line:
        line = server.error_line()
    assert server.answered(transaction=78).components[0] == before.components[0]
    changed = "\n".join(line for line in good.splitlines() if not line.startswith("9212000"))
    assert changed != good.rstrip("\n")
    mdp.write_text(changed + "\n")
    server.process.send_signal(signal.SIGHUP)
    assert server.error_line() == "data set reloaded"
    assert server.answered(transaction=79).components[0] != before.components[0]
    assert server.end()[0] == 0


def test_a_public_address_needs_an_acknowledgement(ain):
    result = ain("serve", "examples/golden", "--udp", "0.0.0.0:0")
    assert result.returncode == 2
    assert "--allow-public" in result.stderr


@pytest.mark.parametrize("address", ["localhost:1", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", ":5"])
def test_an_address_that_is_none_is_a_usage_error(address, ain):
    result = ain("serve", "examples/golden", "--udp", address)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)


def test_a_data_set_that_cannot_be_used_is_told_and_ends_with_2(ain, tmp_path):
    result = ain("serve", tmp_path, "--udp", "127.0.0.1:0")
    assert (result.returncode, "dataset.toml" in result.stderr) == (2, True)


def test_the_switch_of_the_examples_asks_and_prints_the_answer(serving):
    """examples/own_switch/ask.py is what docs/wire.md shows; it must go on working as shown."""
    server = serving()
    command = [sys.executable, "examples/own_switch/ask.py", f"127.0.0.1:{server.address[1]}"]
    done = subprocess.run(
        [*command, "9258341234", "7", "9212000"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "analyzeRoute" in done.stdout
    assert "calledPartyID: 4159212000 (nature 3)" in done.stdout
    assert "aMAslpID: 760833001" in done.stdout
    assert server.end() == (0, "", "")
    wrong = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert wrong.returncode == 2

"""A server killed while delta files of ported numbers come in: each is in force wholly or not at all, before and after."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ain_scp.ain.lnp.ask import Question, query_octets
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain import operation_named
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.tcap import decode_package

ROOT = Path(__file__).parents[2]
NUMBERS = [f"213555{last:04d}" for last in range(1000, 1040)]
LRNS = ["3235550000", "6265550000", "9258340000", "5105550000"]
PATIENCE_S = 60


class Served:
    """A server on a data set, and a socket to ask it by."""

    def __init__(self, dataset):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ain_scp.ain", "serve", str(dataset), "--udp", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE_S)
        self.transaction = 0
        words = self.process.stdout.readline().split()
        self.ready = bool(words)
        if words:
            host, _, port = words[2].rpartition(":")
            self.socket.connect((host, int(port)))

    def routing(self, number):
        """The LRN of one number."""
        self.transaction += 1
        self.socket.send(query_octets(Question(number, None, 37, 250, 3), self.transaction))
        data = m3ua.decode(self.socket.recv(4096)).protocol_data
        package = decode_package(sccp.decode(data.payload).data)
        assert package.responding == self.transaction
        (component,) = package.components
        operation = operation_named("analyzeRoute")
        assert component.code == operation.code
        return decode_parameters(operation, component.parameter).digits("calledPartyID").digits

    def end(self, how):
        """End it; exit code and standard error."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        self.socket.close()
        return self.process.returncode, errors


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "set"
    shutil.copytree(ROOT / "examples" / "services", root, copy_function=shutil.copyfile)
    rows = "".join(f"{number},{LRNS[0]},\n" for number in NUMBERS)
    (root / "services/lnp/ported.csv").write_text(f"number,lrn,spid\n{rows}")
    (root / "services/lnp/delta").mkdir()
    for path in root.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return root


def put(dataset, at, lrn):
    """Put a delta into place as a whole: it sends every number, and thousands of others, to one LRN."""
    others = "".join(f"{'MOD' if at > 1 else 'ADD'},415921{last:04d},{lrn},\n" for last in range(3000, 9000))
    rows = others + "".join(f"MOD,{number},{lrn},\n" for number in NUMBERS)
    made = dataset / "made"
    made.write_text(f"action,number,lrn,spid\n{rows}")
    made.rename(dataset / f"services/lnp/delta/{at}.csv")


def test_a_server_killed_between_delta_files_has_each_in_force_wholly_or_not_at_all(dataset):
    for at, (before, after) in enumerate(itertools.pairwise(LRNS), 1):
        server = Served(dataset)
        assert {server.routing(number) for number in NUMBERS} == {before}
        put(dataset, at, after)
        server.process.send_signal(signal.SIGHUP)
        answers = []
        wanted = {1: 1, 2: 40, 3: sys.maxsize}[
            at
        ]  # killed at once, soon after, and once the new answers are there
        end = time.monotonic() + PATIENCE_S
        while len(answers) < wanted and answers[-40:] != [after] * 40:
            assert time.monotonic() < end, "the delta is not in force"
            answers.append(server.routing(NUMBERS[len(answers) % len(NUMBERS)]))
        assert server.end(signal.SIGKILL)[0] == -signal.SIGKILL
        assert answers == sorted(answers, key=[before, after].index), "an old answer after a new one"
    server = Served(dataset)
    assert {server.routing(number) for number in NUMBERS} == {LRNS[-1]}
    server.end(signal.SIGTERM)


def test_a_delta_file_that_breaks_off_in_a_row_is_refused_by_line_and_without_it_the_earlier_ones_hold(
    dataset,
):
    put(dataset, 1, LRNS[1])
    cut = dataset / "services/lnp/delta/2.csv"
    cut.write_text(f"action,number,lrn,spid\nMOD,{NUMBERS[0]},{LRNS[2]},\nMOD,{NUMBERS[1]},92583")
    server = Served(dataset)
    assert not server.ready
    code, errors = server.end(signal.SIGTERM)
    assert code == 2
    assert "services/lnp/delta/2.csv:3" in errors
    cut.unlink()
    server = Served(dataset)
    assert {server.routing(number) for number in NUMBERS} == {LRNS[1]}
    server.end(signal.SIGTERM)

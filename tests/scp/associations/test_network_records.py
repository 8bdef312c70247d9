"""`ain serve --records` as a node of a network, over M3UA on UDP and on SCTP: the journal and its promises are those of --udp."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.reader import read_directory
from ain_scp.scp.associations.asp import AspAssociation, AspRow
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.transport import sctp_kernel, sctp_usr
from ain_scp.transport.datagram import UdpEndpoint
from ain_scp.transport.link import Endpoint, parse_endpoint
from kit.query import first_name, identifier_in, query_octets
from kit.serving import Process, Serving

ROOM = str(1 << 20)

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("SERVE_KILLS", "3"))
ANY = parse_endpoint("127.0.0.1:0")
SCTP_PORT = 2905

needs_usrsctp = [
    pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing())),
    pytest.mark.skipif(sctp_kernel.missing() is None, reason="the kernel's SCTP is preferred here"),
]
TRANSPORTS = ["udp", pytest.param("sctp", marks=needs_usrsctp)]


class Recording(Process):
    """One `ain serve --config --records` process that listens on one transport."""

    def __init__(self, transport, place, *options, name="SCP", node_id=1):
        node = place / "node.toml"
        at = "127.0.0.1:0" if transport == "udp" else f"127.0.0.1:{SCTP_PORT}"
        node.write_text(
            f'name = "{name}"\nnode_id = {node_id}\npoint_code = "245-1-2"\nrouting_context = 100\nsctp_udp_port = 0\n'
            f'[[listen]]\ntransport = "{transport}"\naddress = "{at}"\n'
        )
        self.transport = transport
        super().__init__("examples/golden", "--config", node, "--records", place / "records", *options)

    @property
    def port(self):
        return self.endpoint("udp" if self.transport == "udp" else "sctp-over-udp")[1]

    def end(self, number=signal.SIGTERM):
        """End it; its status and its lines on stderr."""
        status, _, told = super().end(number)
        return status, told.splitlines()


class Switch:
    """A switch with one association: it registers, asks, and remembers every answer."""

    def __init__(self, serving):
        self.answers = []
        self._news = asyncio.Event()
        row = AspRow(
            "SCP", AspConfig(routing_contexts=(100,), t_beat_ms=0, association=serving.transport != "udp")
        )
        self.below = UdpEndpoint(ANY) if serving.transport == "udp" else sctp_usr.UsrSctpStack(ANY)
        self.association = AspAssociation(
            row, lambda user: self._dial(user, serving), self._deliver, time.monotonic_ns, lambda: 0.5
        )

    def _dial(self, user, serving):
        if serving.transport == "udp":
            return self.below.connect(Endpoint(("127.0.0.1",), serving.port), user)
        return self.below.connect(Endpoint(("127.0.0.1",), SCTP_PORT), user, serving.port)

    def _deliver(self, octets, _link):
        self.answers.append(octets)
        self._news.set()

    async def register(self):
        self.association.start()
        async with asyncio.timeout(15):
            while not self.association.active:
                self.association.handle_timer()
                await asyncio.sleep(0.005)

    async def ask(self, numbers, patience_s=15.0, **more):
        """Ask; True when all are answered in time."""
        due = len(self.answers) + len(numbers)
        for number in numbers:
            if not self.association.send_answer(query_octets(number, sls=number % 256, **more)):
                return False
        try:
            async with asyncio.timeout(patience_s):
                while len(self.answers) < due:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


def asked(serving, work):
    """Do something with a registered switch; its answers."""

    async def main():
        switch = Switch(serving)
        try:
            await switch.register()
            await work(switch)
        finally:
            switch.below.close()
        return switch.answers

    return asyncio.run(main())


def samples_in(place, name="SCP"):
    return [
        json.loads(entry.payload)
        for entry in read_directory(RecordDirectory(place / "records").samples(name))
    ]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("options", [(), ("--hold-answers",)])
def test_every_answered_call_has_its_sample_after_an_orderly_end_and_the_next_server_counts_on(
    transport, options, tmp_path
):
    stored = []
    for start in (1, 1000):
        serving = Recording(transport, tmp_path, *options)
        answers = asked(serving, lambda switch, first=start: switch.ask(range(first, first + 150)))
        assert serving.end() == (0, [])
        stored += [identifier_in(octets) for octets in answers]
    assert len(stored) == len(set(stored)) == 300
    assert sorted(sample["identifier"] for sample in samples_in(tmp_path)) == sorted(stored)


@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_killed_under_load_with_held_answers_every_answered_call_is_on_disk_once(transport, tmp_path):
    answers = []
    for kill in range(KILLS):
        serving = Recording(transport, tmp_path, "--hold-answers")

        async def load_and_kill(switch, kill=kill, serving=serving):
            asyncio.get_running_loop().call_later(0.25 + 0.137 * kill, serving.process.kill)
            first = 1 + kill * 1_000_000
            while serving.process.poll() is None and await switch.ask(range(first, first + 32), 0.5):
                first += 32

        got = asked(serving, load_and_kill)
        serving.end(signal.SIGKILL)
        assert got
        answers += [identifier_in(octets) for octets in got]
    stored = [sample["identifier"] for sample in samples_in(tmp_path)]
    assert None not in answers
    assert len(answers) == len(set(answers))
    assert len(stored) == len(set(stored))
    assert set(answers) <= set(stored)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_node_that_is_told_to_leave_lets_go_what_it_holds_and_ends_in_order(transport, tmp_path):
    serving = Recording(transport, tmp_path, "--hold-answers")

    async def ask_and_end(switch):
        for number in range(1, 301):
            assert switch.association.send_answer(query_octets(number))
        serving.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            while serving.process.poll() is None:  # noqa: ASYNC110 - a process tells nobody
                await asyncio.sleep(0.01)

    answers = asked(serving, ask_and_end)
    _, told = serving.process.communicate()
    assert (serving.process.returncode, told) == (0, "")
    routed = [
        octets for octets in answers if first_name(octets) != "error 2"
    ]  # a burst to one number may be shed
    given = {identifier_in(octets) for octets in routed}
    assert len(given) == len(routed) > 0
    assert given <= {sample["identifier"] for sample in samples_in(tmp_path)}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_without_room_on_the_disk_billable_calls_are_refused_and_emergencies_served(transport, tmp_path):
    """A reserve that no disk has stops the records from the start."""
    serving = Recording(transport, tmp_path, "--hold-answers", "--records-reserve", ROOM)

    async def work(switch):
        async with asyncio.timeout(15):
            for number in range(1, 1000):  # an answer held when the records stop never comes
                if await switch.ask([number], 0.2) and first_name(switch.answers[-1]) == "error 2":
                    break
        assert await switch.ask([500_000], dialed="911")

    answers = asked(serving, work)
    assert first_name(answers[-2]) == "error 2"
    assert first_name(answers[-1]) == "analyzeRoute"
    status, told = serving.end()
    assert status == 0
    assert any("disk space left" in line for line in told)


def plain_figures(told):
    figures = {name: value for name, value in told.items() if name.startswith("ain_scp_records")}
    return {name.partition('"')[2].partition('"')[0]: value for name, value in figures.items()}


STORED = {"stopped": 0, "waiting": 0, "held": 0, "lost": 0, "durable": 20, "damaged": 0}


def test_the_health_endpoint_tells_of_the_records(tmp_path, read_metrics):
    serving = Recording("udp", tmp_path, "--metrics", "127.0.0.1:0")
    http = serving.endpoint("http")[1]
    told = []

    async def work(switch):
        await switch.ask(range(1, 21))
        async with asyncio.timeout(10):
            while not told or told[-1] != STORED:  # a group is durable a moment before it is counted so
                told.append(plain_figures(await read_metrics(http)))

    asked(serving, work)
    assert serving.end() == (0, [])
    assert told[-1] == STORED


def test_the_health_endpoint_of_a_plain_server_tells_the_same(tmp_path, read_metrics):
    serving = Serving("examples/golden", "--metrics", "127.0.0.1:0", "--records", tmp_path / "records")
    http = serving.endpoint("http")[1]

    async def work():
        for number in range(1, 21):
            serving.send(query_octets(number))
        async with asyncio.timeout(10):
            while (told := plain_figures(await read_metrics(http))) != STORED:
                assert told["durable"] <= 20

    try:
        asyncio.run(work())
    finally:
        ended = serving.end()
    assert (ended[0], ended[2]) == (0, "")


def test_a_node_keeps_its_records_under_its_own_name_and_number(tmp_path):
    serving = Recording("udp", tmp_path, name="SCP-B", node_id=7)
    (answer,) = asked(serving, lambda switch: switch.ask([1]))
    assert serving.end() == (0, [])
    (sample,) = samples_in(tmp_path, "SCP-B")
    assert sample["identifier"] == identifier_in(answer)
    assert sample["identifier"].startswith("07")


def test_a_name_that_no_journal_can_have_is_one_line_and_exit_2(tmp_path, ain):
    node = tmp_path / "node.toml"
    node.write_text(
        'name = "../SCP"\npoint_code = "245-1-2"\n[[listen]]\ntransport = "udp"\naddress = "127.0.0.1:0"\n'
    )
    done = ain("serve", "examples/golden", "--config", node, "--records", tmp_path / "records")
    assert done.returncode == 2
    assert "'../SCP': a name has 1 to 32 letters" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("options", TRANSPORTS)
def test_a_second_server_on_the_same_records_is_refused_in_one_line(options, tmp_path, ain):
    serving = Recording(options, tmp_path)
    done = ain(
        "serve", "examples/golden", "--config", tmp_path / "node.toml", "--records", tmp_path / "records"
    )
    assert (done.returncode, done.stderr.count("\n"), "LOCKED" in done.stderr) == (2, 1, True)
    serving.end()


@pytest.mark.skipif(
    sctp_kernel.missing() is not None and sctp_usr.missing() is not None, reason="no SCTP on this host"
)
def test_the_option_for_sctp_takes_records_too(tmp_path):
    words = [
        "-m",
        "ain_scp.ain",
        "serve",
        "examples/golden",
        "--sctp",
        "127.0.0.1:2905",
        "--records",
        tmp_path / "records",
    ]
    process = subprocess.Popen(
        [sys.executable, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    ready = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=20)
    if "Address already in use" in told:
        pytest.skip("the port of SCTP is taken on this host")
    assert process.returncode == 0
    assert ready.startswith("ready sctp 127.0.0.1:2905")
    assert RecordDirectory(tmp_path / "records").scps() == ["SCP"]
    assert samples_in(tmp_path) == []

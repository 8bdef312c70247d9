"""Records over a real broker: mosquitto started here, on loopback, killed with -9, absent, behind TLS and a password."""

import asyncio
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.publication import Publication
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.edges.journals.mqtt_broker import Broker, broker_of
from ain_scp.scp.edges.journals.mqtt_copies import Copies, receive
from ain_scp.scp.edges.journals.mqtt_publisher import Publisher
from ain_scp.scp.ending import end_tasks

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
LIMITS = Limits(low_octets=0, floor_octets=0)
ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.interop


@pytest.fixture(autouse=True)
def needed():
    """Skip, with the reason, where there is no broker or no client library."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    pytest.importorskip("aiomqtt", reason="the extra mqtt is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """One broker on one port, started and killed any number of times."""

    def __init__(self, directory, options="allow_anonymous true\npersistence false\n"):
        self.port = free_port()
        self.file = directory / "mosquitto.conf"
        self.file.write_text(f"listener {self.port} 127.0.0.1\nuser root\n{options}")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(self.file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise TimeoutError("mosquitto did not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    @property
    def address(self):
        return Broker("127.0.0.1", self.port)


@pytest.fixture
def mosquitto(tmp_path):
    """A broker without persistence, not started."""
    broker = Mosquitto(tmp_path)
    yield broker
    if broker.process is not None:
        broker.kill()


@pytest.fixture
def journal(tmp_path):
    """A journal on disk."""
    directory = RecordDirectory(tmp_path / "records")
    directory.prepare()
    made = Journal.open(directory.samples("SCP"), 0, LIMITS, bytes(range(16)))
    yield made
    made.close(0)


def write(journal, count):
    for _ in range(count):
        journal.append(b'{"call":%d}' % journal._next)
    journal.commit(0)


async def at_once(work):
    return work()


async def until(holds, seconds=20):
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - other processes tell no event
            await asyncio.sleep(0.01)


def stored(directory):
    return list(read_directory(RecordDirectory(directory).samples("SCP")))


async def receiving(address, copies):
    """Receive, and after each lost connection again."""
    import aiomqtt

    while True:
        try:
            await receive(address, copies, lambda _: None, None)
        except (aiomqtt.MqttError, OSError):
            await asyncio.sleep(0.05)


def publishing(mosquitto, journal, told, **options):
    publication = Publication(journal, "smdr_SCP", in_flight=16, save_every=16)
    return Publisher(
        mosquitto.address, {"smdr/SCP": publication}, at_once, told.append, **options
    ), publication


@pytest.mark.parametrize("kills", [1, 5])
def test_a_broker_killed_in_the_middle_loses_nothing_and_no_copy_has_a_record_twice(
    mosquitto, journal, tmp_path, kills
):
    copies, told = Copies(RecordDirectory(tmp_path / "copy"), lambda: 0), []

    async def main():
        mosquitto.start()
        publisher, publication = publishing(mosquitto, journal, told, confirm="receiver")
        tasks = [
            asyncio.create_task(publisher.publish()),
            asyncio.create_task(receiving(mosquitto.address, copies)),
        ]
        for turn in range(kills):
            write(journal, 3000)
            publisher.news()
            await until(lambda turn=turn: copies.records >= 3000 * turn + 200)
            mosquitto.kill()
            write(journal, 1000)
            mosquitto.start()
            await until(lambda: publication.waiting == 0)
        await end_tasks(tasks)

    asyncio.run(main())
    copies.close()
    entries = stored(tmp_path / "copy")
    assert [json.loads(entry.payload)["call"] for entry in entries] == list(range(1, 4000 * kills + 1))
    assert [entry.sequence for entry in entries] == list(range(1, 4000 * kills + 1))
    assert journal.position("smdr_SCP") == 4000 * kills


def test_a_broker_absent_while_thousands_of_records_are_written_gets_them_all_later(
    mosquitto, journal, tmp_path
):
    copies, told = Copies(RecordDirectory(tmp_path / "copy"), lambda: 0), []

    async def main():
        publisher, publication = publishing(mosquitto, journal, told)
        task = asyncio.create_task(publisher.publish())
        for _ in range(20):
            write(journal, 500)
            publisher.news()
            await asyncio.sleep(0.005)
        await until(lambda: told)
        assert publication.position == 0
        mosquitto.start()
        taking = asyncio.create_task(receiving(mosquitto.address, copies))
        await until(lambda: publication.waiting == 0)
        await until(lambda: copies.records == 10_000)
        await end_tasks((task, taking))

    from ain_scp.scp.edges.journals import mqtt_publisher

    first, mqtt_publisher.FIRST_PAUSE_S = mqtt_publisher.FIRST_PAUSE_S, 1.0
    try:
        asyncio.run(main())
    finally:
        mqtt_publisher.FIRST_PAUSE_S = first
    assert len([line for line in told if "wait in the journal" in line]) == 1
    assert told[-1].startswith("mqtt: connected")


def test_what_a_killed_broker_confirmed_is_sent_again_and_recognised(mosquitto, journal, tmp_path):
    """Confirmed by the broker while no receiver listened, then killed: gone with it, and sent again."""
    copies, told = Copies(RecordDirectory(tmp_path / "copy"), lambda: 0), []

    async def main():
        mosquitto.start()
        publisher, publication = publishing(mosquitto, journal, told)
        task = asyncio.create_task(publisher.publish())
        write(journal, 2000)
        publisher.news()
        await until(lambda: publication.confirmed_to == 2000)
        mosquitto.kill()
        mosquitto.start()
        taking = asyncio.create_task(receiving(mosquitto.address, copies))
        write(journal, 100)
        publisher.news()
        await until(lambda: copies.records == 2100)
        await end_tasks((task, taking))

    asyncio.run(main())
    copies.close()
    assert [entry.sequence for entry in stored(tmp_path / "copy")] == list(range(1, 2101))


def command(*arguments):
    """A command as a process; paho leaves a socket to the collector when TLS fails, which is no fault of ours."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-m", "ain_scp.ain", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )  # fmt: skip


@pytest.fixture
def secured(tmp_path):
    """A broker behind TLS with a certificate of its own making, which asks for a password."""
    if shutil.which("openssl") is None or shutil.which("mosquitto_passwd") is None:
        pytest.skip("openssl or mosquitto_passwd is not installed")
    directory = tmp_path / "secured"
    directory.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=directory, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", "passwords", "carol", "open sesame"], cwd=directory, check=True
    )
    (directory / "key.pem").chmod(0o600)
    broker = Mosquitto(
        directory,
        f"allow_anonymous false\npassword_file {directory}/passwords\npersistence false\n"
        f"certfile {directory}/cert.pem\nkeyfile {directory}/key.pem\n",
    ).start()
    yield broker, directory
    broker.kill()


def test_records_travel_through_tls_with_a_password_that_shows_nowhere(secured, tmp_path, ain):
    broker, directory = secured
    records = tmp_path / "records"
    assert (
        ain("run", "examples/golden/scenario.toml", "--transport", "memory", "--records", records).returncode
        == 0
    )
    credentials = tmp_path / "credentials.toml"
    credentials.write_text('username = "carol"\npassword = "open sesame"\n')
    credentials.chmod(0o600)
    options = ("--mqtt", f"mqtts://127.0.0.1:{broker.port}", "--mqtt-ca", directory / "cert.pem")
    secret = ("--mqtt-credentials", credentials)
    copy = command("smdr", "receive", tmp_path / "copy", *options, *secret)
    assert "receiving" in copy.stderr.readline()
    done = ain("smdr", "publish", records, *options, *secret, "--confirm", "receiver")
    assert (done.returncode, "83 records published" in done.stderr) == (0, True)
    copy.send_signal(signal.SIGINT)
    _, err = copy.communicate(timeout=30)
    assert "83 records stored" in err
    assert "sesame" not in done.stdout + done.stderr + err
    assert (
        ain("ama", "verify", tmp_path / "copy", "--dataset", "examples/golden").stdout
        == ain("ama", "verify", records, "--dataset", "examples/golden").stdout
    )


@pytest.mark.parametrize("wrong", ["password", "certificate", "none"])
def test_a_wrong_password_or_an_unknown_certificate_is_one_line_and_no_record(secured, tmp_path, wrong):
    broker, directory = secured
    records = RecordDirectory(tmp_path / "records")
    records.prepare()
    journal = Journal.open(records.samples("SCP"), 0, LIMITS)
    journal.append(b"{}")
    journal.close(0)
    credentials = tmp_path / "credentials.toml"
    credentials.write_text(
        f'username = "carol"\npassword = "{"guess" if wrong == "password" else "open sesame"}"\n'
    )
    credentials.chmod(0o600)
    options = [
        "--mqtt",
        f"mqtts://127.0.0.1:{broker.port}",
        "--mqtt-credentials",
        credentials,
        "--wait",
        "0.5",
    ]
    if wrong == "password":
        options += ["--mqtt-ca", directory / "cert.pem"]
    if wrong == "certificate":
        options += ["--mqtt-ca", credentials]
    process = command("smdr", "publish", records.root, *options)
    _, err = process.communicate(timeout=30)
    assert process.returncode == (
        2 if wrong == "certificate" else 1
    )  # a file without a certificate is no input
    assert "Traceback" not in err
    assert err.count("mqtt: ") == 1 or (wrong == "certificate" and err.count("\n") == 1)
    assert not {"guess", "sesame"} & set(err.split())


def test_a_plain_subscriber_reads_the_batches_as_json(mosquitto, journal):
    import aiomqtt

    mosquitto.start()
    write(journal, 250)

    async def main():
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            await client.subscribe("lab/smdr/SCP", qos=1)
            publication = Publication(journal, "smdr_SCP")
            broker = broker_of(f"mqtt://127.0.0.1:{mosquitto.port}/lab", {})
            publisher = Publisher(broker, {"smdr/SCP": publication}, at_once, lambda _: None)
            assert await publisher.publish(until_empty=True, patience_s=10)
            bodies = []
            async for message in client.messages:
                bodies.append(json.loads(message.payload))
                if bodies[-1]["last"] == 250:
                    return bodies
        return []

    bodies = asyncio.run(main())
    assert [(body["first"], body["last"]) for body in bodies] == [(1, 100), (101, 200), (201, 250)]
    assert {body["journal"] for body in bodies} == {bytes(range(16)).hex()}
    assert [record["record"]["call"] for body in bodies for record in body["records"]] == list(range(1, 251))


def test_notices_about_balances_travel_as_records_do(mosquitto, tmp_path, ain):
    mosquitto.start()
    books, options = tmp_path / "books", ("--mqtt", f"mqtt://127.0.0.1:{mosquitto.port}")
    events = ("--events", "examples/accounts/calls.jsonl", "--dir", books)
    assert ain("account", "apply", "examples/charging", *events).returncode == 0
    copy = command("smdr", "receive", tmp_path / "copy", *options)
    assert "receiving" in copy.stderr.readline()
    follow = ("account", "follow", books, "--once", "--notices", tmp_path / "told", *options)
    done = ain(*follow, "--confirm", "receiver")
    assert (done.returncode, done.stdout) == (0, "record 73\n")
    copy.send_signal(signal.SIGINT)
    _, err = copy.communicate(timeout=30)
    assert "6 records stored" in err
    kept, copied = (
        [entry.payload for entry in read_directory(RecordDirectory(tmp_path / name).notices("0"))]
        for name in ("told", "copy")
    )
    assert kept == copied
    assert [json.loads(one)["event"] for one in kept] == ["LOW", "USED_UP", "LOW", "LOW", "USED_UP", "LOW"]

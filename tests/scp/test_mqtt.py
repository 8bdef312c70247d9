"""The MQTT edge without a broker: addresses, secrets, absence, copies that recognise repeats and gaps."""

import asyncio
import json
import sys

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.publication import Publication
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal, Limits
from ain_scp.scp.edges.journals.mqtt_broker import AddressError, Broker, broker_of
from ain_scp.scp.edges.journals.mqtt_copies import Copies, stream_of
from ain_scp.scp.edges.journals.mqtt_publisher import MqttAbsent, Publisher
from ain_scp.scp.edges.recording import Recorder
from kit.model_storage import ModelStorage

LIMITS = Limits(low_octets=0, floor_octets=0)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mqtt://127.0.0.1", Broker("127.0.0.1", 1883)),
        ("mqtt://broker.example:1900/lab/one/", Broker("broker.example", 1900, prefix="lab/one")),
        ("mqtts://[::1]", Broker("::1", 8883, tls=True)),
    ],
)
def test_an_address_names_host_port_security_and_prefix(url, found):
    assert broker_of(url, {}) == found


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:1883", "http://127.0.0.1", "mqtt://", "mqtt://h:99999", "mqtt://h/a#b", "mqtt://h/a+/b", "mqtt://h?x=1", "mqtt://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url):
    with pytest.raises(AddressError):
        broker_of(url, {})


def test_a_secret_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(AddressError) as refused:
        broker_of("mqtt://carol:sesame@127.0.0.1", {})
    assert "sesame" not in str(refused.value)
    assert "--mqtt-credentials" in str(refused.value)


def test_secrets_come_from_the_environment_or_an_owner_only_file(tmp_path):
    environment = {"AIN_MQTT_USERNAME": "carol", "AIN_MQTT_PASSWORD": "sesame"}
    broker = broker_of("mqtt://h", environment)
    assert (broker.username, broker.password) == ("carol", "sesame")
    path = tmp_path / "credentials.toml"
    path.write_text('username = "dave"\npassword = "barley"\n')
    path.chmod(0o640)
    with pytest.raises(AddressError, match="chmod 600"):
        broker_of("mqtt://h", environment, path)
    path.chmod(0o600)
    broker = broker_of("mqtt://h", environment, path)
    assert (broker.username, broker.password) == ("dave", "barley")
    assert not any(secret in f"{broker} {broker!r}" for secret in ("dave", "barley"))


@pytest.mark.parametrize("text", ["username = 1", "user = 'x'", "not toml", "\udcff"])
def test_a_file_that_holds_something_else_is_refused_without_its_content(tmp_path, text):
    path = tmp_path / "credentials.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(AddressError) as refused:
        broker_of("mqtt://h", {}, path)
    assert text not in str(refused.value)


def test_certificates_need_tls_and_a_key():
    for options in ({"ca": "x"}, {"certificate": "x", "key": "y"}):
        with pytest.raises(AddressError, match="mqtts"):
            broker_of("mqtt://h", {}, **options)
    with pytest.raises(AddressError, match="go together"):
        broker_of("mqtts://h", {}, certificate="x")


def journal_with(count):
    journal = Journal.open(ModelStorage(), 0, LIMITS, bytes(range(16)))
    for number in range(count):
        journal.append(b'{"call":%d}' % number)
    journal.commit(0)
    return journal


async def at_once(work):
    return work()


def test_without_a_broker_the_records_wait_and_one_line_says_so(free_port):
    told = []
    publication = Publication(journal_with(250), "smdr_SCP")
    broker = Broker("127.0.0.1", free_port)

    async def main():
        publisher = Publisher(broker, {"smdr/SCP": publication}, at_once, told.append)
        return await publisher.publish(until_empty=True, patience_s=0.3)

    assert asyncio.run(main()) is False
    assert len(told) == 1
    assert told[0].endswith("; 250 records wait in the journal")
    assert publication.position == 0


def test_health_and_metrics_say_that_the_broker_is_gone_and_how_much_waits(free_port):
    journal = journal_with(250)
    publication = Publication(journal, "smdr_SCP")
    publisher = Publisher(Broker("127.0.0.1", free_port), {"smdr/SCP": publication}, at_once, [].append)
    recorder = Recorder(journal, lambda: 0, [].append, lambda: journal, "iscp", 0.0)
    assert "broker" not in recorder.status()
    assert recorder.broker_lines() == []
    recorder.broker = publisher.figures
    asyncio.run(publisher.publish(until_empty=True, patience_s=0.3))
    assert recorder.status()["broker"] == "not connected"
    assert 'ain_scp_broker{what="connected"} 0' in recorder.broker_lines()
    assert 'ain_scp_broker{what="waiting"} 250' in recorder.broker_lines()
    journal.append(b"{}")
    journal.commit(0)
    publisher.connected, publisher.sent = True, 7
    assert recorder.status()["broker"] == "connected"
    assert {
        'ain_scp_broker{what="connected"} 1',
        'ain_scp_broker{what="waiting"} 251',
        "ain_scp_broker_published_total 7",
    } <= set(recorder.broker_lines())


def test_without_the_library_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    directory = RecordDirectory(tmp_path / "records")
    directory.prepare()
    journal = Journal.open(directory.samples("SCP"), 0, LIMITS)
    journal.append(b"{}")
    journal.close(0)
    with pytest.raises(MqttAbsent, match=r"pip install 'ain-scp\[mqtt\]'"):
        asyncio.run(Publisher(Broker("h", 1), {}, at_once, print).publish(until_empty=True))
    done = CliRunner().invoke(cli, ["smdr", "publish", str(directory.root), "--mqtt", "mqtt://127.0.0.1:1"])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "1 record waiting" in done.stderr


@pytest.fixture
def free_port():
    """A loopback port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def copies(tmp_path):
    """Copies of journals in a new directory."""
    made = Copies(RecordDirectory(tmp_path / "copy"), lambda: 0)
    yield made
    made.close()


def batches(count, size=10):
    publication = Publication(journal_with(count), stream_of("smdr", "SCP-1"), records=size, in_flight=1000)
    while (batch := publication.next_batch()) is not None:
        yield batch


def test_a_copy_has_each_record_once_under_its_number_whatever_is_repeated(copies):
    made = list(batches(50))
    for order in (0, 1, 0, 1, 2, 2, 1, 3, 4, 0):
        word = copies.take("smdr/SCP-1", made[order].payload)
    assert word.last == 50
    assert (copies.records, copies.repeated) == (50, 50)
    copies.close()
    stored = list(read_directory(RecordDirectory(copies._directory.root).samples("SCP-1")))
    assert [json.loads(entry.payload)["call"] for entry in stored] == list(range(50))
    assert [entry.sequence for entry in stored] == list(range(1, 51))


def test_a_gap_is_not_stored_and_the_sender_hears_how_far_the_copy_reaches(copies):
    made = list(batches(50))
    copies.take("smdr/SCP-1", made[0].payload)
    with pytest.raises(JournalFault, match="records 11 to 20 are missing"):
        copies.take("smdr/SCP-1", made[2].payload)
    assert copies.reach("smdr/SCP-1").last == 10
    for batch in made[1:]:
        copies.take("smdr/SCP-1", batch.payload)
    assert copies.reach("smdr/SCP-1").last == 50


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("smdr/SCP-1", b""),
        ("smdr/SCP-1", b"[" * 100_000),
        ("smdr/SCP-2", None),
        ("ama/SCP-1", None),
        ("other/SCP-1", None),
        ("smdr/../../etc", None),
    ],
)
def test_what_is_no_batch_of_that_journal_is_refused_and_stores_nothing(copies, name, payload):
    octets = next(batches(10)).payload if payload is None else payload
    with pytest.raises((JournalFault, ValueError)):
        copies.take(name, octets)
    assert copies.records == 0


def test_a_word_of_acceptance_moves_the_position_over_whole_batches():
    publication = Publication(journal_with(50), "s", records=10, in_flight=10)
    while publication.next_batch() is not None:
        pass
    assert [publication.accepted(last) for last in (9, 10, 35, 35, 1000)] == [0, 10, 30, 30, 50]
    assert (publication.position, publication.out, publication.waiting) == (50, 0, 0)


def test_what_a_dead_broker_may_have_lost_goes_out_again_as_far_as_it_is_kept():
    publication = Publication(journal_with(50), "s", records=10, in_flight=10, save_every=100)
    for _ in range(5):
        publication.confirmed(publication.next_batch().last)
    assert publication.next_batch() is None
    publication.lost(again=25)
    assert [(batch.first, batch.last) for batch in iter(publication.next_batch, None)] == [
        (26, 35),
        (36, 45),
        (46, 50),
    ]
    assert publication.confirmed(50) == 50
    publication.lost(again=10_000)
    assert publication.next_batch().first == 1


def test_a_run_without_its_broker_completes_with_a_notice(free_port, tmp_path, monkeypatch):
    monkeypatch.setattr("ain_scp.ain.run.command.MQTT_WAIT_S", 0.2)
    scenario = ["run", "examples/golden/scenario.toml", "--transport", "memory"]
    url = f"mqtt://127.0.0.1:{free_port}"
    done = CliRunner().invoke(cli, [*scenario, "--records", str(tmp_path / "records"), "--mqtt", url])
    assert done.exit_code == 0
    assert "83 records wait in the journal" in done.stderr
    assert CliRunner().invoke(cli, [*scenario, "--mqtt", url]).exit_code == 2

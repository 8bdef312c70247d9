"""`ain smdr publish` and `ain smdr receive`: records to and from an MQTT broker.

Source: D-008, A-225, A-242.
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ain_scp.ain.everywhere import note
from ain_scp.ain.faults import Trouble
from ain_scp.ain.mqtt_options import (
    broker,
    confirm_option,
    mqtt_options,
    named_sink,
    optional_broker,
    sink_option,
)
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.journal.disk import DiskStorage
    from ain_scp.journal.publication import Publication
    from ain_scp.journal.sinks import NamedSink
    from ain_scp.scp.edges.journals.mqtt_broker import Broker
    from ain_scp.scp.edges.journals.mqtt_copies import Copies


@click.command(epilog="Example: ain smdr publish records --mqtt mqtt://127.0.0.1:1883")
@click.argument("directory", type=click.Path(path_type=Path))
@mqtt_options(required=False)
@confirm_option
@sink_option
@click.option(
    "--wait",
    type=click.FloatRange(0, 31_536_000),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up after so long without a confirmation; the records stay and go out next time.",
)
def publish(
    directory: Path,
    mqtt: str | None,
    mqtt_credentials: Path | None,
    mqtt_ca: Path | None,
    mqtt_certificate: Path | None,
    mqtt_key: Path | None,
    confirm: Literal["broker", "receiver"],
    sink: str | None,
    wait: float,
) -> None:
    """Publish what was not confirmed yet: samples, AMA records, notices about balances, in numbered batches, to a broker (QoS 1) or a sink."""
    at, to = optional_broker(mqtt, mqtt_credentials, mqtt_ca, mqtt_certificate, mqtt_key), named_sink(sink)
    if at is not None and to is None:
        sys.exit(0 if publish_directory(directory, at, confirm, wait) else 1)
    if to is None or at is not None:
        raise click.UsageError("give --mqtt URL or --sink NAME")
    sys.exit(0 if hand_over(directory, to, wait) else 1)


def hand_over(directory: Path, sink: "NamedSink", wait: float) -> bool:
    """Hand every journal of a directory to a sink; False, with one line of notice, when records still wait."""
    from ain_scp.scp.edges.journals.mqtt_publisher import tell_stderr
    from ain_scp.scp.edges.journals.sink_publisher import SinkPublisher, consumer_of

    with ExitStack() as stack:
        publications = {
            name: stack.enter_context(_publication(storage, consumer_of(sink.name, name), in_flight=1))
            for name, storage in _sources(directory).items()
        }
        count = sum(one.waiting for one in publications.values())
        publisher = SinkPublisher(sink, publications, _at_once, tell_stderr)
        done = asyncio.run(publisher.publish(until_empty=True, patience_s=wait))
        left = publisher.waiting
    click.echo(
        f"{counted(count - left, 'record')} handed to {sink.name}" + (f", {left} wait" if left else ""),
        err=True,
    )
    return done


def _sources(directory: Path) -> "dict[str, DiskStorage]":
    """The journals of a record directory by stream."""
    from ain_scp.ain.run.records import opened

    return opened(directory).journals()


@contextmanager
def _publication(storage: "DiskStorage", consumer: str, in_flight: int = 32) -> "Iterator[Publication]":
    """A journal open to be published."""
    from ain_scp.ain.run.records import journal_of
    from ain_scp.journal.publication import Publication

    with journal_of(storage) as journal:
        yield Publication(journal, consumer, in_flight=in_flight, save_every=in_flight)


def publish_directory(
    directory: Path, at: "Broker", confirm: Literal["broker", "receiver"], wait: float
) -> bool:
    """Publish every journal of a directory; False, with one line of notice, when records still wait."""
    from ain_scp.scp.edges.journals.mqtt_copies import stream_of
    from ain_scp.scp.edges.journals.mqtt_publisher import MqttAbsent

    with ExitStack() as stack:
        publications = {
            name: stack.enter_context(_publication(storage, stream_of(*name.split("/"))))
            for name, storage in _sources(directory).items()
        }
        count = sum(one.waiting for one in publications.values())
        try:
            done = asyncio.run(publish_all(publications, at, confirm, wait))
        except MqttAbsent as fault:
            click.echo(f"mqtt: {fault}; {counted(count, 'record')} waiting in {directory}", err=True)
            return False
        left = sum(one.waiting for one in publications.values())
    note(f"{counted(count - left, 'record')} published to {at}" + (f", {left} wait" if left else ""))
    return done


async def publish_all(
    publications: "dict[str, Publication]", at: "Broker", confirm: Literal["broker", "receiver"], wait: float
) -> bool:
    """Publish until nothing waits, or nothing was confirmed for `wait` seconds; False then. MqttAbsent."""
    from ain_scp.scp.edges.journals.mqtt_publisher import Publisher, tell_stderr

    publisher = Publisher(at, publications, _at_once, tell_stderr, confirm)
    return await publisher.publish(until_empty=True, patience_s=wait)


async def _at_once(work: Callable[[], Any]) -> Any:
    """A command has nothing else to do: journals are touched where it stands."""
    return work()


@click.command(epilog="Example: ain smdr receive copy --mqtt mqtt://127.0.0.1:1883")
@click.argument("directory", type=click.Path(path_type=Path))
@mqtt_options(required=True)
@click.option(
    "--idle",
    type=click.FloatRange(0.1, 31_536_000),
    metavar="SECONDS",
    help="End after so long without a message (default: never).",
)
def receive(
    directory: Path,
    mqtt: str,
    mqtt_credentials: Path | None,
    mqtt_ca: Path | None,
    mqtt_certificate: Path | None,
    mqtt_key: Path | None,
    idle: float | None,
) -> None:
    """Keep a copy of every journal published to a broker, and confirm to the senders what is stored."""
    from ain_scp.ain.run.records import now_ms
    from ain_scp.journal.directory import RecordDirectory
    from ain_scp.scp.edges.journals.mqtt_copies import Copies
    from ain_scp.scp.edges.journals.mqtt_publisher import MqttAbsent, tell_stderr

    at = broker(mqtt, mqtt_credentials, mqtt_ca, mqtt_certificate, mqtt_key)
    copies = Copies(RecordDirectory(directory), now_ms)
    try:
        asyncio.run(_receive(at, copies, tell_stderr, idle))
    except MqttAbsent as fault:
        raise Trouble(f"mqtt: {fault}") from None
    except KeyboardInterrupt:
        pass
    finally:
        copies.close()
    click.echo(
        f"{counted(copies.records, 'record')} stored, {counted(copies.repeated, 'repeat')} recognised",
        err=True,
    )


async def _receive(at: "Broker", copies: "Copies", tell: Callable[[str], None], idle: float | None) -> None:
    """Receive, and after a lost connection again."""
    from ain_scp.scp.edges.journals.mqtt_copies import receive as copy
    from ain_scp.scp.edges.journals.mqtt_publisher import library

    error = library().MqttError
    told = False
    while True:
        try:
            await copy(at, copies, tell, idle)
        except (error, OSError) as fault:
            if not told:
                tell(f"mqtt: {at}: {' '.join(str(fault).split())}; trying again")
            told = True
            await asyncio.sleep(0.5)
        else:
            return

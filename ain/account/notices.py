"""Notices about balances, kept by a follower in a journal of their own, and published to a broker as records are.

A notice is kept once: after a restart those that are there are passed over, by their place in the ledger.

Source: charging.md 4.3, D-008.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from ain_scp.ain.run.records import journal_of, now_ms
from ain_scp.billing.charging.pin import Attempts
from ain_scp.billing.ledger.export import time_text
from ain_scp.billing.ledger.notices import Limits, Notice, Notices
from ain_scp.billing.ledger.record import Record
from ain_scp.billing.ledger.recover import Follower
from ain_scp.journal.directory import RecordDirectory
from ain_scp.journal.reader import read_directory
from ain_scp.journal.writer import Journal
from ain_scp.provisioning.charging import Charging
from ain_scp.terms.money import money_text

if TYPE_CHECKING:
    from ain_scp.journal.publication import Publication
    from ain_scp.scp.edges.journals.mqtt_broker import Broker

WAIT_S = 5.0
"""How long a round waits for a broker; what it does not take goes out with a later round."""


class Published(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notice as its readers see it; money is decimal text, `at` the ledger's time."""

    event: str
    account: str
    at: str
    usable: str
    currency: str
    sequence: int
    place: int
    amount: str | None = None
    message: str | None = None
    limit: str | None = None
    by: str | None = None


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a notice stands: record of the ledger, place among those of the record."""

    sequence: int
    place: int


class NoticeKeeper:
    """The journal of one ledger's notices, filled by a follower and emptied towards a broker."""

    def __init__(
        self, journal: Journal, follower: Follower, charging: Charging, offset_ms: int, partition: int = 0
    ) -> None:
        self._partition = str(partition)
        self._journal = journal
        self._charging = charging
        self._last = _last(journal)
        self._found: list[Notice] = []
        self._notices = Notices(follower.ledger, _limits(charging), _locked_until, offset_ms)
        self._publication: Publication | None = None
        follower.apply = self._apply

    def _apply(self, record: Record) -> None:
        self._found += self._notices.apply(record)

    def keep(self) -> int:
        """Make the notices of the records taken since durable; return how many are new."""
        fresh = [one for one in self._found if Place(one.sequence, one.place) > self._last]
        self._found.clear()
        if fresh:
            for one in fresh:
                self._journal.append(msgspec.json.encode(self._published(one)))
            self._journal.commit(now_ms())
            self._last = Place(fresh[-1].sequence, fresh[-1].place)
        return len(fresh)

    def publish(self, at: "Broker", confirm: Literal["broker", "receiver"]) -> None:
        """Send what no one has confirmed yet; what is not taken waits."""
        from ain_scp.ain.smdr.publish import publish_all
        from ain_scp.journal.publication import Publication
        from ain_scp.scp.edges.journals.mqtt_copies import stream_of
        from ain_scp.scp.edges.journals.mqtt_publisher import MqttAbsent

        name = f"balance/{self._partition}"
        if self._publication is None:
            self._publication = Publication(
                self._journal, stream_of("balance", self._partition), in_flight=32
            )
        if self._publication.waiting:
            try:
                asyncio.run(publish_all({name: self._publication}, at, confirm, WAIT_S))
            except MqttAbsent as fault:
                click.echo(f"mqtt: {fault}; notices wait", err=True)

    def _published(self, one: Notice) -> Published:
        def text(micros: int | None) -> str | None:
            return None if micros is None else money_text(micros, self._charging.digits)

        return Published(
            one.event,
            one.account,
            time_text(one.at_ms),
            money_text(one.usable, self._charging.digits),
            self._charging.currency,
            one.sequence,
            one.place,
            text(one.amount),
            one.message or None,
            text(one.limit),
            one.by or None,
        )


@contextmanager
def keeper(
    records: Path, follower: Follower, charging: Charging, offset_ms: int, partition: int = 0
) -> Iterator[NoticeKeeper]:
    """The keeper over a record directory, sealed at the end; one line and exit 2 when its journal cannot be had."""
    directory = RecordDirectory(records)
    directory.prepare("balance")
    with journal_of(directory.notices(str(partition))) as journal:
        yield NoticeKeeper(journal, follower, charging, offset_ms, partition)


def _last(journal: Journal) -> Place:
    """The place of the notice kept last."""
    found = Place(0, -1)
    for entry in read_directory(journal.storage, max(journal.durable - 1, 0)):
        found = msgspec.json.decode(entry.payload, type=Place)
    return found


def _limits(charging: Charging) -> dict[str, Limits]:
    profiles = {
        name: tuple((row.message, row.limit) for row in rows) for name, rows in charging.warnings.items()
    }
    return {name: profiles[row.warning] for name, row in charging.accounts.items() if row.warning in profiles}


def _locked_until(octets: bytes) -> int:
    return msgspec.msgpack.decode(octets, type=Attempts).locked_until_ms

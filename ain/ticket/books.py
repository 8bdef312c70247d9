"""The calls of one enterprise, as the provider's commands read them.

Source: C-003, C-018.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from ain_scp.ain.ticket.sides import need_extra, one_line, provider

if TYPE_CHECKING:
    from ain_scp.couriers.provider_run import ProviderRun
    from ain_scp.couriers.standing import Standing
    from ain_scp.tickets.layout.schema import Layout
    from ain_scp.tickets.profile.adding import Surroundings, Told
    from ain_scp.tickets.profile.grouped import Asked
    from ain_scp.tickets.profile.unusual import Known, Rule
    from ain_scp.tickets.provider.book import Book
    from ain_scp.tickets.provider.calls import Calls
    from ain_scp.tickets.provider.settings import Enterprise, Provider
    from ain_scp.tickets.provider.turn import Basis
    from ain_scp.tickets.site import Site

DATABASE: Final = "calls.db"
MOST_TABLES: Final = 16


class Tables(NamedTuple):
    """What the settings name beside the tickets, read, with its digests."""

    site: "Site"
    around: "Surroundings"
    rules: "tuple[Rule, ...]"
    known: "Known"
    digests: dict[str, str]


class Books(NamedTuple):
    """An enterprise's calls with what profiles need beside them."""

    calls: "Calls"
    basis: "Basis"
    journal: "Book | None"
    hide_digits: int
    tables: Tables
    dropped: frozenset[str] = frozenset()
    home: Path = Path()

    @property
    def book(self) -> "Book":
        """The journal's book; not where calls are only shown."""
        if self.journal is None:
            raise click.ClickException("another process has this provider's journals")
        return self.journal

    def told(self, asked: "Asked") -> "list[Told]":
        """The calls of a period."""
        from ain_scp.tickets.profile.grouped import told_calls

        return list(told_calls(self.calls.database, asked, self.tables.site.name))

    @property
    def versions(self) -> dict[str, str]:
        """Digests of all that was used; of what changed between calls, the older ones besides."""
        found = dict(self.tables.digests)
        for name, digests in self.calls.versions.items():
            for age, digest in enumerate(reversed(digests)):
                found[name if not age else f"{name} (before{f' {age}' if age > 1 else ''})"] = digest
        return found

    @property
    def changed(self) -> list[str]:
        """Names of the tables and layouts that changed since calls were worked out with them."""
        now = {
            **self.basis.digests,
            **{f"layout {name}": one.digest for name, one in self.basis.instead.items()},
        }
        versions = self.calls.versions.items()
        return sorted(name for name, digests in versions if set(digests) - {now.get(name, digests[-1])})


@contextmanager
def books(config: Path, enterprise: str, *, quiet: bool = False) -> Iterator[Books]:
    """Read an enterprise's calls, brought up to date with its journal; one line when it is not registered.

    `quiet`: nothing is said of what changed since calls were worked out.
    """
    with provider(config) as run, books_of(run, config, enterprise, quiet=quiet) as found:
        yield found


@contextmanager
def books_of(run: "ProviderRun", config: Path, enterprise: str, *, quiet: bool) -> Iterator[Books]:
    """The same of a provider that is open already."""
    from ain_scp.couriers.standing import standing_of
    from ain_scp.tickets.provider.calls import Calls
    from ain_scp.tickets.provider.database import Database

    settings = _registered(run.settings, enterprise)
    home, book = run.home(enterprise), run.registered[enterprise].book
    standing = standing_of(home)
    tables = _tables(config.parent, settings)
    basis = _basis(config.parent, settings, tables, standing)
    database = Database(home / DATABASE, book.journal.identity.hex(), book.journal.durable)
    try:
        calls = Calls(database, basis)
        _bring_up_to_date(calls, run, enterprise, standing)
        found = Books(calls, basis, book, settings.hide_digits, tables, frozenset(standing.dropped), home)
        if not quiet:
            _say_what_changed(found)
        yield found
    finally:
        database.close()


@contextmanager
def shown(config: Path, enterprise: str) -> Iterator[Books]:
    """An enterprise's calls to be shown; as far as they are worked out while `ain ticket receive` runs."""
    need_extra("receive")
    with one_line():
        from ain_scp.couriers.collector_run import utc_now
        from ain_scp.couriers.provider_run import ProviderRun
        from ain_scp.journal.faults import JournalFault

        try:
            run = ProviderRun(config, utc_now, os.urandom)
        except JournalFault as fault:
            if fault.cause != "LOCKED":
                raise
        else:
            try:
                with books_of(run, config, enterprise, quiet=False) as found:
                    yield found
            finally:
                run.close()
            return
        with _beside(config, enterprise) as found:
            yield found


@contextmanager
def _beside(config: Path, enterprise: str) -> Iterator[Books]:
    """What a running provider has worked out by now."""
    from ain_scp.couriers.standing import standing_of
    from ain_scp.tickets.provider.calls import Calls
    from ain_scp.tickets.provider.database import Database
    from ain_scp.tickets.provider.settings import read_provider

    whole = read_provider(config)
    settings = _registered(whole, enterprise)
    home = config.parent / whole.data / enterprise
    standing, tables = standing_of(home), _tables(config.parent, settings)
    basis = _basis(config.parent, settings, tables, standing)
    if not (home / DATABASE).exists():
        raise click.ClickException(f"{enterprise}: its calls are not worked out yet; try again in a moment")
    database = Database(home / DATABASE, None)
    try:
        calls = Calls(database, basis)
        found = Books(calls, basis, None, settings.hide_digits, tables, frozenset(standing.dropped), home)
        _say_what_changed(found)
        yield found
    finally:
        database.close()


def _registered(settings: "Provider", enterprise: str) -> "Enterprise":
    found = next((one for one in settings.enterprise if one.id == enterprise), None)
    if found is None:
        names = ", ".join(one.id for one in settings.enterprise)
        raise click.UsageError(f"--enterprise {enterprise}: not registered; there are {names or 'none'}")
    return found


def _basis(base: Path, settings: "Enterprise", tables: Tables, standing: "Standing") -> "Basis":
    from ain_scp.tickets.provider.turn import Basis

    return Basis(
        tables.site,
        tables.around.price,
        {key: tables.digests[key] for key in ("site", "rates")},
        corrected(base, settings.layouts),
        frozenset(standing.discarded),
        frozenset(standing.released),
    )


def _say_what_changed(found: Books) -> None:
    if found.changed:
        names = ", ".join(found.changed)
        click.echo(
            f"{names}: changed since calls were worked out; read them again: ain ticket reprocess", err=True
        )


def _bring_up_to_date(calls: "Calls", run: "ProviderRun", enterprise: str, standing: "Standing") -> None:
    """Take in what came, and read again what an operator decided otherwise since the last time."""
    book = run.registered[enterprise].book
    marks = sorted((*standing.discarded, *standing.released))
    changed = set(marks) ^ set(calls.database.kept("decided").split())
    calls.database.keep("decided", " ".join(marks))
    first = book.first_of(changed) if changed else 0
    if 0 < first <= calls.database.position:
        calls.read_again(book.records, first, len(book.stores))
    else:
        calls.update(book.records, len(book.stores))
    calls.database.commit()


def _tables(base: Path, settings: "Enterprise") -> Tables:
    from ain_scp.provisioning.digest import digest_of
    from ain_scp.tickets.names import text_of
    from ain_scp.tickets.profile.tables import AREAS
    from ain_scp.tickets.profile.unusual import FILE

    def text(name: str, default: str) -> str:
        return text_of(base / name) if name else default

    words = {
        "site": text(settings.site, ""),
        "directory": text(settings.directory, "extension,name,department,cost_center,from,to\n"),
        "rates": text(settings.rates, "kind,prefix,cents_per_minute\n"),
        "areas": text(settings.areas, AREAS.read_text()),
        "rules": text(settings.unusual, FILE.read_text()),
    }
    tariffs = digest_of(base / settings.charging) if settings.charging else ""
    return _read_tables(base, settings, tuple(words.items()), tariffs)


@lru_cache(MOST_TABLES)
def _read_tables(
    base: Path, settings: "Enterprise", texts: tuple[tuple[str, str], ...], tariffs: str
) -> Tables:
    """Texts read once: a running provider asks for them after every batch. `tariffs`: the digest of the data set."""
    from ain_scp.ain.ticket.pricing import by_tariffs
    from ain_scp.tickets.profile.adding import Surroundings
    from ain_scp.tickets.profile.charges import by_rates
    from ain_scp.tickets.profile.tables import AREAS, read_areas, read_directory, read_rates
    from ain_scp.tickets.profile.unusual import FILE, Known, read_rules
    from ain_scp.tickets.site import Extensions, read_site

    words = dict(texts)
    rules = read_rules(words.pop("rules"), settings.unusual or FILE.name)
    site = read_site(words["site"], settings.site)
    zone = site.zone_for("")
    directory = read_directory(words["directory"], settings.directory)
    areas = read_areas(words["areas"], settings.areas or AREAS.name)
    price = (
        by_tariffs(base / settings.charging, settings.tariff, zone)
        if settings.charging
        else by_rates(read_rates(words["rates"], settings.rates))
    )
    known = Known(
        lambda extension, day: directory.find(extension, day) is not None, Extensions(site.extensions), areas
    )
    if settings.charging:
        words["rates"] = f"{settings.charging} {settings.tariff} {tariffs}"
    digests = {key: sha256(value.encode()).hexdigest() for key, value in words.items()}
    return Tables(site, Surroundings(zone, directory, areas, price), rules, known, digests)


def corrected(base: Path, names: "tuple[str, ...]") -> "dict[str, Layout]":
    """Layouts by their names, from files."""
    from ain_scp.tickets.layout.library import find

    return {one.name: one for one in (find(str(base / name)) for name in names)}


def local(text: str | None, option: str) -> int | None:
    """Seconds of the site's wall, of an option such as 2026-11-01 or 2026-11-01T08:00."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"{option} {text}: expected a local time such as 2026-11-01 or 2026-11-01T08:00"
        ) from None
    wall = at.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001 - the wall's count
    return wall.days * 86_400 + wall.seconds


def asked(
    dimensions: list[str], since: str | None, until: str | None, wanted: dict[str, str] | None = None
) -> "Asked":
    """What is asked for: calls that start in a half open period of the site's wall."""
    from ain_scp.tickets.profile.grouped import Asked

    first, last = local(since, "--since"), local(until, "--until")
    if first is not None and last is not None and first >= last:
        raise click.UsageError("--until: must be later than --since")
    return Asked(dimensions, wanted or {}, first, last)

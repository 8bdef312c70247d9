"""The calls of one enterprise, as the provider's commands read them.

Source: C-003, C-018.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ain_scp.ain.ticket.sides import provider

if TYPE_CHECKING:
    from ain_scp.tickets.layout.schema import Layout
    from ain_scp.tickets.profile.adding import Surroundings, Told
    from ain_scp.tickets.profile.unusual import Known, Rule
    from ain_scp.tickets.provider.calls import Calls


class Books(NamedTuple):
    """An enterprise's calls with what profiles need beside them."""

    calls: "Calls"
    told: "list[Told]"
    around: "Surroundings"
    hide_digits: int
    rules: "tuple[Rule, ...]"
    known: "Known"
    versions: dict[str, str]
    dropped: frozenset[str] = frozenset()


@contextmanager
def books(config: Path, enterprise: str, *, mended: bool = True) -> Iterator[Books]:
    """Read an enterprise's journal; one line when it is not registered. `mended`: with the layouts that were corrected here."""
    with provider(config) as run:
        from ain_scp.ain.ticket.pricing import by_tariffs
        from ain_scp.couriers.provider_run import standing_of
        from ain_scp.tickets.profile.adding import Surroundings, told
        from ain_scp.tickets.profile.charges import by_rates
        from ain_scp.tickets.profile.tables import AREAS, read_areas, read_directory, read_rates
        from ain_scp.tickets.profile.unusual import FILE, Known, read_rules
        from ain_scp.tickets.provider.calls import Calls
        from ain_scp.tickets.site import Extensions, read_site

        settings = next((one for one in run.settings.enterprise if one.id == enterprise), None)
        if settings is None:
            names = ", ".join(one.id for one in run.settings.enterprise)
            raise click.UsageError(f"--enterprise {enterprise}: not registered; there are {names or 'none'}")
        base = config.parent

        def text(name: str, default: str) -> str:
            return (base / name).read_text() if name else default

        site = read_site(text(settings.site, ""), settings.site)
        around = Surroundings(
            site.zone_for(""),
            read_directory(
                text(settings.directory, "extension,name,department,cost_center,from,to\n"),
                settings.directory,
            ),
            read_areas(text(settings.areas, AREAS.read_text()), settings.areas or AREAS.name),
            by_tariffs(base / settings.charging, settings.tariff, site.zone_for(""))
            if settings.charging
            else by_rates(read_rates(text(settings.rates, "kind,prefix,cents_per_minute\n"), settings.rates)),
        )
        book = run.registered[enterprise].book
        standing = standing_of(run.home(enterprise))
        calls = Calls(
            book.records(0),
            site,
            len(book.stores),
            frozenset(standing.discarded),
            frozenset(standing.released),
            corrected(base, settings.layouts) if mended else {},
        )
        rows = [told(one.call, around, one.source, site.name) for one in calls]
        known = Known(
            lambda extension, day: around.directory.find(extension, day) is not None,
            Extensions(site.extensions),
            around.areas,
        )
        tables = {
            "site": text(settings.site, ""),
            "directory": text(settings.directory, ""),
            "rates": text(settings.rates, ""),
            "areas": text(settings.areas, AREAS.read_text()),
        }
        versions = {key: sha256(words.encode()).hexdigest() for key, words in tables.items()}
        versions |= {f"layout {name}": digest for name, digest in calls.layouts_used.items()}
        rules = read_rules(text(settings.unusual, FILE.read_text()), settings.unusual or FILE.name)
        yield Books(
            calls, rows, around, settings.hide_digits, rules, known, versions, frozenset(standing.dropped)
        )


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
            f"{option} {text}: a local time such as 2026-11-01 or 2026-11-01T08:00 is due"
        ) from None
    wall = at.replace(tzinfo=None) - datetime(1970, 1, 1)  # noqa: DTZ001 - the wall's count
    return wall.days * 86_400 + wall.seconds


def within(rows: "list[Told]", since: str | None, until: str | None) -> "list[Told]":
    """The calls that start in a half open period of the site's wall."""
    first, last = local(since, "--since"), local(until, "--until")
    if first is not None and last is not None and first >= last:
        raise click.UsageError("--until: later than --since is due")
    return [
        one for one in rows if (first is None or one.local >= first) and (last is None or one.local < last)
    ]

"""Calls kept up to date while a provider runs, and unusual usage printed as it comes.

Source: C-003, C-018.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ain_scp.ain.ticket.books import books_of
from ain_scp.terms.safe_text import printable

if TYPE_CHECKING:
    from ain_scp.ain.ticket.books import Books
    from ain_scp.couriers.provider_run import ProviderRun
    from ain_scp.tickets.profile.unusual import Finding

DAYS: Final = 62
"""Days that findings are looked for in: rules look back two weeks at most, but for first calls to a country."""


class Following:
    """Called after each turn of a provider; works when batches were accepted since."""

    def __init__(self, run: "ProviderRun", config: Path, *, alert: bool) -> None:
        self._run, self._config, self._alert = run, config, alert
        self._accepted = -1
        self._known: dict[str, set[Finding]] = {}

    def __call__(self) -> None:
        """Bring the calls of all enterprises up to date; what cannot be read is an alarm, and is tried again."""
        import sqlite3

        from ain_scp.provisioning.problems import ProvisioningError
        from ain_scp.tickets.names import SettingsError
        from ain_scp.tickets.site import SiteError

        if self._accepted == self._run.result.accepted:
            return
        self._accepted = self._run.result.accepted
        for name in self._run.registered:
            try:
                with books_of(self._run, self._config, name, quiet=True) as found:
                    if self._alert:
                        self._findings(name, found)
            except (ProvisioningError, SettingsError, SiteError, sqlite3.Error, OSError) as fault:
                self._accepted = -1
                text = f"{name}: calls are not brought up to date: {fault}"
                if text not in self._run.result.alarms:
                    self._run.result.alarms.append(text)

    def _findings(self, name: str, found: "Books") -> None:
        """Print findings that were not there before; those from before the start were."""
        from ain_scp.tickets.profile.grouped import Asked
        from ain_scp.tickets.profile.hiding import hide_finding
        from ain_scp.tickets.profile.unusual import unusual

        last = found.calls.database.whole("select max(local) from call")
        whole = any(rule.kind == "new_country" for rule in found.tables.rules)
        asked = Asked([], since=None if whole else last - DAYS * 86_400)
        ours = found.tables.known.ours
        findings = unusual(found.told(asked), found.tables.rules, found.tables.known)
        now = {hide_finding(one, found.hide_digits, ours) for one in findings}
        before = self._known.get(name)
        for one in sorted(now - before, key=lambda one: (one.day, one.rule)) if before is not None else ():
            click.echo(printable(f"{name}  {one.day}  {one.rule:20} {one.text}"))
        self._known[name] = now

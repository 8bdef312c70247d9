"""`ain ticket`: the group; its parts are imported when they run.

Source: C-001 to C-018.
"""

import importlib
from typing import Final

import click

from ain_scp.ain.everywhere import with_options

PARTS: Final = {
    "init": ("init", "Make a working pair of collector and provider in one directory."),
    "layout": ("layout", "The forms of PBX tickets: list, show, check, test, detect."),
    "listen": ("listen", "See what a PBX prints and how it reads; no keys, no store."),
    "generate": ("generate", "A PBX that is not there: tickets of made-up calls in any layout."),
    "collect": ("collect", "Read sources into the store, seal batches, deliver them, read receipts."),
    "pending": ("pending", "What is stored, sealed, sent and receipted, and what is wrong."),
    "receive": ("receive", "Take batches in: verify, store, answer with signed receipts."),
    "open": ("open", "Show the header and the tickets of one batch."),
    "profile": ("profile", "Usage by extension, department, trunk, called area, hour, day ..."),
    "unusual": ("unusual", "Unusual usage by rules that anybody can work out again."),
    "quarantine": ("quarantine", "Refused files and lines that could not be read."),
    "key": ("key", "Keys and certificates: made, requested, issued, changed, revoked."),
    "reprocess": ("reprocess", "Every stored line read again with corrected layouts."),
    "enterprise": ("enterprise", "Registered enterprises: list, add, suspend, resume, rebase."),
    "renew": ("renew", "Go on under a new store after a restore or a copy."),
    "bench": ("bench", "Tickets the whole way, measured; sealing beside openssl cms."),
    "check": ("check", "Journals, chains and books against each other."),
}
EPILOG: Final = """Example: ain ticket layout detect Master.csv && ain ticket layout test Master.csv --layout asterisk-csv"""


class Parts(click.Group):
    """A group that knows the names of its parts without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the table."""
        return list(PARTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the part's module now that it is needed."""
        if cmd_name not in PARTS:
            return None
        found = importlib.import_module(f"ain_scp.ain.ticket.{PARTS[cmd_name][0]}").command
        return with_options(found) if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table of the parts."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in PARTS.items()])


@click.group(cls=Parts, epilog=EPILOG)
def command() -> None:
    """Call accounting over a public network: PBX tickets collected, sealed, delivered, verified, profiled."""

"""What the commands of both sides share: opening a run, ending in one line, printing.

Source: C-016 (nothing secret in any output).
"""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from ain_scp.ain.faults import Trouble, file_trouble, refuse
from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.terms.safe_text import printable_lines

if TYPE_CHECKING:
    from ain_scp.couriers.collector_run import CollectorRun
    from ain_scp.couriers.provider_run import ProviderRun

config_argument = click.argument("config", type=click.Path(path_type=Path, dir_okay=False, exists=True))
json_option = click.option("--json", "as_json", is_flag=True, help="Machine-readable on stdout.")
trace_option = click.option(
    "--trace",
    type=OutputPath(),
    metavar="FILE",
    help="The order of events as JSON lines.",
)
Trace = Callable[[str, dict[str, object]], None]
EXTRA: Final = "ain ticket {} needs the extra: pip install 'ain-scp[tickets]'"


def need_extra(command: str) -> None:
    """End in one line when cryptography is missing."""
    try:
        import cryptography  # noqa: F401 - whether it is there
    except ImportError:
        raise Trouble(EXTRA.format(command)) from None
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # keys are loaded: no core dump may hold them


@contextmanager
def one_line() -> Iterator[None]:
    """What an operator can mend becomes one line each and exit 2."""
    import sqlite3

    from ain_scp.journal.faults import JournalFault
    from ain_scp.provisioning.problems import ProvisioningError
    from ain_scp.tickets.envelope.keys import KeyFileError
    from ain_scp.tickets.names import SettingsError
    from ain_scp.tickets.site import SiteError

    try:
        yield
    except ProvisioningError as fault:
        refuse(fault.problems)
    except (SettingsError, KeyFileError, SiteError) as fault:
        raise Trouble(str(fault)) from None
    except JournalFault as fault:
        raise Trouble(f"{fault}: another process has this store, or it cannot be read") from None
    except sqlite3.Error as fault:
        raise Trouble(
            f"calls.db: {fault}; it may be deleted, it is worked out anew from the journal"
        ) from None
    except BrokenPipeError:
        raise  # whoever read has left
    except OSError as fault:
        if fault.filename is None:
            raise Trouble(fault.strerror or str(fault)) from None
        raise file_trouble(fault.filename, fault) from None


@contextmanager
def collector(config: Path, trace: Path | None = None) -> "Iterator[CollectorRun]":
    """A collector over its files."""
    need_extra("collect")
    with one_line(), tracing(trace) as note:
        from ain_scp.couriers.collector_run import CollectorRun, utc_now

        run = CollectorRun(config, utc_now, os.urandom, note)
        try:
            yield run
        finally:
            run.close()


@contextmanager
def provider(config: Path, trace: Path | None = None) -> "Iterator[ProviderRun]":
    """A provider over its files."""
    need_extra("receive")
    with one_line(), tracing(trace) as note:
        from ain_scp.couriers.collector_run import utc_now
        from ain_scp.couriers.provider_run import ProviderRun

        run = ProviderRun(config, utc_now, os.urandom, note)
        try:
            yield run
        finally:
            run.close()


@contextmanager
def tracing(file: Path | None) -> Iterator[Trace | None]:
    """Events as JSON lines; sequences and numbers of batches, nothing else."""
    if file is None:
        yield None
        return
    check_outputs()
    with file.open("ab") as stream:

        def note(event: str, facts: dict[str, object]) -> None:
            stream.write(msgspec.json.encode({"event": event, **facts}) + b"\n")

        yield note


def alarms(texts: list[str]) -> None:
    """Each alarm as a line for the log."""
    for text in texts:
        click.echo(printable_lines(f"ALARM tickets: {text}"), err=True)

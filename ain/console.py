"""`ain console DATASET` or `ain console CONSOLE.toml`: the web console.

Source: interfaces.md section 6.1; console.md sections 5 and 9.
"""

import asyncio
import hashlib
import itertools
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ain_scp.ain.dataset import existing
from ain_scp.ain.faults import Trouble, file_trouble, refuse
from ain_scp.ain.unix_socket import listening_at
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.console.live import Scp
    from ain_scp.console.settings import Http, ScpRow, Settings
    from ain_scp.console.tokens import Token

HTTP: Final = "127.0.0.1:8640"
_PUBLIC: Final = "Reach it from elsewhere through ssh -L, or add --allow-public, --http-certificate, --http-key and --tokens"
EPILOG = """\b
Examples: ain console examples/golden
          ain console examples/golden --scp 127.0.0.1:9464 --control scp.sock
          ain console console.toml
          ain console --verify-audit WORKSPACE"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path), required=False, metavar="[DATASET|CONSOLE.toml]")
@click.option(
    "--scp", "metrics", multiple=True, metavar="HOST:PORT",
    help="Watch this SCP (its --metrics) instead of one started for the console; may be repeated.",
)  # fmt: skip
@click.option(
    "--control", "controls", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
    help="Control socket of the --scp in the same place: lets approved changes be loaded.",
)  # fmt: skip
@click.option(
    "--tap", "taps", multiple=True, type=click.Path(path_type=Path), metavar="PATH",
    help="Tap of the --scp in the same place (its --tap): shows sampled messages.",
)  # fmt: skip
@click.option(
    "--records", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
    help="Record directory for the pages of call and AMA records.",
)  # fmt: skip
@click.option(
    "--charging", "books", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
    help="Ledger for the pages of accounts and bills; read only.",
)  # fmt: skip
@click.option(
    "--tickets", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="PROVIDER.toml",
    help="Provider for the page of tickets.",
)  # fmt: skip
@click.option(
    "--calls", "corpora", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.jsonl",
    help="Query lines that reviews compare besides those of runs; may be repeated.",
)  # fmt: skip
@click.option(
    "--http",
    default=HTTP,
    show_default=True,
    metavar="HOST:PORT|unix:PATH",
    help="Where to serve; port 0 = any, loopback only. unix:PATH: a socket of this user alone.",
)
@click.option(
    "--allow-public", is_flag=True,
    help="Serve beyond loopback; needs --http-certificate, --http-key, --tokens, and --host for its names.",
)  # fmt: skip
@click.option(
    "--http-certificate", type=click.Path(path_type=Path), metavar="FILE", help="Certificate chain, PEM."
)
@click.option("--http-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, PEM.")
@click.option(
    "--host", "names", multiple=True, metavar="NAME", help="A name it is asked under; may be repeated."
)
@click.option(
    "--tokens",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Tokens file (ain token add); else a one-time code is printed.",
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where runs, reviews and the audit journal are kept (default: below ~/.local/state).",
)
@click.option(
    "--verify-audit",
    "audited",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Verify the audit journal of a workspace, and end.",
)
def command(
    dataset: Path | None,
    metrics: tuple[str, ...],
    controls: tuple[Path, ...],
    taps: tuple[Path, ...],
    records: Path | None,
    books: Path | None,
    tickets: Path | None,
    corpora: tuple[Path, ...],
    http: str,
    allow_public: bool,
    http_certificate: Path | None,
    http_key: Path | None,
    names: tuple[str, ...],
    tokens: Path | None,
    workspace: Path | None,
    audited: Path | None,
) -> None:
    """Watch calls live, explain them, review a change by its calls, approve it and let the SCP load exactly that."""
    if audited is not None:
        _verify(audited)
        return
    if dataset is None:
        raise click.UsageError("give a data set, or a console.toml")
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        raise Trouble("ain console needs the extra: pip install 'ain-scp[web]'") from None
    from ain_scp.console import settings as form

    if dataset.is_file():
        settings = _of_file(dataset)
    else:
        existing(dataset)
        for option, given in (("--control", controls), ("--tap", taps)):
            if len(given) > len(metrics):
                raise click.UsageError(f"{option} goes with the --scp in the same place")
        beside = itertools.zip_longest(metrics, map(str, controls), map(str, taps), fillvalue="")
        settings = form.Settings(
            1, (form.DatasetRow(str(dataset)),), str(workspace or ""),
            form.Http(http, allow_public, str(http_certificate or ""), str(http_key or ""), str(tokens or ""), names),
            tuple(form.ScpRow(one, "", control, tap) for one, control, tap in beside),
            tuple(form.PathRow(str(one)) for one in (records,) if one),
            tuple(form.PathRow(str(one)) for one in (books,) if one),
            tuple(form.ProviderRow(str(one)) for one in (tickets,) if one),
            tuple(form.CallsRow(str(one)) for one in corpora),
        )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    known = _tokens(settings.http.tokens)
    served = Path(settings.dataset[0].path)
    place = Path(settings.workspace) if settings.workspace else _workspace(served)
    tls = _tls(settings.http.certificate, settings.http.key)
    safe = tls is not None and bool(settings.http.tokens)
    with _listening(settings.http, safe=safe) as listening, _scps(served, place, settings.scp) as scps:
        _serve(settings, place, scps, known, listening, tls)


def _of_file(path: Path) -> "Settings":
    """The settings of a file, which says all; UsageError for an option beside it."""
    from ain_scp.console.settings import read_settings
    from ain_scp.provisioning.problems import ProvisioningError

    context = click.get_current_context()
    for one in context.command.params:
        given = context.get_parameter_source(one.name or "") is click.core.ParameterSource.COMMANDLINE
        if given and isinstance(one, click.Option):
            raise click.UsageError(f"{one.opts[0]} is not given beside a file: write it in {path}")
    try:
        return read_settings(path)
    except OSError as fault:
        raise file_trouble(path, fault) from None
    except ProvisioningError as fault:
        refuse(fault.problems)


def _serve(
    settings: "Settings",
    place: Path,
    scps: "list[Scp]",
    tokens: "tuple[Token, ...]",
    listening: socket.socket,
    tls: tuple[Path, Path] | None,
) -> None:
    import uvicorn

    from ain_scp.console.app import application
    from ain_scp.console.desk import Desk
    from ain_scp.console.heads import MOST_CONNECTIONS, PatientProtocol
    from ain_scp.console.resources.records import Places
    from ain_scp.journal.faults import JournalFault

    dataset = Path(settings.dataset[0].path)
    places = Places(
        next((Path(one.path) for one in settings.records), None),
        next((Path(one.path) for one in settings.charging), None),
        next((Path(one.config) for one in settings.tickets), None),
    )
    try:
        desk = Desk(
            dataset,
            place,
            scps,
            tokens=tokens,
            corpora=[(one.name or Path(one.file).name, Path(one.file)) for one in settings.calls],
            approvals=settings.review.approvals,
            places=places,
            limits=settings.limits,
        )
    except OSError as fault:
        raise file_trouble(place, fault) from None
    except JournalFault as fault:
        raise Trouble(f"{place}/audit: {fault}") from None
    hosts = {"127.0.0.1", "localhost", "[::1]", *(name.lower() for name in settings.http.hosts)}
    port, shown = "unix", settings.http.address
    if listening.family != socket.AF_UNIX:
        host, port = listening.getsockname()[:2]
        hosts.add(host)
        shown = f"http{'s' if tls else ''}://{host}:{port}/"

    def reread() -> None:
        try:
            desk.use(_tokens(settings.http.tokens))
        except click.ClickException as fault:
            click.echo(f"SIGHUP: tokens stay as they were: {fault.format_message()}", err=True)

    def ready() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reread)
        click.echo(f"ready {shown} dataset {dataset} workspace {place} pid {os.getpid()}")
        if not tokens:
            code = desk.sessions.new_code()
            click.echo(f"one-time code: {code} (good for one login within 10 minutes)")
        sys.stdout.flush()

    app = application(desk, f"ain_console_{port}", frozenset(hosts), ready, secure=tls is not None)
    certificate, key = (None, None) if tls is None else map(str, tls)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2,
        http=PatientProtocol, limit_concurrency=MOST_CONNECTIONS, ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    uvicorn.Server(config).run([listening])


def _end(_number: int, _frame: object) -> None:
    """A signal ends the console in order, its own SCP too."""
    sys.exit(0)


def _tls(certificate: str, key: str) -> tuple[Path, Path] | None:
    """Certificate and key, tried before anything is served; UsageError for one without the other, Trouble for a wrong one."""
    import ssl

    if bool(certificate) != bool(key):
        raise click.UsageError("--http-certificate and --http-key: both or none")
    if not certificate:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as fault:
        raise Trouble(
            f"--http-certificate {certificate}, --http-key {key}: {fault.strerror or fault}"
        ) from None
    return Path(certificate), Path(key)


@contextmanager
def _listening(http: "Http", *, safe: bool) -> Iterator[socket.socket]:
    """The socket to serve on; only this machine's unless it is meant, with certificate, key and tokens."""
    from ain_scp.ain.serve.addresses import address_of
    from ain_scp.console.settings import UNIX
    from ain_scp.transport.tcp import listen

    if http.allow_public and not safe:
        raise click.UsageError(
            "--allow-public needs --http-certificate, --http-key and --tokens: sessions travel in it"
        )
    if http.address.startswith(UNIX):
        with listening_at(Path(http.address.removeprefix(UNIX))) as listening:
            yield listening
        return
    host, port = address_of(http.address, allow_public=http.allow_public, option="--http", hint=_PUBLIC)
    try:
        listening = listen(host, port)
    except OSError as fault:
        raise Trouble(f"--http {http.address}: {fault.strerror}") from None
    with listening:
        yield listening


@contextmanager
def _scps(dataset: Path, place: Path, rows: "tuple[ScpRow, ...]") -> "Iterator[list[Scp]]":
    """The SCPs to watch: those named, or one of the console's own, which ends with it."""
    from ain_scp.console.live import Scp

    if not rows:
        with _own_scp(dataset, place) as own:
            yield [own]
        return
    watched = []
    for number, row in enumerate(rows):
        host, colon, port = row.metrics.rpartition(":")
        if not colon or not port.isdecimal():
            raise click.UsageError(f"--scp {row.metrics}: expected HOST:PORT")
        name = row.name or (f"SCP-{chr(65 + number % 26)}" if len(rows) > 1 else "SCP")
        watched.append(Scp(name, host, int(port), row.control or None, row.tap or None))
    yield watched


@contextmanager
def _own_scp(dataset: Path, place: Path) -> "Iterator[Scp]":
    import json
    import subprocess
    import tempfile

    from ain_scp.console.live import Scp
    from ain_scp.console.sources.runs import with_us

    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="ain-console-") as short:
        control, tap = Path(short, "scp.sock"), Path(short, "scp.tap")
        words = [sys.executable, "-m", "ain_scp", "serve", str(dataset), "--udp", "127.0.0.1:0"]
        words += ["--metrics", "127.0.0.1:0", "--control", str(control), "--tap", str(tap), "--json"]
        process = subprocess.Popen(  # noqa: S603 - our own command; nothing else runs yet, so before it begins is safe
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, preexec_fn=with_us  # noqa: PLW1509
        )  # fmt: skip
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            if not line:
                raise Trouble(f"{dataset}: no SCP could be started over it; ain check lists every problem")
            told = json.loads(line)
            host, _, port = told["http"].rpartition(":")
            yield Scp("SCP", host, int(port), str(control), str(tap), told["udp"])
        finally:
            process.terminate()
            process.wait(30)
            if process.stdout is not None:
                process.stdout.close()


def _tokens(path: str) -> "tuple[Token, ...]":
    from ain_scp.console.tokens import read_tokens
    from ain_scp.provisioning.problems import ProvisioningError

    if not path:
        return ()
    try:
        return read_tokens(Path(path))
    except OSError as fault:
        raise file_trouble(Path(path), fault) from None
    except ProvisioningError as fault:
        refuse(fault.problems)


def _workspace(dataset: Path) -> Path:
    """A folder of this user for this data set."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    real = dataset.resolve()
    return Path(base, "ain-console", f"{real.name}-{hashlib.sha256(os.fsencode(real)).hexdigest()[:8]}")


def _verify(workspace: Path) -> None:
    from ain_scp.console.audit import verify
    from ain_scp.journal.faults import JournalFault

    folder = workspace / "audit"
    if not folder.is_dir():
        raise Trouble(f"{folder}: no audit journal")
    try:
        count = verify(folder)
    except JournalFault as fault:
        click.echo(f"{folder}: {fault}")
        sys.exit(1)
    if not count:
        raise Trouble(f"{folder}: no entry, so nothing was verified")
    click.echo(f"{folder}: {counted(count, 'entry', 'entries')}, each follows the one before it")

"""`ain console DATASET`: the web console.

Source: interfaces.md section 6.1; console.md sections 5 and 9.
"""

import hashlib
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

if TYPE_CHECKING:
    from ain_scp.console.live import Scp
    from ain_scp.console.resources.records import Places
    from ain_scp.console.tokens import Token

HTTP: Final = "127.0.0.1:8640"
_PUBLIC: Final = "Reach it from elsewhere through ssh -L, or add --allow-public, --http-certificate, --http-key and --tokens"
EPILOG = """\b
Examples: ain console examples/golden
          ain console examples/golden --scp 127.0.0.1:9464 --control scp.sock
          ain console --verify-audit WORKSPACE"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path), required=False)
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
    metavar="HOST:PORT",
    help="Where to serve; port 0 = any, loopback only.",
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
        raise click.UsageError("give a data set")
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        raise Trouble("ain console needs the extra: pip install 'ain-scp[web]'") from None
    existing(dataset)
    for option, given in (("--control", controls), ("--tap", taps)):
        if len(given) > len(metrics):
            raise click.UsageError(f"{option} goes with the --scp in the same place")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    known = _tokens(tokens)
    place = workspace or _workspace(dataset)
    tls = _tls(http_certificate, http_key)
    listening = _listen(http, allow_public=allow_public, safe=tls is not None and tokens is not None)
    from ain_scp.console.resources.records import Places

    places = Places(records, books, tickets)
    with _scps(dataset, place, metrics, controls, taps) as scps:
        _serve(dataset, place, scps, known, corpora, listening, places, tls, names)


def _serve(
    dataset: Path,
    place: Path,
    scps: "list[Scp]",
    tokens: "tuple[Token, ...]",
    corpora: tuple[Path, ...],
    listening: socket.socket,
    places: "Places",
    tls: tuple[Path, Path] | None,
    names: tuple[str, ...],
) -> None:
    import uvicorn

    from ain_scp.console.app import application
    from ain_scp.console.desk import Desk
    from ain_scp.console.heads import MOST_CONNECTIONS, PatientProtocol
    from ain_scp.journal.faults import JournalFault

    try:
        desk = Desk(
            dataset,
            place,
            scps,
            tokens=tokens,
            corpora=[(path.name, path) for path in corpora],
            places=places,
        )
    except OSError as fault:
        raise file_trouble(place, fault) from None
    except JournalFault as fault:
        raise Trouble(f"{place}/audit: {fault}") from None
    host, port = listening.getsockname()[:2]
    hosts = frozenset({"127.0.0.1", "localhost", "[::1]", host, *(name.lower() for name in names)})
    app = application(desk, f"ain_console_{port}", hosts, secure=tls is not None)
    certificate, key = (None, None) if tls is None else map(str, tls)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2,
        http=PatientProtocol, limit_concurrency=MOST_CONNECTIONS, ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    scheme = "http" if tls is None else "https"
    click.echo(f"ready {scheme}://{host}:{port}/ dataset {dataset} workspace {place} pid {os.getpid()}")
    if not tokens:
        click.echo(f"one-time code: {desk.sessions.new_code()} (good for one login within 10 minutes)")
    sys.stdout.flush()
    uvicorn.Server(config).run([listening])


def _end(_number: int, _frame: object) -> None:
    """A signal ends the console in order, its own SCP too."""
    sys.exit(0)


def _tls(certificate: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Certificate and key, tried before anything is served; UsageError for one without the other, Trouble for a wrong one."""
    import ssl

    if (certificate is None) != (key is None):
        raise click.UsageError("--http-certificate and --http-key: both or none")
    if certificate is None or key is None:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as fault:
        raise Trouble(
            f"--http-certificate {certificate}, --http-key {key}: {fault.strerror or fault}"
        ) from None
    return certificate, key


def _listen(http: str, *, allow_public: bool, safe: bool) -> socket.socket:
    """The socket to serve on; only this machine's unless it is meant, with certificate, key and tokens."""
    from ain_scp.ain.serve.command import address_of

    if allow_public and not safe:
        raise click.UsageError(
            "--allow-public needs --http-certificate, --http-key and --tokens: sessions travel in it"
        )
    host, port = address_of(http, allow_public=allow_public, option="--http", hint=_PUBLIC)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as fault:
        listening.close()
        raise Trouble(f"--http {http}: {fault.strerror}") from None
    return listening


@contextmanager
def _scps(
    dataset: Path,
    place: Path,
    metrics: tuple[str, ...],
    controls: tuple[Path, ...],
    taps: tuple[Path, ...],
) -> "Iterator[list[Scp]]":
    """The SCPs to watch: those named, or one of the console's own, which ends with it."""
    from ain_scp.console.live import Scp

    if not metrics:
        with _own_scp(dataset, place) as own:
            yield [own]
        return
    named = []
    for number, text in enumerate(metrics):
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdecimal():
            raise click.UsageError(f"--scp {text}: expected HOST:PORT")
        control, tap = (str(given[number]) if number < len(given) else None for given in (controls, taps))
        name = f"SCP-{chr(65 + number % 26)}" if len(metrics) > 1 else "SCP"
        named.append(Scp(name, host, int(port), control, tap))
    yield named


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


def _tokens(path: Path | None) -> "tuple[Token, ...]":
    from ain_scp.console.tokens import read_tokens
    from ain_scp.provisioning.problems import ProvisioningError

    if path is None:
        return ()
    try:
        return read_tokens(path)
    except OSError as fault:
        raise file_trouble(path, fault) from None
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
    click.echo(f"{folder}: {count} entries, each follows the one before it")

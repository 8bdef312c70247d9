"""`ain ticket bench`: tickets the whole way on this machine, and the speed of sealing beside `openssl cms`.

Source: C-001 to C-003.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import json_option, need_extra, one_line
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.couriers.pair import Pair

SOURCE: Final = '[[source]]\nname = "pbx"\nkind = "file"\nlayout = "{layout}"\npath = "../tickets.log"\n'
SIZES: Final = (64 << 10, 1 << 20, 8 << 20)
TURNS: Final = 7
POLL_S: Final = 0.2


class Stage(msgspec.Struct, frozen=True):
    """One command of the way: seconds of the processor and of the wall, its largest memory in MiB."""

    name: str
    cpu_s: float
    wall_s: float
    memory_mib: int


class Ratio(msgspec.Struct, frozen=True):
    """Sign and seal, and open and verify, of one size: how many times as fast, by processor time, as two openssl processes each."""

    octets: int
    seal: float
    open: float


class BenchForm(msgspec.Struct, frozen=True):
    """What went in and came out, tickets a second of one processor, the stages, and the ratios where openssl is there.

    `collector` is the rate of the enterprise's side, `provider` that of the other (receive and profile), `per_second` of both on
    one processor.
    """

    tickets: int
    calls: int
    per_second: int
    collector: int
    provider: int
    stages: list[Stage]
    openssl: list[Ratio]


@click.command(epilog="Example: ain ticket bench --tickets 100000")
@click.option(
    "--tickets",
    default=100_000,
    show_default=True,
    type=click.IntRange(1),
    metavar="N",
    help="Number of tickets.",
)
@click.option(
    "--layout", default="avaya-ipoffice", show_default=True, metavar="NAME", help="A shipped layout."
)
@click.option("--no-openssl", is_flag=True, help="Leave the comparison with openssl cms out.")
@json_option
def command(tickets: int, layout: str, *, no_openssl: bool, as_json: bool) -> None:
    """Generate, collect, receive and profile tickets in processes of their own; compare sealing with openssl.

    Exit 1 when a ticket is missing or doubled.
    """
    need_extra("bench")
    with one_line(), tempfile.TemporaryDirectory(prefix="ain-ticket-") as place:
        root = Path(place)
        pair = _pair(root, layout)
        stages = [
            _stage("generate", "--layout", layout, "--calls", tickets, "--to", root / "tickets.log"),
            *_there(pair, tickets),
        ]
        out = root / "profile.json"
        stages.append(_stage("profile", pair.provider, "--enterprise", "ACME", "--json", out=out))
        calls = msgspec.json.decode(out.read_bytes())["totals"]["calls"]
        ratios = (
            [] if no_openssl or shutil.which("openssl") is None else [_ratio(root, size) for size in SIZES]
        )
    found = {
        "tickets": tickets,
        "calls": calls,
        "per_second": _rate(tickets, stages[1:]),
        "collector": _rate(tickets, stages[1:2]),
        "provider": _rate(tickets, stages[2:]),
    }
    if as_json:
        write_json(BenchForm(**found, stages=stages, openssl=ratios))
    else:
        _print(found, stages, ratios)
    sys.exit(0 if calls == tickets else 1)


def _rate(tickets: int, stages: list[Stage]) -> int:
    whole = sum(one.cpu_s for one in stages)
    return round(tickets / whole) if whole else 0


def _pair(root: Path, layout: str) -> "Pair":
    from ain_scp.couriers.pair import make
    from ain_scp.couriers.settings_text import replace_key

    pair = make(root, "ACME", "TELCO", datetime.now(UTC))
    replace_key(pair.collector, "batch", "age_s", "300", "1")
    pair.collector.write_text(pair.collector.read_text() + SOURCE.format(layout=layout))
    return pair


def _there(pair: "Pair", tickets: int) -> list[Stage]:
    """Both sides as processes that go on, beside each other, until every ticket has its receipt."""
    from ain_scp.couriers.status import read_status

    store = pair.collector.parent / "store"
    collect = _begin("collect", pair.collector)
    receive = _begin("receive", pair.provider, "--https", "127.0.0.1:0")
    while all(one.process.poll() is None for one in (collect, receive)):
        status = read_status(store)
        told = status.providers[0] if status else None
        if told is not None and told.stored >= tickets and not told.waiting_tickets:
            break
        time.sleep(POLL_S)
    for one in (collect, receive):
        one.process.terminate()
    return [_end(one) for one in (collect, receive)]


class _Running(NamedTuple):
    name: str
    process: "subprocess.Popen[bytes]"
    began: float


def _stage(name: str, *words: object, out: Path | None = None) -> Stage:
    """Run a command of ours to its end."""
    return _end(_begin(name, *words, out=out))


def _begin(name: str, *words: object, out: Path | None = None) -> _Running:
    began = time.monotonic()
    with Path(out or os.devnull).open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - a command of ours
            [sys.executable, "-m", "ain_scp.ain", "ticket", name, *map(str, words)],
            stdout=sink,
            stderr=subprocess.PIPE,
        )
    return _Running(name, process, began)


def _end(running: _Running) -> Stage:
    """Wait for it; its processor time and memory are the kernel's own count."""
    name, process, began = running
    fault = process.stderr.read() if process.stderr else b""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode:
        raise click.ClickException(
            f"{name}: exit {process.returncode}: {fault.decode(errors='replace').strip()}"
        )
    return Stage(
        name,
        round(usage.ru_utime + usage.ru_stime, 2),
        round(time.monotonic() - began, 2),
        usage.ru_maxrss // 1024,
    )


def _times(ours: Callable[[], object], openssl: Callable[[], object]) -> float:
    """How many times as fast ours is: processor seconds of the fastest of a few turns, taken in turns."""
    here, there = [], []
    for _turn in range(TURNS):
        began = time.process_time()
        ours()
        here.append(time.process_time() - began)
        began = _children_s()
        openssl()
        there.append(_children_s() - began)
    return round(min(there) / min(here), 1)


def _children_s() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def _ratio(root: Path, size: int) -> Ratio:
    from cryptography.hazmat.primitives.serialization import Encoding

    from ain_scp.tickets.envelope import keys as making
    from ain_scp.tickets.envelope.seal import seal, sign, unseal, verify
    from ain_scp.tickets.envelope.trust import fingerprint

    now = datetime.now(UTC)
    authority = making.new_authority("CA", now)
    signer = making.new_keys("A", "sign", authority, now)
    ours = making.new_keys("T", "decrypt", authority, now)
    for name, keys in (("ca", authority), ("sign", signer), ("enc", ours)):
        (root / f"{name}.pem").write_bytes(keys.certificate.public_bytes(Encoding.PEM))
        (root / f"{name}.key").write_bytes(making.write_key(keys.key))
    content = os.urandom(size)
    (root / "content").write_bytes(content)
    known = {fingerprint(signer.certificate): signer.certificate}
    sealed = seal(sign(content, signer), ours.certificate, os.urandom)
    return Ratio(
        size,
        _times(
            lambda: seal(sign(content, signer), ours.certificate, os.urandom), lambda: _openssl_seals(root)
        ),
        _times(lambda: verify(unseal(sealed, [ours])[0], known), lambda: _openssl_opens(root)),
    )


def _openssl_seals(root: Path) -> None:
    _openssl(root, "-sign", "-binary", "-nodetach", "-in", "content", "-signer", "sign.pem", "-inkey", "sign.key",
             "-md", "sha256", "-outform", "DER", "-out", "signed")  # fmt: skip
    _openssl(root, "-encrypt", "-binary", "-aes-256-gcm", "-in", "signed", "-outform", "DER", "-out", "sealed",
             "-recip", "enc.pem", "-keyopt", "ecdh_kdf_md:sha256")  # fmt: skip


def _openssl_opens(root: Path) -> None:
    _openssl(root, "-decrypt", "-binary", "-inform", "DER", "-in", "sealed", "-inkey", "enc.key", "-recip", "enc.pem",
             "-out", "opened")  # fmt: skip
    _openssl(root, "-verify", "-binary", "-inform", "DER", "-in", "opened", "-CAfile", "ca.pem", "-purpose", "smimesign",
             "-out", "content-2")  # fmt: skip


def _openssl(root: Path, *words: str) -> None:
    program = shutil.which("openssl")
    done = subprocess.run([str(program), "cms", *words], cwd=root, capture_output=True, check=False)  # noqa: S603 - the judge
    if done.returncode:
        raise click.ClickException(
            f"openssl cms {words[0]}: {done.stderr.decode(errors='replace').strip()[:200]}"
        )


def _print(found: dict[str, int], stages: list[Stage], ratios: list[Ratio]) -> None:
    for one in stages:
        rate = _rate(found["tickets"], [one])
        click.echo(
            f"{one.name:10} {one.cpu_s:8.2f} s processor  {one.wall_s:8.2f} s wall  {one.memory_mib:5} MiB  {rate:>9} tickets/s"
        )
    click.echo(
        f"{counted(found['calls'], 'call')} of {counted(found['tickets'], 'ticket')}; tickets/s of one processor: collector {found['collector']}, "
        f"provider {found['provider']}, both {found['per_second']}"
    )
    for ratio in ratios:
        click.echo(
            f"{ratio.octets:>9} octets: seal {ratio.seal:5.1f} times, open {ratio.open:5.1f} times as fast as openssl cms"
        )

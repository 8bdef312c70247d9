"""`ain ticket bench`: tickets the whole way on this machine, and the speed of sealing beside `openssl cms`.

Source: C-001 to C-003.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from ain_scp.ain.forms import write_json
from ain_scp.ain.ticket.sides import json_option, need_extra, one_line

if TYPE_CHECKING:
    from ain_scp.couriers.pair import Pair

SOURCE: Final = '[[source]]\nname = "pbx"\nkind = "file"\nlayout = "{layout}"\npath = "../tickets.log"\n'
SIZES: Final = (64 << 10, 1 << 20, 8 << 20)
TURNS: Final = 3
OUT: Final = 64 * 5000
"""Tickets that may be out, by the settings that `init` writes."""


class Stage(msgspec.Struct, frozen=True):
    """One command of the way: seconds of the processor and of the wall, its largest memory in MiB, its last exit status."""

    name: str
    cpu_s: float
    wall_s: float
    memory_mib: int
    status: int = 0


class Ratio(msgspec.Struct, frozen=True):
    """Sign and seal, and open and verify, of one size: how many times as fast as two openssl processes each."""

    octets: int
    seal: float
    open: float


class BenchForm(msgspec.Struct, frozen=True):
    """What went in and came out, tickets a second of one processor, the stages, and the ratios where openssl is there."""

    tickets: int
    calls: int
    per_second: int
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
            _stage(
                "generate", "generate", "--layout", layout, "--calls", tickets, "--to", root / "tickets.log"
            ),
            *_there(pair, tickets),
        ]
        out = root / "profile.json"
        stages.append(_stage("profile", "profile", pair.provider, "--enterprise", "ACME", "--json", out=out))
        calls = msgspec.json.decode(out.read_bytes())["totals"]["calls"]
        ratios = (
            [] if no_openssl or shutil.which("openssl") is None else [_ratio(root, size) for size in SIZES]
        )
    whole = sum(one.cpu_s for one in stages[1:])
    found = {"tickets": tickets, "calls": calls, "per_second": round(tickets / whole) if whole else 0}
    if as_json:
        write_json(BenchForm(**found, stages=stages, openssl=ratios))
    else:
        _print(found, stages, ratios)
    sys.exit(0 if calls == tickets else 1)


def _pair(root: Path, layout: str) -> "Pair":
    from ain_scp.couriers.pair import make

    pair = make(root, "ACME", "TELCO", datetime.now(UTC))
    pair.collector.write_text(pair.collector.read_text() + SOURCE.format(layout=layout))
    return pair


def _there(pair: "Pair", tickets: int) -> list[Stage]:
    """Collect and receive in turns, until nothing is pending: only so many batches are out at a time."""
    collect, receive = Stage("collect", 0.0, 0.0, 0), Stage("receive", 0.0, 0.0, 0)
    for _turn in range(2 + tickets // OUT):
        done = _stage("collect", "collect", pair.collector, "--once", "--wait", "0", statuses=(0, 1))
        collect = _sum(collect, done)
        if done.status == 0:
            return [collect, receive]
        receive = _sum(receive, _stage("receive", "receive", pair.provider, "--once"))
    raise click.ClickException("collect: batches are still pending")


def _sum(one: Stage, other: Stage) -> Stage:
    return Stage(
        one.name,
        round(one.cpu_s + other.cpu_s, 2),
        round(one.wall_s + other.wall_s, 2),
        max(one.memory_mib, other.memory_mib),
    )


def _stage(name: str, *words: object, statuses: tuple[int, ...] = (0,), out: Path | None = None) -> Stage:
    """Run a command of ours; its processor time and memory are the kernel's own count."""
    began = time.monotonic()
    with Path(out or os.devnull).open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - a command of ours
            [sys.executable, "-m", "ain_scp.ain", "ticket", *map(str, words)],
            stdout=sink,
            stderr=subprocess.PIPE,
        )
        fault = process.stderr.read() if process.stderr else b""
        _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode not in statuses:
        raise click.ClickException(
            f"{name}: exit {process.returncode}: {fault.decode(errors='replace').strip()}"
        )
    return Stage(
        name,
        round(usage.ru_utime + usage.ru_stime, 2),
        round(time.monotonic() - began, 2),
        usage.ru_maxrss // 1024,
        process.returncode,
    )


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few turns."""
    found = []
    for _turn in range(TURNS):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


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
    seal_s = _best(lambda: seal(sign(content, signer), ours.certificate, os.urandom))
    open_s = _best(lambda: verify(unseal(sealed, [ours])[0], known))
    return Ratio(
        size, round(_best(lambda: _openssl_seals(root)) / seal_s, 1), round(_openssl_opens(root) / open_s, 1)
    )


def _openssl_seals(root: Path) -> None:
    _openssl(root, "-sign", "-binary", "-nodetach", "-in", "content", "-signer", "sign.pem", "-inkey", "sign.key",
             "-md", "sha256", "-outform", "DER", "-out", "signed")  # fmt: skip
    _openssl(root, "-encrypt", "-binary", "-aes-256-gcm", "-in", "signed", "-outform", "DER", "-out", "sealed",
             "-recip", "enc.pem", "-keyopt", "ecdh_kdf_md:sha256")  # fmt: skip


def _openssl_opens(root: Path) -> float:
    def work() -> None:
        _openssl(root, "-decrypt", "-binary", "-inform", "DER", "-in", "sealed", "-inkey", "enc.key", "-recip", "enc.pem",
                 "-out", "opened")  # fmt: skip
        _openssl(root, "-verify", "-binary", "-inform", "DER", "-in", "opened", "-CAfile", "ca.pem", "-purpose", "smimesign",
                 "-out", "content-2")  # fmt: skip

    return _best(work)


def _openssl(root: Path, *words: str) -> None:
    program = shutil.which("openssl")
    done = subprocess.run([str(program), "cms", *words], cwd=root, capture_output=True, check=False)  # noqa: S603 - the judge
    if done.returncode:
        raise click.ClickException(
            f"openssl cms {words[0]}: {done.stderr.decode(errors='replace').strip()[:200]}"
        )


def _print(found: dict[str, int], stages: list[Stage], ratios: list[Ratio]) -> None:
    for one in stages:
        rate = round(found["tickets"] / one.cpu_s) if one.cpu_s else 0
        click.echo(
            f"{one.name:10} {one.cpu_s:8.2f} s processor  {one.wall_s:8.2f} s wall  {one.memory_mib:5} MiB  {rate:>9} tickets/s"
        )
    click.echo(
        f"{found['calls']} calls of {found['tickets']} tickets; {found['per_second']} tickets/s of one processor, all but generate"
    )
    for ratio in ratios:
        click.echo(
            f"{ratio.octets:>9} octets: seal {ratio.seal:5.1f} times, open {ratio.open:5.1f} times as fast as openssl cms"
        )

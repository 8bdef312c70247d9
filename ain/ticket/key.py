"""`ain ticket key`: keys and certificates over the years - made, requested, issued, listed, changed, revoked.

Source: C-006, C-013, C-016.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs, real_path
from ain_scp.ain.ticket.sides import config_argument, json_option, need_extra, one_line, provider
from ain_scp.ain.words import counted

if TYPE_CHECKING:
    from ain_scp.tickets.envelope.keys import KeyUse

USES: Final = ("sign", "decrypt", "receipt")
STEMS: Final = {"sign": "sign", "decrypt": "enc", "receipt": "sign"}
name_argument = click.argument("name")
file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
use_option = click.option("--use", required=True, type=click.Choice(USES), help="What the key is for.")
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Its first line (mode 0600); else AIN_TICKET_PASSPHRASE, else none.",
)


@click.group(epilog="Example: ain ticket key list try/ACME/collector.toml")
def command() -> None:
    """Keys and certificates: new, request, issue, show, list, check, rotate, retire, revoke, crl, protect."""


FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 9999


def _passphrase(file: Path | None, *, ask: bool = False) -> bytes | None:
    from ain_scp.couriers.keyring import ENVIRONMENT, read_passphrase

    if file is not None:
        return read_passphrase(file)
    if os.environ.get(ENVIRONMENT):
        return os.environ[ENVIRONMENT].encode()
    if ask:
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True)).encode()
    return None


def _now() -> datetime:
    return datetime.now(UTC)


@command.command("new", epilog="Example: ain ticket key new acme-sign-2 try/ACME/collector.toml")
@name_argument
@config_argument
@click.option(
    "--kind", type=click.Choice(["ec", "rsa"]), default="ec", show_default=True, help="Kind of key."
)
@passphrase_option
def new(name: str, config: Path, kind: Literal["ec", "rsa"], passphrase_file: Path | None) -> None:
    """Make a key and the request for its certificate in keys/ beside the settings."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        click.echo(key_files.make(config, name, kind, _passphrase(passphrase_file)))


@command.command("request", epilog="Example: ain ticket key request acme-sign try/ACME/collector.toml")
@name_argument
@config_argument
@passphrase_option
def request(name: str, config: Path, passphrase_file: Path | None) -> None:
    """Write the request for the certificate of a key that is there."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        click.echo(key_files.ask(config, name, passphrase_file))


@command.command(
    "issue", epilog="Example: ain ticket key issue acme.csr try/TELCO/provider.toml --use sign --to ACME"
)
@file_argument
@config_argument
@use_option
@click.option("--to", "subject", required=True, metavar="NAME", help="Whose certificate it is.")
@click.option("--out", type=OutputPath(), metavar="FILE", help="Default: beside it.")
def issue(file: Path, config: Path, use: "KeyUse", subject: str, out: Path | None) -> None:
    """Issue a certificate for a request, with the small authority beside the settings."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        target = out or file.with_suffix(".pem")
        if out is None and target == file:
            raise click.UsageError(f"{file}: is the request itself; give --out FILE")
        check_outputs(*(config.parent / "keys").glob("*.key"))
        click.echo(f"{target}: {key_files.issue_to(config, file, subject, use, target, _now())}")


@command.command("show", epilog="Example: ain ticket key show try/ACME/keys/telco-enc.pem")
@file_argument
@json_option
def show(file: Path, *, as_json: bool) -> None:
    """Show a certificate: whose, whose authority's, until when, and the fingerprint that two people compare."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers.keyring import load_certificates
        from ain_scp.tickets.envelope.trust import fingerprint

        rows = [
            {
                "subject": one.subject.rfc4514_string(),
                "issuer": one.issuer.rfc4514_string(),
                "from": one.not_valid_before_utc.isoformat(),
                "until": one.not_valid_after_utc.isoformat(),
                "fingerprint": fingerprint(one),
            }
            for one in load_certificates(file.parent, file.name)
        ]
    if as_json:
        write_json({"certificates": rows})
        return
    for row in rows:
        for key, value in row.items():
            click.echo(f"{key:12} {value}")


@command.command("list", epilog="Example: ain ticket key list try/TELCO/provider.toml")
@config_argument
@json_option
def list_(config: Path, *, as_json: bool) -> None:
    """Every certificate that the settings name; exit 1 when one does not count or has less than 30 days left."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        rows = key_files.listed(config, _now())
    late = [one for one in rows if one.fault or one.days < key_files.SOON_DAYS]
    if as_json:
        write_json({"certificates": rows})
    else:
        for one in rows:
            click.echo(
                f"{one.use:22} {one.days:5} days  {one.fingerprint[:12]}  {one.file}  {one.fault}".rstrip()
            )
    for one in late:
        click.echo(f"ALARM tickets: {one.file}: {one.fault or f'{one.days} days left'}", err=True)
    sys.exit(1 if late else 0)


@command.command("check", epilog="Example: ain ticket key check try/TELCO/provider.toml")
@config_argument
def check(config: Path) -> None:
    """Whether every certificate counts now and every key is that of its certificate. Exit 1 with a problem."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        problems = [f"{one.file}: {one.fault}" for one in key_files.listed(config, _now()) if one.fault]
        problems += key_files.pairs_fit(config)
    for problem in problems:
        click.echo(problem)
    click.echo(f"{config}: {counted(len(problems), 'problem')}")
    sys.exit(1 if problems else 0)


@command.command("protect", epilog="Example: ain ticket key protect acme-sign try/ACME/collector.toml")
@name_argument
@config_argument
@passphrase_option
@click.option(
    "--before",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="The passphrase it has.",
)
def protect(name: str, config: Path, passphrase_file: Path | None, before: Path | None) -> None:
    """Encrypt a key with a passphrase; name its file as passphrase_file in the settings, or set AIN_TICKET_PASSPHRASE."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        passphrase = _passphrase(passphrase_file, ask=True)
        key_files.protect(config, name, before, passphrase or b"")
    click.echo(f"{name}: encrypted")


@command.command("rotate", epilog="Example: ain ticket key rotate try/TELCO/provider.toml --use decrypt")
@config_argument
@use_option
@click.option(
    "--kind", type=click.Choice(["ec", "rsa"]), default="ec", show_default=True, help="Kind of key."
)
@click.option(
    "--name", metavar="NAME", help="Go on with this key (its certificate has been issued elsewhere)."
)
@passphrase_option
def rotate(
    config: Path, use: "KeyUse", kind: Literal["ec", "rsa"], name: str | None, passphrase_file: Path | None
) -> None:
    """Make the next key beside the old, or put one into use.

    decrypt: old and new are accepted, receipts ask for the new one. sign, receipt: the other side must know the new
    certificate first; the key is made, and put into use by the same command with --name.
    """
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files
        from ain_scp.tickets.names import SettingsError

        settings = key_files.read_settings(config)
        ours = settings.provider if key_files.is_provider(config) else settings.enterprise
        if key_files.is_provider(config) != (use != "sign"):
            raise SettingsError(f"{config}: --use {use} belongs to the other side")
        new = name or key_files.next_name(config, f"{str(ours).lower()}-{STEMS[use]}")
        file = config.parent / "keys" / f"{new}.pem"
        if name is None:
            asked = key_files.make(config, new, kind, _passphrase(passphrase_file))
            if (config.parent / "keys" / "ca.key").exists():
                key_files.issue_to(config, asked, str(ours), use, file, _now())
            click.echo(f"{asked.with_suffix('.key')}: made; certificate: {file if file.exists() else asked}")
        if not file.exists() or (name is None and use != "decrypt"):
            click.echo(
                f"when the other side has its certificate: ain ticket key rotate {config} --use {use} --name {new}"
            )
            return
        put = key_files.use_decrypt if use == "decrypt" else key_files.use_sign
        put(config, new, str(real_path(passphrase_file)) if passphrase_file else "")
        click.echo(f"{config}: {use} with {new} from now on")


@command.command("retire", epilog="Example: ain ticket key retire telco-enc try/TELCO/provider.toml")
@name_argument
@config_argument
def retire(name: str, config: Path) -> None:
    """Let a decryption key go, when no waiting batch needs it and nothing came sealed to it for 35 days."""
    with provider(config) as run:
        from ain_scp.couriers import key_files
        from ain_scp.tickets.names import SettingsError

        pairs = run.settings.keys.decrypt
        going = next((one for one in pairs if Path(one.key).stem == name), None)
        if going is None or len(pairs) == 1:
            why = "no decryption key of that name" if going is None else "the only decryption key"
            raise SettingsError(f"{name}: {why}")
        needed = run.needs(going)
        if needed:
            raise SettingsError(f"{name}: {needed}; it must stay")
        key_files.drop_decrypt(config, [one for one in pairs if one is not going])
    click.echo(f"{config}: {name} is out of the settings; its files are still in keys/")


@command.command(
    "revoke",
    epilog="Example: ain ticket key revoke enterprises/ACME/sign.pem provider.toml --reason keyCompromise",
)
@file_argument
@config_argument
@click.option(
    "--reason", default="keyCompromise", show_default=True, metavar="WORD", help="Reason of the list."
)
@click.option("--since", metavar="ISO", help="Not to be trusted since then (default: now).")
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 400), help="How long the list is current."
)
def revoke(file: Path, config: Path, reason: str, since: str | None, days: int) -> None:
    """Put a certificate on the authority's list, and the list into the settings; give the list to the other side."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files
        from ain_scp.couriers.keyring import load_certificates
        from ain_scp.tickets.envelope.keys import REASONS, Revoked
        from ain_scp.tickets.names import SettingsError

        if reason not in REASONS:
            raise SettingsError(f"--reason {reason}: expected one of {', '.join(REASONS)}")
        certificate = load_certificates(file.parent, file.name)[0]
        found = Revoked(certificate.serial_number, _since(since), reason)
        listed = key_files.write_crl(config, [found], _now(), days)
    click.echo(f"{listed}: {certificate.subject.rfc4514_string()} revoked; current for {days} days")


def _since(text: str | None) -> datetime:
    from ain_scp.tickets.names import SettingsError

    try:
        found = _now() if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--since {text}: expected a time such as 2026-11-01T08:00:00+00:00") from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if not FIRST_YEAR <= found.year < LAST_YEAR:  # what a revocation list can hold
        raise SettingsError(f"--since {text}: before {FIRST_YEAR} or after {LAST_YEAR - 1}")
    return found


@command.command("crl", epilog="Example: ain ticket key crl try/TELCO/provider.toml")
@config_argument
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 400), help="How long the list is current."
)
def crl(config: Path, days: int) -> None:
    """Write the authority's list anew: a list that is configured must be current."""
    need_extra("key")
    with one_line():
        from ain_scp.couriers import key_files

        click.echo(f"{key_files.write_crl(config, [], _now(), days)}: current for {days} days")

"""What every command that talks to a broker takes, and how it becomes a broker's address.

Source: D-008, reliability.md section 7.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ain_scp.journal.sinks import NamedSink
    from ain_scp.scp.edges.journals.mqtt_broker import Broker


def mqtt_options(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--mqtt and what belongs to it."""
    options = (
        click.option("--mqtt", required=required, metavar="URL", help="mqtt://HOST[:PORT][/PREFIX], or mqtts://."),
        click.option(
            "--mqtt-credentials",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="TOML file with username and password, mode 600 (else AIN_MQTT_USERNAME, AIN_MQTT_PASSWORD).",
        ),
        click.option("--mqtt-ca", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="CA certificate (PEM)."),
        click.option("--mqtt-certificate", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Client certificate (PEM)."),
        click.option("--mqtt-key", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Client key (PEM)."),
    )  # fmt: skip

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return wrap


confirm_option = click.option(
    "--confirm",
    type=click.Choice(["broker", "receiver"]),
    default="broker",
    show_default=True,
    help="Who must confirm a batch: the broker, or a receiver that stored it (nothing is lost even if the broker is).",
)


sink_option = click.option(
    "--sink", metavar="NAME", help="Hand the records to a sink that a plug-in registers (ain.record_sinks)."
)


def named_sink(name: str | None) -> "NamedSink | None":
    """The record sink of a name, None without one; UsageError when it cannot be used."""
    if name is None:
        return None
    from ain_scp.journal.sinks import NamedSink, SinkFault

    try:
        return NamedSink(name)
    except SinkFault as fault:
        raise click.UsageError(f"--sink: {fault}") from None


def optional_broker(url: str | None, *secrets: Path | None) -> "Broker | None":
    """The broker that the options name, None without one; UsageError for secrets of no broker."""
    if url is not None:
        return broker(url, *secrets)
    if any(one is not None for one in secrets):
        raise click.UsageError(
            "--mqtt-credentials, --mqtt-ca, --mqtt-certificate and --mqtt-key need --mqtt URL"
        )
    return None


def broker(
    url: str,
    credentials: Path | None = None,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> "Broker":
    """The broker that the options name; UsageError when they cannot be used."""
    from ain_scp.scp.edges.journals.mqtt_broker import AddressError, broker_of

    try:
        return broker_of(url, os.environ, credentials, ca, certificate, key)
    except AddressError as fault:
        raise click.UsageError(f"--mqtt: {fault}") from None

"""Where a server listens, as its options say it: HOST:PORT, numeric, on loopback unless more is meant.

Source: interfaces.md section 1, A-265.
"""

import ipaddress
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from ain_scp.transport.link import Endpoint

HTTP_HINT: Final = "Add --allow-public, --http-certificate and --http-key if clients beyond this machine are meant to be served"
_PUBLIC: Final = {
    "--http": "The console is for this machine; reach it from elsewhere through ssh -L",
    "--udp": "UDP has no handshake: any host that reaches this port may ask, and a forged source address receives the "
    "answer. Add --allow-public if that is meant",
    "--diameter": "Add --allow-public if peers beyond this machine are meant to be served",
    "--target": "Add --allow-public if you may load that host",
}


def metrics_of(text: str | None) -> "Endpoint | None":
    """Read HOST:PORT of the health endpoint; UsageError when it is none, or not loopback."""
    from ain_scp.transport.link import parse_endpoint

    if text is None:
        return None
    try:
        endpoint = parse_endpoint(text)
    except ValueError as fault:
        raise click.UsageError(f"--metrics {fault}") from None
    if not endpoint.hosts[0].startswith("127."):
        raise click.UsageError(f"--metrics {text}: served on this machine only (127.0.0.0/8)")
    return endpoint


def address_of(text: str, *, allow_public: bool, option: str = "--udp", hint: str = "") -> tuple[str, int]:
    """Read HOST:PORT, numeric; UsageError when it is none, or not loopback and not acknowledged."""
    host, colon, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise click.UsageError(
            f"{option} {text}: expected a numeric address and a port, such as 127.0.0.1:2905"
        ) from None
    if not colon or not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise click.UsageError(f"{option} {text}: expected a port from 0 to 65535")
    if not address.is_loopback and not allow_public:
        raise click.UsageError(f"{option} {text}: not a loopback address. {hint or _PUBLIC[option]}")
    return str(address), int(port)

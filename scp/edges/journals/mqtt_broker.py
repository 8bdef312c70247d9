"""Where a broker is and how it is entered: an address from the command line, secrets from a file or the environment only.

`mqtt://HOST[:PORT][/PREFIX]` or `mqtts://` (TLS). A name or password in the address is refused: command lines are seen by
others and kept in histories.

Source: D-008; reliability.md section 7 (secrets are never on a command line or in a log).
"""

import ssl
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
PREFIX: Final = "ain"
USERNAME, PASSWORD = "AIN_MQTT_USERNAME", "AIN_MQTT_PASSWORD"
_KEYS: Final = frozenset({"username", "password"})


class AddressError(Exception):
    """An address or credentials that cannot be used; one sentence, without the secret."""


class Broker(msgspec.Struct, frozen=True):
    """A broker's address and what is shown to it; printed without the secret."""

    host: str
    port: int
    tls: bool = False
    prefix: str = PREFIX
    username: str | None = None
    password: str | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Broker({self})"


def broker_of(
    url: str,
    environment: Mapping[str, str],
    credentials: Path | None = None,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Broker:
    """Read an address and find the credentials: the file's, else the environment's, else none. AddressError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError("no broker address: expected mqtt://HOST[:PORT][/PREFIX]") from None
    if parts.username is not None or parts.password is not None:
        raise AddressError(
            f"no name or password in the address; put them into a file (--mqtt-credentials) or {USERNAME}, {PASSWORD}"
        )
    if parts.scheme not in PORTS or not parts.hostname or parts.query or parts.fragment:
        raise AddressError("no broker address: expected mqtt://HOST[:PORT][/PREFIX]")
    prefix = parts.path.strip("/") or PREFIX
    if set(prefix) & set("+#\0 ") or len(prefix) > 100:
        raise AddressError("a topic prefix has no wildcards or spaces and at most 100 characters")
    username, password = secrets_of(credentials, environment)
    tls = parts.scheme == "mqtts"
    if not tls and (ca or certificate or key):
        raise AddressError("certificates are for mqtts:// addresses")
    if (certificate is None) != (key is None):
        raise AddressError("a client certificate and its key go together")
    found = Broker(
        parts.hostname, port or PORTS[parts.scheme], tls, prefix, username, password, ca, certificate, key
    )
    for path in (ca, certificate, key):
        _check_pem(path)
    try:
        tls_context(found)
    except (OSError, ValueError) as fault:
        names = ", ".join(str(path) for path in (ca, certificate, key) if path is not None)
        reason = getattr(fault, "reason", None) or "expected PEM files, the key without passphrase"
        raise AddressError(f"{names}: cannot be used: {reason}") from None
    return found


def _check_pem(path: Path | None) -> None:
    try:
        if path is not None and b"-----BEGIN " not in path.read_bytes():
            raise AddressError(f"{path}: not PEM")
    except OSError as fault:
        raise AddressError(f"{path}: {fault.strerror}") from None


def tls_context(broker: Broker) -> ssl.SSLContext | None:
    """The TLS context of an mqtts address: the broker's name is always checked, against `ca` when there is one."""
    if not broker.tls:
        return None
    context = ssl.create_default_context(cafile=str(broker.ca) if broker.ca is not None else None)
    if broker.certificate is not None:
        context.load_cert_chain(broker.certificate, broker.key, password=lambda: "")
    return context


def secrets_of(path: Path | None, environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Username and password from a TOML file that only its owner can read, else from the environment."""
    if path is None:
        return environment.get(USERNAME), environment.get(PASSWORD)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise AddressError(f"{path}: others may read it; chmod 600 it")
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise AddressError(f"{path}: {fault.strerror}") from None
    except (ValueError, RecursionError):
        raise AddressError(f"{path}: no TOML file with username and password") from None
    if set(found) - _KEYS or not all(isinstance(value, str) for value in found.values()):
        raise AddressError(f"{path}: expected username and password, as text, and nothing else")
    return found.get("username"), found.get("password")

"""`ain ticket init`: a working pair of collector and provider in one directory, with keys of its own.

Source: C-004, C-006, C-016.
"""

from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509

from ain_scp.couriers import files
from ain_scp.tickets.envelope.keys import KeyUse, new_authority, new_keys, pem, read_key, write_key
from ain_scp.tickets.envelope.seal import Keys
from ain_scp.tickets.names import SettingsError, named

SITE: Final = """schema = 1
name = "site"
zone = "America/Los_Angeles"        # of the PBX's clock
country = "1"
area_code = "925"
outside_prefix = "9"                # dialed for an outside line
international_prefix = "011"
long_distance_prefix = "1"
extensions = ["2xx"]                # x = any digit

[dialed_includes_access_code]       # layouts whose dialed number still holds the outside prefix
"""
DIRECTORY: Final = "extension,name,department,cost_center,from,to\n"
RATES: Final = """# cents for each started minute; the longest prefix of the same kind wins
kind,prefix,cents_per_minute
national,,10
international,,95
service,,0
"""
COLLECTOR: Final = """schema = 1
enterprise = "{enterprise}"
store = "store"
site = "site.toml"
[batch]
tickets = 5000
octets = 4194304
age_s = 300
outbox_batches = 64
compress = true
[keys]
suite = "2026"
sign = {{ certificate = "keys/{lower}-sign.pem", key = "keys/{lower}-sign.key" }}
ca = "keys/ca.pem"
[[provider]]
name = "{provider}"
encrypt_to = "keys/{other}-enc.pem"
receipts_by = "keys/{other}-sign.pem"
deliver = {{ kind = "directory", path = "../{provider}/in", receipts = "../{provider}/receipts/{enterprise}" }}
"""
PROVIDER: Final = """schema = 1
provider = "{provider}"
data = "data"
[keys]
decrypt = [{{ certificate = "keys/{other}-enc.pem", key = "keys/{other}-enc.key" }}]
sign = {{ certificate = "keys/{other}-sign.pem", key = "keys/{other}-sign.key" }}
ca = "keys/ca.pem"
suites = ["2026"]
[https]
address = "127.0.0.1:8443"
certificate = "keys/web.pem"
key = "keys/web.key"
max_octets = 16777216
rate_per_minute = 600
[[inbox]]
kind = "directory"
path = "in"
receipts = "receipts"
"""
ENTERPRISE: Final = """[[enterprise]]
id = "{enterprise}"
certificates = ["enterprises/{enterprise}/sign.pem"]
site = "enterprises/{enterprise}/site.toml"
directory = "enterprises/{enterprise}/directory.csv"
rates = "enterprises/{enterprise}/rates.csv"
"""


class Pair(NamedTuple):
    """The two files of a pair."""

    collector: Path
    provider: Path


def make(root: Path, enterprise: str, provider: str, now: datetime, site: str = SITE) -> Pair:
    """Make both sides, or join the provider that is there. SettingsError when the enterprise is there already."""
    problems = [*named(enterprise, "--enterprise", upper=True), *named(provider, "--provider", upper=True)]
    if enterprise == provider:
        problems.append("--enterprise and --provider are two names")
    if (root / enterprise / "collector.toml").exists():
        problems.append(f"{root / enterprise}: is there already; choose another --enterprise or directory")
    if problems:
        raise SettingsError("\n".join(problems))
    words = {
        "enterprise": enterprise,
        "provider": provider,
        "lower": enterprise.lower(),
        "other": provider.lower(),
    }
    authority = _provider(root / provider, provider, now, words)
    _collector(root, enterprise, provider, authority, now, words, site)
    _join(root / provider, enterprise, root / enterprise, site)
    return Pair(
        (root / enterprise / "collector.toml").resolve(), (root / provider / "provider.toml").resolve()
    )


def make_provider(root: Path, provider: str, now: datetime) -> Path:
    """The provider's side alone: keys, an authority, settings without an enterprise. The settings' file."""
    problems = named(provider, "--provider", upper=True)
    if (root / provider / "provider.toml").exists():
        problems.append(f"{root / provider}: is there already; choose another --provider or directory")
    if problems:
        raise SettingsError("\n".join(problems))
    _provider(root / provider, provider, now, {"provider": provider, "other": provider.lower()})
    return (root / provider / "provider.toml").resolve()


def _provider(home: Path, name: str, now: datetime, words: dict[str, str]) -> Keys:
    keys = home / "keys"
    if (home / "provider.toml").exists():
        return Keys(
            x509.load_pem_x509_certificate((keys / "ca.pem").read_bytes()),
            read_key((keys / "ca.key").read_bytes()),
        )
    authority = new_authority(f"{name} CA", now)
    _write(keys, "ca", authority)
    uses: dict[str, KeyUse] = {
        f"{name.lower()}-enc": "decrypt",
        f"{name.lower()}-sign": "receipt",
        "web": "web",
    }
    for file, use in uses.items():
        _write(keys, file, new_keys(name, use, authority, now))
    for place in ("in", "receipts"):
        (home / place).mkdir(mode=0o700, parents=True, exist_ok=True)
    files.put(home, "provider.toml", PROVIDER.format(**words).encode())
    return authority


def _collector(
    root: Path,
    enterprise: str,
    provider: str,
    authority: Keys,
    now: datetime,
    words: dict[str, str],
    site: str,
) -> None:
    home, theirs = root / enterprise, root / provider / "keys"
    keys = home / "keys"
    _write(keys, f"{enterprise.lower()}-sign", new_keys(enterprise, "sign", authority, now))
    files.put(keys, "ca.pem", pem(authority.certificate))
    for use in ("enc", "sign"):
        name = f"{provider.lower()}-{use}.pem"
        files.put(keys, name, (theirs / name).read_bytes())
    files.put(home, "site.toml", site.encode())
    files.put(home, "collector.toml", COLLECTOR.format(**words).encode())


def _join(provider: Path, enterprise: str, collector: Path, site: str) -> None:
    join(provider, enterprise, (collector / "keys" / f"{enterprise.lower()}-sign.pem").read_bytes(), site)


def join(provider: Path, enterprise: str, certificate: bytes, site: str = SITE) -> None:
    """Register an enterprise at a provider: its certificate, empty tables, its table in the settings."""
    words = {"enterprise": enterprise}
    place = provider / "enterprises" / enterprise
    files.put(place, "sign.pem", certificate)
    files.put(place, "site.toml", site.encode())
    files.put(place, "directory.csv", DIRECTORY.encode())
    files.put(place, "rates.csv", RATES.encode())
    settings = provider / "provider.toml"
    files.put(provider, "provider.toml", settings.read_bytes() + ENTERPRISE.format(**words).encode())


def _write(place: Path, name: str, keys: Keys) -> None:
    files.put(place, f"{name}.pem", pem(keys.certificate))
    files.put(place, f"{name}.key", write_key(keys.key))

"""`console.toml`: what a console serves and watches, for `ain console CONSOLE.toml` instead of options.

Unknown keys are errors, every problem is named at once with its line; a path is taken from the file's own folder.

Source: console.md section 5; interfaces.md section 6.1.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.toml_lines import NOWHERE, locate
from ain_scp.provisioning.toml_lines import Path as Keys

MAX_OCTETS: Final = 1_000_000
UNIX: Final = "unix:"
_RULE: Final = "console file"
_PATHS: Final = frozenset(
    ("path", "file", "config", "control", "tap", "certificate", "key", "tokens", "workspace")
)


class Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is served: HOST:PORT or unix:PATH; beyond loopback as --allow-public says."""

    address: str = "127.0.0.1:8640"
    allow_public: bool = False
    certificate: str = ""
    key: str = ""
    tokens: str = ""
    hosts: tuple[str, ...] = ()


class DatasetRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data set."""

    path: str
    name: str = ""


class ScpRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One SCP to watch."""

    metrics: str
    name: str = ""
    control: str = ""
    tap: str = ""


class PathRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A directory: of records, or a ledger."""

    path: str


class ProviderRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provider of tickets."""

    config: str


class CallsRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A corpus that reviews compare."""

    file: str
    name: str = ""


class ReviewRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many must approve a change; with 2, who made the review does not count."""

    approvals: int = 1


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds; sizes in MiB."""

    upload_mib: int = 64
    uploads_mib: int = 1024
    viewers: int = 200
    jobs: int = 2
    keep_runs: int = 50


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    schema: int
    dataset: tuple[DatasetRow, ...]
    workspace: str = ""
    http: Http = Http()
    scp: tuple[ScpRow, ...] = ()
    records: tuple[PathRow, ...] = ()
    charging: tuple[PathRow, ...] = ()
    tickets: tuple[ProviderRow, ...] = ()
    calls: tuple[CallsRow, ...] = ()
    review: ReviewRow = ReviewRow()
    limits: Limits = Limits()


_TABLES: Final[Mapping[str, type]] = {"http": Http, "review": ReviewRow, "limits": Limits}
_ROWS: Final[Mapping[str, type]] = {
    "dataset": DatasetRow, "scp": ScpRow, "records": PathRow, "charging": PathRow, "tickets": ProviderRow, "calls": CallsRow,
}  # fmt: skip
_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "upload_mib": (1, 64), "uploads_mib": (1, 1 << 20), "viewers": (1, 10_000), "jobs": (1, 64), "keep_runs": (1, 10_000), "approvals": (1, 2),
}  # fmt: skip


def read_settings(path: Path) -> Settings:
    """Read the file; OSError when it cannot be read, ProvisioningError with every problem."""
    with path.open("rb") as file:
        octets = file.read(MAX_OCTETS + 1)
    try:
        if len(octets) > MAX_OCTETS:
            raise ValueError(f"larger than {MAX_OCTETS:,} octets")  # noqa: TRY301 - reported as all the others are
        text = octets.decode("utf-8-sig")
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        raise ProvisioningError([Problem(str(path), 0, 0, f"is not TOML: {fault}", _RULE)]) from None
    places = locate(text)
    found = [
        Problem(str(path), *places.get(keys, NOWHERE), ".".join(_words(keys)) + f": {what}", _RULE)
        for keys, what in _problems(document)
    ]
    if found:
        raise ProvisioningError(sorted(found, key=lambda one: one.line))
    settings: Settings = msgspec.convert(_beside(document, path.parent), Settings)
    missing = [
        Problem(str(path), *places.get((name, 0), NOWHERE), f"{name}: {row}: there is no such {what}", _RULE)
        for name, what, rows in (
            ("dataset", "directory", [one.path for one in settings.dataset]),
            ("records", "directory", [one.path for one in settings.records]),
            ("charging", "directory", [one.path for one in settings.charging]),
            ("tickets", "file", [one.config for one in settings.tickets]),
            ("calls", "file", [one.file for one in settings.calls]),
        )
        for row in rows
        if not (Path(row).is_dir() if what == "directory" else Path(row).is_file())
    ]
    if missing:
        raise ProvisioningError(missing)
    return settings


def _beside(value: Any, folder: Path, name: str = "") -> Any:
    """The document with its paths taken from the file's folder."""
    if isinstance(value, dict):
        return {key: _beside(one, folder, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_beside(one, folder, name) for one in value]
    if name == "address" and value.startswith(UNIX):
        return UNIX + str(folder / value.removeprefix(UNIX))
    return str(folder / value) if name in _PATHS and value else value


def _words(keys: Keys) -> Iterator[str]:
    """A place in words: rows are counted from 1."""
    return (str(key + 1) if isinstance(key, int) else key for key in keys)


def _problems(document: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    if document.get("schema") != 1:
        yield ("schema",), "1 is expected"
    for name, value in document.items():
        if name in _TABLES:
            yield from _of_table((name,), value, _TABLES[name])
        elif name in _ROWS and isinstance(value, list):
            for at, row in enumerate(value):
                yield from _of_table((name, at), row, _ROWS[name])
        elif name in _ROWS:
            yield (name,), f"expected [[{name}]] tables"
        elif name == "workspace":
            yield from _of_value(("workspace",), value, str)
        elif name != "schema":
            yield (name,), "is no key of this file"
    for name, least in (("dataset", 1), ("records", 0), ("charging", 0), ("tickets", 0)):
        rows = document.get(name, [])
        if isinstance(rows, list) and not least <= len(rows) <= 1:
            yield (name,), f"expected {'one' if least else 'at most one'} [[{name}]]"


def _of_table(place: Keys, value: object, form: type) -> Iterator[tuple[Keys, str]]:
    if not isinstance(value, dict):
        yield place, "expected a table"
        return
    fields = {field.name: field for field in msgspec.structs.fields(form)}
    yield from (((*place, key), "is no key here") for key in value if key not in fields)
    for name, field in fields.items():
        if name in value:
            yield from _of_value((*place, name), value[name], field.type)
        elif field.required:
            yield place, f"{name} is missing"


def _of_value(place: Keys, value: object, form: Any) -> Iterator[tuple[Keys, str]]:
    try:
        msgspec.convert(value, form)
    except msgspec.ValidationError as fault:
        yield place, str(fault)
        return
    least, most = _BOUNDS.get(str(place[-1]), (0, 0))
    if most and not (isinstance(value, int) and least <= value <= most):
        yield place, f"{least} to {most} is expected"

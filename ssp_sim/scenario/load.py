"""Reads a scenario file: TOML text -> checked Scenario, or every problem at once with file, line and column.

Limits: a file of 16 MB, 1,000,000 repetitions of one call. No call is placed while there is a problem.

Source: interfaces.md section 3, D-005, D-012.
"""

import re
import tomllib
from pathlib import Path as File

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.toml_lines import locate
from ain_scp.ssp_sim.scenario.calls import expectations, read_calls
from ain_scp.ssp_sim.scenario.charged import read_charging
from ain_scp.ssp_sim.scenario.network import read_network
from ain_scp.ssp_sim.scenario.reader import Reader, Table, kind, moment_ns, text, whole
from ain_scp.ssp_sim.scenario.rows import Scenario, Setting
from ain_scp.ssp_sim.scenario.sources import read_traffic

KEYS = (
    "dataset",
    "title",
    "description",
    "seed",
    "start",
    "network",
    "overrides",
    "call",
    "traffic",
    "expect",
    "charging",
)
"""Every key at the top of a scenario."""

MAX_OCTETS = 16_000_000
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_OVERRIDABLE = ("customers/", "rates/")


def load(path: File | str) -> Scenario:
    """Read and check the scenario file at `path`; `dataset` is resolved against its directory.

    Raises ProvisioningError with all problems, also when the file cannot be read.
    """
    return _or_raise(read(path))


def read(path: File | str) -> tuple[Scenario, list[Problem]]:
    """Do as `load` does, but give what could be read beside its problems, so that names in it can be checked as well.

    What is wrong has its default or is empty. Raises ProvisioningError when the file cannot be read or is no TOML.
    """
    file = File(path)
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_OCTETS + 1)
    except OSError as error:
        raise _refused(str(path), error.strerror or str(error)) from None
    if len(octets) > MAX_OCTETS:
        raise _refused(str(path), f"longer than {MAX_OCTETS} octets")
    try:
        words = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(str(path), "not UTF-8 text", octets.count(b"\n", 0, error.start) + 1) from None
    return _parse(words, str(path), file.parent)


def parse(words: str, file: str = "scenario.toml", directory: File | str = ".") -> Scenario:
    """Check the text of a scenario; raises ProvisioningError with all problems."""
    return _or_raise(_parse(words, file, directory))


def _or_raise(found: tuple[Scenario, list[Problem]]) -> Scenario:
    scenario, problems = found
    if problems:
        raise ProvisioningError(problems)
    return scenario


def _parse(words: str, file: str, directory: File | str) -> tuple[Scenario, list[Problem]]:
    try:
        data: Table = tomllib.loads(words)
        reader = Reader(file, locate(words))
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(file, words, str(error)) from None
    except RecursionError:
        raise _refused(file, "tables or lists are nested too deep") from None
    except (
        ValueError
    ) as error:  # tomllib lets a number of too many digits and an impossible date through as this
        raise _refused(file, f"not TOML: {error}") from None
    scenario = _read(reader, data, File(directory))
    return scenario, sorted(reader.problems)


def _read(reader: Reader, data: Table, directory: File) -> Scenario:
    reader.known(data, (), KEYS)
    start = reader.take(data, (), "start", moment_ns, None)
    calls = read_calls(reader, data, start)
    traffic = read_traffic(reader, data, start)
    begins = [call.at_ns for call in calls] + [source.start_ns for source in traffic]
    begin = start if start is not None else min(begins, default=0)
    if not begins:
        reader.problem((), "no [[call]] and no [[traffic]]: nothing would happen", "scenario-missing")
    dataset = reader.need(data, (), "dataset", text, "")
    return Scenario(
        file=reader.file,
        dataset=str(directory / dataset) if dataset else "",
        title=reader.take(data, (), "title", text, ""),
        description=reader.take(data, (), "description", text, ""),
        seed=reader.take(data, (), "seed", whole(0, 2**63 - 1), 1),
        start_ns=begin,
        network=read_network(reader, data, begin),
        overrides=_overrides(reader, data),
        calls=calls,
        traffic=traffic,
        expect=expectations(reader, data, ()),
        places=reader.where,
        charging=read_charging(reader, data, begin),
    )


def _overrides(reader: Reader, data: Table) -> tuple[tuple[str, Setting], ...]:
    """Read `[overrides]`: data set values that differ in this run, as path/with/slashes = value."""
    found: list[tuple[str, Setting]] = []
    for path, value in reader.one(data, (), "overrides").items():
        place = ("overrides", path)
        if not path.startswith(_OVERRIDABLE) or not all(path.split("/")):
            reader.problem(
                place, f"'{path}' is no place in a data set, as customers/NAME/ubs is", "scenario-override"
            )
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            found.append((path, tuple(map(str, value))))
        elif isinstance(value, bool | int | str):
            found.append((path, value))
        else:
            reader.problem(place, f"{path}: {kind(value)} cannot be set", "scenario-override")
    return tuple(found)


def _refused(file: str, reason: str, line: int = 0, column: int = 0) -> ProvisioningError:
    return ProvisioningError([Problem(file, line, column, reason, "scenario-file")])


def _not_toml(file: str, words: str, message: str) -> ProvisioningError:
    found = _PLACE.search(message)
    if found is None:
        return _refused(file, message)
    reason = "not TOML: " + message[: found.start()]
    if found.group(1) is None:
        return _refused(file, reason, words.count("\n") + 1)
    return _refused(file, reason, int(found.group(1)), int(found.group(2)))

"""Files that a command writes: declared as such, checked before anything is done, and there only when they are whole.

Rules: an output is no input of the same command, lies in no directory it reads, and in no data set whatever its name (a data
set holds its own files only); no two outputs are one file; its directory is there. Files are compared as the system knows
them, so links and `..` do not deceive.

Source: interfaces.md sections 1 and 2.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from ain_scp.ain.faults import Trouble, file_trouble

_DATA_SET: Final = "dataset.toml"
_LONGEST: Final = 200


class OutputPath(click.Path):
    """The type of an option that names a file to write, or a directory to fill; `either`: the command says which.

    `-` and an address stay texts.
    """

    def __init__(self, *, directory: bool = False, either: bool = False) -> None:
        super().__init__(path_type=Path, file_okay=either or not directory, dir_okay=either or directory)
        self.directory = directory or either

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A path, unless it is no file's name."""
        return value if _is_elsewhere(value) else super().convert(value, param, ctx)


def check_outputs(*more_inputs: Path) -> None:
    """Refuse outputs of the running command that would spoil an input; `more_inputs`: read, and no parameter itself."""
    context = click.get_current_context()
    outputs: list[tuple[str, Path, bool]] = []
    inputs: list[Path] = list(more_inputs)
    for parameter in context.command.params:
        given = context.params.get(parameter.name or "")
        if isinstance(parameter.type, OutputPath) and given is not None and not _is_elsewhere(given):
            outputs.append((parameter.opts[0], Path(given), parameter.type.directory))
        elif isinstance(parameter.type, click.Path):
            inputs += _paths(given)
    real_inputs = [(path, real_path(path)) for path in inputs]
    taken: dict[Path, str] = {}
    for option, target, is_directory in outputs:
        _check_name(option, target)
        real = real_path(target)
        if not is_directory:
            check_place(option, target)
        if real in taken:
            raise click.UsageError(f"{option} {target}: given for {taken[real]}, too; name two files")
        taken[real] = option
        _check_inputs(option, target, real, real_inputs)
        _check_data_set(option, target, real)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Path]:
    """Where to write a file: beside `target`, which it replaces when it is whole; cut short, it leaves `target` as it was.

    A pipe or a device, and a file in a directory that takes no other, is written itself. Trouble names the target.
    """
    try:
        real = real_path(target)
        aside = _aside(real)
        try:
            yield aside
            if aside != real and aside.exists():
                if real.exists():
                    shutil.copymode(real, aside)
                aside.replace(real)
        except BaseException:
            if aside != real:
                with contextlib.suppress(OSError):
                    aside.unlink()
            raise
    except OSError as fault:
        raise file_trouble(target, fault) from None


def write_file(target: Path, content: str | bytes) -> None:
    """Write a whole file, or leave it as it was."""
    with writing(target) as place:
        place.write_bytes(content.encode() if isinstance(content, str) else content)


def _is_elsewhere(given: object) -> bool:
    return given == "-" or str(given).startswith("tcp://")


def _aside(real: Path) -> Path:
    """A hidden name beside a file, with its ending; the file itself where nothing can be put beside it."""
    if (real.exists() and not real.is_file()) or not os.access(real.parent, os.W_OK):
        return real
    return real.with_name(f".{os.getpid()}.{real.name[-_LONGEST:]}")


def _paths(given: Any) -> Iterable[Path]:
    values = given if isinstance(given, tuple) else (given,)
    return [Path(one) for one in values if one is not None and str(one) != "-"]


def real_path(path: Path) -> Path:
    """Where a path leads; as it stands when links turn in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _check_name(option: str, target: Path) -> None:
    try:
        target.stat()
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:
            raise Trouble(f"{option} {target.name[:40]}...: {fault.strerror}") from None


def check_place(option: str, target: Path) -> None:
    """Refuse a name under which no file can be written."""
    if target.is_dir():
        raise Trouble(f"{option} {target}: is a directory; name a file")
    if not target.parent.is_dir():
        raise Trouble(f"{option} {target}: {target.parent} is not a directory")


def _check_inputs(option: str, target: Path, real: Path, inputs: list[tuple[Path, Path]]) -> None:
    for given, place in inputs:
        if real == place or _one_file(target, given):
            raise click.UsageError(f"{option} {target}: is read by this command; name another file")
        if place in real.parents and place.is_dir():
            raise click.UsageError(f"{option} {target}: lies in {given}, which is read by this command")


def _one_file(target: Path, given: Path) -> bool:
    """Whether two names are hard links of one file."""
    try:
        return target.samefile(given)
    except OSError:
        return False


def _check_data_set(option: str, target: Path, real: Path) -> None:
    for folder in (real, *real.parents):
        if (folder / _DATA_SET).is_file():
            raise click.UsageError(
                f"{option} {target}: lies in the data set {folder}, which holds its own files only"
            )

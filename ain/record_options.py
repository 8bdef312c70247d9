"""The options by which a server keeps records, bundled into one value for the command.

Source: interfaces.md section 1, D-008; reliability.md section 5.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ain_scp.ain.mqtt_options import confirm_option, mqtt_options, optional_broker, sink_option
from ain_scp.ain.outputs import OutputPath, check_outputs

if TYPE_CHECKING:
    from ain_scp.ain.serve.records import RecordOptions

_OPTIONS = (
    click.option(
        "--records",
        type=OutputPath(directory=True),
        metavar="DIR",
        help="Keep the SMDR samples in a record directory (ain smdr).",
    ),
    click.option(
        "--records-spill",
        type=OutputPath(directory=True),
        metavar="DIR",
        help="Keep here, at the end, samples that --records could not take; the next start stores them.",
    ),
    click.option("--hold-answers", is_flag=True, help="Send an answer only after its sample is on disk."),
    click.option(
        "--records-reserve",
        type=click.IntRange(0, 1 << 20),
        default=64,
        show_default=True,
        metavar="MIB",
        help="Refuse billable calls while less disk space is free; warn below four times as much.",
    ),
    click.option(
        "--records-keep",
        type=click.IntRange(1, 36_500),
        default=30,
        show_default=True,
        metavar="DAYS",
        help="Keep journal segments so long after everybody has read them.",
    ),
    click.option(
        "--scp-kind",
        type=click.Choice(["iscp", "lscp"]),
        default="iscp",
        show_default=True,
        help="How calls are named in samples: echo data or notification ID.",
    ),
    confirm_option,
    sink_option,
    mqtt_options(required=False),
)


def record_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; it receives them as `records`: RecordOptions, or None."""

    @functools.wraps(function)
    def bundled(**options: Any) -> Any:
        check_outputs()
        names = ("records", "hold_answers", "records_reserve", "records_keep", "scp_kind", "confirm", "mqtt")
        directory, hold, reserve, keep, kind, confirm, url = (options.pop(name) for name in names)
        spill = options.pop("records_spill")
        secrets = [options.pop(f"mqtt_{name}") for name in ("credentials", "ca", "certificate", "key")]
        at, sink = optional_broker(url, *secrets), options.pop("sink")
        if directory is None and (hold or at is not None or sink is not None):
            raise click.UsageError("--hold-answers, --mqtt and --sink need --records DIR")
        _check(
            directory is not None,
            "--records DIR",
            "records_spill",
            "records_reserve",
            "records_keep",
            "scp_kind",
        )
        _check(at is not None, "--mqtt URL", "confirm")
        return function(
            records=_options(directory, hold, reserve, keep, kind, at, confirm, spill, sink), **options
        )

    decorated: Callable[..., Any] = bundled
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _check(there: bool, what: str, *names: str) -> None:
    """Refuse options that have no effect without another one."""
    source = click.get_current_context().get_parameter_source
    for name in names:
        if not there and source(name) is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} needs {what}")


def _options(
    directory: Path | None,
    hold: bool,
    reserve: int,
    keep: int,
    kind: Any,
    at: Any,
    confirm: Any,
    spill: Path | None,
    sink: str | None,
) -> "RecordOptions | None":
    if directory is None:
        return None
    from ain_scp.ain.serve.records import RecordOptions

    return RecordOptions(directory, hold, reserve, keep, kind, at, confirm, spill, sink)

"""A capture's queries asked again, every answer compared with the captured one.

Source: D-006, interfaces.md section 1.
"""

from collections.abc import Collection
from pathlib import Path
from typing import cast

import msgspec

from ain_scp.api.data import DataSet, load
from ain_scp.api.faults import InputError
from ain_scp.api.html import table, titled
from ain_scp.ssp_sim.replay.player import Outcomes, Report


class Replay(msgspec.Struct, frozen=True):
    """What came of a replay: counts, and every answer that is not equal."""

    report: Report
    outcomes: tuple[Outcomes, ...]

    @property
    def ok(self) -> bool:
        """Whether something was compared, and no answer is different or missing."""
        one = self.report
        return one.equal > 0 and not one.different and not one.missing

    def __str__(self) -> str:
        one = self.report
        return f"{one.queries} queries: {one.equal} equal, {one.different} different, {one.missing} missing"

    def _repr_html_(self) -> str:
        rows = [
            (one.packet, one.calling, one.operation, what.parameter, what.expected, what.got, what.row)
            for one in self.outcomes
            for what in one.differences
        ]
        head = ("packet", "calling", "operation", "parameter", "captured", "now", "row")
        return titled(str(self), table(head, rows[:200]) if rows else "")


def replay(
    capture: Path | str,
    data: DataSet | Path | str,
    *,
    ignore: Collection[str] = (),
    seed: int = 1,
    utc_offset_hours: float | None = 0.0,
) -> Replay:
    """Replay a capture or a trace through a node in this process; every query is decided at its captured time.

    `ignore` names parameters or operations that do not count. `utc_offset_hours` is local time minus the capture's clock; None:
    captured times are local already, as `ain run` writes them. InputError for a file that is no recording.
    """
    from ain_scp.api.replay_target import InProcess
    from ain_scp.ssp_sim.capture.dialogues import Dialogues
    from ain_scp.ssp_sim.capture.frame import CaptureFault
    from ain_scp.ssp_sim.replay.meaning import is_name
    from ain_scp.ssp_sim.replay.opening import Recorded, is_capture, open_messages
    from ain_scp.ssp_sim.replay.player import Player

    unknown = [name for name in ignore if not is_name(name)]
    if unknown:
        raise InputError(f"ignore: no parameter and no operation is named {', '.join(unknown)}")
    # a program of its own: what its times count from is set by the replay
    fresh = load(data.directory if isinstance(data, DataSet) else data)
    player = Player(InProcess(fresh.program, seed, utc_offset_hours), frozenset(ignore))
    try:
        with Path(capture).open("rb") as stream:
            if not is_capture(cast("Recorded", stream)):
                raise InputError(f"{capture}: neither a capture nor a trace")
            opened = open_messages(cast("Recorded", stream), by_time=True)
            played = player.play(Dialogues().pair(opened.messages))
            kept = tuple(one for one in played if one.judgement != "equal")
    except CaptureFault as fault:
        raise InputError(f"{capture}: {fault}") from None
    except OSError as fault:
        raise InputError(f"{capture}: {fault.strerror}") from None
    return Replay(player.report, kept)

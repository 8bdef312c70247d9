"""The checked rows of `network/services.csv` and of the folders below `services/`.

Ported numbers are columns, because there may be ten million of them.

Source: B4-012; interfaces.md section 6.2.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ain_scp.provisioning.where import Where
from ain_scp.terms.conditions import Condition
from ain_scp.terms.service import NameCarry


class SelectionRow(msgspec.Struct, frozen=True):
    """A row of `services.csv`: which queries a service is offered; None or "" = any.

    Which subsystem numbers and translation types (but 11, portability) carriers agree on is unconfirmed: they are data alone.
    """

    service: str
    message: str
    trigger_criteria: int | None
    ssn: int | None
    translation_type: int | None
    where: Where


class LrnRow(msgspec.Struct, frozen=True):
    """A location routing number and the switch it leads to; `switch` "" = another network's."""

    lrn: str
    switch: str
    lata: str
    ocn: str
    where: Where


class BlockRow(msgspec.Struct, frozen=True):
    """A thousands block (NPA-NXX-X) of a pooled exchange."""

    block: str
    lrn: str
    where: Where


class PortableRow(msgspec.Struct, frozen=True):
    """An NPA-NXX in which numbers may be ported."""

    npanxx: str
    where: Where


class DeltaColumns(msgspec.Struct, frozen=True):
    """What the delta files come to: the last row of each number that they name, in the order of the numbers.

    Canonical codes of numbers and of their LRNs (0 = ported no longer), places of their files in `files`, lines.
    """

    numbers: NDArray[np.int64]
    lrns: NDArray[np.int64]
    file: NDArray[np.int32]
    lines: NDArray[np.int32]
    files: tuple[str, ...]


class PortedColumns(msgspec.Struct, frozen=True):
    """`ported.csv`: numbers as canonical codes, places of their LRNs in `lrns`, lines (empty: row i stands on line i + 2)."""

    numbers: NDArray[np.int64]
    place: NDArray[np.int32]
    lines: NDArray[np.int32]
    lrns: tuple[str, ...]
    file: str = "services/lnp/ported.csv"


class LnpOptions(msgspec.Struct, frozen=True):
    """`lnp.toml`: what goes into an answer beside the called number. `query_at` None = every switch asks."""

    ama_slp_id: str = ""
    include_slp: bool = False
    copy_charge: bool = False
    ama_call_type: str = ""
    ama_feature_id: str = ""
    carrier: str = ""
    query_at: tuple[str, ...] | None = None
    where: Where = Where("services/lnp/lnp.toml", 0)


NO_DELTA: Final = DeltaColumns(
    np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32), ()
)


class LnpRows(msgspec.Struct, frozen=True):
    """`services/lnp/`."""

    options: LnpOptions
    ported: PortedColumns
    blocks: tuple[BlockRow, ...]
    portable: tuple[PortableRow, ...]
    lrns: tuple[LrnRow, ...]
    delta: DeltaColumns = NO_DELTA


def routing_numbers(
    ported: PortedColumns, blocks: Iterable[BlockRow], lrns: Iterable[LrnRow]
) -> NDArray[np.int64]:
    """Every LRN that a row of these names, as canonical codes in ascending order."""
    named = {lrn for lrn in (*ported.lrns, *(row.lrn for row in blocks), *(row.lrn for row in lrns)) if lrn}
    return np.array(sorted(int("1" + lrn) for lrn in named), np.int64)


class Branch(msgspec.Struct, frozen=True):
    """A branch of a toll free template: where the call goes when its condition holds, or which announcement it gets."""

    condition: Condition
    tel: str
    carrier: str
    announcement: str
    where: Where


class Template(msgspec.Struct, frozen=True):
    """A template of `templates.toml`."""

    name: str
    timezone: str
    carrier_intra: str
    carrier_inter: str
    logic: tuple[Branch, ...]
    where: Where


class RecordRow(msgspec.Struct, frozen=True):
    """A record of `records.csv`."""

    number: str
    status: str
    carrier_intra: str
    carrier_inter: str
    tel: str
    template: str
    where: Where


class TollFreeOptions(msgspec.Struct, frozen=True):
    """`tollfree.toml`."""

    ama_slp_id: str = ""
    timezone: str = ""
    notify: bool = False
    pots: bool = False


class TollFreeRows(msgspec.Struct, frozen=True):
    """`services/tollfree/`."""

    options: TollFreeOptions
    records: tuple[RecordRow, ...]
    templates: tuple[Template, ...]


class NameLine(msgspec.Struct, frozen=True):
    """A line whose telephone shows names (`cnam/lines.csv`)."""

    number: str
    ssp: str
    where: Where


class NameRow(msgspec.Struct, frozen=True):
    """A caller's name (`cnam/names.csv`)."""

    number: str
    name: str
    restricted: bool
    where: Where


class CnamRows(msgspec.Struct, frozen=True):
    """`services/cnam/`."""

    carry: NameCarry
    ama_slp_id: str
    lines: tuple[NameLine, ...]
    names: tuple[NameRow, ...]


class LineRule(msgspec.Struct, frozen=True):
    """A rule of a line: what becomes of a call that meets its condition."""

    condition: Condition
    action: str
    to: str
    carrier: str
    announcement: str
    where: Where


class ControlledLine(msgspec.Struct, frozen=True):
    """A line with rules of its own (`terminating/lines.toml`)."""

    number: str
    ssp: str
    rules: tuple[LineRule, ...]
    where: Where


class TerminatingRows(msgspec.Struct, frozen=True):
    """`services/terminating/`."""

    ama_slp_id: str = ""
    most_redirections: int = 5
    lines: tuple[ControlledLine, ...] = ()


class ServiceSet(msgspec.Struct, frozen=True):
    """Everything a data set says of services; a folder that is not there is None. `plugins` are other services' folders."""

    selection: tuple[SelectionRow, ...]
    lnp: LnpRows | None = None
    tollfree: TollFreeRows | None = None
    cnam: CnamRows | None = None
    terminating: TerminatingRows | None = None
    plugins: tuple[str, ...] = ()


NO_PORTED: Final = PortedColumns(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32), ())
NO_LNP: Final = LnpRows(LnpOptions(), NO_PORTED, (), (), ())
NO_TOLLFREE: Final = TollFreeRows(TollFreeOptions(), (), ())
NO_CNAM: Final = CnamRows("displayText", "", (), ())
"""What a service has whose folder is not there."""

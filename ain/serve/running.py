"""What `ain serve` does in one process, whatever the edge: the node, its records, the server, the data set loaded again.

Source: interfaces.md section 1, A-060, A-265.
"""

import itertools
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ain_scp.ain.dataset import program_of
from ain_scp.ain.faults import Trouble
from ain_scp.ain.serve.log import detail
from ain_scp.ain.serve.rehearsal import rehearsal
from ain_scp.journal.ring import RingFault
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.digest import copied, digest_of
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import totals
from ain_scp.scp.edges.holder import Holder
from ain_scp.scp.edges.recording import Recorder
from ain_scp.scp.edges.reload import Unusable, Wanted
from ain_scp.scp.edges.server import Edge, Server
from ain_scp.scp.edges.tap import Tap
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.lnp_measurements import LnpMeasurements
from ain_scp.scp.service_logic.program import Program
from ain_scp.transport.link import Endpoint

if TYPE_CHECKING:
    from ain_scp.ain.serve.charging import ServerCharging
    from ain_scp.ain.serve.records import ServerRecords
    from ain_scp.provisioning.deltas import Signature
    from ain_scp.provisioning.problems import Problem
    from ain_scp.provisioning.rows import DataSet
    from ain_scp.scp.charging.script import ChargingScript
    from ain_scp.scp.service_logic.services import ServiceLogic

DRAWS: Final = 1 << 14
YOUNG_NS: Final = 600 * 1_000_000_000
"""Files younger than this when a server begins: the first SIGHUP loads everything."""

E = TypeVar("E", bound=Edge)
T = TypeVar("T")


class Served:
    """Who serves which data set: version, mode, and the name and digest of the set loaded last."""

    def __init__(self, dataset: Path) -> None:
        from ain_scp.ain import __version__
        from ain_scp.ain.build import mode

        self.version = __version__
        self.mode = mode()
        self._directory = dataset
        try:
            self._digest = digest_of(dataset)
        except OSError:
            self._digest = ""

    def note(self, digest: str) -> None:
        """The data set of this digest is the one in use."""
        self._digest = digest

    def dataset(self) -> tuple[str, str]:
        """Name of its directory, and digest."""
        return self._directory.resolve().name, self._digest


def make_node(
    program: Program,
    config: NodeConfig,
    seed: int,
    *,
    general: bool,
    first_echo: int = 0,
    recorder: Recorder | None = None,
    script: "ChargingScript | None" = None,
) -> FastNode:
    """A node that draws from a seed; `general`: without the fast path."""
    chance = random.Random(seed)
    draws = itertools.cycle([chance.randrange(10_000) for _ in range(DRAWS)])
    return FastNode(
        program,
        config,
        draws.__next__,
        fast=not general,
        first_echo=first_echo,
        token=lambda: secrets.randbits(32),
        script=script,
        settling=script,
        records=recorder,
        rehearsal=rehearsal,
    )


async def run(
    program: Program,
    config: NodeConfig,
    make_edge: Callable[[FastNode, Holder | None], E],
    ready: Callable[[E, int | None], str],
    *,
    dataset: Path,
    seed: int,
    general: bool,
    kept: "ServerRecords | None" = None,
    health: Endpoint | None = None,
    control: Path | None = None,
    charging: "ServerCharging | None" = None,
    tap: Path | None = None,
    lnp_measurements: bool = False,
) -> None:
    """Serve until SIGTERM, then let held answers leave.

    `ready` makes the ready line from the edge and the port of the health endpoint. OSError for an address in use.
    """
    recorder = None if kept is None else kept.recorder
    first_echo = 0 if kept is None else kept.first_echo
    script = None if charging is None else charging.script
    node = make_node(
        program, config, seed, general=general, first_echo=first_echo, recorder=recorder, script=script
    )
    program.snapshot.release()
    if lnp_measurements:
        node.lnp_measured = LnpMeasurements()
    edge = make_edge(node, recorder if charging is None else charging.holder(recorder))
    served = Served(dataset)

    deltas = Deltas(dataset, node)

    def load(wanted: Wanted | None) -> "Program | ServiceLogic":
        changed = deltas.only() if wanted is None else None
        if changed is not None:
            served.note(digest_of(dataset))
            detail("loaded delta files of ported numbers")
            return changed
        seen = deltas.signature() if wanted is None else None
        program, found = usable(dataset, program_from, wanted)
        deltas.loaded = seen
        served.note(found)
        detail("loaded: {} {}".format(*served.dataset()))
        return program

    orders = control if charging is None else charging.control
    server = Server(
        node,
        edge,
        load=load,
        recorder=recorder,
        health=health,
        identity=served,
        control=orders,
        tap=tapped(tap),
    )
    with closing(server):
        if kept is not None:
            kept.start(node)
        if charging is not None:
            charging.attach(node, edge.clock, server.control)
            server.installed, server.ticked = charging.install, charging.tick
            server.told = charging.keeper.lines
            await charging.start()
        try:
            await server.serve(lambda: say(ready(edge, server.health_port)))
        finally:
            if charging is not None:
                await charging.stop()
            if kept is not None:
                await kept.stop()
            counts = totals(node.counters)
            detail("ended: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


def tapped(path: Path | None, worker: int = 0) -> Tap | None:
    """The tap at a path, if one is asked for; Trouble when it cannot be had."""
    if path is None:
        return None
    try:
        return Tap(path, worker)
    except OSError as fault:
        raise Trouble(f"--tap {path}: {fault.strerror or fault}") from None
    except RingFault as fault:
        raise Trouble(f"--tap {fault}") from None


class Deltas:
    """Whether delta files of ported numbers alone changed since the tables in use were loaded, and what they make of them."""

    def __init__(self, dataset: Path, node: FastNode) -> None:
        self._dataset = dataset
        self._node = node
        self.loaded = self.signature()
        """How the files looked that the tables in use were made of; None = not known."""
        newest = max((changed for _, _, changed in (self.loaded or {}).values()), default=0)
        if newest > time.time_ns() - YOUNG_NS:  # it may have changed while the data set was loaded
            self.loaded = None

    def signature(self) -> "Signature | None":
        """How the files look now; None when they cannot be looked at, or no services are in use."""
        from ain_scp.provisioning.deltas import signature_of

        try:
            return signature_of(self._dataset) if self._node.program.services is not None else None
        except OSError:
            return None

    def only(self) -> "ServiceLogic | None":
        """The services under the delta files as they are now; None when anything else changed. Unusable: a file is wrong."""
        program = self._node.program
        services = program.services
        tables = services.portability() if services is not None else None
        if services is None or tables is None or self.loaded is None or self.loaded != self.signature():
            return None
        from ain_scp.provisioning.deltas import with_deltas
        from ain_scp.provisioning.problems import ProvisioningError

        unfit: list[Problem] = []
        try:
            npas = program.snapshot.dataset.numbering.toll_free_npas
            changed = with_deltas(self._dataset, tables, npas, unfit)
        except ProvisioningError as fault:
            raise Unusable([f"{self._dataset}/{one}" for one in fault.problems]) from None
        return told_unfit(services.with_portability(changed), unfit)


def program_from(dataset: "DataSet") -> Program:
    """The service logic over a checked data set."""
    snapshot = compile_dataset(dataset)
    snapshot.release()
    return program_of(snapshot)


def say(line: str) -> None:
    """One line on stdout, at once; the log has it, too."""
    detail(line)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def usable(dataset: Path, make: "Callable[[DataSet], T]", wanted: Wanted | None = None) -> tuple[T, str]:
    """What is made of a data set, and its digest; Unusable with every problem, also when the digest is not the one named.

    With a digest wanted the files are copied first, so that what is digested is what is loaded.
    """
    from ain_scp.provisioning.loader import load_or_raise
    from ain_scp.provisioning.problems import ProvisioningError

    try:
        if wanted is None:
            return make(told_unfit(*load_or_raise(dataset))), digest_of(dataset)
        dataset = wanted.directory or dataset
        with tempfile.TemporaryDirectory(prefix="ain-reload-") as place:
            copy = Path(place, "dataset")
            found = copied(dataset, copy)
            if found != wanted.digest:
                raise Unusable([f"{dataset}: its digest is {found}, not {wanted.digest}: nothing was loaded"])
            return make(told_unfit(*load_or_raise(copy))), found
    except ProvisioningError as fault:
        problems = [f"{dataset}/{one}" for one in fault.problems if one.severity == "error"]
        raise Unusable(problems) from None
    except OSError as fault:
        raise Unusable([f"{dataset}: {fault.strerror or fault}"]) from None


def told_unfit(loaded: T, problems: Iterable["Problem"]) -> T:
    """What was loaded; standard error names the first delta row made for other numbers than these, which is applied all the same."""
    first = next((one for one in problems if one.rule == "LNP-12"), None)
    if first is not None:
        sys.stderr.write(f"{first}: was the delta made for these numbers? ain check names every such row\n")
    return loaded

# ruff: noqa: INP001, T201 - a script, not a package
"""What runs in the guest: osmo-stp, two SCPs (`ain serve --config`) and a switch that asks, over kernel SCTP.

    python lab/guest.py SCENARIO        prints one JSON line: what was asked, answered and lost, and whether it is well

Scenarios: direct, loadshare, override, leave, kill, netem, paths (see each function). osmo-stp does not always notice a killed
ASP (a known fault of its 1.6), so `kill` judges only what comes after the mate is back.

Source: sctp-lab sections 1, 2 and 4, reliability targets F1 and F2.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import osmo_stp
from spaces import Spaces
from switch import ALIAS, Switch

from ain_scp.signaling.mtp3 import format_point_code, parse_point_code
from ain_scp.transport.link import Endpoint

ROOT = Path(__file__).resolve().parent.parent
PLACE = Path(os.environ.get("RUNDIR", "/tmp"))  # noqa: S108 - the guest's own folder is given
SCP = parse_point_code("245-1-2")
NODE = """
name = "{name}"
point_code = "{point_code}"
alias_point_codes = ["{alias}"]
routing_context = {context}
node_id = {number}
t_beat_ms = {beat}
[[stp]]
name = "STP"
transport = "sctp"
remote = "{stp}:2905"
local = "{local}:0"
routing_contexts = [20, {context}]
traffic_mode = "{mode}"
standby = {standby}
destinations = ["250-1-10"]
"""


class Lab:
    """The processes of one scenario, all ended with it."""

    def __init__(self, mode: str = "loadshare", spaces: Spaces | None = None) -> None:
        self.mode, self.spaces = mode, spaces
        self.beat_ms = 2000 if spaces else 500  # what SCTP mends must not look like a dead peer
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        stp = spaces.addresses("stp", "ssp") if spaces else ("127.0.0.1",)
        local = spaces.addresses("ssp", "stp") if spaces else osmo_stp.SSP.addresses
        self.stp = Endpoint(stp, osmo_stp.PORT)
        self.switch = Switch(self.stp, Endpoint(local, 0), self.beat_ms)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        stp, parties = ("127.0.0.1",), (osmo_stp.SSP, *osmo_stp.MATES)
        if self.spaces:
            stp = self.spaces.addresses("stp", "ssp") + self.spaces.addresses("stp", "scp")
            ssp = osmo_stp.SSP._replace(addresses=self.spaces.addresses("ssp", "stp"))
            parties = (ssp, osmo_stp.MATES[0]._replace(addresses=self.spaces.addresses("scp", "stp")))
        path = PLACE / "osmo-stp.cfg"
        path.write_text(osmo_stp.configuration(self.mode, stp, parties))
        self.start("stp", ["osmo-stp", "-c", str(path)])
        await until(lambda: self._listening(), "osmo-stp listens")
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for process in self.processes.values():
            process.kill()
            process.wait()

    def start(self, name: str, words: list[str]) -> None:
        """Start a process, in its own network if there are several, with its log beside the others."""
        if self.spaces:
            words = ["ip", "netns", "exec", name, *words]
        with (PLACE / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(words, stdout=log, stderr=log, cwd=ROOT)  # noqa: S603 - ours

    def scp(self, number: int, *, standby: bool = False) -> str:
        """Start one mate; its name."""
        party = osmo_stp.MATES[number - 1]
        name = "scp" if self.spaces else f"scp{number}"
        local = self.spaces.addresses("scp", "stp") if self.spaces else party.addresses
        stp = self.spaces.addresses("stp", "scp") if self.spaces else self.stp.hosts
        path = PLACE / f"{name}.toml"
        text = NODE.format(
            name=name,
            point_code=party.point_code,
            alias=osmo_stp.ALIAS,
            context=party.context,
            number=number,
            stp="+".join(stp[:1]),
            local="+".join(local),
            mode=self.mode,
            standby=str(standby).lower(),
            beat=self.beat_ms,
        )
        path.write_text(text)
        words = [
            sys.executable,
            "-m",
            "ain_scp.ain",
            "serve",
            str(ROOT / "examples/golden"),
            "--config",
            str(path),
        ]
        self.start(name, words)
        return name

    async def registered(self, associations: int) -> None:
        """Wait until the switch and this many associations of SCPs are up and the alias can be reached."""
        self._tasks.append(asyncio.get_running_loop().create_task(self.switch.run()))
        await until(lambda: self.switch.association.active, "the switch is active")
        reached = self.switch.association
        before = 0

        def answering() -> bool:
            nonlocal before
            if time.monotonic() - before > 0.2:
                before = time.monotonic()
                for code in [osmo_stp.ALIAS, *(mate.point_code for mate in osmo_stp.MATES[:associations])]:
                    self.switch.ask(parse_point_code(code))
            own = {parse_point_code(mate.point_code) for mate in osmo_stp.MATES[:associations]}
            return own <= set(self.switch.answers.values()) and ALIAS not in reached.unavailable

        await until(answering, "every SCP answers", 35)
        await asyncio.sleep(0.5)
        self.switch.asked.clear()
        self.switch.answers.clear()
        self.switch.wrong, self.switch.longest_s = 0, 0.0

    async def settled(self, seconds: float = 5) -> None:
        """Give answers that are under way their time."""
        with contextlib.suppress(TimeoutError):
            await until(lambda: not self.switch.lost, "answers", seconds)

    def result(self, *, good: bool, **more: object) -> dict[str, object]:
        """What is reported of a scenario."""
        switch = self.switch
        by = Counter(format_point_code(opc) for opc in switch.answers.values())
        return {
            "ok": good and not switch.wrong,
            "asked": len(switch.asked),
            "answered": len(switch.answers),
            "lost": switch.lost,
            "wrong": switch.wrong,
            "by": dict(sorted(by.items())),
            "longest_ms": round(switch.longest_s * 1000, 1),
            **more,
        }

    def _listening(self) -> bool:
        words = ["ip", "netns", "exec", "stp"] if self.spaces else []
        told = subprocess.run(  # noqa: S603 - our own words
            [*words, "cat", "/proc/net/sctp/eps"], capture_output=True, text=True, check=False
        )
        return f" {osmo_stp.PORT} " in told.stdout


async def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for a condition; TimeoutError with its name."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        await asyncio.sleep(0.02)


# -- scenarios --------------------------------------------------------------------------------------------------------


async def loadshare() -> dict[str, object]:
    """Both mates serve the alias in turn; each is also reached by its own point code."""
    async with Lab() as lab:
        lab.scp(1)
        lab.scp(2)
        await lab.registered(2)
        capture = [
            "tcpdump",
            "-q",
            "-i",
            "lo",
            "-U",
            "-s0",
            "-B",
            "16384",
            "-Z",
            "root",
            "-w",
            str(PLACE / "lab.pcap"),
            "sctp",
        ]
        lab.start("tcpdump", capture)
        await until(lambda: b"listening" in (PLACE / "tcpdump.log").read_bytes(), "tcpdump listens")
        await lab.switch.load(2)
        for mate in osmo_stp.MATES * 20:
            lab.switch.ask(parse_point_code(mate.point_code))
        await lab.settled()
        await asyncio.sleep(4)  # tcpdump reads its ring once a second, later on a busy machine
        lab.processes["tcpdump"].send_signal(signal.SIGINT)
        await asyncio.to_thread(lab.processes["tcpdump"].wait)
        asked, answers = lab.switch.asked, lab.switch.answers
        astray = sum(dpc not in (ALIAS, answers.get(one)) for one, dpc in asked.items())
        both = len(set(answers.values())) == 2
        return lab.result(good=not lab.switch.lost and both and not astray, astray=astray)


async def override() -> dict[str, object]:
    """One mate serves, the standby takes over when it leaves; nothing is lost."""
    async with Lab("override") as lab:
        first = lab.scp(1)
        await lab.registered(1)
        second = lab.scp(2, standby=True)
        await until(lambda: b"ready" in (PLACE / f"{second}.log").read_bytes(), "the standby runs")
        await asyncio.sleep(1)
        await lab.switch.load(1)
        return await _leave(lab, first)


async def leave() -> dict[str, object]:
    """A mate leaves in order under load; nothing is lost."""
    async with Lab() as lab:
        first = lab.scp(1)
        lab.scp(2)
        await lab.registered(2)
        return await _leave(lab, first)


async def _leave(lab: Lab, name: str) -> dict[str, object]:
    load = asyncio.create_task(lab.switch.load(3))
    await asyncio.sleep(1)
    lab.processes[name].send_signal(signal.SIGTERM)
    status = await asyncio.to_thread(lab.processes[name].wait)
    await load
    await lab.settled()
    both = len(set(lab.switch.answers.values())) == 2
    return lab.result(good=not lab.switch.lost and both and status == 0, status=status)


async def kill() -> dict[str, object]:
    """A mate is killed under load and comes back from the same address; after that nothing is lost."""
    async with Lab() as lab:
        first = lab.scp(1)
        lab.scp(2)
        await lab.registered(2)
        load = asyncio.create_task(lab.switch.load(3))
        await asyncio.sleep(1)
        lab.processes[first].kill()
        await load
        await lab.settled(1)
        lost = lab.switch.lost
        lab.scp(1)
        own = parse_point_code(osmo_stp.MATES[0].point_code)

        def back() -> bool:
            lab.switch.ask(own)
            return list(lab.switch.answers.values())[-1:] == [own]

        mark = set(lab.switch.asked)
        await until(back, "the mate is back")
        await lab.settled(1)
        for probe in lab.switch.asked.keys() - lab.switch.answers.keys() - mark:
            del lab.switch.asked[probe]  # asked only to see when it is back
        before = lab.switch.lost
        await lab.switch.load(2)
        await lab.settled()
        after = lab.switch.lost - before
        return lab.result(good=after == 0, lost_at_kill=lost, lost_after=after)


async def netem() -> dict[str, object]:
    """Three hosts; 20 ms delay and 5 % loss, then a cut of 0.4 s: SCTP mends both, nothing is lost."""
    spaces = Spaces()
    spaces.enter("ssp")
    async with Lab(spaces=spaces) as lab:
        lab.scp(1)
        await lab.registered(1)
        spaces.impair("delay", "20ms", "loss", "5%")
        await lab.switch.load(3, 50)
        load = asyncio.create_task(lab.switch.load(2, 50))
        await asyncio.sleep(0.5)
        spaces.set_link("scp", 0, "down")
        await asyncio.sleep(0.4)
        spaces.set_link("scp", 0, "up")
        await load
        await lab.settled(10)
        return lab.result(good=not lab.switch.lost)


async def paths() -> dict[str, object]:
    """Two links to each host; one is cut for good under load: the other carries on, nothing is lost."""
    spaces = Spaces(links=2)
    spaces.enter("ssp")
    async with Lab(spaces=spaces) as lab:
        lab.scp(1)
        await lab.registered(1)
        await asyncio.sleep(2)  # the second path is confirmed by a heartbeat
        load = asyncio.create_task(lab.switch.load(4, 50))
        await asyncio.sleep(1)
        for host in ("ssp", "scp"):
            spaces.set_link(host, 0, "down")
        await load
        await lab.settled(10)
        changes = lab.switch.association._link.counters["path_changes"] if lab.switch.association._link else 0  # noqa: SLF001
        return lab.result(good=not lab.switch.lost, path_changes=changes)


async def direct() -> dict[str, object]:
    """No STP: the switch registers with `ain serve --sctp` itself, which takes any peer on this machine."""
    lab = Lab()
    try:
        words = [
            sys.executable,
            "-m",
            "ain_scp.ain",
            "serve",
            str(ROOT / "examples/golden"),
            "--sctp",
            "127.0.0.1:2905",
        ]
        lab.start("scp", words)
        await until(lambda: b"ready" in (PLACE / "scp.log").read_bytes(), "the SCP runs")
        running = asyncio.get_running_loop().create_task(lab.switch.run())
        await until(lambda: lab.switch.association.active, "the switch is active")
        for _ in range(200):
            lab.switch.ask(SCP)
        await lab.settled()
        lab.processes["scp"].send_signal(signal.SIGTERM)
        status = await asyncio.to_thread(lab.processes["scp"].wait)
        running.cancel()
        return lab.result(good=not lab.switch.lost and status == 0, status=status)
    finally:
        await lab.__aexit__()


SCENARIOS = {one.__name__: one for one in (direct, loadshare, override, leave, kill, netem, paths)}


def main() -> int:
    """Entry point."""
    if len(sys.argv) != 2 or sys.argv[1] not in SCENARIOS:
        print(f"lab: expected one of {', '.join(SCENARIOS)}", file=sys.stderr)
        return 2
    try:
        result = asyncio.run(SCENARIOS[sys.argv[1]]())
    except TimeoutError as fault:
        result = {"ok": False, "why": f"not within its time: {fault}"}
    print(json.dumps({"scenario": sys.argv[1], **result}))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())

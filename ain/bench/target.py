"""What a load is sent to: our own server started for it, a bare echo for the noise gate, or a foreign address.

Source: D-004, interfaces.md section 1, performance.md section 0 (processor time from schedstat), libraries.md section 5.
"""

import contextlib
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Final

START_S: Final = 180.0
STOP_S: Final = 10.0

ECHO: Final = """
import select, signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
from ain_scp.transport.udp import UdpPort
port = UdpPort("127.0.0.1", 0)
print("ready udp 127.0.0.1:%d" % port.endpoint[1], flush=True)
while True:
    select.select([port], [], [])
    while groups := port.receive():
        for peer, datagrams in groups:
            port.send(peer, datagrams)
"""


class TargetFault(Exception):
    """A target that cannot be used; the text says why."""


class Target:
    """A process that says `ready udp HOST:PORT`, its processor time and its kernel drops."""

    def __init__(self, command: list[str]) -> None:
        """Start it and wait until it is ready; TargetFault when that does not happen."""
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own modules
        line = self._first_line()
        words = line.split()
        if words[:2] != ["ready", "udp"]:
            self.end()
            raise TargetFault(f"the server did not start{': ' + line if line else ''}")
        host, _, port = words[2].rpartition(":")
        self.address = (host, int(port))

    def _first_line(self) -> str:
        if self._process.stdout is None:
            return ""
        ready, _, _ = select.select([self._process.stdout], [], [], START_S)
        return self._process.stdout.readline().strip() if ready else ""

    def cpu_ns(self) -> int:
        """Processor time used so far by the process and its children; 0 where it is unknown."""
        return sum(_schedstat(process) for process in (self._process.pid, *_children(self._process.pid)))

    def drops(self) -> int:
        """Datagrams the kernel dropped at its port."""
        return kernel_drops(self.address[1])

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def own_server(dataset: Path, options: list[str]) -> Target:
    """Our SCP on any free port of loopback."""
    return Target(
        [sys.executable, "-m", "ain_scp.ain", "serve", str(dataset), "--udp", "127.0.0.1:0", *options]
    )


def echo_server() -> Target:
    """A process that sends every datagram back: what the host itself costs."""
    return Target([sys.executable, "-c", ECHO])


def kernel_drops(port: int) -> int:
    """The drops column of /proc/net/udp for a local port; 0 where there is none."""
    total = 0
    for table in ("/proc/net/udp", "/proc/net/udp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                words = line.split()
                if int(words[1].rpartition(":")[2], 16) == port:
                    total += int(words[-1])
    return total


def _schedstat(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _children(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def spread() -> None:
    """Keep this process and the generators it forks off the first processor, where there are several."""
    with contextlib.suppress(OSError, AttributeError):
        allowed = os.sched_getaffinity(0)
        if len(allowed) > 1:
            os.sched_setaffinity(0, allowed - {min(allowed)})

"""A console with many viewers beside an SCP under load: what the SCP's queries cost with it and without, and what viewers get.

    python benchmarks/console_load.py [--viewers 100] [--frozen 5] [--slices 20] [--queries 20000] [--json FILE]

Two servers over the golden data set: one alone, and one with a tap and a console that watches it. Viewers read every frame; frozen ones
read nothing after the first octets; one reads a thousand octets a second. Each slice asks either server the same queries, in turn, as
fast as it answers, at most WINDOW at once. The cost of a query is the server's own processor time (user and system), so that neither the
asking process nor the console counts. The console's cost is its processor time
over the time of all slices. The age of a frame is from its making to its end at a viewer.
"""

import argparse
import contextlib
import itertools
import json
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.kit.query import query_octets  # noqa: E402 - from the checkout

WINDOW = 64
MARK = 0x7A7B7C7D
STREAMS = 16
PATIENCE_S = 2.0
LEAST = 3
"""Frames that every viewer has before a short measurement ends."""


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, to the nanosecond: what its threads ran, in user mode and in the system."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


class Child:
    """A command of ours from its ready line to its end."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ain_scp", *map(str, words)], stdout=subprocess.PIPE, text=True
        )
        self.ready = self.process.stdout.readline().split()

    def at(self, name: str) -> tuple[str, int]:
        """Where it listens."""
        host, _, port = self.ready[self.ready.index(name) + 1].rpartition(":")
        return host, int(port)

    def end(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.communicate(timeout=30)


def ask(server: tuple[str, int], queries: int, first: int) -> int:
    """Ask so many queries, at most WINDOW under way; how many were not answered within PATIENCE_S."""
    head, tail = query_octets(MARK).split(MARK.to_bytes(4, "big"))
    left_out = under_way = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(server)
        line.settimeout(PATIENCE_S)
        for number in range(first, first + queries):
            line.send(head + number.to_bytes(4, "big") + tail)
            under_way += 1
            if under_way < WINDOW and number + 1 < first + queries:
                continue
            try:
                while under_way:
                    line.recv(4096)
                    under_way -= 1
            except TimeoutError:
                left_out, under_way = left_out + under_way, 0
    return left_out


class Viewers:
    """Readers of the event stream in one thread. `frames` are (viewer, number, age in ms) of every whole frame."""

    def __init__(self, url: str, tokens: list[str], viewers: int, frozen: int) -> None:
        self._host = url.removeprefix("http://").rpartition(":")
        self._selector = selectors.DefaultSelector()
        self._held: list[socket.socket] = []
        self.frames: list[tuple[int, int, float]] = []
        self.broken = 0
        self._stop = threading.Event()
        for number in range(viewers + frozen + 1):
            line = socket.create_connection((self._host[0], int(self._host[2])))
            small = number >= viewers
            if small:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(
                f"GET /api/live/events HTTP/1.1\r\nHost: {self._host[0]}:{self._host[2]}\r\n"
                f"User-Agent: load\r\nCookie: {tokens[number // STREAMS]}\r\n\r\n".encode()
            )
            self._held.append(line)
            if number < viewers:
                self._selector.register(line, selectors.EVENT_READ, (number, bytearray()))
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        slow = self._held[-1]
        slow.setblocking(False)
        due = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() >= due:  # the slow one
                due += 1
                with contextlib.suppress(OSError):
                    slow.recv(1000)
            for key, _ in self._selector.select(0.2):
                number, held = key.data
                octets = key.fileobj.recv(1 << 16)
                if not octets:
                    self.broken += 1
                    self._selector.unregister(key.fileobj)
                    continue
                held += octets
                self._take(number, held)

    def _take(self, number: int, held: bytearray) -> None:
        while (end := held.find(b"\n\n")) >= 0:
            event = bytes(held[:end])
            del held[: end + 2]
            at = event.find(b"\ndata: ")
            if at >= 0:
                frame = json.loads(event[at + 7 : event.rfind(b"}") + 1])
                made = _seconds(frame["at"])
                self.frames.append((number, frame["seq"], (time.time() - made) * 1000))

    def settled(self, viewers: int, frames: int) -> None:
        """Wait until every viewer has so many frames, or for PATIENCE_S times as many seconds."""
        end = time.monotonic() + PATIENCE_S * frames
        while time.monotonic() < end and (min(self.counts(viewers)) < frames):
            time.sleep(0.05)

    def counts(self, viewers: int) -> list[int]:
        """Frames at each viewer."""
        found = Counter(viewer for viewer, _, _ in list(self.frames))
        return [found[viewer] for viewer in range(viewers)]

    def end(self) -> None:
        """Let all go."""
        self._stop.set()
        self._thread.join()
        for line in self._held:
            line.close()


def _seconds(text: str) -> float:
    import datetime as dt

    return dt.datetime.fromisoformat(text).timestamp()


def logged_in(url: str, token: str) -> str:
    """A session's cookie."""
    head = {"Content-Type": "application/json", "Origin": url, "User-Agent": "load"}
    body = json.dumps({"code": token}).encode()
    request = urllib.request.Request(f"{url}/api/login", body, head, method="POST")  # noqa: S310 - our own console
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return str(answer.headers["Set-Cookie"].partition(";")[0])


def measure(place: Path, viewers: int, frozen: int, slices: int, queries: int) -> dict[str, float]:
    """Everything that is measured, by name."""
    dataset = shutil.copytree(ROOT / "examples" / "golden", place / "golden")
    tokens = place / "tokens.toml"
    words = [
        sys.executable,
        "-m",
        "ain_scp",
        "token",
        "add",
        str(tokens),
        "--name",
        "load",
        "--role",
        "viewer",
    ]
    token = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    alone = Child("serve", dataset, "--udp", "127.0.0.1:0", "--metrics", "127.0.0.1:0")
    watched = Child(
        "serve", dataset, "--udp", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--tap", place / "tap"
    )
    metrics = ":".join(map(str, watched.at("http")))
    console = Child(
        "console", dataset, "--http", "127.0.0.1:0", "--workspace", place / "w", "--scp", metrics, "--tap", place / "tap", "--tokens", tokens
    )  # fmt: skip
    url = re.match(r"http://[^/ ]+", next(word for word in console.ready if word.startswith("http")))[0]
    cookies = [logged_in(url, token) for _ in range((viewers + frozen) // STREAMS + 1)]
    seen = Viewers(url, cookies, viewers, frozen)
    servers = alone, watched
    places = [one.at("udp") for one in servers]
    try:
        for at in places:
            ask(at, queries // 4, 1)  # learned answers, warm caches
        time.sleep(1)
        began, before = time.monotonic(), cpu_s(console.process.pid)
        costs: list[list[float]] = [[], []]
        number, unanswered = queries, 0
        for turn in range(2 * slices):
            which = (turn + turn // 2) % 2  # alone, watched, watched, alone
            used = cpu_s(servers[which].process.pid)
            unanswered += ask(places[which], queries, number)
            costs[which].append((cpu_s(servers[which].process.pid) - used) / queries * 1e6)
            number += queries
        took, used = time.monotonic() - began, cpu_s(console.process.pid) - before
        seen.settled(viewers, LEAST)
        memory = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{console.process.pid}/status").read_text())[1])
    finally:
        seen.end()
        for child in (console, *servers):
            child.end()
    ages = sorted(age for _, _, age in seen.frames)
    each = [[seq for one, seq, _ in seen.frames if one == viewer] for viewer in range(viewers)]
    return {
        "cost of a query alone, us": statistics.median(costs[0]),
        "cost of a query watched, us": statistics.median(costs[1]),
        "throughput watched / alone": statistics.fmean(costs[0]) / statistics.fmean(costs[1]),
        "queries a server": slices * queries,
        "queries not answered": unanswered,
        "processor of the console, share of a core": used / took,
        "memory of the console, MB": memory / 1000,
        "frames at each viewer, least": min(seen.counts(viewers)),
        "frames out of order": sum(a >= b for one in each for a, b in itertools.pairwise(one[1:])),
        "viewers let go": seen.broken,
        "age of a frame p50, ms": ages[len(ages) // 2],
        "age of a frame p99, ms": ages[int(len(ages) * 0.99)],
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--viewers", type=int, default=100)
    options.add_argument("--frozen", type=int, default=5)
    options.add_argument("--slices", type=int, default=20)
    options.add_argument("--queries", type=int, default=20_000)
    options.add_argument("--json", type=Path, metavar="FILE")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), asked.viewers, asked.frozen, asked.slices, asked.queries)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found))
    for name, value in found.items():
        print(f"{name:<44}{value:>12,.3f}")


if __name__ == "__main__":
    main()

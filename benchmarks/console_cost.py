"""What an attached console costs an SCP, in instructions: `ain serve` under callgrind, with and without, over a fixed run.

    python benchmarks/console_cost.py [--queries 4000] [--rates 10000,40000]

A console reads `/metrics` once a second and has the tap take 200 exchanges a second; it asks for nothing else while it watches.
Wall time is too noisy for a hundredth, so the instructions of the whole server process are counted (valgrind): per query (64 in
flight, so that they come in batches as under load), per exchange that the tap takes, and per page of metrics, each as the difference
of two runs that differ in it alone. The ratio is that of the instructions of a second at a rate without a console over that with one:
the throughput a saturated server keeps. Interpreted or compiled, whatever this environment has.

Source: console.md sections 12 and 13.
"""

import argparse
import contextlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
IN_FLIGHT, TAPPED, PAGES = 64, 200, 40
MARK = 0x5A5A5A5A


def counted(place: Path, queries: int, *, tap: bool = False, pages: int = 0) -> tuple[int, int]:
    """Instructions of a server from its start to its end, and exchanges that its tap took."""
    sys.path.insert(0, str(ROOT))
    from tests.kit.query import query_octets

    head, tail = query_octets(MARK).split(MARK.to_bytes(4, "big"))
    out = place / f"out.{queries}.{tap}.{pages}"
    words = [
        "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", sys.executable, "-m", "ain_scp", "serve", "examples/golden",
        "--udp", "127.0.0.1:0", "--metrics", "127.0.0.1:0", *(("--tap", str(place / "tap")) if tap else ()),
    ]  # fmt: skip
    server = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    )  # fmt: skip
    try:
        ready = server.stdout.readline().split() if server.stdout is not None else []
        host, _, port = ready[ready.index("udp") + 1].rpartition(":")
        page = f"http://{ready[ready.index('http') + 1]}/metrics"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(60)
            for first in range(0, queries, IN_FLIGHT):
                batch = range(first, min(first + IN_FLIGHT, queries))
                for one in batch:
                    peer.sendto(head + one.to_bytes(4, "big") + tail, (host, int(port)))
                for _ in batch:
                    peer.recv(4096)
        taken = 0
        for _ in range(pages):
            urllib.request.urlopen(page, timeout=60).read()
        if tap:
            text = urllib.request.urlopen(page, timeout=60).read().decode()
            taken = int(re.findall(r'ain_scp_tap_total\{what="sampled"\} (\d+)', text)[0])
        server.send_signal(signal.SIGTERM)
        server.wait(120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
        server.wait()
    return int(re.findall(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)[0]), taken


def main() -> None:
    """Count and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--queries", type=int, default=4000)
    options.add_argument("--rates", default="10000,40000")
    asked = options.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed: apt-get install valgrind")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        few, _ = counted(place, asked.queries)
        many, _ = counted(place, 2 * asked.queries)
        told, _ = counted(place, asked.queries, pages=PAGES)
        tapped, taken = counted(place, asked.queries, tap=True, pages=1)
    query, page = (many - few) / asked.queries, (told - few) / PAGES
    sample = (tapped - few - 2 * page) / max(taken, 1)
    print(
        f"instructions: a query {query:,.0f}, a page of metrics {page:,.0f}, an exchange tapped {sample:,.0f} ({taken} taken)"
    )
    for rate in map(int, asked.rates.split(",")):
        alone = query * rate
        print(f"at {rate:,}/s without a console / with one: {alone / (alone + page + TAPPED * sample):.4f}")


if __name__ == "__main__":
    main()

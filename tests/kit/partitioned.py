"""The shipped charging data set with its accounts divided into partitions, and the processes of a server of it."""

import json
import shutil
from pathlib import Path

CHARGING = Path("examples/charging")


def partitioned(place, count):
    """A copy of the data set at a place."""
    shutil.copytree(CHARGING, place, ignore=shutil.ignore_patterns("scenario*"))
    options = place / "charging" / "charging.toml"
    options.write_text(f"partitions = {count}\n" + options.read_text())
    return place


def processes(server):
    """The process numbers of a server's partitions, by partition."""
    pid, found = server.process.pid, {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if b"ain_scp.ain.serve.partition" in words:
            found[json.loads(words[words.index(b"ain_scp.ain.serve.partition") + 1])["partition"]] = int(
                child
            )
    return found

"""What a load test was made with, so that a second one can be told apart: target, data set, calls, load, machine, build.

Source: console.md section 7 (`/bench`: results over commits and machines); performance.md section 0.
"""

import hashlib
import os
import platform
import re
from pathlib import Path
from typing import Final

import msgspec

OWN: Final = "a server started for it"
_CODE: Final = (".py", ".so")
_APART: Final = {"__pycache__", "examples"}


class Setting(msgspec.Struct, frozen=True):
    """What may differ between two load tests; `dataset` is its digest, `calls` what was asked, `build` version, mode and code."""

    target: str
    dataset: str
    calls: str
    arrivals: str
    seconds: float
    seed: int
    workers: int
    machine: str
    build: str


def machine() -> str:
    """Processor, cores, kernel and Python of this machine."""
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    model = found[1] if found else platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def build() -> str:
    """Version, how the hot modules run, and twelve digits of a digest of the code that is installed here."""
    import ain_scp
    from ain_scp.ain.__main__ import version_text

    whole, root = hashlib.sha256(), Path(str(ain_scp.__file__)).parent
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(set(folders) - _APART)
        for name in sorted(names):
            if name.endswith(_CODE):
                path = Path(folder, name)
                whole.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return f"{version_text()}, code {whole.hexdigest()[:12]}"

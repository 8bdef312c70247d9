# ruff: noqa: INP001, T201 - a script, not a package
"""Runs a command inside user-mode Linux, where kernel SCTP, network namespaces and netem are there.

    python lab/uml.py check                 what is missing on this host (exit 1), or nothing
    python lab/uml.py run COMMAND ...       run it in a guest; its output and its exit status are ours
    python lab/uml.py play [SCENARIO ...]   play scenarios of guest.py, one guest each; exit 1 if one is not well

The guest sees the host's files (hostfs) and nothing of its network. It runs as an ordinary user where that user can read
this folder, so that a guest's root is nobody outside. Exit 125: the guest itself failed; 124: it took too long.

Source: sctp-lab sections 3, 4 and 7.
"""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
KERNEL = "linux.uml"
SCENARIOS = ("direct", "loadshare", "override", "leave", "kill", "netem", "paths")
MODULES = Path("/usr/lib/uml/modules")
LOADED = "hmac,sctp,veth,sch_netem"
NOBODY = "65534"
INFRASTRUCTURE_FAILED, TOO_LATE = 125, 124
PROGRAMS = {
    KERNEL: "user-mode-linux",
    "osmo-stp": "osmo-stp",
    "tcpdump": "tcpdump",
    "modprobe": "kmod",
    "ip": "iproute2",
    "setpriv": "util-linux",
}
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/bin"))


class Outcome(NamedTuple):
    """How a command in the guest ended: its status, what it printed, and the guest's console."""

    status: int
    output: str
    console: str


def unable(outcome: Outcome) -> str:
    """Why no guest can start a program on this processor; empty when that is not what happened.

    User-mode Linux of Debian 12 has no room for the registers of processors with AMX: ptrace refuses them, and init dies.
    """
    failed = outcome.status == INFRASTRUCTURE_FAILED and "ptrace set fp regs failed" in outcome.console
    return (
        "user-mode Linux cannot set this processor's registers (AMX): the lab needs another machine"
        if failed
        else ""
    )


def missing() -> list[str]:
    """Debian packages this host lacks for the lab, in order of name."""
    packages = {package for program, package in PROGRAMS.items() if not shutil.which(program, path=SEARCH)}
    if not list(MODULES.glob("*")):
        packages.add("user-mode-linux")
    return sorted(packages)


def play(scenario: str, timeout_s: float = 60.0, keep: Path | None = None) -> Outcome:
    """Play one scenario of guest.py; the last line of its output is its result as JSON."""
    return run([sys.executable, str(HERE / "guest.py"), scenario], timeout_s, keep)


def run(command: list[str], timeout_s: float = 60.0, keep: Path | None = None) -> Outcome:
    """Run a command in a new guest, at most `timeout_s`; files it writes to $RUNDIR are copied to `keep`."""
    with tempfile.TemporaryDirectory(prefix="ain-lab-") as directory:
        place = Path(directory)
        place.chmod(0o777)  # the guest's user is another one
        outcome = _run_in(place, command, timeout_s)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            for file in filter(Path.is_file, place.iterdir()):
                shutil.copy(file, keep / file.name)
        return outcome


def _run_in(place: Path, command: list[str], timeout_s: float) -> Outcome:
    lines = f"cd {shlex.quote(str(HERE.parent))}\nexport RUNDIR={place}\n{shlex.join(command)}\n"
    (place / "cmd").write_text(lines)
    (place / "out").write_text("")
    for name in ("cmd", "out"):
        (place / name).chmod(0o666)
    version = max(MODULES.glob("*"))
    words = [
        shutil.which(KERNEL, path=SEARCH) or KERNEL,
        "mem=256M",
        "rootfstype=hostfs",
        "rootflags=/",
        "rw",
        f"init={HERE / 'init.sh'}",
        f"RUNDIR={place}",
        f"MODS={LOADED}",
        f"UMLMODS={version}",
        f"umid=ain-{uuid.uuid4().hex[:8]}",
        "con=null",
        "con0=null,fd:1",
        "quiet",
    ]
    status = _guest([*_user(), *words], place, timeout_s)
    console = (place / "console.log").read_text(errors="replace")
    output = (place / "out").read_text(errors="replace")
    if (place / "rc").is_file():
        status = int((place / "rc").read_text())
    elif status != TOO_LATE:
        status = INFRASTRUCTURE_FAILED
    return Outcome(status, output, console)


def _guest(words: list[str], place: Path, timeout_s: float) -> int:
    """Start the guest with a process group of its own, and end that group when it takes too long."""
    environment = {"PATH": SEARCH, "HOME": str(place), "TMPDIR": str(place)}
    with (place / "console.log").open("wb") as console:
        guest = subprocess.Popen(  # noqa: S603 - our own words
            words,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            return guest.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(guest.pid, signal.SIGKILL)
            guest.wait()
            return TOO_LATE


def _user() -> list[str]:
    """Words that make the guest an ordinary user, when we are root and that user can read this folder."""
    setpriv = shutil.which("setpriv", path=SEARCH)
    if os.geteuid() != 0 or setpriv is None:
        return []
    words = [setpriv, "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    probe = [*words, "test", "-r", __file__, "-a", "-r", sys.executable]
    readable = subprocess.run(probe, check=False).returncode == 0  # noqa: S603 - our own words
    return words if readable else []


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=["check", "run", "play"])
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="copy what the guest wrote to $RUNDIR")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    lacking = missing()
    if lacking:
        print(f"lab: not installed here: apt-get install {' '.join(lacking)}", file=sys.stderr)
        return 1
    if options.job == "check":
        return 0
    if options.job == "play":
        outcomes = [play(one, options.timeout, options.keep) for one in options.command or SCENARIOS]
        for outcome in outcomes:
            print(outcome.output if outcome.status in (0, 1) else outcome.output + outcome.console, end="")
        return int(any(outcome.status for outcome in outcomes))
    outcome = run(options.command, options.timeout, options.keep)
    print(outcome.output, end="")
    if outcome.status in (INFRASTRUCTURE_FAILED, TOO_LATE):
        print(unable(outcome) or outcome.console, file=sys.stderr)
    return outcome.status


if __name__ == "__main__":
    sys.exit(main())

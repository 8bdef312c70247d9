"""A PostgreSQL server of a test's own: on a Unix socket in a directory of its own, never as root, stopped and removed afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

USER = "ain"


class Server:
    """A running server; `address` is that of its database."""

    def __init__(self, directory, programs, *, fsync):
        self.directory = directory
        self.programs = programs
        self.data = f"{directory}/data"
        self._user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._options = (
            f"-c listen_addresses= -k {directory} -c fsync={'on' if fsync else 'off'} -c max_connections=60"
        )
        self.address = f"postgresql://{USER}@/postgres?host={directory}"

    def make(self):
        """A new cluster."""
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", USER, "--no-sync")

    def start(self):
        """Start, and wait until it answers."""
        self._run(
            "pg_ctl", "-D", self.data, "-w", "-s", "-o", self._options, "-l", f"{self.directory}/log", "start"
        )

    def stop(self, mode="immediate"):
        """Stop; immediate: as after a crash, without a checkpoint."""
        self._run("pg_ctl", "-D", self.data, "-w", "-s", "-m", mode, "stop")

    def kill(self):
        """SIGKILL to the server and each of its processes, then wait until they are gone; it is stopped first, so that it makes no more.

        Where nobody reaps them their number stays taken, and a new server would take the dead one for running.
        """
        postmaster = int(Path(self.data, "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGSTOP)
        family = [*children(postmaster), postmaster]
        for process in family:
            os.kill(process, signal.SIGKILL)
        for process in family:
            while alive(process):
                os.sched_yield()
        for left in (Path(self.data, "postmaster.pid"), Path(self.directory, ".s.PGSQL.5432.lock")):
            left.unlink(missing_ok=True)

    def cpu_s(self):
        """CPU of the server's processes since it started, those that have ended included."""
        postmaster = int(Path(self.data, "postmaster.pid").read_text().split()[0])
        return cpu_s(postmaster, *children(postmaster))

    def _run(self, program, *arguments):
        command = [*self._user, str(self.programs / program), *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()


def cpu_s(*processes):
    """CPU seconds of processes and of their children that have ended; in ticks of the kernel, usually 10 ms."""
    ticks = 0
    for process in processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def children(parent):
    """The processes of a process."""
    return [int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def alive(process):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def programs():
    """Where the server's programs are; the test is skipped, and says why, where it cannot be had."""
    pytest.importorskip("psycopg", reason="needs the extra postgres: pip install 'ain-scp[postgres]'")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found or (os.geteuid() == 0 and shutil.which("runuser") is None):
        pytest.skip("no PostgreSQL server here: apt install postgresql")
    return found[-1].parent


@contextmanager
def running(*, fsync=True):
    """A server."""
    where = programs()
    with tempfile.TemporaryDirectory(prefix="ain-pg-") as directory:
        if os.geteuid() == 0:
            shutil.chown(directory, "postgres")
        server = Server(directory, where, fsync=fsync)
        server.make()
        server.start()
        try:
            yield server
        finally:
            if Path(server.data, "postmaster.pid").exists():
                server.stop()

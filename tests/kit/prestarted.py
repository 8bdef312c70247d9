"""`ain` run many times by one process that has imported it once: each run is a fork of that process, and a process of its own.

What a run imports of ours is told to the process it was forked from, which imports it for those to come; nothing else of a run is
left behind there. A run ends as any interpreter does, but does not take apart what it was given. Where a start itself is the
matter, start `python -m ain_scp.ain`.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

LARGEST = 1 << 18
"""Octets of a request, a reply, or the names of modules."""
KILL = b"kill"
TESTS = str(Path(__file__).parents[1])
WORDS = ("-W", "error", "-m", "kit.prestarted")


class Prestarted:
    """The process that runs are forked from."""

    def __init__(self):
        """Start it; it ends with its socket."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
        paths = filter(None, (TESTS, os.environ.get("PYTHONPATH")))
        self._process = subprocess.Popen(
            [sys.executable, *WORDS, str(theirs.fileno())], pass_fds=[theirs.fileno()], env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        self._turn = threading.Lock()

    def close(self):
        """End it."""
        self._socket.close()
        self._process.wait()

    def run(self, words, folder, environment, stdin=None, timeout=120):
        """Do `ain WORDS`; what `subprocess.run` gives with its output captured as text. TimeoutExpired."""
        request = json.dumps([words, str(folder), environment]).encode()
        with self._turn, contextlib.ExitStack() as stack:
            pipes = [os.pipe() for _ in range(3)]
            (there, stdin_end), *ours = pipes
            outs = [stack.enter_context(os.fdopen(read, "rb")) for read, _ in ours]
            theirs = [there, *(write for _, write in ours)]
            socket.send_fds(self._socket, [request], theirs)
            for end in theirs:
                os.close(end)
            feeding = threading.Thread(target=_feed, args=(stdin_end, stdin))
            feeding.start()
            said = _read(outs, time.monotonic() + timeout)
            if said is None:
                self._socket.send(KILL)
            code = int(self._socket.recv(LARGEST))
            feeding.join()
            if said is None:
                raise subprocess.TimeoutExpired(words, timeout)
        out, err = (text.decode().replace("\r\n", "\n") for text in said)
        return subprocess.CompletedProcess(["ain", *words], code, out, err)


def _feed(end, text):
    with contextlib.suppress(BrokenPipeError), os.fdopen(end, "wb") as stream:
        stream.write((text or "").encode())


def _read(streams, until):
    """All that is written into both, up to their ends; nothing when that takes too long."""
    found = {stream: [] for stream in streams}
    left = set(streams)
    while left:
        ready, _, _ = select.select(left, [], [], max(0, until - time.monotonic()))
        if not ready:
            return None
        for stream in ready:
            octets = os.read(stream.fileno(), 1 << 16)
            found[stream].append(octets)
            if not octets:
                left.remove(stream)
    return [b"".join(found[stream]) for stream in streams]


def serve(line):
    """Fork for each request until the other end is closed; returns in each fork, prepared, and never in the process itself."""
    ours, names = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    while True:
        request, ends, _, _ = socket.recv_fds(line, LARGEST, 3)
        if not request:
            os._exit(0)
        if request == KILL:  # of a run that had ended already; a child of it kept its output open
            continue
        gc.freeze()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # numpy's threads have nothing to do yet
            child = os.fork()
        if not child:
            line.close()
            ours.close()
            prepare(*json.loads(request), ends, names.detach())
            return
        for end in ends:
            os.close(end)
        line.send(str(ended(child, line)).encode())
        with contextlib.suppress(BlockingIOError):
            for name in json.loads(ours.recv(LARGEST)):
                with contextlib.suppress(ImportError):  # names that only what made them knows
                    importlib.import_module(name)


def ended(child, line):
    """The exit code of a run as subprocess gives it; it is killed when the other end says so."""
    process = os.pidfd_open(child)
    try:
        if line in select.select([process, line], [], [])[0]:
            line.recv(LARGEST)
            os.kill(child, 9)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(process)


def prepare(words, folder, environment, ends, names):
    """Make a fork what a start from a shell would be, but for what is imported already."""
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ain", *words]
    sys.path[:] = [folder, *(place for place in sys.path[1:] if place != TESTS)]
    before, owner = set(sys.modules), os.getpid()

    def tell():
        if os.getpid() == owner:
            new = [
                name for name, one in sys.modules.items() if name not in before and hasattr(one, "__spec__")
            ]
            os.write(names, json.dumps(new).encode())

    atexit.register(tell)


def played(main):
    """Do a command; its exit code, once its threads have ended and what waits for the end is done."""
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    threading._shutdown()
    atexit._run_exitfuncs()
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    from ain_scp.ain.__main__ import main

    serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(played(main))

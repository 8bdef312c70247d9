"""`ain serve` as a process, and a peer that asks it over UDP."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Process:
    """One `ain serve` process from its first line on stdout to its end; warnings are errors."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "ain_scp.ain", "serve", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.ready = self.process.stdout.readline()
        assert self.ready, self.process.stderr.read()

    def endpoint(self, transport):
        """The address at which it listens by a transport, as (host, port); `http` for the health endpoint."""
        if self.ready.startswith("{"):
            text = json.loads(self.ready)[transport]
        else:
            words = self.ready.split()
            text = words[words.index(transport) + 1]
        host, _, port = text.rpartition(":")
        return host, int(port)

    def error_line(self):
        """The next line on stderr."""
        return self.process.stderr.readline().strip()

    def end(self, number=signal.SIGTERM, patience_s=30):
        """End it; its status, and the rest of stdout and stderr."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=patience_s)
        return self.process.returncode, out, err

    def close(self):
        """Leave nothing behind, however the test ended. Workers of its own end with it."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=30)
        self.process.stdout.close()
        self.process.stderr.close()


class Serving(Process):
    """A server on a free UDP port, and a socket of a peer."""

    def __init__(self, dataset, *options, patience_s=10):
        super().__init__(dataset, "--udp", "127.0.0.1:0", *options)
        self.address = self.endpoint("udp")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(patience_s)

    def send(self, octets):
        """Send one datagram."""
        self.socket.sendto(octets, self.address)

    def ask(self, octets):
        """Send one datagram; the next that comes back."""
        self.send(octets)
        return self.socket.recv(4096)

    def end(self, number=signal.SIGTERM, patience_s=30):
        """End it and the peer."""
        ended = super().end(number, patience_s)
        self.socket.close()
        return ended

    def close(self):
        """Leave nothing behind."""
        super().close()
        self.socket.close()

"""Words to the service manager: that this server is ready, loads again, ends, and is alive (sd_notify).

Without NOTIFY_SOCKET in the environment nothing is said. The variable is taken out of the environment, so that no process
started from here speaks in our name.

Source: sd_notify(3), systemd.service(5) (`Type=notify-reload`, `WatchdogSec`).
"""

import os
import socket
import time
from collections.abc import MutableMapping
from typing import Final

MICROSECONDS: Final = 1_000_000


class Notifier:
    """Says words to the manager's socket; a manager that does not listen costs nothing."""

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        address = given.pop("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watchdog, process = given.pop("WATCHDOG_USEC", ""), given.pop("WATCHDOG_PID", "")
        mine = process in ("", str(os.getpid()))
        self.watchdog_s = int(watchdog) / MICROSECONDS / 2 if mine and watchdog.isdecimal() else 0.0
        """How often `alive` is due; 0: never."""

    def ready(self, what: str = "") -> None:
        """Queries are taken."""
        self._say("READY=1", f"STATUS={what}" if what else "", f"MAINPID={os.getpid()}")

    def reloading(self) -> None:
        """The data set is being loaded again; `ready` ends it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._say("STOPPING=1")

    def alive(self) -> None:
        """The loop turns."""
        self._say("WATCHDOG=1")

    def _say(self, *words: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            ours.setblocking(False)
            try:
                ours.sendto("\n".join(filter(None, words)).encode(), self._address)
            except OSError:
                return

"""A Unix socket to serve on: `--http unix:PATH`.

Source: console design section 5.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ain_scp.ain.faults import Trouble


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """A Unix socket that this user alone may open; one that a killed console left is taken over."""
    with socket.socket(socket.AF_UNIX) as listening:
        before = os.umask(0o177)
        try:
            _free(path)
            listening.bind(str(path))
            listening.listen(128)
        except OSError as fault:
            raise Trouble(f"--http unix:{path}: {fault.strerror or fault}") from None
        finally:
            os.umask(before)
        try:
            yield listening
        finally:
            path.unlink(missing_ok=True)


def _free(path: Path) -> None:
    """Remove a socket without a listener; Trouble for one that is served, or any other file."""
    if not path.exists():
        return
    if not path.is_socket():
        raise Trouble(f"--http unix:{path}: is there already and is no socket")
    with socket.socket(socket.AF_UNIX) as other:
        try:
            other.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise Trouble(f"--http unix:{path}: another program serves there")

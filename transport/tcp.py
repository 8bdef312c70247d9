"""Where TCP is listened for: as a socket whose protocol is known.

Asyncio sends small segments at once (TCP_NODELAY) only on sockets that say they are TCP; on others an answer of two segments
waits 40 ms for the acknowledgement of the first. `socket.create_server` leaves the protocol open.

Source: reliability targets; console.md section 13.
"""

import socket


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 = any. OSError for an address that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as bound:
        return socket.socket(fileno=bound.detach())  # asks the system for family, type and protocol

"""Orders to the node that has a ledger open, over its control socket.

Source: charging.md 9.1; interfaces.md 6.3.
"""

import json
import socket
from typing import Final

import msgspec

from ain_scp.ain.account.books import Books
from ain_scp.ain.faults import Trouble
from ain_scp.billing.charging.results import Said

PATIENCE_S: Final = 15.0
MOST: Final = 1 << 20
REFUSED: Final = "refused: "


def order(books: Books, do: str, **fields: str) -> Said | None:
    """What the serving node says; None when no node serves this ledger. Trouble when it refuses."""
    answer = _asked(books, {"do": do, **{name: value for name, value in fields.items() if value}})
    if answer is None:
        return None
    if answer.pop("ok", False):
        return Said("", msgspec.json.encode(answer))
    error = str(answer.get("error", "no answer"))
    if error.startswith(REFUSED):
        return Said(error.removeprefix(REFUSED))
    raise Trouble(f"{books.control}: {error}")


def _asked(books: Books, line: dict[str, str]) -> dict[str, object] | None:
    path = books.control
    if path is None or not path.is_socket():
        return None
    try:
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(PATIENCE_S)
            try:
                end.connect(str(path))
            except (ConnectionRefusedError, FileNotFoundError):
                return None
            end.sendall(json.dumps(line).encode() + b"\n")
            octets = b""
            while not octets.endswith(b"\n") and len(octets) < MOST:
                more = end.recv(65_536)
                if not more:
                    break
                octets += more
    except OSError as fault:
        raise Trouble(f"{path}: {fault.strerror or fault}") from None
    try:
        found = json.loads(octets)
    except ValueError:
        raise Trouble(f"{path}: no answer that can be read") from None
    if not isinstance(found, dict):
        raise Trouble(f"{path}: no answer that can be read")
    return found

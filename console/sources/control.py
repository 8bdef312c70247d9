"""Orders to an SCP over its control socket: one JSON line each way.

Source: interfaces.md section 6.3.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

MOST_OCTETS: Final = 1 << 20


class ControlFault(Exception):
    """An order that was not carried out: why, and problems with a place if there are any."""

    def __init__(self, why: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.problems = problems


async def order(path: Path, what: Mapping[str, object], timeout_s: float = 120.0) -> dict[str, Any]:
    """Give an order and return its answer; ControlFault when it cannot be given or is refused."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(path, limit=MOST_OCTETS)
            try:
                writer.write(json.dumps(what).encode() + b"\n")
                line = await reader.readuntil(b"\n")
            finally:
                writer.close()
        answer = json.loads(line)
    except TimeoutError:
        raise ControlFault(f"{path}: no answer within {timeout_s:g} s") from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
        raise ControlFault(f"{path}: {getattr(fault, 'strerror', None) or 'the connection ended'}") from None
    except ValueError:
        raise ControlFault(f"{path}: the answer is no JSON") from None
    if not isinstance(answer, dict) or not answer.get("ok"):
        told = answer if isinstance(answer, dict) else {}
        raise ControlFault(str(told.get("error", "refused")), tuple(map(str, told.get("problems", ()))))
    return answer

"""What `ain` prints with --json, asked of a child with limits: pages of books, records, tickets and captures are made of it.

Two children at a time; the same question within a few seconds has the same answer. What the command refuses is the page's fault,
in the command's words.

Source: console.md sections 1 (decision 5), 5 and 9.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ain_scp.console.resources.fault import PageFault
from ain_scp.console.sources.runs import UPLOAD_BOUNDS, child, limit, limit_upload

AT_ONCE: Final = 2
FRESH_S: Final = 3.0
KEPT: Final = 20
MOST_OCTETS: Final = 64 << 20
PATIENCE_S: Final = 25.0


class Commands:
    """The children of a console."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._kept: OrderedDict[tuple[str, ...], tuple[float, list[Any]]] = OrderedDict()

    async def ask(
        self,
        *words: str,
        good: tuple[int, ...] = (0, 1),
        patience_s: float = PATIENCE_S,
        fresh: bool = False,
        uploaded: bool = False,
    ) -> list[Any]:
        """The JSON values that a command prints, one a line; PageFault 422 with its words when it refuses.

        `fresh`: asked now, whatever was said before. `uploaded`: it reads what a client sent, within closer limits; 413 beyond them.
        """
        kept = self._kept.get(words)
        if kept is not None and not fresh and time.monotonic() - kept[0] < FRESH_S:
            return kept[1]
        async with self._free:
            octets, errors, status = await _run(words, patience_s, limit_upload if uploaded else limit)
        if uploaded and (status < 0 or errors.rstrip().endswith("MemoryError")):
            raise PageFault(413, f"ain {words[0]} cannot read this upload within {UPLOAD_BOUNDS}")
        found = _values(octets)
        if status not in good or not found:
            _refuse(words, found, errors, status)
        self._kept[words] = time.monotonic(), found
        self._kept.move_to_end(words)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found


async def _run(
    words: tuple[str, ...], patience_s: float, bounds: Callable[[], None]
) -> tuple[bytes, str, int]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *child(*words), stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, limit=MOST_OCTETS, preexec_fn=bounds
    )  # fmt: skip
    try:
        async with asyncio.timeout(patience_s):
            octets, errors = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
            status = await process.wait()
    except TimeoutError:
        raise PageFault(503, f"ain {words[0]} did not end within {patience_s:g} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return octets, errors.decode("utf-8", "replace"), status


async def _bounded(stream: asyncio.StreamReader | None) -> bytes:
    octets = bytearray()
    while stream is not None and (chunk := await stream.read(1 << 16)):
        octets += chunk
        if len(octets) > MOST_OCTETS:
            raise PageFault(
                413, f"the command prints more than {MOST_OCTETS >> 20} MiB; ask it in a terminal"
            )
    return bytes(octets)


def _values(octets: bytes) -> list[Any]:
    try:
        return [msgspec.json.decode(line) for line in octets.splitlines() if line.strip()]
    except (msgspec.DecodeError, RecursionError):
        return []


def _refuse(words: tuple[str, ...], found: list[Any], errors: str, status: int) -> None:
    """PageFault in the command's own words."""
    said = next(
        (one["error"] for one in found if isinstance(one, dict) and isinstance(one.get("error"), dict)), None
    )
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    if said is not None:
        problems = tuple(map(str, said.get("problems") or ()))
        raise PageFault(422, str(said.get("message") or said.get("text") or "refused"), problems)
    why = (
        lines[-1].removeprefix("Error: ")
        if lines
        else f"ain {words[0]} ended with status {status} and said nothing"
    )
    raise PageFault(422, why[:400])

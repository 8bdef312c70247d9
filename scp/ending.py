"""Ending tasks for certain.

A cancellation can be lost: `asyncio.wait_for` of Python 3.11 drops one that arrives in the very turn in which what it waits
for is done. Gathering the cancelled task then waits for ever, so tasks are cancelled until they are done.

Source: reliability target R1 (nothing hangs at the end).
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

PATIENCE_S: Final = 0.2


async def end_tasks(tasks: "Iterable[asyncio.Task[Any]]") -> list[Any]:
    """Cancel tasks until all are done; their results and exceptions in order, as `gather` returns them."""
    ending = list(tasks)
    pending = {task for task in ending if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=PATIENCE_S)
    return await asyncio.gather(*ending, return_exceptions=True)

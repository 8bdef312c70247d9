"""Tasks end although a cancellation is lost on the way."""

import asyncio

from ain_scp.scp.ending import end_tasks


def test_a_task_that_loses_a_cancellation_is_cancelled_again():
    lost = []

    async def stubborn():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append("one")

    async def quick():
        return "done"

    async def main():
        tasks = [asyncio.create_task(stubborn()), asyncio.create_task(quick())]
        await asyncio.sleep(0)
        return await asyncio.wait_for(end_tasks(tasks), 5)

    cancelled, done = asyncio.run(main())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert (lost, done) == (["one"], "done")

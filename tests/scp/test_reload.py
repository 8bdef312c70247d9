"""Loading the data set again: one load at a time, what cannot be used changes nothing, a request meanwhile is remembered once."""

import asyncio
import os
import threading

from ain_scp.scp.edges.reload import NICE, Reload, Unusable, Wanted, standing_back


class Loads:
    """Loads that wait until they may end; what was taken into service."""

    def __init__(self, *results):
        self.results = list(results)
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.installed = []
        self.asked = []

    def load(self, digest):
        self.asked.append(digest)
        self.begun.release()
        assert self.may_end.acquire(timeout=5)
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    async def install(self, loaded):
        self.installed.append(loaded)


def reloaded(loads, work):
    """Run `work` over a reload of these loads; (done, refused) at the end."""

    async def main():
        reload = Reload(loads.load, loads.install)
        await work(reload)
        async with asyncio.timeout(5):
            while reload._task is not None:  # noqa: ASYNC110 - the end of a load is no event
                await asyncio.sleep(0.001)
        return reload.done, reload.refused

    return asyncio.run(main())


async def begun(loads):
    assert await asyncio.to_thread(loads.begun.acquire, timeout=5)


def test_requests_during_a_load_are_one_more_load():
    loads = Loads("first", "second")

    async def work(reload):
        reload.ask()
        await begun(loads)
        for _ in range(3):
            reload.ask()
        loads.may_end.release(2)

    assert reloaded(loads, work) == (2, 0)
    assert loads.installed == ["first", "second"]


def test_what_cannot_be_used_is_counted_and_not_installed(capsys):
    loads = Loads(Unusable(["mdp.csv:3: no such number"]))

    async def work(reload):
        loads.may_end.release()
        reload.ask()

    assert reloaded(loads, work) == (0, 1)
    assert loads.installed == []
    assert capsys.readouterr().err == (
        "mdp.csv:3: no such number\ndata set not reloaded; still using the previous one\n"
    )


def test_a_load_that_is_broken_off_installs_nothing_and_begins_no_other():
    loads = Loads("late")

    async def work(reload):
        reload.ask()
        await begun(loads)
        reload.ask()
        reload.end()
        loads.may_end.release()

    assert reloaded(loads, work) == (0, 0)
    assert loads.installed == []


def test_without_a_way_to_load_a_request_does_nothing():
    async def main():
        reload = Reload(None, Loads().install)
        reload.ask()
        return reload.done, reload.refused

    assert asyncio.run(main()) == (0, 0)


def test_who_names_a_digest_waits_for_the_load_under_way_and_hears_the_problems():
    loads = Loads("first", Unusable(["another digest"]), "third")
    heard = []

    async def work(reload):
        reload.ask()
        await begun(loads)
        loads.may_end.release(3)
        heard.append(await reload.exactly(Wanted("d1")))
        heard.append(await reload.exactly(Wanted("d2")))

    assert reloaded(loads, work) == (2, 1)
    assert loads.asked == [None, Wanted("d1"), Wanted("d2")]
    assert loads.installed == ["first", "third"]
    assert heard == [("another digest",), ()]


def test_what_loads_stands_back_behind_what_answers():
    """The thread that loads is nicer, no other one is; nothing waits for it when the load is broken off."""
    begun, may_end = threading.Event(), threading.Event()

    def own():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def slow():
        begun.set()
        assert may_end.wait(5)

    async def main():
        before = own()
        assert await standing_back(own) == min(before + NICE, 19)
        assert own() == await asyncio.to_thread(own) == before
        task = asyncio.create_task(standing_back(slow))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        may_end.set()

    asyncio.run(main())

"""Mated SCPs as processes behind an STP over UDP on loopback: reload, leave, kill, hang; what is lost is counted."""

import asyncio
import signal
import time

import pytest

from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.transport import sctp_kernel, sctp_usr

pytestmark = [pytest.mark.slow, pytest.mark.alone]
A, B = (parse_point_code(code) for code in ("254-200-21", "254-200-22"))


def opcs_after(live, instant):
    return {opc for at, opc in live.answered_at if at >= instant}


def test_mates_share_the_load_reload_under_it_and_leave_without_losing_anything(live, read_metrics):
    async def main():
        async with live(TrafficMode.LOADSHARE) as w:
            await asyncio.gather(w.start("A"), w.start("B"))
            load = asyncio.create_task(w.load(4))
            for _ in range(3):
                await asyncio.sleep(0.7)
                w.processes["A"].send(signal.SIGHUP)
            await load
            assert await w.settled()
            assert opcs_after(w, 0) == {A, B}
            told = await read_metrics(w.ports["A"])
            assert told['ain_scp_reloads_total{result="done"}'] >= 2
            assert told["ain_scp_discrepancies"] == 0
            load = asyncio.create_task(w.load(1.5))
            await asyncio.sleep(0.3)
            w.processes["A"].send(signal.SIGTERM)
            status, said = await w.end("A")
            left = time.monotonic()
            await load
            assert await w.settled(), f"{len(w.asker.lost)} of {len(w.asker.asked)} lost"
            assert (status, said.replace("data set reloaded\n", "")) == (0, "")
            assert opcs_after(w, left) <= {B}
            assert w.asker.wrong == []
            w.processes["B"].send(signal.SIGTERM)
            assert (await w.end("B"))[0] == 0

    asyncio.run(main())


@pytest.mark.parametrize("mode", [TrafficMode.OVERRIDE, TrafficMode.LOADSHARE])
def test_a_killed_mate_is_replaced_within_a_second(mode, live):
    async def main():
        async with live(mode) as w:
            await w.start("A")
            await w.start("B", standby=mode is TrafficMode.OVERRIDE)
            await w.load(0.3)
            assert await w.settled()
            load = asyncio.create_task(w.load(2.5))
            await asyncio.sleep(0.5)
            killed = time.monotonic()
            w.processes["A"].send(signal.SIGKILL)
            await w.until(lambda: w.active == ("B",))
            gap = time.monotonic() - killed
            await load
            await w.settled(1)
            lost = len(w.asker.lost)
            assert gap <= 1.0, "BEAT of 200 ms, three misses"
            assert lost <= gap / 0.005 + 10, "only what was sent to the dead one"
            last = list(w.asker.asked)[-200:]
            assert not set(last) & set(w.asker.lost)
            assert w.asker.wrong == []
            print(  # noqa: T201 - a figure for whoever reads with -s
                f"killed under {mode.name}: replaced after {gap:.3f} s, {lost} of {len(w.asker.asked)} lost"
            )

    asyncio.run(main())


def test_a_mate_that_hangs_is_found_within_two_seconds_and_drops_what_is_stale(live, read_metrics):
    async def main():
        async with live(TrafficMode.LOADSHARE) as w:
            await asyncio.gather(w.start("A"), w.start("B"))
            await w.load(0.3)
            load = asyncio.create_task(w.load(3))
            await asyncio.sleep(0.2)
            stopped = time.monotonic()
            w.processes["A"].send(signal.SIGSTOP)
            await w.until(lambda: w.active == ("B",))
            gap = time.monotonic() - stopped
            assert gap <= 2.0
            await asyncio.sleep(max(0.0, 2.0 - gap))
            answered = len(w.answered_at)
            w.processes["A"].send(signal.SIGCONT)
            await w.until(lambda: set(w.active) == {"A", "B"})
            await load
            late = [opc for _, opc in w.answered_at[answered:]]
            await w.load(0.5)
            await w.settled(1)
            told = await read_metrics(w.ports["A"])
            stale = told['ain_scp_association_total{association="node",event="dropped_stale"}']
            lost = len(w.asker.lost)
            assert lost <= gap / 0.01 + 20
            assert stale >= 0.8 * lost, "what waited was dropped unread, not answered late"
            assert late
            last = list(w.asker.asked)[-100:]
            assert not set(last) & set(w.asker.lost), "the old mate serves again"
            assert w.asker.wrong == []
            print(  # noqa: T201 - as above
                f"hung: found after {gap:.3f} s, {lost} of {len(w.asker.asked)} lost, {stale:.0f} stale dropped"
            )

    asyncio.run(main())


@pytest.mark.interop
@pytest.mark.skipif(sctp_usr.missing() is not None, reason=str(sctp_usr.missing()))
@pytest.mark.skipif(sctp_kernel.missing() is None, reason="the kernel's SCTP is preferred here")
def test_mates_without_kernel_sctp_register_by_udp_encapsulation_and_leave_in_order(live):
    """Unprivileged, three processes, SCTP of libusrsctp over UDP: both mates serve, one leaves, nothing is lost."""

    async def main():
        async with live(TrafficMode.LOADSHARE, "sctp") as w:
            await asyncio.gather(w.start("A"), w.start("B"))
            load = asyncio.create_task(w.load(1.5))
            await asyncio.sleep(0.5)
            w.processes["A"].send(signal.SIGTERM)
            assert await w.end("A") == (0, "")
            await load
            assert await w.settled(), f"{len(w.asker.lost)} of {len(w.asker.asked)} lost"
            assert opcs_after(w, 0) == {A, B}
            assert w.asker.wrong == []
            w.processes["B"].send(signal.SIGTERM)
            assert (await w.end("B"))[0] == 0

    asyncio.run(main())

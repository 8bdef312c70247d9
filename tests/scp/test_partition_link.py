"""The front's way to a partition: one that does not answer holds up one call; what it answers late is nobody else's."""

import asyncio
import socket

import pytest

from ain_scp.scp.edges.charging import partition_link
from ain_scp.scp.edges.charging.partition_link import (
    HEAD,
    PartitionGone,
    PartitionLink,
    decode,
    encode,
    frame,
)


def asked(end):
    """The next frame that came."""
    (length,) = HEAD.unpack(end.recv(HEAD.size))
    return decode(end.recv(length))


def test_a_partition_that_hangs_holds_up_one_call_and_no_other(monkeypatch):
    monkeypatch.setattr(partition_link, "CALL_S", 0.05)

    async def main():
        (asks, theirs), (calls, end) = socket.socketpair(), socket.socketpair()
        with theirs, end:
            link = PartitionLink(asks, calls, lambda _durable, _calls: None)
            with pytest.raises(PartitionGone):
                link.call("parties", "before it is there")
            theirs.sendall(frame(0, 7, []))
            assert await link.start()
            assert link.durable == 7
            with pytest.raises(PartitionGone):
                link.call("parties", "one")
            with pytest.raises(PartitionGone):
                link.call("parties", "two")
            ticket, _, arguments = asked(end)
            assert arguments == ["one"]
            end.sendall(frame(ticket, encode(["late"]), 8)[:5])
            with pytest.raises(PartitionGone):
                link.call("parties", "half an answer has come")
            end.sendall(frame(ticket, encode(["late"]), 8)[5:] + frame(ticket + 1, encode(["three"]), 9))
            assert link.call("parties", "three") == ["three"]
            assert asked(end)[2] == ["three"]
            assert link.seen == 9
            end.close()
            with pytest.raises(PartitionGone):
                link.call("parties", "four")
            link.close()

    asyncio.run(main())


def test_what_was_asked_of_a_partition_that_ends_is_answered_with_nothing():
    async def main():
        (asks, theirs), (calls, end) = socket.socketpair(), socket.socketpair()
        with end:
            link = PartitionLink(asks, calls, lambda _durable, _calls: None)
            theirs.sendall(frame(0, 0, []))
            assert await link.start()
            waiting = asyncio.get_running_loop().create_task(link.asked("knows", "c"))
            await asyncio.sleep(0)
            theirs.close()
            with pytest.raises(PartitionGone):
                await waiting
            with pytest.raises(PartitionGone):
                await link.asked("knows", "c")
            link.close()

    asyncio.run(main())

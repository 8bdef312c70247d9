"""A listening socket of our own: its answers are sent at once, and an address that is taken is an error."""

import asyncio
import socket

import pytest

from ain_scp.transport.tcp import listen


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_is_accepted_sends_small_segments_at_once(host):
    if host == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")

    async def accepted():
        seen = asyncio.get_running_loop().create_future()
        listener = listen(host, 0)

        def take(_reader, writer):
            seen.set_result(
                writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            )
            writer.close()

        async with await asyncio.start_server(take, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            writer.close()
            return await asyncio.wait_for(seen, 5)

    assert asyncio.run(accepted())


def test_an_address_that_is_taken_is_an_error():
    with listen("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listen("127.0.0.1", first.getsockname()[1])

"""The Diameter server's connections: a peer that reads no answers is let go."""

import asyncio

from ain_scp.scp.edges.charging import diameter_server
from ain_scp.scp.edges.charging.diameter_server import DiameterServer, here
from ain_scp.signaling.diameter.avp import text, u32
from ain_scp.signaling.diameter.message import Message, encode
from ain_scp.signaling.diameter.peer import PeerConfig

CER = encode(Message(257, 0, (text(264, "peer"), text(296, "example"), u32(258, 4))))
LONG = encode(Message(272, 4, (text(263, "s" * 60_000),)))


class Door:
    """Answers with what was asked."""

    def answer(self, message, _now):
        return Message(272, 4, message.avps, 0)


class Keeper:
    """Everything is durable at once."""

    def hold(self, send):
        send()


def test_a_peer_that_reads_no_answer_is_let_go(monkeypatch):
    monkeypatch.setattr(diameter_server, "PATIENCE_S", 0.05)

    async def main():
        server = DiameterServer(here(Door(), Keeper(), lambda: 0), PeerConfig("scp", "example"), lambda: 0)
        port = await server.start("127.0.0.1", 0)
        _reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.transport.pause_reading()
        writer.write(CER + LONG * 400)
        async with asyncio.timeout(20):
            try:
                while True:
                    await writer.drain()
                    await asyncio.sleep(0)
                    writer.write(LONG)
            except ConnectionError:
                pass
        writer.close()
        await server.close()
        return server.served

    assert asyncio.run(main()) > 0

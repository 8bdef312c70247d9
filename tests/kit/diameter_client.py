"""A Diameter peer that asks a server of this project for credit."""

import socket

from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.peer import Peer, PeerConfig, State


class Client:
    """A Diameter peer that asks one thing after the other."""

    def __init__(self, address, name="client.example"):
        self.name, self.number = name, 0
        self.socket = socket.create_connection(address, timeout=20)
        self.peer = Peer(PeerConfig(name, "example"), 0, client=True)
        self.socket.sendall(self.peer.octets_to_send())
        while self.peer.state is State.WAIT:
            self.peer.receive(self.socket.recv(65_536), 0)
        assert self.peer.state is State.OPEN, self.peer.reason

    def ask(self, kind, number, session=1, calling="9255550301", **fields):
        self.request(kind, number, session, calling, **fields)
        return self.answer()

    def request(self, kind, number, session=1, calling="9255550301", **fields):
        asked = cc.CreditRequest(
            f"{self.name};1;{session}", kind, number, calling, "2125550000",
            origin_host=self.name, origin_realm="example", **fields,
        )  # fmt: skip
        self.send(cc.request_message(asked, self.peer.next_number(), number))

    def answer(self):
        return ca.read_answer(self.next())

    def send(self, message):
        self.peer.send(message)
        self.socket.sendall(self.peer.octets_to_send())

    def next(self):
        while (found := self.peer.next_event()) is None:
            octets = self.socket.recv(65_536)
            if not octets:
                raise ConnectionError
            self.peer.receive(octets, 0)
        return found

"""Emergency calls in a flood over SCTP: as `flood.py`, which holds the forms, with associations of libusrsctp.

    python benchmarks/flood_sctp.py --seconds 60

Senders that heed no control have one association, the switch of the emergency calls another. SCTP lets a sender wait, so what is
offered is what the flooding side wanted to send; what its association did not take is `held_back`.
"""

import asyncio
import contextlib
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from ain_scp.signaling import m3ua  # noqa: E402 - runs from a checkout
from ain_scp.signaling.m3ua import Message, MessageKind  # noqa: E402
from ain_scp.transport.link import Endpoint  # noqa: E402
from ain_scp.transport.sctp_usr import UsrSctpStack  # noqa: E402
from benchmarks.flood import EVERY_S, FORMS, GOLDEN, WAIT_S, main, octets_of, summed, transaction_of  # noqa: E402
from benchmarks.flood import Server as UdpServer  # noqa: E402
from benchmarks.sctp import NODE, free_port  # noqa: E402

PORT = 2905
UP_S = 10.0


class Server(UdpServer):
    """One `ain serve` of the golden data set that listens for associations."""

    def __init__(self, work, *options):
        self.udp = free_port()
        node = Path(work) / "node.toml"
        node.write_text(NODE.format(udp=self.udp, sctp=PORT))
        words = [sys.executable, "-m", "ain_scp.ain", "serve", str(GOLDEN), "--json", "--config", str(node)]
        self.process = subprocess.Popen(
            [*words, "--metrics", "127.0.0.1:0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        places = json.loads(self.process.stdout.readline())["places"]
        self.http = next(one.split()[1] for one in places if one.startswith("http "))


class Switch:
    """One association that is active; `heard` gets the octets of every answer."""

    def __init__(self, heard):
        self.link, self.heard, self.changed = None, heard, asyncio.Event()

    def link_up(self, link):
        """The association is up."""
        self.link = link
        self.changed.set()

    def link_down(self, _link, _end):
        """It is gone."""
        self.link = None
        self.changed.set()

    def link_received(self, _link, octets, _stream):
        """An answer is heard; other messages only wake who waits."""
        if octets[2] == 1:
            self.heard(octets)
        self.changed.set()

    async def open(self, stack, udp):
        """Associate and become active."""
        stack.connect(Endpoint(("127.0.0.1",), PORT), self, udp)
        await self.wait(UP_S)
        if self.link is None:
            raise SystemExit("no association")
        for message in (Message(MessageKind.ASPUP), Message(MessageKind.ASPAC, routing_contexts=(100,))):
            self.link.send(m3ua.encode(message), 0)
            await self.wait(UP_S)
        await asyncio.sleep(0.1)

    async def wait(self, seconds):
        """Until something comes, at most so long."""
        self.changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)

    def send(self, octets, number):
        """Whether the association took it."""
        return self.link is not None and self.link.send(bytes(octets), number % (self.link.streams - 1) + 1)


async def _on_an_association(udp, work):
    """Give `work` an active switch."""
    answers = []
    stack = UsrSctpStack(Endpoint(("127.0.0.1",), 0))
    switch = Switch(answers.append)
    try:
        await switch.open(stack, udp)
        return await work(switch, answers)
    finally:
        stack.close()


async def _capacity(switch, answers, seconds):
    """Answers a second with 128 queries under way."""
    octets, at = octets_of("7", "9212000")
    sent, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        while sent - len(answers) < 128:
            sent += 1
            octets[at : at + 4] = sent.to_bytes(4, "big")
            switch.send(octets, sent)
        await switch.wait(0.2)
    return len(answers) / seconds


async def _flood(switch, _answers, base, rate, seconds):
    """Want to send plain calls at a rate, 0 = as many as can be: how many were wanted, and how many the association took."""
    octets, at = octets_of("7", "9212000")
    wanted, taken, began = 0, 0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        due = wanted + 500 if rate == 0 else int(passed * rate)
        for _ in range(min(due - wanted, 500)):
            wanted += 1
            octets[at : at + 4] = (base + wanted).to_bytes(4, "big")
            taken += switch.send(octets, wanted)
        wanted = max(wanted, due)
        await asyncio.sleep(0 if rate == 0 else 0.001)
    return wanted, taken


async def _emergencies(switch, _answers, seconds):
    """Ask 911 every few milliseconds; the time each answer took, None = none came."""
    octets, at = octets_of("9", "911")
    asked, took = {}, {}

    def heard(answer):
        number = transaction_of(answer)
        if number in asked:
            took.setdefault(number, time.monotonic() - asked[number])

    switch.heard = heard
    began = last = time.monotonic()
    while (now := time.monotonic()) < began + seconds + WAIT_S:
        if now < began + seconds and now >= last + EVERY_S:
            last = now
            number = 0x7F000000 + len(asked)
            octets[at : at + 4] = number.to_bytes(4, "big")
            asked[number] = now
            switch.send(octets, number)
        await asyncio.sleep(0.001)
    return [took.get(number) for number in asked]


def _child(told, udp, work, given):
    told.put(asyncio.run(_on_an_association(udp, lambda switch, answers: work(switch, answers, *given))))


def role(udp, work, *given):
    """A process with an association of its own, and where its result comes."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_child, args=(told, udp, work, given))
    process.start()
    return process, told


def result(begun):
    process, told = begun
    found = told.get()
    process.join()
    return found


def run(form, seconds):
    """One form; what is reported of it."""
    general = ("--general",) if form == FORMS[1] else ()
    with tempfile.TemporaryDirectory() as work:
        server = Server(work, *general)
        try:
            most = result(role(server.udp, _capacity, min(seconds, 5)))
            rate = {FORMS[0]: 2 * most, FORMS[1]: 10 * most, FORMS[2]: 0}[form]
            before = server.figures()
            flooding = role(server.udp, _flood, 1 << 24, rate, seconds)
            took = result(role(server.udp, _emergencies, seconds))
            wanted, taken = result(flooding)
            after = server.figures()
        finally:
            server.end()
    found = summed(form, most, wanted, seconds, before, after, took)
    return found | {"held_back": wanted - taken}


if __name__ == "__main__":
    main(run, __doc__, 0)

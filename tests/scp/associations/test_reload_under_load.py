"""Hot reload of the UDP server under a steady load: every answer is wholly of one data set, none is lost.

Source: A-060, A-265, reliability target O7.
"""

import asyncio
import json
import shutil
import signal
import sys
from pathlib import Path

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.tcap import decode_package

pytestmark = [pytest.mark.slow, pytest.mark.alone]
ROOT = Path(__file__).parents[3]
CUSTOMER = Path("customers/GOLDEN")
CHANGES = {  # two tables, so that an answer made of both data sets would show
    CUSTOMER / "mdp.csv": ("9212000,4159212000,3", "9212000,4159215678,3"),
    CUSTOMER / "customer.toml": (
        'UBS = "760833001"\nUBR = "760833002"\nRBR = "760833003"',
        'UBS = "760833009"\nUBR = "760833002"\nRBR = "760833008"',
    ),
}
OLD, NEW = ("4159212000", "760833001"), ("9257893412", "760833008")
RELOADS = 6


class Switch(asyncio.DatagramProtocol):
    """Sends queries, keeps what each answer says."""

    def __init__(self):
        self.answers = {}
        self.twice = 0

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        package = decode_package(sccp.decode(m3ua.decode(data).protocol_data.payload).data)
        known = operation(package.components[0].code)
        route = decode_parameters(known, package.components[0].parameter)
        self.twice += package.responding in self.answers
        self.answers[package.responding] = (route.digits("calledPartyID").digits, route["aMAslpID"])


async def served(dataset, *options):
    words = [
        "-W",
        "error",
        "-m",
        "ain_scp.ain",
        "serve",
        str(dataset),
        "--udp",
        "127.0.0.1:0",
        "--json",
        *options,
    ]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=pipe, stderr=pipe, cwd=ROOT)
    ready = json.loads(await process.stdout.readline())
    loop = asyncio.get_running_loop()
    address = ("127.0.0.1", int(ready["udp"].rpartition(":")[2]))
    _, switch = await loop.create_datagram_endpoint(Switch, remote_addr=address)
    return process, switch


@pytest.mark.parametrize("options", [(), ("--general",)], ids=["short way", "general way"])
def test_every_answer_is_of_one_data_set_and_none_is_lost(options, live, tmp_path):
    dataset = tmp_path / "served"
    shutil.copytree(ROOT / "examples/golden", dataset)
    asker = live(None).asker
    texts = {path: (dataset / path).read_text() for path in CHANGES}
    assert all(texts[path].count(old) == 1 for path, (old, _) in CHANGES.items())

    def write(*, new):
        for path, (old, changed) in CHANGES.items():
            (dataset / path).write_text(texts[path].replace(old, changed) if new else texts[path])

    async def main():
        process, switch = await served(dataset, *options)
        done = asyncio.Event()

        async def load():
            while not done.is_set():
                data = asker.query(dpc=0xF50102)
                switch.transport.sendto(m3ua.data(data.opc, data.dpc, 3, 2, 0, data.sls, data.payload, 100))
                await asyncio.sleep(0.002)

        loading = asyncio.create_task(load())
        steps = []
        for n in range(RELOADS):
            write(new=n % 2 == 0)
            before = set(asker.asked)
            process.send_signal(signal.SIGHUP)
            async with asyncio.timeout(20):
                assert await process.stderr.readline() == b"data set reloaded\n"
            steps.append((before, set(asker.asked)))
            await asyncio.sleep(0.1)
        done.set()
        await loading
        async with asyncio.timeout(10):
            while len(switch.answers) < len(asker.asked):  # noqa: ASYNC110 - datagrams tell nobody
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, told = await process.communicate()
        switch.transport.close()
        assert (process.returncode, told) == (0, b"")
        assert set(switch.answers.values()) == {OLD, NEW}
        assert switch.answers.keys() == asker.asked.keys()
        assert switch.twice == 0
        for n, (before, after) in enumerate(
            steps
        ):  # what was asked once the reload was told is of that data set
            following = steps[n + 1][0] if n + 1 < RELOADS else set(asker.asked)
            expected = NEW if n % 2 == 0 else OLD
            assert {switch.answers[one] for one in following - after} == {expected}
            assert before <= after

    asyncio.run(main())

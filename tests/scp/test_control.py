"""The control socket: orders of this user and nobody else, one line each way, and nothing that stops the server."""

import asyncio
import contextlib
import json
import socket
import stat
from pathlib import Path

import pytest

from ain_scp.scp.edges import control
from ain_scp.scp.edges.control import MAX_CLIENTS, ControlSocket, OrderFault
from ain_scp.scp.edges.reload import Reload, Unusable, reload_verbs

D1, D2 = "1" * 64, "2" * 64


async def _echo(order):
    return {"heard": dict(order)}


async def _refuse(order):
    raise OrderFault("no", ("mdp.csv:3: wrong",) * order.get("times", 1))


VERBS = {"echo": _echo, "refuse": _refuse}


def played(path, work, verbs=VERBS, **options):
    async def main():
        one = ControlSocket(path, verbs, **options)
        await one.start()
        try:
            return await work(one)
        finally:
            await one.close()

    return asyncio.run(main())


async def said(path, *lines):
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(b"".join(lines))
        return [json.loads(await reader.readline()) for _ in lines]
    finally:
        writer.close()


def test_one_line_each_way_several_on_one_connection(tmp_path):
    path = tmp_path / "c.sock"

    async def work(_one):
        return await said(path, b'{"do":"echo","a":1}\n', b'{"do":"refuse"}\n')

    assert played(path, work) == [
        {"ok": True, "heard": {"a": 1}},
        {"ok": False, "error": "no", "problems": ["mdp.csv:3: wrong"]},
    ]
    assert not path.exists()


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"[]\n", b"nonsense\n", b'{"do":"fly"}\n', b'{"a":1}\n', b"\xff\xfe\n", b"[" * 4000 + b"\n",
        b'{"do":"echo","a":"\\ud800"}\n',
    ],
)  # fmt: skip
def test_what_is_no_order_is_answered_and_the_next_one_heard(tmp_path, line):
    path = tmp_path / "c.sock"

    async def work(_one):
        return await said(path, line, b'{"do":"echo"}\n')

    wrong, right = played(path, work)
    assert not wrong["ok"]
    assert "expected" in wrong["error"]
    assert right["ok"]


def test_a_thousand_problems_are_fifty_and_their_number(tmp_path):
    async def work(one):
        return await one.answer(b'{"do":"refuse","times":1000}')

    answer = played(tmp_path / "c.sock", work)
    assert len(answer["problems"]) == 51
    assert answer["problems"][-1] == "950 more problems; ain check lists all"


def test_a_line_without_end_is_refused(tmp_path):
    path = tmp_path / "c.sock"

    async def work(_one):
        return (await said(path, b"x" * 9000 + b"\n"))[0]

    assert played(path, work) == {"ok": False, "error": "the line is longer than 4,096 octets"}


def test_half_a_line_is_cut_off_in_time(tmp_path):
    path = tmp_path / "c.sock"

    async def work(_one):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b'{"do"')
        rest = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return rest

    assert played(path, work, patience_s=0.05) == b""


def test_four_clients_at_once_and_the_fifth_is_turned_away(tmp_path):
    path = tmp_path / "c.sock"

    async def work(one):
        held = [await asyncio.open_unix_connection(path) for _ in range(MAX_CLIENTS)]
        for reader, writer in held:
            writer.write(b'{"do":"echo"}\n')
            assert json.loads(await reader.readline())["ok"]
        reader, writer = await asyncio.open_unix_connection(path)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        for _, each in [*held, (reader, writer)]:
            each.close()
        return one.refused

    assert played(path, work) == 1


def test_only_its_owner_may_write_to_it(tmp_path, monkeypatch):
    path = tmp_path / "c.sock"

    async def work(one):
        mode = stat.S_IMODE(path.stat().st_mode)
        monkeypatch.setattr(control, "_user_of", lambda _writer: 12_345)
        reader, writer = await asyncio.open_unix_connection(path)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        return mode, one.refused

    assert played(path, work) == (0o600, 1)


def test_what_a_dead_server_left_is_taken_away_and_what_lives_is_not(tmp_path):
    path = tmp_path / "c.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def work(_one):
        with pytest.raises(OSError, match="another server listens there"):
            await ControlSocket(path, {}).start()
        return (await said(path, b'{"do":"echo"}\n'))[0]["ok"]

    assert played(path, work)


@pytest.mark.parametrize(
    ("name", "why"), [("c.txt", "is no socket"), ("c" * 200, "octets of a socket's path")]
)
def test_a_path_that_cannot_be_used_is_named(tmp_path, name, why):
    path = tmp_path / name
    if len(name) < 100:
        path.touch()
    with pytest.raises(OSError, match=why):
        asyncio.run(ControlSocket(path, {}).start())


def test_a_verb_is_named_once():
    one = ControlSocket(None, VERBS)
    one.add({"cut": _echo})
    with pytest.raises(ValueError, match="control verb cut is taken"):
        one.add({"cut": _echo})


def test_reload_takes_the_digest_or_nothing():
    installed = []

    def load(wanted):
        if wanted.digest != D1:
            raise Unusable([f"its digest is {D1}, not {wanted.digest}"])
        return wanted.directory

    async def install(made):
        installed.append(made)

    async def main():
        verbs = reload_verbs(Reload(load, install), lambda: {"name": "SCP"})
        one = ControlSocket(None, verbs)
        lines = [
            '{"do":"status"}',
            f'{{"do":"reload","digest":"{D2}"}}',
            f'{{"do":"reload","digest":"{D1}","from":"/a"}}',
        ]
        lines += [
            '{"do":"reload"}',
            '{"do":"reload","digest":"AB"}',
            f'{{"do":"reload","digest":"{D1}","from":"a"}}',
        ]
        return [await one.answer(line.encode()) for line in lines]

    status, refused, done, *wrong = asyncio.run(main())
    assert (status["name"], status["generation"]) == ("SCP", 1)
    assert refused["error"] == "the data set before it stays in use"
    assert refused["problems"] == [f"its digest is {D1}, not {D2}"]
    assert (done["ok"], done["generation"], installed) == (True, 2, [Path("/a")])
    assert [one["error"].split()[0] for one in wrong] == ["reload", "reload", "from"]

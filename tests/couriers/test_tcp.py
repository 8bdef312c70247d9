"""Tickets over TCP and standard input (C-007, C-010)."""

import os
import socket
import subprocess
import sys
import tty

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.tickets.names import SettingsError

from .test_pair import NOW, SOURCE, Pair, line

LISTEN = SOURCE.replace('kind = "file"', 'kind = "tcp-listen"').replace(
    'path = "../tickets.log"', 'address = "127.0.0.1:0"'
)


@pytest.fixture
def two(tmp_path):
    found = Pair(tmp_path)
    text = found.files.collector.read_text()
    found.files.collector.write_text(text.replace(SOURCE, ""))
    return found


def with_source(two, text):
    two.files.collector.write_text(two.files.collector.read_text() + text)
    return CollectorRun(two.files.collector, lambda: NOW, os.urandom)


def stored(run):
    return [one.line for _sequence, one in run.store.records(0) if hasattr(one, "s")]


def test_a_pbx_that_connects_is_heard_whatever_the_pieces_and_its_last_words_are_kept(two):
    run = with_source(two, LISTEN)
    place = run.listen().addresses["walnut"]
    octets = (line(1) + line(2) + line(3)).encode()
    with socket.create_connection(place) as pbx:
        for at in range(0, len(octets) - 5, 50):
            pbx.sendall(octets[at : min(at + 50, len(octets) - 5)])
            run.stream(0.05)
    run.stream(0.2)
    with socket.create_connection(place) as pbx:
        pbx.sendall(line(4).encode())
    run.stream(0.2)
    found = stored(run)
    run.close()
    assert found[:2] == [line(1).strip().encode(), line(2).strip().encode()]
    assert found[2] == line(3).encode()[:-5]
    assert found[3] == line(4).strip().encode()


def test_a_serial_line_is_read_whatever_the_pieces_and_opened_again(two):
    """A pair of pseudo terminals stands for the wire."""
    pytest.importorskip("serial", reason="the extra serial is not installed: pip install 'ain-scp[serial]'")
    pbx, wire = os.openpty()
    tty.setraw(wire)
    source = SOURCE.replace('"file"', '"serial"').replace(
        'path = "../tickets.log"', f'device = "{os.ttyname(wire)}"\nrate = 1200\nbits = "7E1"'
    )
    run = with_source(two, source)
    run.listen()
    run.stream(0.1)
    octets = (line(1) + line(2)).encode()
    for at in range(0, len(octets), 40):
        os.write(pbx, octets[at : at + 40])
        run.stream(0.05)
    run.stream(0.2)
    found = stored(run)
    run.close()
    os.close(pbx)
    os.close(wire)
    assert found == [line(1).strip().encode(), line(2).strip().encode()]


def test_a_serial_line_that_is_not_there_is_asked_for_again_and_one_that_cannot_be_is_named(two):
    pytest.importorskip("serial", reason="the extra serial is not installed: pip install 'ain-scp[serial]'")
    source = SOURCE.replace('"file"', '"serial"').replace(
        'path = "../tickets.log"', 'device = "/dev/no-such-line"'
    )
    run = with_source(two, source)
    run.listen()
    run.stream(0.1)
    run.close()
    two.files.collector.write_text(two.files.collector.read_text() + 'bits = "9Q7"\n')
    run = CollectorRun(two.files.collector, lambda: NOW, os.urandom)
    with pytest.raises(SettingsError, match="bits = '9Q7'"):
        run.listen()
    run.close()


def test_a_pbx_that_listens_is_called_answered_and_called_again(two):
    with socket.create_server(("127.0.0.1", 0)) as pbx:
        port = pbx.getsockname()[1]
        (two.root / "ACME" / "login").write_text("SMDR\r\nPCCSMDR\r\n")
        text = LISTEN.replace("tcp-listen", "tcp-connect").replace("127.0.0.1:0", f"127.0.0.1:{port}")
        run = with_source(two, text + 'login = { prompt = "-", send_file = "login" }\n')
        run.listen()
        run.stream(0.05)
        stream, _peer = pbx.accept()
        stream.sendall(b"welcome -")
        run.stream(0.2)
        assert stream.recv(100) == b"SMDR\r\nPCCSMDR\r\n"
        stream.sendall(line(1).encode())
        run.stream(0.2)
        stream.close()
        run.stream(1.5)
        pbx.settimeout(5)
        again, _peer = pbx.accept()
        again.close()
        found = stored(run)
        run.close()
    assert found == [line(1).strip().encode()]


def test_who_is_not_allowed_is_not_heard_and_a_door_to_the_world_needs_a_list(two):
    run = with_source(two, LISTEN + 'allow = ["192.0.2.10"]\n')
    place = run.listen().addresses["walnut"]
    with socket.create_connection(place) as stranger:
        stranger.sendall(line(1).encode())
        run.stream(0.2)
        assert stored(run) == []
    run.close()
    text = two.files.collector.read_text()
    two.files.collector.write_text(
        text.replace("127.0.0.1:0", "0.0.0.0:0").replace('allow = ["192.0.2.10"]\n', "")
    )
    run = CollectorRun(two.files.collector, lambda: NOW, os.urandom)
    with pytest.raises(SettingsError, match="allow"):
        run.listen()
    run.close()


def test_standard_input_is_read_to_its_end(two):
    text = SOURCE.replace('kind = "file"', 'kind = "stdin"').replace('path = "../tickets.log"\n', "")
    two.files.collector.write_text(two.files.collector.read_text() + text)
    words = [
        sys.executable,
        "-m",
        "ain_scp",
        "ticket",
        "collect",
        str(two.files.collector),
        "--once",
        "--wait",
        "0",
        "--json",
    ]
    lines = (line(1) + line(2).rstrip("\n")).encode()
    done = subprocess.run(words, input=lines, capture_output=True, check=False, timeout=60)
    assert b'"stored":2' in done.stdout, done.stderr

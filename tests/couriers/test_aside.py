"""A server that does not answer holds up nothing but its own mails (C-008, C-015)."""

import socket
import threading
import time

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

import os

from ain_scp.couriers.aside import Aside
from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.mail_times import FIRST_RETRY_S, MailTimes
from ain_scp.couriers.provider_run import ProviderRun

from .test_mail import by_mail
from .test_pair import Pair

SOON_S = 20.0


def test_what_a_thread_hands_back_is_done_by_the_loop():
    aside, found = Aside(), []

    def work():
        found.append(aside.here(threading.get_ident))
        found.append(threading.get_ident())

    aside.run(work)
    assert found[0] == threading.get_ident() != found[1]


def test_a_fault_of_the_work_is_raised_on_the_loop_and_one_of_the_loop_in_the_work():
    aside, seen = Aside(), []

    def work():
        try:
            aside.here(lambda: 1 // 0)
        except ZeroDivisionError as fault:
            seen.append(fault)
        raise ValueError("of the work")

    with pytest.raises(ValueError, match="of the work"):
        aside.run(work)
    assert len(seen) == 1
    aside.run(lambda: seen.append(2))
    assert seen[1:] == [2]


def test_work_that_waits_when_the_loop_ends_is_let_go():
    aside, done = Aside(), threading.Event()

    def work():
        try:
            aside.here(lambda: None)
        finally:
            done.set()

    aside.start(work)
    aside.close()
    assert done.wait(SOON_S)


def test_four_mails_are_out_at_most_and_then_the_oldest_is_sent_again_after_an_hour():
    clock = [0.0]
    times = MailTimes(lambda: clock[0], lambda: 1.0)
    numbers = [1, 2, 3, 4, 5]
    for number in numbers[:4]:
        assert times.due(number, numbers, force=False)
        times.sent(number)
    assert [times.due(number, numbers, force=False) for number in numbers] == [False] * 5
    clock[0] = FIRST_RETRY_S
    assert [times.due(number, numbers, force=False) for number in numbers] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert not times.due(1, numbers, force=False)
    assert times.due(5, [2, 3, 4, 5], force=False)


@pytest.fixture
def silent():
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def imap(port):
    return (
        f'{{ kind = "imap", server = "localhost:{port}", user = "acme", password_file = "../password", ca = "../ca.pem", '
        "every_s = 0 }"
    )


@pytest.fixture
def two(tmp_path):
    pair = Pair(tmp_path)
    (tmp_path / "password").write_text("secret")
    (tmp_path / "password").chmod(0o600)
    (tmp_path / "ca.pem").write_bytes((tmp_path / "TELCO" / "keys" / "ca.pem").read_bytes())
    return pair


def test_a_mail_server_that_does_not_answer_does_not_stop_a_collector_from_reading(two, silent):
    by_mail(two, silent, imap(silent), 'kind = "maildir"\npath = "../mail/tickets"')
    text = two.files.collector.read_text().replace('kind = "file"', 'kind = "tcp-listen"')
    two.files.collector.write_text(text.replace('path = "../tickets.log"', 'address = "127.0.0.1:0"'))
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    try:
        where = run.listen().addresses["walnut"]
        run.turn()
        with socket.create_connection(where) as pbx:
            pbx.sendall(
                b"start=2026-11-27T09:15:02-08:00 duration=60 direction=outgoing extension=203 calling=203 id=k1\n"
            )
            begin = time.monotonic()
            while not run.result.stored and time.monotonic() - begin < SOON_S:
                run.turn()
                run.stream(0.01)
        assert run.result.stored == 1
        assert run.lines[0]._receipts._reading.busy
    finally:
        run.close()


def test_a_mail_server_that_does_not_answer_does_not_stop_a_provider_from_taking_batches(two, silent):
    two.write(1, 2)
    text = two.files.provider.read_text()
    reply = f'reply_by = {{ server = "localhost:{silent}", from = "a@b.example" }}'
    box = imap(silent).strip("{ }").replace(", ", "\n")
    two.files.provider.write_text(
        text.replace("[[enterprise]]", f"[[inbox]]\n{box}\n{reply}\n[[enterprise]]")
    )
    two.collect()
    run = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    try:
        run.once(wait=False)
        run.step()
        assert run.result.accepted == 1
        assert run._inboxes[1][2].busy
    finally:
        run.close()

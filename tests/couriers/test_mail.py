"""Batches go by mail and receipts come back by mail, through real servers (C-008, C-014, C-015)."""

import mailbox
import random
import re
import shutil
import subprocess
import sys
from binascii import b2a_base64, b2a_qp
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers import mail as mails
from ain_scp.couriers.mailboxes import Inbox, MailboxFault
from ain_scp.tickets.collector.settings import Mailbox, read_collector
from ain_scp.tickets.names import SettingsError

from .mail_servers import certificates, dovecot, open_to_all, smtp_server
from .test_pair import NOW, Pair, outcomes

MAILDIR = '{ kind = "maildir", path = "%s" }'


@pytest.fixture
def two(tmp_path):
    pair = Pair(tmp_path)
    certificates(tmp_path, NOW)
    return pair


def by_mail(two, port, receipts, inbox):
    """The collector mails its batches; both sides read mailboxes."""
    text = two.files.collector.read_text()
    begin, end = text.index("deliver = "), text.index("\n", text.index("deliver = "))
    deliver = (
        f'deliver = {{ kind = "smtp", server = "localhost:{port}", user = "acme", password_file = "../password", ca = "../ca.pem", '
        f'from = "tickets@acme.example", to = "tickets@telco.example", receipts = {receipts} }}'
    )
    two.files.collector.write_text(text[:begin] + deliver + text[end:])
    text = two.files.provider.read_text().replace('mail = "receipts@acme.example"\n', "")
    begin, end = text.index("[[inbox]]"), text.index("[[enterprise]]")
    reply = (
        f'reply_by = {{ server = "localhost:{port}", user = "acme", password_file = "../password", ca = "../ca.pem", '
        'from = "tickets@telco.example" }'
    )
    table = f"[[inbox]]\nevery_s = 0\n{inbox}\n{reply}\n"
    two.files.provider.write_text(
        text[:begin]
        + table
        + text[end:].replace('id = "ACME"', 'id = "ACME"\nmail = "receipts@acme.example"')
    )


def there_and_back(two, written):
    two.collect()
    first = two.receive()
    done = two.collect()
    assert two.received() == written
    return first, done


def test_a_month_of_batches_goes_by_smtp_and_maildir_and_receipts_come_back(two):
    with smtp_server(two.root) as (port, post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        for name in ("receipts", "tickets"):
            mailbox.Maildir(str(two.root / "mail" / name)).close()
        two.write(*range(7))
        first, done = there_and_back(two, list(range(7)))
        assert sorted(number for number, outcome, _reason in outcomes(first) if outcome == "ACCEPTED") == [
            1,
            2,
            3,
        ]
        assert (done.receipted, done.pending, done.alarms) == (3, 0, [])
        assert post.taken == 6
    for name in ("receipts", "tickets"):
        assert list(mailbox.Maildir(str(two.root / "mail" / name)).keys()) == []


def test_other_people_s_mail_is_left_alone_and_what_is_too_large_is_not_read(two):
    with smtp_server(two.root) as (port, _post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        mailbox.Maildir(str(two.root / "mail" / "receipts")).close()
        box = mailbox.Maildir(str(two.root / "mail" / "tickets"))
        box.add(b"Subject: lunch?\n\nAt noon.\n")
        box.add(b"Subject: large\n\n" + b"x" * (26 << 20))
        box.add(
            b'Content-Type: multipart/mixed; boundary="b"\n\n'
            + b"--b\nContent-Type: text/plain\n\nx\n" * 30
            + b"--b--\n"
        )
        two.write(1)
        first, _done = there_and_back(two, [1])
        assert [one.outcome for one in first.batches] == ["ACCEPTED"]
        assert len(box.keys()) == 3


def test_a_mail_is_read_by_openssl_and_holds_no_number(two):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    with smtp_server(two.root) as (port, post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        mailbox.Maildir(str(two.root / "mail" / "receipts")).close()
        two.write(1)
        two.collect()
    file = next((post.maildir("tickets@telco.example") / "new").iterdir())
    assert b"1310555" not in file.read_bytes()
    keys = two.root / "TELCO" / "keys"
    words = [
        "cms",
        "-decrypt",
        "-inform",
        "SMIME",
        "-in",
        file,
        "-inkey",
        keys / "telco-enc.key",
        "-recip",
        keys / "telco-enc.pem",
    ]
    done = subprocess.run([openssl, *words, "-binary"], capture_output=True, check=False)
    assert (done.returncode, b"AINTB1" in done.stdout) == (0, True)
    assert outcomes(two.receive(file)) == [(1, "ACCEPTED", "")]


@pytest.mark.interop
@pytest.mark.slow
@pytest.mark.parametrize("tls", ["implicit", "required"])
@pytest.mark.parametrize("kind", ["imap", "pop3"])
def test_a_mailbox_by_imap_or_pop3_gives_batches_and_receipts_once(two, kind, tls):
    """SMTP puts them into maildirs; dovecot gives them out, by TLS from the start or STARTTLS."""
    with smtp_server(two.root) as (port, post), dovecot(two.root) as (ports, home):
        post.place = home
        at = ports[kind + ("s" if tls == "implicit" else "")]
        box = f'server = "localhost:{at}", user = "%s", password_file = "../password", tls = "{tls}", ca = "../ca.pem"'
        inbox = f'kind = "{kind}"\n' + (box % "tickets").replace(", ", "\n")
        by_mail(two, port, f'{{ kind = "{kind}", {box % "receipts"} }}', inbox)
        for name in ("tickets", "receipts"):
            mailbox.Maildir(str(home / name)).add(b"Subject: lunch?\n\nAt noon.\n")
        open_to_all(home)
        two.write(*range(4))
        assert two.collect().alarms == []
        open_to_all(home)
        first = two.receive()
        assert (first.accepted, first.alarms) == (2, [])
        open_to_all(home)
        done = two.collect()
        assert (done.receipted, done.pending, done.alarms) == (2, 0, [])
        last = two.receive()
        assert (last.batches, last.alarms) == ([], [])
        left = [len(mailbox.Maildir(str(home / name)).keys()) for name in ("tickets", "receipts")]
        assert left == [1, 1]
    assert two.received() == list(range(4))


def test_a_server_that_is_not_there_or_not_itself_or_refuses_loses_nothing(two):
    """Each is an alarm without a secret in it; the batch goes when the server is right."""
    certificate = (two.root / "ca.pem").read_bytes()
    with smtp_server(two.root) as (port, _post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        mailbox.Maildir(str(two.root / "mail" / "receipts")).close()
        two.write(1)
        (two.root / "ca.pem").write_bytes((two.root / "TELCO" / "keys" / "ca.pem").read_bytes())
        assert any("SSLCertVerificationError" in alarm for alarm in two.collect().alarms)
        (two.root / "ca.pem").write_bytes(certificate)
        password = (two.root / "password").read_text()
        (two.root / "password").write_text("wrong\n")
        refused = two.collect().alarms
        assert any("SMTPAuthenticationError 535" in alarm for alarm in refused)
        assert "wrong" not in " ".join(refused)
        (two.root / "password").write_text(password)
    assert any("ConnectionRefusedError" in alarm for alarm in two.collect().alarms)
    with smtp_server(two.root) as (port, _post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        two.collect()
        assert outcomes(two.receive()) == [(1, "ACCEPTED", "")]
        assert two.collect().pending == 0


def test_in_a_collector_that_goes_on_four_mails_are_out_and_then_only_the_oldest_again(two):
    """Receipts lost for a week must not become a thousand mails."""
    import os
    from datetime import timedelta

    from ain_scp.couriers.collector_run import CollectorRun

    with smtp_server(two.root) as (port, post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        mailbox.Maildir(str(two.root / "mail" / "receipts")).close()
        two.write(*range(30))
        run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
        for _turn in range(9):
            two.now += timedelta(minutes=6)
            run.turn()
            run.lines[0]._sending.finish()
        assert post.taken == 4
        times = run.lines[0]._times
        number, _due, _wait = times._oldest
        times._oldest = (number, 0.0, 3600.0)
        run.turn()
        run.lines[0]._sending.finish()
        assert (number, post.taken) == (1, 5)
        assert times._oldest[2] == 7200.0
        run.close()


BAD = [
    ('kind = "smtp"', "needs server"), ('kind = "smtp", server = "a:25", from = "a@b"', "needs to"),
    ('kind = "smtp", server = "a:25", from = "a@b", to = "c@d", receipts = "x"', "come to a mailbox"),
    ('kind = "smtp", server = "a:25", from = "a@b", to = "c@d", receipts = { kind = "imap" }', "imap needs server"),
    ('kind = "smtp", server = "a:25", from = "a@b", to = "c@d", tls = "none"', "tls"),
]  # fmt: skip


@pytest.mark.parametrize(("deliver", "words"), BAD)
def test_a_delivery_that_lacks_something_is_named(two, deliver, words):
    text = two.files.collector.read_text()
    begin, end = text.index("deliver = "), text.index("\n", text.index("deliver = "))
    two.files.collector.write_text(f"{text[:begin]}deliver = {{ {deliver} }}{text[end:]}")
    with pytest.raises(SettingsError, match=words):
        two.collect()


@pytest.mark.parametrize(
    ("kind", "key", "value", "words"),
    [
        ("https", "octets", (15 << 20) + 1, "batch.octets = 15728641: expected 1 to 15728640"),
        ("smtp", "octets", (14 << 20) + 1, "batch.octets = 14680065: expected 1 to 14680064"),
        ("https", "octets", 0, "batch.octets = 0: expected 1"),
        ("https", "tickets", 100_001, "batch.tickets = 100001: expected 1 to 100000"),
    ],
)
def test_a_batch_that_could_never_arrive_is_refused_in_the_settings(two, kind, key, value, words):
    text = two.files.collector.read_text()
    begin, end = text.index("deliver = "), text.index("\n", text.index("deliver = "))
    deliver = {
        "https": 'url = "https://localhost/"',
        "smtp": f'server = "localhost:25", from = "a@b", to = "c@d", receipts = {MAILDIR % "x"}',
    }[kind]
    text = f'{text[:begin]}deliver = {{ kind = "{kind}", {deliver} }}{text[end:]}'
    two.files.collector.write_text(re.sub(rf"(?m)^{key} = .*", f"{key} = {value}", text))
    with pytest.raises(SettingsError, match=re.escape(words)):
        two.collect()


LENGTHS = [0, 1, 2, 3, 56, 57, 58, 1023 * 57, 1024 * 57 - 1, 1024 * 57, 1024 * 57 + 1, 200_000]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_mail_written_in_pieces_is_one_that_the_library_reads(length):
    octets = random.Random(length).randbytes(length)
    mail = mails.write_mail(
        octets, "authEnveloped-data", "a.p7m", mails.Parties("A <a@b>", "c@d, E <e@f>"), "1@x", NOW
    )
    whole = b"".join(mail.pieces())
    found = message_from_bytes(whole, policy=policy.SMTP)
    assert (found.get_content(), len(whole), mail.parties.addresses) == (
        octets, mail.length, ("a@b", ["c@d", "e@f"]),
    )  # fmt: skip
    assert max(map(len, whole.split(b"\r\n"))) <= 78
    assert not re.search(rb"(?m)^\.|[^\r]\n", whole)
    assert mails.read_mail(whole, "authEnveloped-data") == (octets or None)
    assert mails.read_mail(whole.replace(b"\r\n", b"\n"), "authEnveloped-data") == (octets or None)


@pytest.mark.parametrize("length", LENGTHS[1:])
@pytest.mark.parametrize("deep", [1, 3])
def test_a_part_within_parts_is_found_as_the_library_finds_it(length, deep):
    octets = random.Random(length).randbytes(length)
    mail = EmailMessage(policy=policy.SMTP)
    mail.set_content("A list's footer goes with it.\n")
    mail.add_attachment(
        octets, "application", "pkcs7-mime", filename="a.p7m", params={"smime-type": "authEnveloped-data"}
    )
    for _level in range(deep):
        outer = EmailMessage(policy=policy.SMTP)
        outer["Subject"] = "list"
        outer.make_mixed()
        outer.attach(mail)
        mail = outer
    for ends in (b"\r\n", b"\n"):
        assert mails.read_mail(mail.as_bytes().replace(b"\r\n", ends), "authEnveloped-data") == octets


@pytest.mark.parametrize("coding", ["binary", "quoted-printable", "base64"])
@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_a_part_in_another_coding_is_read_to_its_last_octet(coding, ends):
    """Others may write it so; the end of the line before a boundary is none of its octets (RFC 2046)."""
    octets = bytes(one for one in range(1, 256) if one not in b"\r\n=")
    coded = {"binary": bytes, "quoted-printable": b2a_qp, "base64": b2a_base64}[coding](octets)
    head = (
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data",
        b"Content-Transfer-Encoding: " + coding.encode(),
    )
    lines = [b"Content-Type: multipart/mixed; boundary=b", b"", b"--b", *head, b"", coded.replace(b"\n", ends), b"--b--", b""]  # fmt: skip
    assert mails.read_mail(ends.join(lines), "signed-data") == octets


WATCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow
def test_the_largest_batch_that_a_mail_holds_keeps_both_sides_below_150_mb(two):
    """Nothing of it shrinks: 14 MiB of lines as they are, 20 MiB of base64."""
    with smtp_server(two.root) as (port, _post):
        by_mail(two, port, MAILDIR % "../mail/receipts", 'kind = "maildir"\npath = "../mail/tickets"')
        for name in ("receipts", "tickets"):
            mailbox.Maildir(str(two.root / "mail" / name)).close()
        text = two.files.collector.read_text()
        for key, value in (("tickets", "100000"), ("octets", str(14 << 20)), ("compress", "false")):
            text = re.sub(rf"(?m)^{key} = .*", f"{key} = {value}", text)
        two.files.collector.write_text(text)
        two.write(*range(62_000))
        collected = largest("collect", two.files.collector, "--wait", "0")
        mailed = max(file.stat().st_size for file in (two.root / "mail" / "tickets" / "new").iterdir())
        received = largest("receive", two.files.provider)
    assert mailed > 19 << 20
    assert max(collected, received) < 150_000_000


def largest(command, config, *words):
    """Octets of memory that a command takes at most. A small process starts it: the kernel counts those of the starter."""
    ours = [sys.executable, "-m", "ain_scp", "ticket", command, config, "--once", *words]
    done = subprocess.run([sys.executable, "-c", WATCH, *ours], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024


def test_a_mailbox_that_is_not_there_is_an_alarm(two):
    with pytest.raises(MailboxFault, match="no maildir"):
        Inbox(two.root, Mailbox(kind="maildir", path="nowhere")).each("signed-data", lambda _octets: True)


def test_what_is_no_mail_with_a_batch_is_refused_as_a_file(two):
    for at, octets in enumerate((b"", b"hello", b"Subject: x\n\nno part\n")):
        file = two.root / f"{at}.eml"
        file.write_bytes(octets)
        assert [(one.outcome, one.enterprise) for one in two.receive(file).batches] == [("REFUSED", None)]
    mail = mails.write_mail(b"0abc", "authEnveloped-data", "a.p7m", mails.Parties("a@b", "c@d"), "1@x", NOW)
    octets = b"".join(mail.pieces())
    assert mails.read_mail(octets, "authEnveloped-data") == b"0abc"
    assert mails.read_mail(octets, "signed-data") is None


def test_an_address_that_is_not_ascii_is_refused_where_it_stands(tmp_path):
    """No mail server that knows nothing of SMTPUTF8 would take it; a display name may be written as people write it."""
    file = tmp_path / "collector.toml"
    text = (
        'schema = 1\nenterprise = "ACME"\n[keys]\nca = "ca.pem"\nsign = {{ key = "k.pem", certificate = "c.pem" }}\n'
        '[[provider]]\nname = "TELCO"\nencrypt_to = "t.pem"\nreceipts_by = "r.pem"\n'
        'deliver = {{ kind = "smtp", server = "localhost:25", from = "{0}", to = "{1}", receipts = {{ kind = "maildir", path = "in" }} }}\n'
    )
    file.write_text(text.format("Jörg <acme@acme.example>", "tickets@télco.example"))
    with pytest.raises(SettingsError, match=r"to tickets@télco\.example: an address has ASCII") as fault:
        read_collector(file)
    assert "from " not in str(fault.value)

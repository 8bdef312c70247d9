"""Mails that mean harm hold no part, and end nobody who reads them."""

import mailbox

import pytest

from ain_scp.couriers.mail import read_mail
from ain_scp.couriers.mailboxes import Maildir, Pop3, faults

PART = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\nabc"


@pytest.mark.parametrize(
    "octets",
    [
        b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (one, one)
            for one in range(2000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        b"Content-Type: application/pkcs7-mime; name*" + b"9" * 5000 + b"=a.p7s\r\n\r\nabc",
        b"Content-Disposition: attachment; filename*"
        + b"9" * 5000
        + b"=a.p7s\r\nContent-Type: application/pkcs7-mime\r\n\r\nabc",
        b'Content-Type: application/pkcs7-mime; x="' + b"; " * 1_000_000 + b"\r\n\r\nabc",
        b"content-disposition: attachment" + b";\r\n x=y" * 500_000 + b"\r\n" + PART,
        b'Content-Type: multipart/mixed; x="'
        + b"; " * 1_000_000
        + b"; boundary=a\r\n\r\n--a\r\n"
        + PART
        + b"\r\n--a--",
        b'Content-Type: multipart/mixed; boundary=a\r\r--a\rContent-Type: x/y; z="'
        + b"; " * 1_000_000
        + b"\r\rabc\r--a--",
    ],
    ids=["parts", "mails", "type", "name", "quote", "folded", "boundary", "inside"],
)
def test_what_is_nested_or_numbered_beyond_all_sense_is_no_part(octets):
    assert read_mail(octets, "signed-data") is None


class WrongServer:
    """A POP3 client whose server lists what it likes."""

    def __init__(self, sizes, keys):
        self.sizes, self.keys = sizes, keys

    def list(self):
        return b"+OK", self.sizes, 0

    def uidl(self):
        return b"+OK", self.keys, 0

    def retr(self, number):
        return b"+OK", [b"mail %d" % number], 0


@pytest.mark.parametrize(
    ("sizes", "keys"),
    [
        ([b"1"], [b"1 a"]),
        ([b"one 20"], [b"1 a"]),
        ([b"1 20"], [b"1"]),
        ([b"1 20"], [b""]),
        ([b"1 20"], [b"1 \xff"]),
        ([b"1 " + b"9" * 5000], [b"1 a"]),
    ],
)
def test_a_pop3_list_that_is_none_is_the_servers_fault(sizes, keys):
    """It is waited for like a server that went away, and ends no collector."""
    box = Pop3.__new__(Pop3)
    box._client = WrongServer(sizes, keys)
    with pytest.raises(faults()):
        list(box.keys(set()))


def test_a_pop3_list_with_more_words_is_read():
    box = Pop3.__new__(Pop3)
    box._client = WrongServer([b"1 20 x", b"2 20"], [b"1 a", b"2 b c"])
    assert [(key, box.fetch(key)) for key in box.keys({"a"})] == [("b c", b"mail 2")]


def test_a_mail_moved_while_the_maildir_is_read_is_left_out(tmp_path):
    place = tmp_path / "box"
    made = mailbox.Maildir(str(place))
    keys = sorted(made.add(f"Subject: {number}\n\n") for number in range(3))
    box = Maildir(place)
    found = list(box.keys({keys[0]}))
    assert found == keys[1:]
    made.discard(keys[1])
    assert [box.fetch(key) is None for key in found] == [True, False]

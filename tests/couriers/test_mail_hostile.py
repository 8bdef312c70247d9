"""Mails that mean harm hold no part, and end nobody who reads them."""

import pytest

from ain_scp.couriers.mail import read_mail


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
    ],
    ids=["parts", "mails", "type", "name"],
)
def test_what_is_nested_or_numbered_beyond_all_sense_is_no_part(octets):
    assert read_mail(octets, "signed-data") is None

"""The envelope: what is sealed opens, and nothing else does (C-012, C-013, C-017)."""

import os
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.tickets.envelope import content as form
from ain_scp.tickets.envelope import keys as making
from ain_scp.tickets.envelope import structures
from ain_scp.tickets.envelope.der import SEQUENCE, SET, DerError, oid, tlv
from ain_scp.tickets.envelope.seal import SealError, seal, sign, unseal, verify
from ain_scp.tickets.envelope.structures import read_envelope, read_signed, write_envelope
from ain_scp.tickets.envelope.trust import Authority, TrustError, check, fingerprint

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
KINDS = ("ec", "rsa")
PLAIN = b'{"q":1,"s":"walnut","r":"3105550142"}\n' * 40
openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed: apt install openssl"
)


def test_thousands_of_signed_attributes_are_not_even_read():
    """Anybody may seal to a provider: what is refused must not cost memory."""
    one = tlv(SEQUENCE, oid("1.2.840.113549.1.9.15"), tlv(SET, tlv(SEQUENCE)))
    with pytest.raises(DerError) as fault:
        structures._attributes(tlv(SET, one * 10_000))
    assert fault.value.offset < 5 * len(one)


class Side:
    """An authority with a signer and a recipient of each kind."""

    def __init__(self):
        self.authority = making.new_authority("CA", NOW)
        self.sign = {kind: making.new_keys("ACME", "sign", self.authority, NOW, kind) for kind in KINDS}
        self.known = {fingerprint(one.certificate): one.certificate for one in self.sign.values()}
        self.decrypt = {
            kind: making.new_keys("TELCO", "decrypt", self.authority, NOW, kind) for kind in KINDS
        }


@pytest.fixture(scope="module")
def side():
    return Side()


def header(**changes):
    values = {
        "enterprise": "ACME", "provider": "TELCO", "store": "00ff" * 8, "number": 1, "previous": form.FIRST, "first": 1,
        "last": 40, "tickets": 40, "plain_octets": len(PLAIN), "created": "2026-11-29T12:00:00Z", "compress": "gzip",
    }  # fmt: skip
    return form.Header(**values | changes)


def batch(**changes):
    head = form.head_of(header(**changes))
    return form.write_content(head, PLAIN, compress=changes.get("compress", "gzip") == "gzip")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_signed_and_sealed_opens_to_the_same_content(kind, side):
    sealed = seal(sign(batch(), side.sign[kind]), side.decrypt[kind].certificate, os.urandom)
    signed, ours = unseal(sealed, [side.decrypt["rsa"], side.decrypt["ec"]])
    content, certificate = verify(signed, side.known)
    assert ours is side.decrypt[kind]
    assert certificate == side.sign[kind].certificate
    assert form.read_content(content).body == PLAIN


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_batch_sealed_twice_is_other_octets_and_shows_nothing(kind, side):
    one, other = (seal(batch(), side.decrypt[kind].certificate, os.urandom) for _turn in range(2))
    assert one != other
    assert b"3105550142" not in one
    assert read_envelope(one).ciphertext != read_envelope(other).ciphertext


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_is_accepted(kind, side):
    """Every bit outside the ciphertext, and two thousand of it; the whole is `python -m tests.long.flips`."""
    sealed = seal(sign(batch(), side.sign[kind]), side.decrypt[kind].certificate, os.urandom)
    inside = sealed.index(read_envelope(sealed).ciphertext)
    after = inside + len(read_envelope(sealed).ciphertext)
    bits = [bit for bit in range(8 * len(sealed)) if not inside <= bit // 8 < after]
    bits += random.Random(7).sample(range(8 * inside, 8 * after), min(2000, 8 * (after - inside)))
    for bit in bits:
        altered = bytearray(sealed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            unseal(bytes(altered), [side.decrypt[kind]])


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_of_a_signed_content_is_accepted(kind, side):
    """A receipt travels signed and not sealed."""
    signed = sign(b"AINTR1\n{}", side.sign[kind])
    for bit in range(8 * len(signed)):
        altered = bytearray(signed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError):
            verify(bytes(altered), side.known)


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_and_every_octet_too_many_is_refused(kind, side):
    sealed = seal(batch(), side.decrypt[kind].certificate, os.urandom)
    for octets in [*(sealed[:length] for length in range(len(sealed))), sealed + b"\0"]:
        with pytest.raises(SealError):
            unseal(octets, [side.decrypt[kind]])


def test_another_s_key_does_not_open_and_a_batch_without_address_is_refused(side):
    sealed = seal(batch(), side.decrypt["ec"].certificate, os.urandom)
    stranger = making.new_keys("TELCO", "decrypt", side.authority, NOW)
    with pytest.raises(SealError, match="none of our certificates"):
        unseal(sealed, [stranger])
    with pytest.raises(SealError, match="altered"):
        unseal(sealed, [side.decrypt["ec"]._replace(key=stranger.key)])


@settings(derandomize=True, max_examples=300)
@given(st.binary(max_size=400))
def test_any_octets_are_refused_without_an_error_of_ours(octets):
    with pytest.raises(DerError):
        read_envelope(octets)
    with pytest.raises(DerError):
        read_signed(octets)
    with pytest.raises(form.ContentError):
        form.read_content(form.MAGIC + octets)


def test_lengths_must_be_the_shortest(side):
    sealed = seal(b"x", side.decrypt["ec"].certificate, os.urandom)
    assert write_envelope(read_envelope(sealed)) == sealed
    long = b"\x30\x83\x00" + sealed[2:] if sealed[1] == 0x82 else b"\x30\x82\x00" + sealed[2:]
    with pytest.raises(DerError):
        read_envelope(long)
    with pytest.raises(DerError):
        read_envelope(tlv(0x30, sealed))


CONTENTS = [
    ({"number": 0}, "limits"), ({"plain_octets": 1}, "does not end"), ({"plain_octets": 10**6}, "not as long"), ({"plain_octets": form.MAX_PLAIN + 1}, "limits"),
    ({"compress": "zip"}, "gzip or none"), ({"tickets": form.MAX_TICKETS + 1}, "limits"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), CONTENTS)
def test_a_content_beyond_its_limits_is_refused(changes, words):
    with pytest.raises(form.ContentError, match=words):
        form.read_content(batch(**changes))


def test_padding_is_zeros_to_the_padme_size_and_nothing_follows():
    good = batch()
    assert form.read_content(good).header == header()
    for bad in (good + b"\0", good[:-1], good[:-1] + b"\1"):
        with pytest.raises(form.ContentError):
            form.read_content(bad)
    assert form.padded(7457) == 7680
    for length in range(1, 5000):
        assert length <= form.padded(length) <= max(length * 1.12, length + 1)
        assert form.padded(form.padded(length)) == form.padded(length)


def test_a_bomb_is_refused_before_it_is_unpacked():
    import gzip

    head = form.head_of(header(plain_octets=100))
    bomb = form.write_content(head, gzip.compress(bytes(64 << 20)), compress=False)
    with pytest.raises(form.ContentError):
        form.read_content(bomb)


def test_the_digest_is_of_header_and_lines_and_not_of_how_they_were_packed():
    found = [form.read_content(form.write_content(form.head_of(header()), PLAIN, compress=True)).digest]
    found.append(form.digest_of(form.head_of(header()), PLAIN))
    assert len(set(found)) == 1


def test_which_certificates_count(side):
    """One row for each way in which a certificate does not."""
    other = making.new_authority("CA", NOW)
    mine = side.sign["ec"].certificate
    revoked = making.revoke(
        side.authority, [making.Revoked(mine.serial_number, NOW)], NOW, timedelta(days=30)
    )
    forged = making.revoke(other, [], NOW, timedelta(days=30))
    ours, later = Authority((side.authority.certificate,)), NOW + timedelta(days=31)
    check(mine, ours, "sign", NOW)
    check(side.decrypt["ec"].certificate, ours, "decrypt", NOW)
    check(side.decrypt["rsa"].certificate, ours, "decrypt", NOW)
    empty = making.revoke(side.authority, [], NOW, timedelta(days=30))
    check(mine, Authority(ours.certificates, empty), "sign", NOW)
    rows = [
        (mine, Authority((other.certificate,)), "sign", NOW, "certificate"),
        (mine, ours, "decrypt", NOW, "not to decrypt"),
        (side.decrypt["ec"].certificate, ours, "sign", NOW, "not to sign"),
        (making.new_keys("W", "web", side.authority, NOW).certificate, ours, "sign", NOW, "emailProtection"),
        (mine, ours, "sign", NOW + timedelta(days=400), "expired"),
        (mine, ours, "sign", NOW - timedelta(days=1), "not valid yet"),
        (mine, Authority(ours.certificates, revoked), "sign", NOW, "revoked"),
        (mine, Authority(ours.certificates, empty), "sign", later, "not current"),
        (mine, Authority(ours.certificates, forged), "sign", NOW, "not signed by the authority"),
    ]  # fmt: skip
    for certificate, authority, use, when, words in rows:
        with pytest.raises(TrustError, match=words):
            check(certificate, authority, use, when)


def test_a_key_file_gives_its_key_only_for_its_passphrase():
    key = making.new_key()
    kept = making.write_key(key, b"secret")
    assert making.read_key(kept, b"secret").private_numbers() == key.private_numbers()
    for octets, passphrase in (
        (kept, None),
        (kept, b"other"),
        (b"nothing", None),
        (making.write_key(key), b"x"),
    ):
        with pytest.raises(making.KeyFileError) as caught:
            making.read_key(octets, passphrase)
        assert "secret" not in str(caught.value)


def run(*words, data=b""):
    return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True).stdout


@pytest.fixture
def files(side, tmp_path):
    def write(name, octets):
        (tmp_path / name).write_bytes(octets)
        return tmp_path / name

    write("ca.pem", making.pem(side.authority.certificate))
    for kind in KINDS:
        for use, found in (("sign", side.sign), ("enc", side.decrypt)):
            write(f"{use}-{kind}.pem", making.pem(found[kind].certificate))
            write(f"{use}-{kind}.key", making.write_key(found[kind].key))
    return tmp_path


@openssl
@pytest.mark.interop
@pytest.mark.parametrize("kind", KINDS)
def test_openssl_opens_and_verifies_ours(kind, side, files):
    (files / "b.p7m").write_bytes(
        seal(sign(batch(), side.sign[kind]), side.decrypt[kind].certificate, os.urandom)
    )
    signed = run(
        "cms", "-decrypt", "-binary", "-inform", "DER", "-in", files / "b.p7m",
        "-inkey", files / f"enc-{kind}.key", "-recip", files / f"enc-{kind}.pem",
    )  # fmt: skip
    words = ("-CAfile", files / "ca.pem", "-purpose", "smimesign", "-attime", int(NOW.timestamp()))
    assert run("cms", "-verify", "-binary", "-inform", "DER", *words, data=signed) == batch()


SEALED = {
    "ec": ["-keyopt", "ecdh_kdf_md:sha256"],
    "rsa": ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"],
}
SIGNED = [
    ("ec", []),
    ("rsa", []),
    ("rsa", ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"]),
]


@openssl
@pytest.mark.interop
@pytest.mark.parametrize("kind", KINDS)
def test_we_open_what_openssl_sealed_in_our_form_and_refuse_its_defaults(kind, side, files):
    begin = ["cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm"]
    recipient = ["-recip", files / f"enc-{kind}.pem"]
    sealed = run(*begin, *recipient, *SEALED[kind], data=batch())
    assert unseal(sealed, [side.decrypt[kind]])[0] == batch()
    for other in ([*begin, *recipient], [*begin, "-stream", *recipient, *SEALED[kind]]):
        with pytest.raises(SealError):
            unseal(run(*other, data=batch()), [side.decrypt[kind]])
    plain = [word if word != "-aes-256-gcm" else "-aes-256-cbc" for word in begin]
    with pytest.raises(SealError):
        unseal(run(*plain, *recipient, *SEALED[kind], data=batch()), [side.decrypt[kind]])


@openssl
@pytest.mark.interop
@pytest.mark.parametrize(("kind", "options"), SIGNED)
def test_we_verify_what_openssl_signed(kind, options, side, files):
    words = ["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-md", "sha256"]
    signed = run(
        *words,
        "-signer",
        files / f"sign-{kind}.pem",
        "-inkey",
        files / f"sign-{kind}.key",
        *options,
        data=batch(),
    )
    content, certificate = verify(signed, side.known)
    assert (content, certificate) == (batch(), side.sign[kind].certificate)

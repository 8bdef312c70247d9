"""Both sides over files: nothing lost, nothing doubled, whatever is repeated, removed, reordered or restored (C-005 to C-017)."""

import json
import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers import files, pair, receipts
from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.provider_run import ProviderRun
from ain_scp.couriers.standing import Standing, set_standing
from ain_scp.journal.faults import JournalFault
from ain_scp.tickets.envelope import keys as making
from ain_scp.tickets.envelope.receipt import read_receipt
from ain_scp.tickets.names import SettingsError
from ain_scp.tickets.provider.calls import Calls
from ain_scp.tickets.provider.database import Database
from ain_scp.tickets.provider.turn import Basis
from ain_scp.tickets.site import read_site

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent / "acceptance" / "tickets"
SOURCE = '[[source]]\nname = "walnut"\nkind = "file"\nlayout = "keyvalue"\npath = "../tickets.log"\n'


def line(number):
    return (
        f"start=2026-11-27T09:{number // 60 % 60:02}:{number % 60:02}-08:00 duration=60 direction=outgoing extension=203 "
        f"calling=203 called=1310555{number:04} id=k{number}\n"
    )


class Pair:
    """A pair in a directory, with a clock that the test moves."""

    def __init__(self, root: Path, batch=3, now=NOW):
        self.root, self.now = root, now
        self.files = pair.make(root, "ACME", "TELCO", now)
        text = self.files.collector.read_text().replace("tickets = 5000", f"tickets = {batch}")
        self.files.collector.write_text(text + SOURCE)
        self.log = root / "tickets.log"
        self.log.touch()
        self.inbox, self.receipts = root / "TELCO" / "in", root / "TELCO" / "receipts" / "ACME"

    def write(self, *numbers):
        with self.log.open("a") as stream:
            stream.writelines(line(number) for number in numbers)

    def collect(self, trace=None):
        self.now += timedelta(seconds=1)
        run = CollectorRun(self.files.collector, lambda: self.now, os.urandom, trace)
        try:
            return run.once()
        finally:
            run.close()

    def receive(self, *named, trace=None):
        self.now += timedelta(seconds=1)
        run = ProviderRun(self.files.provider, lambda: self.now, os.urandom, trace)
        try:
            return run.once(named)
        finally:
            run.close()

    def received(self, enterprise="ACME"):
        """The numbers of the calls that the provider has, sorted."""
        run = ProviderRun(self.files.provider, lambda: self.now, os.urandom)
        try:
            site = read_site(pair.SITE)
            book = run.registered[enterprise].book
            calls = Calls(Database(), Basis(site))
            calls.update(book.records, len(book.stores))
            return sorted(int(one.call.call_id[1:]) for one in calls)
        finally:
            run.close()


@pytest.fixture
def two(tmp_path):
    return Pair(tmp_path)


def calls_of(run):
    calls = Calls(Database(), Basis(read_site(pair.SITE)))
    calls.update(run.registered["ACME"].book.records)
    return list(calls)


def outcomes(result):
    return [(one.number, one.outcome, one.reason) for one in result.batches]


def test_what_is_printed_arrives_once_and_the_receipt_ends_it(two):
    two.write(*range(7))
    first = two.collect()
    assert [(one.number, one.first, one.last) for one in first.sealed] == [(1, 2, 4), (2, 5, 7), (3, 8, 8)]
    assert (first.stored, first.pending) == (7, 3)
    assert outcomes(two.receive()) == [(n, "ACCEPTED", "") for n in (1, 2, 3)]
    second = two.collect()
    assert (second.stored, second.receipted, second.pending, second.alarms) == (0, 3, 0, [])
    assert two.received() == list(range(7))


def test_of_receipted_batches_only_digests_and_the_newest_receipts_are_kept(two, monkeypatch):
    """A batch every five minutes is a hundred thousand a year: neither memory nor a turn may grow with all of them."""
    monkeypatch.setattr(receipts, "KEPT_RECEIPTS", 2)
    for number in range(5):
        two.write(number)
        two.collect()
        two.receive()
    two.collect()
    assert [file.name.partition("-")[2] for file in sorted(two.receipts.iterdir())] == [
        "00000004.p7s",
        "00000005.p7s",
    ]
    judged = []
    monkeypatch.setattr(receipts, "read_receipt", lambda *words: judged.append(words) or read_receipt(*words))
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    try:
        chain = run.lines[0].outbox.chain
        assert (list(chain.links), chain.next_number) == ([5], 6)
        assert all(len(chain.digest(number)) == 64 for number in range(1, 6))
        assert chain.digest(6) == ""
        run.turn()
        run.turn()
        assert len(judged) == 2
        assert run.check() == (5, [])
    finally:
        run.close()


def test_the_order_is_store_retrieve_encrypt_send_then_receive_and_process(two):
    events = []

    def trace(event, _facts):
        events.append(event)

    two.write(1)
    two.collect(trace)
    two.receive(trace=trace)
    assert events == ["stored", "retrieved", "sealed", "sent", "received", "processed"]


def test_no_number_leaves_in_clear(two):
    two.write(1, 2)
    two.collect()
    octets = b"".join(file.read_bytes() for file in two.inbox.iterdir())
    assert b"1310555" not in octets
    assert b"203" not in octets.replace(b"2026", b"")[:40]


def test_the_same_file_again_is_repeated_and_counts_nothing(two):
    two.write(1)
    two.collect()
    copy = two.root / "copy.p7m"
    shutil.copy(next(two.inbox.iterdir()), copy)
    two.receive()
    assert outcomes(two.receive(copy)) == [(1, "REPEATED", "")]
    assert copy.exists()
    assert two.received() == [1]


def test_batches_out_of_order_wait_for_their_turn(two):
    two.write(*range(9))
    two.collect()
    batches = sorted(two.inbox.iterdir())
    kept = [two.root / one.name for one in batches]
    for one, target in zip(batches, kept, strict=True):
        one.rename(target)
    assert outcomes(two.receive(kept[2])) == [(3, "WAITING", "")]
    assert outcomes(two.receive(kept[1])) == [(2, "WAITING", "")]
    assert outcomes(two.receive(kept[0])) == [(n, "ACCEPTED", "") for n in (1, 2, 3)]
    assert two.received() == list(range(9))


def test_a_lost_outbox_is_sealed_again_to_the_same_digest_and_other_octets(two):
    two.write(1, 2)
    first = two.collect().sealed[0]
    before = next(two.inbox.iterdir()).read_bytes()
    shutil.rmtree(two.root / "ACME" / "store" / "outbox-TELCO")
    next(two.inbox.iterdir()).unlink()
    again = two.collect().sealed[0]
    assert (again.number, again.digest) == (first.number, first.digest)
    assert next(two.inbox.iterdir()).read_bytes() != before
    assert outcomes(two.receive()) == [(1, "ACCEPTED", "")]


def test_an_altered_file_goes_to_quarantine_and_gets_no_receipt(two):
    two.write(1)
    two.collect()
    file = next(two.inbox.iterdir())
    octets = bytearray(file.read_bytes())
    octets[len(octets) // 2] ^= 1
    file.write_bytes(octets)
    assert [one.outcome for one in two.receive().batches] == ["REFUSED"]
    assert not two.receipts.exists()
    assert len(list((two.root / "TELCO" / "data" / "quarantine").glob("*.json"))) == 1
    assert two.received() == []


def test_another_enterprise_s_signature_on_acme_s_header_is_refused(two):
    pair.make(two.root, "BETA", "TELCO", NOW)
    settings = two.files.collector
    text = settings.read_text().replace("keys/acme-sign", "keys/beta-sign")
    for name in ("beta-sign.pem", "beta-sign.key"):
        shutil.copy(two.root / "BETA" / "keys" / name, two.root / "ACME" / "keys" / name)
    settings.write_text(text)
    two.write(1)
    two.collect()
    found = two.receive()
    assert [(one.enterprise, one.outcome) for one in found.batches] == [(None, "REFUSED")]
    assert "another enterprise" in found.batches[0].reason


def test_a_stranger_is_refused_and_a_revoked_or_expired_certificate_too(two):
    two.write(1)
    two.collect()
    batch = next(two.inbox.iterdir())
    kept = two.root / "kept.p7m"
    batch.rename(kept)
    settings = two.files.provider
    ca = two.root / "TELCO" / "keys" / "ca"
    authority = making.Keys(
        making.read_certificates(ca.with_suffix(".pem").read_bytes())[0],
        making.read_key(ca.with_suffix(".key").read_bytes()),
    )
    mine = making.read_certificates((two.root / "ACME" / "keys" / "acme-sign.pem").read_bytes())[0]
    crl = making.revoke(authority, [making.Revoked(mine.serial_number, NOW)], NOW, timedelta(days=9))
    (two.root / "TELCO" / "crl.pem").write_bytes(crl.public_bytes(making.serialization.Encoding.PEM))
    plain = settings.read_text()
    settings.write_text(plain.replace('ca = "keys/ca.pem"', 'ca = "keys/ca.pem"\ncrl = "crl.pem"'))
    assert "revoked" in two.receive(kept).batches[0].reason
    settings.write_text(plain.partition("[[enterprise]]")[0])
    assert "not registered" in two.receive(kept).batches[0].reason
    settings.write_text(plain)
    assert outcomes(two.receive(kept)) == [(1, "ACCEPTED", "")]


def test_a_suspended_enterprise_waits_and_loses_nothing(two):
    home = two.root / "TELCO" / "data" / "ACME"
    home.mkdir(parents=True)
    set_standing(home, Standing(suspended=True))
    two.write(1)
    two.collect()
    kept = two.root / "kept.p7m"
    shutil.copy(next(two.inbox.iterdir()), kept)
    assert outcomes(two.receive()) == [(1, "WAITING", "SUSPENDED")]
    assert two.collect().alarms == ["TELCO: batch 1: SUSPENDED"]
    set_standing(home, Standing())
    assert outcomes(two.receive()) == [(1, "ACCEPTED", "")]
    assert (two.received(), two.collect().pending) == ([1], 0)


def test_a_provider_restored_from_a_backup_gets_again_what_it_lost(two):
    two.write(*range(3))
    two.collect()
    two.receive()
    backup = two.root / "backup"
    shutil.copytree(two.root / "TELCO" / "data", backup)
    two.collect()
    two.write(*range(3, 9))
    two.collect()
    two.receive()
    assert two.collect().pending == 0
    shutil.rmtree(two.root / "TELCO" / "data")
    shutil.copytree(backup, two.root / "TELCO" / "data")
    two.write(9)
    two.collect()
    assert outcomes(two.receive()) == [(4, "WAITING", "")]
    alarms = two.collect().alarms
    assert "TELCO: batch 4: PROVIDER_BEHIND" in alarms
    two.receive()
    assert two.received() == list(range(10))
    assert two.collect().pending == 0


def test_a_collector_restored_from_a_backup_stops_sealing_and_keeps_collecting(two):
    two.write(1)
    two.collect()
    two.receive()
    backup = two.root / "backup"
    two.collect()
    shutil.copytree(two.root / "ACME" / "store", backup)
    two.write(2)
    two.collect()
    two.receive()
    shutil.rmtree(two.root / "ACME" / "store")
    shutil.copytree(backup, two.root / "ACME" / "store")
    two.log.write_text(line(1) + line(77))
    two.collect()
    two.receive()
    found = two.collect()
    assert any("RESTORED" in alarm for alarm in found.alarms)
    two.write(78)
    assert two.collect().stored == 1
    assert list(two.inbox.iterdir()) == []
    assert two.received() == [1, 2]


def test_a_second_process_on_the_same_store_is_refused(two):
    run = CollectorRun(two.files.collector, lambda: NOW, os.urandom)
    with pytest.raises(JournalFault):
        two.collect()
    run.close()


def test_a_forged_or_altered_receipt_moves_nothing(two):
    two.write(1)
    two.collect()
    two.receive()
    receipt = next(two.receipts.iterdir())
    good = receipt.read_bytes()
    receipt.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    found = two.collect()
    assert (found.receipted, found.pending, len(found.alarms)) == (0, 1, 1)
    receipt.write_bytes(good)
    assert two.collect().pending == 0


def test_nothing_is_sealed_to_a_certificate_that_does_not_count(two):
    two.write(1)
    two.now = NOW + timedelta(days=400)
    found = two.collect()
    assert (found.stored, found.sealed, found.pending) == (1, [], 0)
    assert any("expired" in alarm for alarm in found.alarms)


def test_a_provider_whose_clock_is_wrong_opens_nothing(two):
    two.write(1)
    two.collect()
    two.now = NOW + timedelta(days=4000)
    found = two.receive()
    assert (found.batches, len(found.alarms)) == ([], 1)
    assert len(list(two.inbox.iterdir())) == 1


def test_a_followed_file_is_read_on_over_rotation_and_an_unfinished_line_waits(two):
    two.write(1, 2)
    with two.log.open("a") as stream:
        stream.write(line(3)[:30])
    assert two.collect().stored == 2
    with two.log.open("a") as stream:
        stream.write(line(3)[30:] + line(4).rstrip("\n"))
    assert two.collect().stored == 1
    two.log.rename(two.root / "tickets.log.1")
    two.log.write_text(line(5))
    assert two.collect().stored == 2
    assert two.collect().stored == 0
    two.receive()
    assert two.received() == [1, 2, 3, 4, 5]


def test_a_truncated_file_begins_anew(two):
    two.write(1, 2, 3)
    two.collect()
    two.log.write_text(line(4))
    assert two.collect().stored == 1


def test_a_directory_s_files_are_taken_whole_and_once(two):
    place = two.root / "cdr"
    place.mkdir()
    text = two.files.collector.read_text().replace('kind = "file"', 'kind = "directory"\npattern = "*.log"')
    two.files.collector.write_text(text.replace("../tickets.log", "../cdr"))
    (place / "a.log").write_text(line(1) + line(2).rstrip("\n"))
    (place / "b.log").write_text(line(1) + line(2).rstrip("\n"))
    (place / "c.txt").write_text(line(3))
    for one in place.iterdir():
        os.utime(one, (0, 0))
    assert two.collect().stored == 2
    assert two.collect().stored == 0
    two.receive()
    assert two.received() == [1, 2]


def test_a_directory_of_json_files_gives_one_ticket_a_file_however_it_is_printed(two):
    """FreeSWITCH: a file a call, over many lines or on one; quality records of a manufacturer's layout are left."""
    place = two.root / "cdr"
    place.mkdir()
    text = two.files.collector.read_text().replace('kind = "file"', 'kind = "directory"')
    text = text.replace("../tickets.log", "../cdr").replace('"keyvalue"', '"freeswitch-json"')
    two.files.collector.write_text(text)
    sample = json.loads((SAMPLES / "freeswitch.json").read_text().splitlines()[0])
    (place / "a.json").write_text(json.dumps(sample, indent=2))
    sample["variables"]["uuid"] = "other"
    (place / "b.json").write_text(json.dumps(sample))
    for one in place.iterdir():
        os.utime(one, (0, 0))
    assert two.collect().stored == 2
    assert two.collect().stored == 0


def test_files_that_hold_no_calls_by_their_name_are_left_where_they_are(two):
    place = two.root / "cdr"
    place.mkdir()
    text = two.files.collector.read_text().replace('kind = "file"', 'kind = "directory"\nafter = "delete"')
    text = text.replace("../tickets.log", "../cdr").replace('"keyvalue"', '"cisco-cucm"')
    two.files.collector.write_text(text)
    for name in ("cdr_A_01_202611271930_12", "cmr_A_01_202611271930_12"):
        (place / name).write_text("x\n")
        os.utime(place / name, (0, 0))
    assert two.collect().stored == 1
    assert [one.name for one in place.iterdir()] == ["cmr_A_01_202611271930_12"]


@pytest.mark.parametrize("seed", range(12))
def test_any_loss_repetition_and_order_of_batches_and_receipts_ends_with_everything_once(tmp_path, seed):
    """Files of either way are dropped, doubled and held back by chance; in the end everything is there once."""
    chance = random.Random(seed)
    two = Pair(tmp_path, batch=2)
    held: list[tuple[Path, bytes]] = []
    written = 0
    for _turn in range(14):
        for _one in range(chance.randrange(4)):
            two.write(written)
            written += 1
        two.collect()
        for place in (two.inbox, two.receipts):
            for file in sorted(place.iterdir()) if place.exists() else ():
                fate = chance.random()
                if fate < 0.25:
                    held.append((file, file.read_bytes()))
                    file.unlink()
                elif fate < 0.4:
                    held.append((file, file.read_bytes()))
        for file, octets in chance.sample(held, min(len(held), chance.randrange(3))):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(octets)
        two.receive()
    for _turn in range(6):
        two.collect()
        two.receive()
    assert two.collect().pending == 0
    assert two.received() == list(range(written))


def test_of_a_line_that_does_not_end_no_more_is_kept_than_a_record_can_hold(tmp_path, monkeypatch):
    """Gigabytes of a log without a line end fill no memory, and the position stays right."""
    monkeypatch.setattr(files, "CHUNK", 64)
    monkeypatch.setattr(files, "LONGEST", 200)
    octets = b"x" * 5000 + b"\r\nab\rcd\n" + b"y" * 3000
    (tmp_path / "f").write_bytes(octets)
    ends = [5002, 5005, 5008]
    found = list(files.lines_from(tmp_path / "f", 0, whole=False))
    assert set(found[0][0]) == {ord("x")}
    assert len(found[0][0]) <= 200 + 64
    assert found == [(found[0][0], 5002), (b"ab", 5005), (b"cd", 5008)]
    assert list(files.lines_from(tmp_path / "f", 0, whole=True)) == [*found, (b"y" * 200, len(octets))]
    for at in range(len(ends)):
        assert list(files.lines_from(tmp_path / "f", ends[at], whole=False)) == found[at + 1 :]


def test_a_pair_is_made_once_and_another_enterprise_joins(two):
    with pytest.raises(SettingsError, match="there already"):
        pair.make(two.root, "ACME", "TELCO", NOW)
    pair.make(two.root, "BETA", "TELCO", NOW)
    assert two.files.provider.read_text().count("[[enterprise]]") == 2
    for bad in ("acme", "A B", "", "../X"):
        with pytest.raises(SettingsError):
            pair.make(two.root, bad, "TELCO", NOW)


def test_directories_and_keys_are_private(two):
    for file in (*(two.root / "ACME" / "keys").iterdir(), *(two.root / "TELCO" / "keys").iterdir()):
        assert file.stat().st_mode & 0o077 == 0
    key = two.root / "ACME" / "keys" / "acme-sign.key"
    key.chmod(0o644)
    two.write(1)
    with pytest.raises(ValueError, match="others can read"):
        two.collect()


LINES = [
    (b"a\nb\n", [b"a", b"b"]), (b"a\r\nb\r\n", [b"a", b"b"]), (b"a\rb\r", [b"a", b"b"]), (b"a\n\nb", [b"a", b"", b"b"]),
    (b"", []), (b"a", [b"a"]),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "expected"), LINES)
def test_cr_lf_and_both_end_a_line_wherever_a_read_ends(octets, expected, tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(octets)
    for chunk in (1, 2, 3, 100):
        monkeypatch.setattr(files, "CHUNK", chunk)
        assert [found for found, _end in files.lines_from(tmp_path / "f", 0, whole=True)] == expected


def test_a_full_store_stops_reading_and_goes_on_when_a_receipt_makes_room(two):
    """Nothing is dropped: the file waits."""
    text = two.files.collector.read_text()
    limits = "[limits]\nstore_octets = 8388608\nkeep_days = 0\n[batch]"
    text = (
        text.replace("[batch]", limits)
        .replace("tickets = 3", "tickets = 50000")
        .replace("age_s = 300", "age_s = 300")
    )
    two.files.collector.write_text(text)
    total = 45_000
    two.write(*range(total))
    first = two.collect()
    assert first.stored < total
    assert any("store: full" in alarm for alarm in first.alarms)
    stored = first.stored
    for _turn in range(12):
        two.receive()
        two.now += timedelta(hours=3)
        stored += two.collect().stored
        if stored == total:
            break
    assert stored == total


def test_below_the_reserve_of_the_disk_nothing_is_read_and_the_alarm_says_so(two):
    text = two.files.collector.read_text()
    two.files.collector.write_text(text.replace("[batch]", f"[limits]\nreserve_octets = {1 << 60}\n[batch]"))
    two.write(1)
    found = two.collect()
    assert (found.stored, found.sealed) == (0, [])
    assert any("reserve_octets" in alarm for alarm in found.alarms)
    assert any("the disk is full" in alarm for alarm in found.alarms)


def test_a_provider_added_later_may_begin_with_the_next_ticket(two):
    two.write(1, 2)
    two.collect()
    two.receive()
    two.collect()
    pair.make(two.root, "ACMETWO", "OTHER", NOW)
    keys = two.root / "ACME" / "keys"
    for use in ("enc", "sign"):
        shutil.copy(two.root / "OTHER" / "keys" / f"other-{use}.pem", keys / f"other-{use}.pem")
    both = (keys / "ca.pem").read_bytes() + (two.root / "OTHER" / "keys" / "ca.pem").read_bytes()
    (keys / "ca.pem").write_bytes(both)
    text = two.files.collector.read_text().replace(SOURCE, "")
    added = (
        text[text.index("[[provider]]") :].replace("TELCO", "OTHER").replace("telco", "other")
        + 'start = "now"\n'
    )
    two.files.collector.write_text(text + added + SOURCE)
    assert two.collect().sealed == []
    two.write(3)
    sealed = two.collect().sealed
    assert [(one.provider, one.number, one.first, one.last) for one in sealed] == [
        ("TELCO", 2, 4, 4),
        ("OTHER", 1, 4, 4),
    ]
    shutil.rmtree(two.root / "ACME" / "store" / "outbox-OTHER")
    assert [one.provider for one in two.collect().sealed] == ["OTHER"]


def test_a_source_taken_out_of_the_settings_is_named_and_nothing_of_it_is_lost(two):
    """Its tickets wait, and those after them; put back, all go."""
    two.write(1)
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    run.read_sources()
    run.close()
    text = two.files.collector.read_text()
    two.files.collector.write_text(text.replace(SOURCE, ""))
    found = two.collect()
    assert found.sealed == []
    assert any("source walnut has tickets to send and no layout" in alarm for alarm in found.alarms)
    two.files.collector.write_text(text)
    assert len(two.collect().sealed) == 1
    two.receive()
    assert two.received() == [1]


PANASONIC = "11/12/26 10:03AM 203   01 93105550142                    00:03'25               \n"
OWN = """formats.date = "DD/MM/YY"
clock_offset_s = 3600
site = "other.toml"
dialed_includes_access_code = true
"""


def test_what_the_settings_say_of_one_source_travels_with_its_tickets(two):
    """Day before month, a clock an hour slow, a site of its own: the provider reads the lines so, too."""
    (two.root / "ACME" / "other.toml").write_text(
        pair.SITE.replace("America/Los_Angeles", "America/New_York")
    )
    text = two.files.collector.read_text().replace('"keyvalue"', '"panasonic-pattern-a"')
    two.files.collector.write_text(text + OWN)
    two.log.write_text(PANASONIC)
    two.collect()
    two.receive()
    run = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    calls = calls_of(run)
    run.close()
    call = calls[0].call
    assert datetime.fromtimestamp(call.end, UTC).isoformat() == "2026-12-11T16:03:00+00:00"
    assert (call.called, call.notes) == ("3105550142", ("CLOCK_CORRECTED",))
    again = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    layouts = [one for _at, one in again.store.records(0) if hasattr(one, "toml")]
    again.close()
    assert len(layouts) == 1


def test_a_source_without_a_date_may_take_that_of_its_receipt(two):
    text = two.files.collector.read_text().replace('"keyvalue"', '"avaya-cm-teleseer"')
    two.files.collector.write_text(text + "date_from_receipt = true\n")
    two.log.write_text("   091800347   101     3105550142  203                    014        \n")
    two.collect()
    two.receive()
    run = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    calls = calls_of(run)
    run.close()
    assert [datetime.fromtimestamp(one.call.end, UTC).day for one in calls] == [29]


WRONG = [
    ('formats.colour = "MM/DD"', "no field colour"), ('formats.start = "MM/DD"', "no field start"), ('site = "none.toml"', "none"),
    ("clock_offset_s = 'x'", "clock_offset_s"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "words"), WRONG)
def test_a_key_of_a_source_that_does_not_fit_is_named(two, key, words):
    two.files.collector.write_text(two.files.collector.read_text() + key + "\n")
    with pytest.raises(SettingsError, match=words):
        two.collect()


@pytest.mark.parametrize("kind", ["directory", "pipe", "link", "dangling", "large"])
def test_what_others_put_into_an_inbox_stops_nothing_and_is_not_followed(two, kind, tmp_path):
    """Several enterprises may share an inbox: a pipe would wait for ever, a link would give away another file."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"0 of somebody else")
    two.write(1, 2)
    two.collect()
    for place in (two.inbox / "a.p7m", two.receipts / "a.p7s"):
        place.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "directory":
                place.mkdir()
            case "pipe":
                os.mkfifo(place)
            case "link":
                place.symlink_to(secret)
            case "dangling":
                place.symlink_to(tmp_path / "nowhere")
            case _:
                with place.open("wb") as stream:
                    stream.truncate(100 << 20)
    done = two.receive()
    assert done.accepted == 1
    if kind == "large":
        assert (done.refused, (two.inbox / "a.p7m").exists()) == (1, False)
    else:
        assert ["no plain file" in text for text in done.alarms] == [True]
    assert two.collect().pending == 0
    assert secret.read_bytes() == b"0 of somebody else"
    assert two.received() == [1, 2]


def test_a_link_where_a_draft_is_written_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / ".a.p7m.part").symlink_to(victim)
    files.put(inbox, "a.p7m", b"batch")
    assert (victim.read_text(), (inbox / "a.p7m").read_bytes()) == ("mine", b"batch")
    assert not (inbox / "a.p7m").is_symlink()

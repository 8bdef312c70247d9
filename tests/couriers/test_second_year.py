"""What an operator meets in the second year, each as its page in docs/tickets.md says (C-006, C-012 to C-016)."""

import os
import shutil
from datetime import timedelta

import msgspec
import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers import introduction, key_files, pair
from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.keyring import load_certificates
from ain_scp.couriers.provider_run import ProviderRun
from ain_scp.couriers.renewal import renew
from ain_scp.couriers.standing import Standing, set_standing, standing_of
from ain_scp.tickets.collector.settings import KeyPair
from ain_scp.tickets.envelope.keys import KeyFileError, Revoked
from ain_scp.tickets.names import SettingsError

from .test_pair import NOW, Pair, line, outcomes


@pytest.fixture
def two(tmp_path):
    return Pair(tmp_path)


def new_signing_key(two):
    """The enterprise makes a key, the provider issues and registers it, the enterprise signs with it."""
    name = key_files.next_name(two.files.collector, "acme-sign")
    asked = key_files.make(two.files.collector, name, "ec", None)
    bundle = two.root / "acme.zip"
    introduction.add(two.files.provider, "ACME", asked, bundle, "", two.now)
    introduction.accept(two.root, bundle)
    return name


# a lost or stolen key


def test_a_stolen_signing_key_is_revoked_and_everything_arrives_with_the_next(two):
    two.write(1)
    two.collect()
    two.receive()
    thief = two.root / "thief"
    shutil.copytree(two.root / "ACME", thief)
    stolen = load_certificates(two.root, "ACME/keys/acme-sign.pem")[0]
    key_files.write_crl(
        two.files.provider, [Revoked(stolen.serial_number, two.now, "keyCompromise")], two.now
    )
    two.write(2)
    two.collect()
    refused = two.receive()
    assert [(one.enterprise, one.outcome) for one in refused.batches] == [(None, "REFUSED")]
    assert "revoked" in refused.batches[0].reason
    name = new_signing_key(two)
    assert name == "acme-sign-2"
    assert f"keys/{name}.key" in two.files.collector.read_text()
    two.collect()
    assert outcomes(two.receive()) == [(2, "ACCEPTED", "")]
    assert (two.received(), two.collect().pending) == ([1, 2], 0)


def test_a_list_of_revoked_certificates_must_be_current_and_is_written_anew_with_what_it_had(two):
    stranger = load_certificates(two.root, "TELCO/keys/telco-enc.pem")[0]
    key_files.write_crl(
        two.files.provider, [Revoked(stranger.serial_number, two.now, "superseded")], two.now, 5
    )
    two.write(1)
    two.collect()
    kept = two.root / "kept.p7m"
    shutil.copy(next(two.inbox.iterdir()), kept)
    two.now += timedelta(days=6)
    assert "not current" in two.receive().batches[0].reason
    file = key_files.write_crl(two.files.provider, [], two.now, 5)
    assert [one.serial_number for one in key_files.x509.load_pem_x509_crl(file.read_bytes())] == [
        stranger.serial_number
    ]
    assert outcomes(two.receive(kept)) == [(1, "ACCEPTED", "")]
    assert two.files.provider.read_text().count("crl =") == 1


def test_a_lost_decryption_key_costs_a_new_seal_and_no_ticket(two):
    """Batches that nobody can open any more are sealed again to the next certificate, from the store."""
    two.write(1)
    two.collect()
    (two.root / "TELCO" / "keys" / "telco-enc.key").unlink()
    with pytest.raises(KeyFileError, match=r"telco-enc\.key"):
        two.receive()
    config = two.files.provider
    name = key_files.next_name(config, "telco-enc-new")
    asked = key_files.make(config, name, "ec", None)
    key_files.issue_to(config, asked, "TELCO", "decrypt", asked.with_suffix(".pem"), two.now)
    key_files.drop_decrypt(config, [KeyPair(f"keys/{name}.pem", f"keys/{name}.key")])
    assert "none of our certificates" in two.receive().batches[0].reason
    shutil.copy(asked.with_suffix(".pem"), two.root / "ACME" / "keys" / "telco-enc.pem")
    two.collect()
    assert outcomes(two.receive()) == [(1, "ACCEPTED", "")]
    assert two.received() == [1]


# certificates that run out, keys that change


def test_a_certificate_that_runs_out_while_batches_wait_is_renewed_and_nothing_is_lost(two):
    two.write(*range(5))
    two.collect()
    for file in two.inbox.iterdir():
        file.unlink()
    two.now = NOW + timedelta(days=390)
    assert [one.days for one in key_files.listed(two.files.collector, two.now) if one.use == "sign"] == [6]
    two.now = NOW + timedelta(days=400)
    two.write(5)
    late = two.collect()
    assert (late.stored, late.sealed) == (1, [])
    assert any("expired" in alarm for alarm in late.alarms)
    config = two.files.provider
    for use, stem in (("decrypt", "telco-enc"), ("receipt", "telco-sign")):
        name = key_files.next_name(config, stem)
        asked = key_files.make(config, name, "ec", None)
        key_files.issue_to(config, asked, "TELCO", use, asked.with_suffix(".pem"), two.now)
        (key_files.use_decrypt if use == "decrypt" else key_files.use_sign)(config, name)
    new_signing_key(two)
    keys = two.root / "ACME" / "keys"
    shutil.copy(keys / "telco-enc-2.pem", keys / "telco-enc.pem")  # the old one counts no more: take it out
    found = two.collect()
    assert found.alarms == []
    two.receive()
    assert (two.received(), two.collect().pending) == ([0, 1, 2, 3, 4, 5], 0)


def test_a_waiting_batch_whose_certificate_ran_out_is_dropped_in_its_turn_and_sealed_again(two):
    two.write(*range(6))
    two.collect()
    first, second = sorted(two.inbox.iterdir())
    kept = two.root / "first.p7m"
    first.rename(kept)
    assert outcomes(two.receive()) == [(2, "WAITING", "")]
    old = load_certificates(two.root, "ACME/keys/acme-sign.pem")[0]
    new_signing_key(two)
    key_files.write_crl(two.files.provider, [Revoked(old.serial_number, two.now, "superseded")], two.now)
    two.collect()
    for file in two.inbox.iterdir():
        if file.name == second.name:
            file.unlink()
    found = two.receive()
    assert ("REFUSED", None) in [(one.outcome, one.number) for one in found.batches]
    two.collect()
    two.receive()
    assert (two.received(), two.collect().pending) == (list(range(6)), 0)


def test_the_next_decryption_key_is_used_once_the_collector_has_it_and_a_receipt_asks_for_it(two):
    config = two.files.provider
    name = key_files.next_name(config, "telco-enc")
    asked = key_files.make(config, name, "ec", None)
    key_files.issue_to(config, asked, "TELCO", "decrypt", asked.with_suffix(".pem"), two.now)
    key_files.use_decrypt(config, name)
    marks = [one.fingerprint for one in key_files.listed(config, two.now) if one.use == "decrypt"]
    two.write(1)
    two.collect()
    two.receive()
    two.collect()
    two.write(2)
    two.collect()  # a receipt has named the new one, the settings have not: a receipt chooses, it never introduces
    two.receive()
    text = two.files.collector.read_text()
    shutil.copy(asked.with_suffix(".pem"), two.root / "ACME" / "keys" / f"{name}.pem")
    two.files.collector.write_text(
        text.replace(
            'encrypt_to = "keys/telco-enc.pem"', f'encrypt_to = ["keys/telco-enc.pem", "keys/{name}.pem"]'
        )
    )
    two.collect()
    two.write(3)
    two.collect()
    two.receive()
    run = ProviderRun(config, lambda: two.now, os.urandom)
    closed = [
        one.sealed_to for _at, one in run.registered["ACME"].book.records(0) if hasattr(one, "sealed_to")
    ]
    old = next(one for one in run.settings.keys.decrypt if one.key == "keys/telco-enc.key")
    assert closed == [marks[1], marks[1], marks[0]]
    assert "35 days" in run.needs(old)
    run.close()
    two.now += timedelta(days=36)
    run = ProviderRun(config, lambda: two.now, os.urandom)
    assert run.needs(old) == ""
    run.close()


def test_a_key_that_a_waiting_batch_is_sealed_to_must_stay(two):
    two.write(*range(6))
    two.collect()
    min(two.inbox.iterdir()).unlink()
    two.receive()
    two.now += timedelta(days=100)
    run = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    assert "waiting batch" in run.needs(run.settings.keys.decrypt[0])
    run.close()


def test_a_protected_key_opens_with_its_passphrase_and_with_no_other(two, monkeypatch):
    key_files.protect(two.files.collector, "acme-sign", None, b"correct horse")
    two.write(1)
    with pytest.raises(KeyFileError, match="a passphrase is required"):
        two.collect()
    monkeypatch.setenv("AIN_TICKET_PASSPHRASE", "wrong")
    with pytest.raises(KeyFileError, match="another passphrase") as caught:
        two.collect()
    assert "wrong" not in str(caught.value).replace("or another", "")
    monkeypatch.delenv("AIN_TICKET_PASSPHRASE")
    secret = two.root / "ACME" / "keys" / "pass"
    secret.write_text("correct horse\n")
    secret.chmod(0o644)
    text = two.files.collector.read_text()
    two.files.collector.write_text(
        text.replace('acme-sign.key" }', 'acme-sign.key", passphrase_file = "keys/pass" }')
    )
    with pytest.raises(KeyFileError, match="others can read"):
        two.collect()
    secret.chmod(0o600)
    assert len(two.collect().sealed) == 1
    assert key_files.pairs_fit(two.files.collector) == []


def test_a_receipt_whose_certificate_does_not_count_moves_nothing(two):
    """Signed by the right key, but its certificate is on the enterprise's list of revoked ones."""
    two.write(1)
    two.collect()
    two.receive()
    signer = load_certificates(two.root, "TELCO/keys/telco-sign.pem")[0]
    file = key_files.write_crl(
        two.files.provider, [Revoked(signer.serial_number, two.now, "keyCompromise")], two.now
    )
    shutil.copy(file, two.root / "ACME" / "keys" / "crl.pem")
    text = two.files.collector.read_text()
    two.files.collector.write_text(
        text.replace('ca = "keys/ca.pem"', 'ca = "keys/ca.pem"\ncrl = "keys/crl.pem"')
    )
    found = two.collect()
    assert (found.receipted, found.pending) == (0, 1)
    assert any("revoked" in alarm for alarm in found.alarms)


def test_nothing_is_sealed_with_a_key_of_ours_that_was_revoked(two):
    mine = load_certificates(two.root, "ACME/keys/acme-sign.pem")[0]
    file = key_files.write_crl(
        two.files.provider, [Revoked(mine.serial_number, two.now, "keyCompromise")], two.now
    )
    shutil.copy(file, two.root / "ACME" / "keys" / "crl.pem")
    text = two.files.collector.read_text()
    two.files.collector.write_text(
        text.replace('ca = "keys/ca.pem"', 'ca = "keys/ca.pem"\ncrl = "keys/crl.pem"')
    )
    two.write(1)
    found = two.collect()
    assert (found.stored, found.sealed) == (1, [])
    assert any("revoked" in alarm for alarm in found.alarms)


def test_a_batch_that_names_another_one_before_it_is_refused(two):
    two.write(1)
    two.collect()
    two.receive()
    two.collect()
    two.write(2)
    shutil.rmtree(two.receipts)
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    chain = run.lines[0].outbox.chain
    chain.last = msgspec.structs.replace(chain.last, digest="11" * 32)
    run.turn(force=True)
    run.close()
    assert outcomes(two.receive()) == [(2, "REFUSED", "CHAIN")]
    assert two.received() == [1]


def restored_after(two, *, receipts):
    """A collector restored from a backup of before batch 2, which the provider has; what it printed since is another."""
    two.write(1)
    two.collect()
    two.receive()
    two.collect()
    backup = two.root / "backup"
    shutil.copytree(two.root / "ACME" / "store", backup)
    two.write(2)
    two.collect()
    two.receive()
    if not receipts:
        shutil.rmtree(two.receipts)
    shutil.rmtree(two.root / "ACME" / "store")
    shutil.copytree(backup, two.root / "ACME" / "store")
    two.log.write_text(line(1) + line(77))


def test_another_batch_of_a_number_that_was_accepted_is_a_conflict(two):
    restored_after(two, receipts=False)
    two.collect()
    assert outcomes(two.receive()) == [(2, "REFUSED", "CONFLICT")]
    assert any("RESTORED" in alarm for alarm in two.collect().alarms)
    assert two.received() == [1, 2]


def test_a_receipt_for_a_batch_that_our_chain_does_not_know_stops_sealing(two):
    restored_after(two, receipts=True)
    late = two.root / "late"
    two.receipts.rename(late)
    two.collect()
    late.rename(two.receipts)
    assert any("RESTORED" in alarm for alarm in two.collect().alarms)
    two.write(78)
    assert two.collect().sealed == []


# a collector on another machine


def test_a_collector_moved_with_its_store_goes_on_where_it_was(two):
    """Its files have other inodes there: the octets say that they are the same."""
    two.write(*range(4))
    two.collect()
    two.receive()
    two.collect()
    two.write(4)
    there = two.root / "there"
    there.mkdir()
    shutil.copytree(two.root / "ACME", there / "ACME")
    shutil.copy(two.log, there / "tickets.log")
    shutil.rmtree(two.root / "ACME")
    text = (there / "ACME" / "collector.toml").read_text().replace('"../TELCO', '"../../TELCO')
    (there / "ACME" / "collector.toml").write_text(text)
    two.files = pair.Pair(there / "ACME" / "collector.toml", two.files.provider)
    assert two.collect().stored == 1
    two.receive()
    assert (two.received(), two.collect().pending) == ([0, 1, 2, 3, 4], 0)


def test_a_collector_that_ran_twice_is_renewed_and_nothing_is_lost_or_doubled(two):
    two.write(0)
    two.collect()
    two.receive()
    two.collect()
    backup = two.root / "backup"
    shutil.copytree(two.root / "ACME" / "store", backup)
    two.write(1)
    two.collect()
    two.receive()
    shutil.rmtree(two.root / "ACME" / "store")
    shutil.copytree(backup, two.root / "ACME" / "store")
    two.write(2)
    two.collect()
    two.receive()
    assert any("RESTORED" in alarm for alarm in two.collect().alarms)
    done = renew(two.files.collector, lambda: two.now, os.urandom)
    assert (two.root / "ACME" / done.old).is_dir()
    two.collect()
    assert outcomes(two.receive())[-1][1:] == ("REFUSED", "STORE")
    home = two.root / "TELCO" / "data" / "ACME"
    set_standing(home, Standing(stores=(done.store,)))
    two.write(3)
    two.collect()
    two.receive()
    assert two.collect().pending == 0
    assert two.received() == [0, 1, 2, 3]


def test_a_renewal_that_was_cut_short_is_finished_and_the_collector_says_so(two):
    two.write(0)
    two.collect()
    half = two.root / "ACME" / "store.new"
    half.mkdir()
    with pytest.raises(SettingsError, match="a renewal did not end"):
        two.collect()
    half.rmdir()
    done = renew(two.files.collector, lambda: two.now, os.urandom)
    assert done.taken_over == 1
    assert two.collect().sealed[0].number == 1


def test_a_source_that_was_quiet_for_long_is_not_read_again_from_its_start(two):
    """Its last ticket was let go with the days; how far it was read is kept."""
    text = two.files.collector.read_text().replace("[batch]", "[limits]\nkeep_days = 1\n[batch]")
    two.files.collector.write_text(
        text + '[[source]]\nname = "other"\nkind = "file"\nlayout = "keyvalue"\npath = "../other.log"\n'
    )
    (two.root / "other.log").write_text(line(1000))
    for day in range(6):
        two.write(day)
        two.collect()
        two.receive()
        two.now += timedelta(days=3)
    assert (two.root / "ACME" / "store" / "positions.json").exists()
    two.collect()
    two.receive()
    assert two.received() == [0, 1, 2, 3, 4, 5, 1000]
    assert two.collect().stored == 0


# a provider restored from last night's backup


def test_tickets_that_are_gone_on_both_sides_are_a_hole_that_is_shown_for_ever(two):
    text = two.files.collector.read_text().replace("[batch]", "[limits]\nkeep_days = 1\n[batch]")
    two.files.collector.write_text(text)
    data, backup = two.root / "TELCO" / "data", two.root / "backup"
    two.write(0)
    two.collect()
    two.receive()
    shutil.copytree(data, backup)
    for day in range(1, 6):
        two.collect()
        two.now += timedelta(days=3)
        two.write(day)
        two.collect()
        two.receive()
    two.collect()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    two.write(6)
    two.collect()
    two.receive()
    found = two.collect()
    assert any("PROVIDER_BEHIND" in alarm for alarm in found.alarms)
    gone = [alarm for alarm in two.collect().alarms if "GONE" in alarm]
    assert gone
    last = max(int(alarm.partition("batch ")[2].partition(":")[0]) for alarm in gone)
    store = gone[-1].partition("--store ")[2].partition(" ")[0]
    set_standing(data / "ACME", Standing(holes={store: last}))
    for _turn in range(4):
        two.receive()
        two.collect()
    assert two.collect().pending == 0
    received = two.received()
    assert received[0] == 0
    assert received[-1] == 6
    run = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    _checked, problems = run.check()
    run.close()
    assert problems == [
        f"ACME: store {store[:8]}: batch {number} is missing" for number in range(2, last + 1)
    ]


# two machines


def test_two_machines_get_to_know_each_other_and_no_private_key_travels(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    provider = pair.make_provider(there, "TELCO", NOW)
    asked = introduction.begin(here, "ACME")
    bundle = tmp_path / "acme.zip"
    mark = introduction.add(provider, "ACME", asked, bundle, "https://tickets.telco.example:8443/", NOW)
    assert b"PRIVATE" not in bundle.read_bytes() + asked.read_bytes()
    done = introduction.accept(here, bundle)
    assert set(done.fingerprints) == {"ca.pem", "enc.pem", "receipt.pem"}
    marks = {one.use: one.fingerprint for one in key_files.listed(provider, NOW)}
    assert (marks["sign of ACME"], marks["decrypt"]) == (mark, done.fingerprints["enc.pem"])
    assert 'url = "https://tickets.telco.example:8443/"' in done.collector.read_text()
    assert [one.fault for one in key_files.listed(done.collector, NOW)] == [""] * 4
    assert key_files.pairs_fit(done.collector) == key_files.pairs_fit(provider) == []


def test_batches_carried_by_hand_between_two_machines_arrive(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    provider = pair.make_provider(there, "TELCO", NOW)
    bundle = tmp_path / "acme.zip"
    introduction.add(provider, "ACME", introduction.begin(here, "ACME"), bundle, "", NOW)
    two = Pair.__new__(Pair)
    two.root, two.now = tmp_path, NOW
    two.files = pair.Pair(introduction.accept(here, bundle).collector, provider)
    source = '[[source]]\nname = "walnut"\nkind = "file"\nlayout = "keyvalue"\npath = "tickets.log"\n'
    two.files.collector.write_text(two.files.collector.read_text() + source)
    (here / "ACME" / "tickets.log").write_text(line(1))
    two.collect()
    for file in (here / "ACME" / "out").iterdir():
        shutil.copy(file, there / "TELCO" / "in" / file.name)
    assert outcomes(two.receive()) == [(1, "ACCEPTED", "")]
    shutil.copytree(there / "TELCO" / "receipts" / "ACME", here / "ACME" / "receipts")
    assert two.collect().pending == 0
    assert standing_of(there / "TELCO" / "data" / "ACME") == Standing()


BAD = [b"no zip at all", b""]


@pytest.mark.parametrize("octets", BAD)
def test_what_is_no_bundle_is_named_and_changes_nothing(tmp_path, octets):
    introduction.begin(tmp_path, "ACME")
    bundle = tmp_path / "x.zip"
    bundle.write_bytes(octets)
    with pytest.raises(SettingsError, match="no bundle"):
        introduction.accept(tmp_path, bundle)
    assert not (tmp_path / "ACME" / "collector.toml").exists()


def test_a_bundle_for_another_key_is_refused(tmp_path):
    provider = pair.make_provider(tmp_path / "there", "TELCO", NOW)
    bundle = tmp_path / "acme.zip"
    introduction.add(provider, "ACME", introduction.begin(tmp_path / "a", "ACME"), bundle, "", NOW)
    introduction.begin(tmp_path / "b", "ACME")
    with pytest.raises(SettingsError, match="none of the keys here"):
        introduction.accept(tmp_path / "b", bundle)


def test_a_request_that_is_none_or_was_altered_is_refused(tmp_path):
    provider = pair.make_provider(tmp_path, "TELCO", NOW)
    asked = introduction.begin(tmp_path, "ACME")
    octets = bytearray(asked.read_bytes())
    octets[200] ^= 1
    for text in (b"nothing", bytes(octets)):
        asked.write_bytes(text)
        with pytest.raises(KeyFileError, match=r"acme-sign\.csr: request"):
            introduction.add(provider, "ACME", asked, tmp_path / "x.zip", "", NOW)
    assert "[[enterprise]]" not in provider.read_text()

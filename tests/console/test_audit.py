"""The audit journal: durable, in order, and a changed or missing entry is noticed."""

import hashlib

import msgspec
import pytest

from ain_scp.console.audit import Audit, Entry, verify
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.faults import JournalFault
from ain_scp.journal.writer import Journal


def opened(folder):
    return Audit(folder, lambda: 1_000, lambda: "2026-11-29T10:00:00Z", bytes(16))


def test_entries_outlive_the_process_and_follow_each_other(tmp_path):
    first = opened(tmp_path / "audit")
    first.note("owner", "owner", "login")
    first.note("owner", "owner", "reload", "D", "refused")
    first.close()
    second = opened(tmp_path / "audit")
    second.note("desk", "viewer", "login")
    found = second.entries()
    second.close()
    assert [(one.number, one.who, one.what, one.result) for one in found] == [
        (1, "owner", "login", "done"), (2, "owner", "reload", "refused"), (3, "desk", "login", "done"),
    ]  # fmt: skip
    assert found[1].before == hashlib.sha256(msgspec.json.encode(found[0])).hexdigest()
    assert verify(tmp_path / "audit") == 3


@pytest.mark.parametrize("wrong", [{"before": "0" * 64}, {"number": 7}])
def test_an_entry_that_does_not_follow_is_named(tmp_path, wrong):
    folder = tmp_path / "audit"
    audit = opened(folder)
    audit.note("owner", "owner", "login")
    audit.close()
    last = hashlib.sha256(msgspec.json.encode(audit.entries()[0])).hexdigest()
    forged = msgspec.structs.replace(Entry(2, "", "x", "x", "x", "", "done", last), **wrong)
    journal = Journal.open(DiskStorage(folder), 2_000)
    journal.append(msgspec.json.encode(forged))
    journal.commit(2_000)
    journal.close(2_000)
    with pytest.raises(JournalFault, match="audit entry 2 does not follow"):
        verify(folder)
    with pytest.raises(JournalFault, match="audit entry 2"):
        opened(folder)


def test_what_cannot_be_written_is_not_done(tmp_path, monkeypatch):
    audit = opened(tmp_path / "audit")
    monkeypatch.setattr(DiskStorage, "free_octets", lambda _self: 0)
    with pytest.raises(JournalFault):
        audit.note("owner", "owner", "approve")
    assert audit.entries() == []
    audit.close()

"""What earlier releases wrote is read, or refused by its version; what a later one wrote is refused by its version."""

import gzip
import json
import shutil
import struct
import zlib
from pathlib import Path

import msgspec
import pytest

from ain_scp.billing.ledger import record, snapshot
from ain_scp.journal.disk import DiskStorage
from ain_scp.journal.reader import read_directory
from ain_scp.provisioning.image import VERSION, ImageFault, map_image

KEPT = Path(__file__).parent / "kept"
RELEASES = sorted(place for place in KEPT.iterdir() if place.is_dir())


@pytest.fixture(params=RELEASES, ids=lambda place: place.name)
def kept(request, tmp_path):
    """A copy of what a release wrote."""
    return Path(shutil.copytree(request.param, tmp_path / "kept"))


def later(octets, at, end):
    """A journal segment that says version 2, with the checksum that belongs to it."""
    head = octets[:at] + struct.pack(">H", 2) + octets[at + 2 : end]
    return head + struct.pack(">I", zlib.crc32(head)) + octets[end + 4 :]


def test_records_are_carried_on_to_reports_and_ama(kept, ain):
    records = kept / "records"
    for words in (["smdr", "transfer"], ["smdr", "import"], ["smdr", "check"]):
        done = ain(*words, records)
        assert done.returncode == 0, done.stdout + done.stderr
    (call,) = json.loads(ain("smdr", "report", records, "--customer", "GOLDEN", "--json").stdout)["rows"]
    assert (call["calling_party_id"], call["called_party_id"]) == ("9258341234", "9257893412")
    assert (call["original_called_party_id"], call["duration_s"]) == ("4159215678", 180)
    assert ain("ama", "export", records, "--form", "jsonl").returncode == 0
    (file,) = (records / "export").rglob("*.jsonl")
    assert "760833003" in file.read_text()


def test_a_ledger_comes_to_the_state_that_its_release_had(kept, ain):
    done = ain("account", "check", kept / "ledger")
    assert done.stdout == "73 records, 43 accounts, 0 open calls, 1 snapshot: sound; state 11e6abeb1a8d\n"


def test_an_earlier_image_is_refused_by_its_version(kept):
    """Workers' images are made anew at each start (docs/stability.md); this one is of version 3."""
    image = kept / "golden.image"
    image.write_bytes(gzip.decompress((kept / "golden.image.gz").read_bytes()))
    with pytest.raises(ImageFault, match=f"an image of version 3; this release reads version {VERSION}"):
        map_image(image)


def test_a_later_journal_is_refused_by_its_version(kept, ain):
    (segment,) = (kept / "records" / "smdr").rglob("*.segment")
    segment.write_bytes(later(segment.read_bytes(), 8, 44))
    done = ain("smdr", "check", kept / "records")
    assert done.returncode != 0
    assert "segment of version 2; this release reads version 1" in done.stdout + done.stderr


def test_a_later_ledger_is_refused_by_its_version(kept, ain):
    (state,) = (kept / "ledger" / "snapshots").rglob("*.snap")
    octets = state.read_bytes()
    with pytest.raises(record.RecordFault, match="snapshot of version 2; this release reads version 1"):
        snapshot.decode(b"AINLSNP2" + octets[8:])
    note = kept / "ledger" / "ledger.toml"
    note.write_text(note.read_text().replace("schema = 1", "schema = 2"))
    done = ain("account", "check", kept / "ledger")
    assert (done.returncode, done.stderr) == (
        2,
        f"{note}: schema 2 is of a later release; this one reads 1\n",
    )


def test_a_later_ledger_record_is_refused_by_its_version(kept):
    first, *_ = read_directory(DiskStorage(kept / "ledger" / "charging" / "0"))
    other = msgspec.structs.replace(record.decode(first.payload), version=2)
    with pytest.raises(record.RecordFault, match="version 2; this program reads version 1"):
        record.decode(record.encode(other))


def test_a_later_image_is_refused_by_its_version(kept):
    octets = gzip.decompress((kept / "golden.image.gz").read_bytes())
    image = kept / "golden.image"
    image.write_bytes(octets[:8] + struct.pack("<I", 9) + octets[12:])
    with pytest.raises(ImageFault, match=f"an image of version 9; this release reads version {VERSION}"):
        map_image(image)

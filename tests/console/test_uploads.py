"""Data sets and query lines that are uploaded for a review: unpacked only when they are what they should be, compared like any other."""

import io
import json
import tarfile
import time
from urllib.parse import urlencode

import pytest

from ain_scp.console.resources.fault import PageFault
from ain_scp.console.sources import archive
from ain_scp.provisioning.digest import digest_of
from tests.console.conftest import ROOT
from tests.console.test_captures import put

GOLDEN = ROOT / "examples" / "golden"
STATIONS = "customers/GOLDEN/stations.csv"
CHANGE = ("9258341237,CENTREX,4", "9258341237,CENTREX,3")
CALL = {"message": "INFO_ANALYZED", "trigger": "CDP_AC", "calling_party": "9258341237", "access_code": "9", "dialed": "12127770100", "time": "2001-01-17T10:00:00"}  # fmt: skip


def entry(name, octets=b"x", **attributes):
    """An entry of an archive."""
    made = tarfile.TarInfo(name)
    made.size = len(octets)
    for key, value in attributes.items():
        setattr(made, key, value)
    return made, octets


def tar_of(*entries, mode="w"):
    """An archive as octets."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as tar:
        for member, octets in entries:
            tar.addfile(member, io.BytesIO(octets))
    return made.getvalue()


def golden_entries(folder, *, changed=False):
    """The golden data set below a folder, with one row changed or not."""
    for path in sorted(GOLDEN.rglob("*")):
        if path.is_file():
            text, name = path.read_bytes(), str(path.relative_to(GOLDEN))
            if changed and name == STATIONS:
                text = text.replace(*(one.encode() for one in CHANGE))
            yield entry(f"{folder}{name}", text)


@pytest.mark.parametrize("folder", ["", "./", "golden/", "a/b/golden/"])
def test_the_data_set_begins_where_its_head_is(tmp_path, folder):
    (tmp_path / "x.tar").write_bytes(tar_of(entry("other/readme"), *golden_entries(folder)))
    archive.unpack(tmp_path / "x.tar", tmp_path / "out")
    assert digest_of(tmp_path / "out") == digest_of(GOLDEN)


HEAD = entry("dataset.toml")
SPARSE = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "a", "GNU.sparse.realsize": "1000000000"}  # fmt: skip
REFUSED = {
    "a link": (entry("a", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "neither a file nor a folder"),
    "a hard link": (entry("a", type=tarfile.LNKTYPE, linkname="dataset.toml"), "neither a file nor a folder"),
    "a device": (entry("a", b"", type=tarfile.CHRTYPE), "neither a file nor a folder"),
    "a sparse file": (
        entry("a", b"1\n0\n1\n".ljust(512, b"\0") + b"x", pax_headers=SPARSE),
        "neither a file nor a folder",
    ),
    "a pipe": (entry("a", b"", type=tarfile.FIFOTYPE), "neither a file nor a folder"),
    "an absolute name": (entry("/tmp/a"), "a name below"),
    "a name that leads out": (entry("../a"), "a name below"),
    "a name that leads out later": (entry("a/../../b"), "a name below"),
    "many folders": (entry("a/" * 11 + "b"), "a name below"),
    "a long name": (entry("a" * 201), "a name below"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_does_not_belong_refuses_the_whole(tmp_path, what):
    member, told = REFUSED[what]
    (tmp_path / "x.tar").write_bytes(tar_of(HEAD, member))
    with pytest.raises(PageFault, match=told):
        archive.unpack(tmp_path / "x.tar", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"", "no plain tar"), (b"x" * 4096, "no plain tar"), (tar_of(HEAD, mode="w:gz"), "no plain tar"), (tar_of(entry("a")), "no dataset.toml"),
        (tar_of(), "no dataset.toml"),
    ],
)  # fmt: skip
def test_what_is_no_archive_of_a_data_set(tmp_path, octets, told):
    (tmp_path / "x.tar").write_bytes(octets)
    with pytest.raises(PageFault, match=told):
        archive.unpack(tmp_path / "x.tar", tmp_path / "out")


@pytest.mark.parametrize("limit", ["MOST_FILES", "MOST_OCTETS"])
def test_more_than_the_limits_is_refused_before_anything_is_written(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(archive, limit, 2)
    (tmp_path / "x.tar").write_bytes(tar_of(HEAD, entry("a"), entry("b")))
    with pytest.raises(PageFault, match="at most") as caught:
        archive.unpack(tmp_path / "x.tar", tmp_path / "out")
    assert caught.value.status == 413
    assert not (tmp_path / "out").exists()


def asked(console, octets, kind, label):
    """Upload; status and JSON."""
    return put(console, octets, label="&".join((label, urlencode({"kind": kind}))))


def test_an_uploaded_data_set_is_a_side_and_uploaded_calls_are_compared(console):
    octets = tar_of(*golden_entries("golden/", changed=True))
    status, side = asked(console, octets, "dataset", "changed.tar")
    assert (status, side["kind"]) == (200, "dataset")
    lines = "".join(json.dumps({"id": at, "query": CALL}) + "\n" for at in range(3)).encode()
    status, calls = asked(console, lines, "calls", "calls.jsonl")
    assert status == 200
    found = console.read("/review")
    assert {one["label"] for one in found["uploads"]} == {"changed.tar", "calls.jsonl"}
    assert console.read("/captures")["rows"] == []
    _, made = console.do("/reviews", {"old": "served", "new": f"upload:{side['sha']}"})
    end = time.monotonic() + 300
    while (review := console.read(f"/review/{made['id']}"))["state"] == "comparing":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert review["state"] == "open", review["why"]
    assert review["corpora"] == [f"calls.jsonl ({calls['sha'][:8]})"]
    result = review["result"]
    assert [result["compared"], result["kinds"]["lost"] >= 3] == [3, True]
    assert [f"{one['file']}" for one in result["changes"]] == [STATIONS]
    assert console.do(f"/captures/{side['sha']}", {}, "DELETE")[0] == 200
    assert {one["label"] for one in console.read("/review")["uploads"]} == {"calls.jsonl"}


def test_what_is_refused_is_not_kept(console):
    status, said = asked(console, tar_of(entry("a")), "dataset", "x.tar")
    assert (status, "no dataset.toml" in said["detail"]) == (422, True)
    status, said = asked(console, tar_of(HEAD, entry("a"), entry("a/b")), "dataset", "x.tar")
    assert (status, "cannot be unpacked: " in said["detail"]) == (422, True)
    status, said = asked(console, b"x", "picture", "x.png")
    assert (status, "kind: one of" in said["detail"]) == (400, True)
    assert console.read("/review")["uploads"] == []
    octets = tar_of(*golden_entries(""))
    assert asked(console, octets, "calls", "x.jsonl")[0] == 200
    status, said = asked(console, octets, "dataset", "x.tar")
    assert (status, "were uploaded as calls" in said["detail"]) == (409, True)
    assert [one["kind"] for one in console.read("/review")["uploads"]] == ["calls"]

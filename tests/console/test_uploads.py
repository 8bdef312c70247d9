"""Data sets and query lines that are uploaded for a review: unpacked only when they are what they should be, compared like any other."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from urllib.parse import urlencode

import pytest

from ain_scp.console.resources.fault import PageFault
from ain_scp.console.sources import archive, commands, runs
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
REFUSED = {
    "a link": (entry("a", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "neither a plain file nor a folder"),
    "a hard link": (
        entry("a", type=tarfile.LNKTYPE, linkname="dataset.toml"),
        "neither a plain file nor a folder",
    ),
    "a device": (entry("a", b"", type=tarfile.CHRTYPE), "neither a plain file nor a folder"),
    "a pipe": (entry("a", b"", type=tarfile.FIFOTYPE), "neither a plain file nor a folder"),
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


def sparse(size):
    """An entry of a few octets that says that it is `size` long, as GNU tar packs files with holes."""
    said = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "hole",
        "GNU.sparse.realsize": str(size),
    }
    return entry("GNUSparseFile.0/hole", b"1\n0\n1\n".ljust(512, b"\0") + b"x", pax_headers=said)


def long_names(count):
    """An entry whose name is said `count` times before it comes: each is read by a further call of the reader."""
    return tar_of(entry("././@LongLink", b"a", type=tarfile.GNUTYPE_LONGNAME))[:1024] * count


BOMBS = {
    "a file with a hole": (lambda: tar_of(HEAD, sparse(900 << 20)), {}, 422, "neither a plain file"),
    "names of names": (lambda: long_names(2_000) + tar_of(HEAD), {}, 413, "1024 MiB of memory and 60 s of processor time"),
    "more memory": (lambda: tar_of(entry("dataset.toml", pax_headers={"comment": "x" * (40 << 20)})), {"UPLOAD_MEMORY": 96 << 20}, 413, "MiB of memory"),
    "no room to begin in": (lambda: tar_of(HEAD), {"UPLOAD_MEMORY": 1 << 20}, 413, "MiB of memory"),
    "a larger file": (lambda: tar_of(HEAD, entry("a", b"x" * 5000)), {"UPLOAD_FILE": 4096}, 507, "File too large"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(BOMBS))
def test_a_bomb_ends_in_its_child_with_one_clear_line(tmp_path, monkeypatch, what):
    octets, bounds, status, told = BOMBS[what]
    for name, most in bounds.items():
        monkeypatch.setattr(runs, name, most)
    (tmp_path / "x.tar").write_bytes(octets())
    with pytest.raises(PageFault, match=told) as caught:
        archive.unpack_apart(tmp_path / "x.tar", tmp_path / "out")
    assert caught.value.status == status
    assert "\n" not in caught.value.detail
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*")) <= 4096 + 1


def test_the_child_has_its_limits(monkeypatch):
    """What the limits are is asked of a child; that the processor's one ends it is seen with a second."""
    words = [
        sys.executable,
        "-c",
        "import resource as r; print(*(r.getrlimit(w)[1] for w in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE)))",
    ]
    said = subprocess.run(words, capture_output=True, text=True, check=True, preexec_fn=runs.limit_upload)
    assert said.stdout.split() == [str(1 << 30), "60", str(1 << 30)]
    monkeypatch.setattr(runs, "UPLOAD_CPU_S", 1)
    busy = subprocess.run(
        [sys.executable, "-c", "while True: pass"], check=False, preexec_fn=runs.limit_upload
    )
    assert busy.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


@pytest.mark.parametrize(("name", "most"), [("UPLOAD_MEMORY", 96 << 20), ("UPLOAD_CPU_S", 1)])
def test_a_capture_is_read_within_the_limits_too(tmp_path, monkeypatch, name, most):
    """A command that would take more than it may is ended, and the page says so in one line; another command has its own limits."""
    takes = "x = bytearray(200 << 20)" if name == "UPLOAD_MEMORY" else "while True: pass"
    monkeypatch.setattr(commands, "child", lambda *_: [sys.executable, "-c", takes])
    monkeypatch.setattr(runs, name, most)
    with pytest.raises(PageFault, match="ain decode cannot read this upload within") as caught:
        asyncio.run(commands.Commands().ask("decode", "x.pcap", uploaded=True))
    assert caught.value.status == 413


def test_a_child_that_does_not_end_is_ended(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "x.tar")  # nothing ever comes
    monkeypatch.setattr(archive, "PATIENCE_S", 1.0)
    with pytest.raises(PageFault, match="not unpacked within 1 s"):
        archive.unpack_apart(tmp_path / "x.tar", tmp_path / "out")


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

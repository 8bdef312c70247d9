"""`ain bill --all` on a ledger whose disk is full: nothing is half closed, one line says so, and a later run goes on."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.bill import command
from kit.full_disk import no_file_beyond

EXAMPLES = Path(__file__).parents[2] / "examples"
AGAIN = "make room on its disk, then run this again"


def run(*arguments):
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def close_all(books, out):
    return run("bill", "--all", "--dir", books, "--period", "2001-01", "--out", out)


def read(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """A ledger in which the month was played, and its 43 bills as they are made on a disk with room."""
    place = tmp_path_factory.mktemp("month")
    events = EXAMPLES / "bills" / "month.jsonl"
    assert (
        run("account", "apply", EXAMPLES / "charging", "--events", events, "--dir", place / "books")[0] == 0
    )
    shutil.copytree(place / "books", place / "again")
    assert close_all(place / "again", place / "bills")[1].startswith("43 bills in ")
    return place / "books", read(place / "bills")


def resumed(books, out, whole):
    """What is closed has its bill and what is not can be closed: together they are the bills of an even month."""
    assert "sound" in run("account", "check", books)[1]
    code, said, err = close_all(books, out)
    assert (code, said, err) == (0, f"43 bills in {out}\n", "")
    assert read(out) == whole
    assert "177 records, 43 accounts" in run("account", "check", books)[1]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB, unmounted afterwards."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no tmpfs here: {done.stderr.decode().strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.mark.parametrize(
    ("left", "why"),
    [
        (0, "journal DISK_FULL: opening the journal: No space left on device"),
        (1 << 20, "can keep nothing more"),
    ],
)
def test_a_real_disk_without_room_closes_nothing(left, why, small_disk, month, tmp_path):
    """Full to the last octet, or below the watermark: one line, not one for each account."""
    books, out = shutil.copytree(month[0], small_disk / "books"), tmp_path / "bills"
    ballast = small_disk / "ballast"
    space = os.statvfs(small_disk)
    ballast.write_bytes(bytes(space.f_bavail * space.f_frsize - left))
    code, _, err = close_all(books, out)
    assert (code, err.count("\n"), why in err, AGAIN in err) == (2, 1, True, True), err
    assert read(out) == {}
    assert "134 records" in run("account", "check", books)[1]
    ballast.unlink()
    resumed(books, out, month[1])


@pytest.mark.parametrize("octets", [7_000, 30_000, 65_000])
def test_a_write_cut_short_by_the_kernel_leaves_no_bill_without_its_closing(
    octets, month, tmp_path, monkeypatch
):
    """Groups of five bills, whose closings are 65,513 octets of journal together; a write ends in the middle of one."""
    books, out = shutil.copytree(month[0], tmp_path / "books"), tmp_path / "bills"
    monkeypatch.setattr(command, "GROUP", 5)
    with no_file_beyond(octets):
        code, _, err = close_all(books, out)
    assert (code, err.count("\n")) == (2, 1), err
    assert f"{books}: journal " in err
    made = read(out)
    assert made.items() <= month[1].items()
    kept = int(run("account", "check", books)[1].split()[0]) - 134
    assert 0 < len(made) <= kept < len(month[1])
    resumed(books, out, month[1])

"""A records directory on a disk that takes no more, for `ain run` and `ain smdr`: one line that names it, exit 2, and no more is lost."""

import shutil

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from kit.full_disk import no_file_beyond

PLAYED = ("run", "examples/golden/scenario.toml", "--transport", "memory", "--records")


def run(*arguments):
    done = CliRunner().invoke(cli, [*map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The records of a golden run: 11,293 octets of samples; the longest journal of a switch has 5,450."""
    place = tmp_path_factory.mktemp("full") / "records"
    assert run(*PLAYED, place)[0] == 0
    return place


@pytest.mark.parametrize(
    ("octets", "doing"),
    [
        (0, "opening the journal"),
        (40, "opening the journal"),
        (500, "writing records"),
        (9_000, "writing records"),
    ],
)
def test_a_run_ends_in_one_line_at_its_start_and_in_the_middle(octets, doing, tmp_path):
    with no_file_beyond(octets):
        ended = run(*PLAYED, tmp_path / "records")
    assert ended == (2, "", f"{tmp_path / 'records'}: journal DISK_FULL: {doing}: File too large\n")


def transferred(place):
    return {path.name: path.read_bytes() for path in (place / "transfer").glob("*.txt")}


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (0, "/smdr/SCP: journal DISK_FULL: opening the journal: File too large"),
        (500, "/transfer: File too large"),
    ],
)
def test_a_transfer_ends_in_one_line_and_is_whole_once_there_is_room(octets, said, recorded, tmp_path):
    place, whole = (shutil.copytree(recorded, tmp_path / name) for name in ("small", "whole"))
    with no_file_beyond(octets):
        ended = run("smdr", "transfer", place)
    assert ended == (2, "", f"{place}{said}\n")
    assert run("smdr", "transfer", place)[0] == run("smdr", "transfer", whole)[0] == 0
    assert transferred(place) == transferred(whole) != {}


def test_an_import_ends_in_one_line_and_is_whole_once_there_is_room(recorded, tmp_path):
    place = shutil.copytree(recorded, tmp_path / "records")
    assert run("smdr", "transfer", place)[0] == 0
    with no_file_beyond(500):
        ended = run("smdr", "import", place)
    assert ended == (2, "", f"{place}: disk I/O error\n")
    assert run("smdr", "import", place)[0] == 0
    code, said, _ = run("smdr", "check", place)
    assert (code, "31 calls at the front end, 31 at the host: all agree" in said) == (0, True), said

"""The digest of a data set, and the copy that it describes."""

import shutil
from pathlib import Path

import pytest

from ain_scp.provisioning.digest import copied, digest_of

GOLDEN = Path(__file__).parent.parent.parent / "examples" / "golden"


def test_a_copy_has_the_digest_of_what_was_copied(tmp_path):
    assert copied(GOLDEN, tmp_path / "a") == digest_of(GOLDEN) == digest_of(tmp_path / "a")
    assert not (tmp_path / "a" / "scenario.toml").exists()


def test_every_file_that_is_read_counts_and_nothing_else(tmp_path):
    shutil.copytree(GOLDEN, tmp_path / "b")
    for beside in ("scenario.toml", "README.md", "customers/.mdp.csv.swp"):
        (tmp_path / "b" / beside).write_text("x")
    assert digest_of(tmp_path / "b") == digest_of(GOLDEN)
    with (tmp_path / "b" / "network" / "lata.csv").open("a") as table:
        table.write("\n")
    assert digest_of(tmp_path / "b") != digest_of(GOLDEN)


def test_a_folder_that_is_there_is_not_copied_over(tmp_path):
    with pytest.raises(FileExistsError):
        copied(GOLDEN, tmp_path)

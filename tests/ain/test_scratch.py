"""A server's temporary folder: swept when its owner was killed, and never anybody else's folder."""

import fcntl
import os

from ain_scp.ain.serve.scratch import Scratch


def test_a_folder_of_somebody_else_is_left_alone_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = tmp_path / "ain-workers-of-march"
    mine.mkdir()
    (mine / "plan.csv").write_text("kept")
    Scratch("ain-workers-").close()
    assert (mine / "plan.csv").read_text() == "kept"


def test_what_a_killed_owner_left_is_swept_and_a_living_one_s_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, living = Scratch("ain-workers-"), Scratch("ain-workers-")
    fcntl.flock(dead._lock, fcntl.LOCK_UN)
    os.close(dead._lock)
    new = Scratch("ain-workers-")
    assert sorted(tmp_path.iterdir()) == sorted([living.path, new.path])
    living.close()
    new.close()
    assert list(tmp_path.iterdir()) == []

"""Progress: a bar on a terminal, nothing anywhere else."""

import io

import pytest

from ain_scp.ain.progress import EVERY, progress_of_file


class Terminal(io.StringIO):
    """A standard error that somebody looks at."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("show", "drawn"), [(True, True), (False, False)])
def test_how_much_of_a_file_was_read_is_drawn_for_people(show, drawn, tmp_path, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    file = tmp_path / "capture"
    file.write_bytes(bytes(1000))
    with file.open("rb") as stream, progress_of_file(stream, "answers", show=show) as count:
        for _ in range(EVERY):
            count()
            stream.read(4)
    assert (f"{EVERY} answers" in screen.getvalue()) is drawn


def test_nothing_is_drawn_for_a_pipe_or_where_nobody_looks(tmp_path, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with progress_of_file(io.BytesIO(bytes(1000)), "answers", show=True) as count:
        for _ in range(EVERY):
            count()
    assert screen.getvalue() == ""
    quiet = io.StringIO()
    monkeypatch.setattr("sys.stderr", quiet)
    file = tmp_path / "capture"
    file.write_bytes(b"x")
    with file.open("rb") as stream, progress_of_file(stream, "answers", show=True) as count:
        count()
    assert quiet.getvalue() == ""

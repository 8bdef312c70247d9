"""RESULTS.md: sections are kept, refreshed one by one, and never lost to a measurement that fails."""

import argparse
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import results
from benchmarks.compiled import compiled_installation, copy_of_checkout, mode_of
from benchmarks.sections import SECTIONS, Target

ROOT = Path(__file__).parent.parent.parent
OPTIONS = argparse.Namespace(numbers=1017, cycles=1, quick=True, compiled=None)
FACTS = {"commit": "abc1234", "when": "2001-01-17 10:00:00", "load": "0 0 0", "seconds": 3, "quick": False}


def section(name, *lines, targets=(), **facts):
    known = FACTS | {"machine": results.machine(), "targets": [one._asdict() for one in targets]}
    return results.Section(name, known | facts, list(lines))


def command_lines():
    """The command lines of all processes, words ended by zero octets."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


def test_what_is_written_is_read_back(tmp_path):
    """Lines, facts and targets survive; a section of another machine says so."""
    path = tmp_path / "RESULTS.md"
    target = Target("a ratio", 2.0, 1.0, 1.5, most=True)
    mine = section("codec", "first", "", "| a | b |", targets=[target])
    other = section("batch", "theirs", machine={"processor": "another"})
    results.write(path, {"codec": mine, "batch": other})
    text = path.read_text()
    assert "| a ratio | <= 2.00 | 1.00 |  |  | 1.50 | met |" in text
    assert text.count("Another machine: another.") == 1
    found = results.kept(path)
    assert {name: (one.lines, one.facts) for name, one in found.items()} == {
        name: (one.lines, one.facts) for name, one in (("codec", mine), ("batch", other))
    }
    results.write(path, found)
    assert path.read_text() == text


def test_a_figure_just_short_of_its_bar_does_not_look_like_the_bar():
    assert "| 0.8999 | **not met** |" in Target("a ratio", 0.9, 1.0, 0.89991).row()
    assert "| 0.90 | met |" in Target("a ratio", 0.9, 1.0, 0.9).row()
    assert "| 0.91 | met |" in Target("a ratio", 0.9, 1.0, 0.91234).row()


def test_what_bare_loops_reach_stands_before_what_was_found():
    row = Target("a ratio", 0.9, 1.0, 0.5, floor=0.89991, bare=0.7).row()
    assert row == "| a ratio | >= 0.90 | 1.00 | 0.8999 | 0.70 | 0.50 | **not met** |"


def test_a_section_that_fails_keeps_its_former_figures(monkeypatch, tmp_path):
    """The former commit and date stay beside them, and the file says what was tried; the next success forgets it."""
    path = tmp_path / "RESULTS.md"
    monkeypatch.setattr(results, "measured", lambda *_: (["half"], [], "out of time"))
    former = section("codec", "good")
    kept, fault = results.refreshed("codec", OPTIONS, 1, former)
    assert (fault, kept.lines, kept.facts["commit"]) == ("out of time", ["good"], "abc1234")
    results.write(path, {"codec": kept})
    assert "out of time**" in path.read_text()
    again = results.kept(path)["codec"]
    assert (again.lines, "failed" in again.facts) == (["good"], False)


def test_a_first_measurement_that_fails_keeps_what_it_has(monkeypatch):
    monkeypatch.setattr(results, "measured", lambda *_: (["half"], [], "out of time"))
    made, _ = results.refreshed("codec", OPTIONS, 1, None)
    assert made.lines == ["half", "", "**Not complete: out of time**"]


def test_a_section_has_a_time_limit():
    """What was measured until then is kept, and no process is left behind."""
    lines, _, fault = results.measured("tables", OPTIONS, 1.0)
    assert fault == "not finished within 1 s"
    assert lines == [] or lines[0].startswith("`")
    mine = b"results.py\0--section\0tables\0--numbers\0" + str(OPTIONS.numbers).encode()
    assert [line for line in command_lines() if mine in line] == []


def test_one_section_by_the_command(tmp_path):
    """The command as people give it: one section measured, the others as they were."""
    path = tmp_path / "RESULTS.md"
    results.write(path, {"batch": section("batch", "as it was")})
    words = ["benchmarks/results.py", "--quick", "--only", "decision", "--output", path]
    done = subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = results.kept(path)
    assert found["batch"].lines == ["as it was"]
    assert any("decide[ubs]" in line for line in found["decision"].lines), found["decision"].lines
    assert found["decision"].facts["commit"] == results.commit()


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("more", 0.4, 0.55, 0.6), "aim reached"),
        (Target("more", 0.4, 0.55, 0.4), "met"),
        (Target("more", 0.4, 0.55, 0.39), "**not met**"),
        (Target("less", 2.0, 1.5, 1.5, most=True), "aim reached"),
        (Target("less", 2.0, 1.5, 2.01, most=True), "**not met**"),
        (Target("more", 0.9, 1.0, None, "no compiler"), "no compiler"),
    ],
)
def test_a_target_is_judged(target, verdict):
    assert target.verdict() == verdict
    assert Target(**json.loads(json.dumps(target._asdict()))) == target


def test_all_sections_together_fit_into_their_time():
    """What a section takes on a quiet machine is half of its limit or less."""
    assert sum(one.seconds for one in SECTIONS.values()) <= 2 * 23 * 60
    assert sum(SECTIONS[name].seconds for name in results.SHORT) <= 2 * 60 * results.SHORT_MINUTES


def test_the_copy_that_is_compiled_keeps_links(tmp_path):
    """Below src/ the rooms are links to folders: a copy that follows them has none, or two of each."""
    root, target = tmp_path / "root", tmp_path / "copy"
    (root / "room").mkdir(parents=True)
    (root / "room" / "page.py").write_text("x = 1\n")
    (root / "src").mkdir()
    (root / "src" / "room").symlink_to("../room")
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *words], cwd=root, check=True)
    copy_of_checkout(root, target)
    assert (target / "src" / "room").is_symlink()
    assert (target / "src" / "room" / "page.py").read_text() == "x = 1\n"


def test_without_a_wish_nothing_is_compiled():
    with compiled_installation(ROOT, wanted=False) as python:
        assert python is None
    assert mode_of(sys.executable) in {"interpreted", "compiled"}

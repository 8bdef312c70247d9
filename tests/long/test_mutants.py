"""Small wrong changes are made as meant, drawn by the seed alone, and noticed: ten of them here, a hundred by command."""

import ast
import os
import subprocess
import sys

import pytest

from tests.long.mutants import ROOMS, ROOT, changes, drawn, modules

SEED = int(os.environ.get("MUTANTS_SEED", "1"))


def test_every_room_has_its_share_and_a_seed_gives_the_same_changes():
    found = drawn(3, 2 * len(ROOMS), list(ROOMS))
    assert found == drawn(3, 2 * len(ROOMS), list(ROOMS))
    assert found != drawn(4, 2 * len(ROOMS), list(ROOMS))
    assert [mutant.file.split("/")[0] for mutant in found] == [*ROOMS, *ROOMS]


def test_every_room_of_the_checkout_is_drawn_from():
    rooms = {path.name for path in (ROOT / "src/ain_scp").iterdir() if path.is_symlink()}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("room", ["journal", "asf_rtl"])
def test_every_change_is_one_place_and_still_python(room):
    count = 0
    for path in modules(room):
        text = path.read_text()
        for one in changes(str(path.relative_to(ROOT)), text):
            assert text[one.start : one.end] == one.before
            changed = text[: one.start] + one.after + text[one.end :]
            assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text)), one
            count += 1
    assert count > 100


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(1800)
def test_most_of_ten_changes_are_noticed():
    """Which ten changes with every commit, so a few may live here; the command allows none."""
    words = [sys.executable, "tests/long/mutants.py", "--count", "10", "--allow", "4", "--seed", str(SEED)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr

"""Charging data sets changed at random: a load never raises, and one that passes the checks rates without an exception."""

import json
import os
import random
import shutil
from pathlib import Path

import msgspec
import pytest

from ain_scp.billing.rating.forms import UsageLine, answer
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load

ROOT = Path(__file__).parents[3]
CHARGING = ROOT / "examples" / "charging"
CASES = json.loads((ROOT / "tests" / "acceptance" / "charging" / "cases.json").read_text())["cases"]
LINES = [
    msgspec.convert(line, UsageLine) for case in CASES if case["kind"] == "rate" for line in case["input"]
]
FILES = sorted(path.relative_to(CHARGING) for path in (CHARGING / "charging").rglob("*.*"))
ROUNDS = int(os.environ.get("CHARGING_MUTATIONS", "40"))
WORDS = ["", "*", "0", "-1", "0.1.5", "1e9", "2001-02-30", "9" * 40, "N", "ms", "Y", "up", '"', "[", "é", "0s", "24:00", "H", "A10", "LOCAL", "{", "=", "true"]  # fmt: skip


def mutated(text, chance):
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                cells = lines[at].split(",")
                cells[chance.randrange(len(cells))] = chance.choice(WORDS)
                lines[at] = ",".join(cells)
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                if len(lines) > 1:
                    del lines[at]
            case 3:
                words = lines[at].split(" ")
                words[chance.randrange(len(words))] = chance.choice(WORDS)
                lines[at] = " ".join(words)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_changed_data_set_is_refused_or_rates(seed, tmp_path):
    chance = random.Random(seed)
    root = tmp_path / "set"
    shutil.copytree(CHARGING, root, copy_function=shutil.copyfile)
    for file in chance.sample(FILES, chance.randint(1, 2)):
        (root / file).write_text(mutated((root / file).read_text(), chance))
    loaded = load(root)
    assert all("\n" not in str(problem) for problem in loaded.problems)
    if loaded.dataset is None:
        assert any(problem.severity == "error" for problem in loaded.problems)
        return
    snapshot = compile_dataset(loaded.dataset)
    for number, line in enumerate(LINES, 1):
        answer(snapshot, snapshot.charging, line, number)

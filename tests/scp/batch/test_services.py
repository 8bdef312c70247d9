"""Batches of queries to services: by column, what each query by itself gives; and what another data set answers otherwise."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.scp.batch.attempts import draws
from ain_scp.scp.batch.services import ServiceBatch, engine_for, form_for
from ain_scp.scp.service_logic.service_otherwise import form_for as one_form
from tests.kit.slow_services import Files, evaluate
from tests.scp.test_services_slowly import Chance, random_dataset

EXAMPLES = Path(__file__).parents[3] / "examples"
NOON = "2001-01-17T12:00:00"


def random_rows(chance, count):
    """Rows of called, calling, nature: most plain, some of fewer digits or none."""
    for _ in range(count):
        called = chance.one(
            [chance.number(), chance.number(), chance.toll_free(), "5551001", "21355512A4", ""]
        )
        yield called, chance.one(["", chance.number(), "2125550001"]), chance.one(["", "", "3", "1"])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["LNP", "TOLLFREE"])
def test_counts_are_those_of_each_query_by_itself(name, seed, tmp_path):
    chance = Chance(seed)
    root = random_dataset(tmp_path / "set", chance)
    rows = list(random_rows(chance, 300))
    file = tmp_path / "queries.csv"
    text = "called_party,calling_party,called_non\n"
    places = []
    for row in rows:
        places.append(len(text))
        text += ",".join(row) + "\n"
    file.write_text(text)
    program = open_program(root)
    batch = ServiceBatch(
        name, form_for(program, name, "", None, NOON), [engine_for(program, program.services, name)], 7, 0
    )
    totals = batch.read(file)
    first = one_form(program, name, "", None, NOON)
    expected = Counter()
    for (called, calling, non), place in zip(rows, places, strict=True):
        query = {
            "message": first.message, "time": NOON, "called_party": called or None, "calling_party": calling or None,
            "called_non": int(non) if non else None, "ssn": first.ssn, "translation_type": first.translation_type, "trigger_criteria": first.trigger_criteria,
            "draw": int(draws(7, np.array([place]))[0]),
        }  # fmt: skip
        expected[(evaluate(Files(root), query) or {}).get("outcome", "REFUSED")] += 1
    assert totals.outcomes == dict(expected)
    assert totals.queries == len(rows)


def test_a_file_is_compared_with_another_data_set_and_wrong_rows_are_named(ain, tmp_path):
    import shutil

    new = shutil.copytree(EXAMPLES / "services", tmp_path / "new")
    table = new / "services" / "lnp" / "ported.csv"
    table.write_text(table.read_text().replace("2135551234,3235550000", "2135551234,6265550000"))
    file = tmp_path / "queries.csv"
    file.write_text('called_party\n2135551234\n2135551299\n"2135551234"\n21355\na,b\n')
    done = ain(
        "batch", EXAMPLES / "services", "--calls", file, "--service", "LNP", "--against", new, "--json"
    )
    found = json.loads(done.stdout)
    assert (found["queries"], found["invalid"], found["compared"], found["changed"]) == (4, 1, 4, 2)
    assert found["examples"][0]["after"] == "PORTED 6265550000"
    assert done.stderr.startswith(f"{file}:6: 2 cells")
    assert done.returncode == 2
    file.write_text("called_party\n2135551299\n")
    assert (
        ain("batch", EXAMPLES / "services", "--calls", file, "--service", "LNP", "--against", new).returncode
        == 0
    )
    file.write_text("called_party\n2135551234")
    assert (
        ain("batch", EXAMPLES / "services", "--calls", file, "--service", "LNP", "--against", new).returncode
        == 1
    )


def test_what_separates_digits_is_for_the_eye(ain, tmp_path):
    file = tmp_path / "queries.csv"
    file.write_text("called_party,calling_party\n213-555-1234,(925) 834-1234\n2135551234,9258341234\n")
    done = ain("batch", EXAMPLES / "services", "--calls", file, "--service", "LNP", "--json")
    assert json.loads(done.stdout)["outcomes"] == {"PORTED": 2}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--service", "LPN"), "no row of network/services.csv names it"),
        (("--service", "LNP", "--jobs", "2"), "--jobs has no effect with --service"),
        (("--service", "LNP", "--local-times"), "--local-times has no effect"),
    ],
)
def test_what_cannot_be_done_is_said(ain, tmp_path, words, says):
    file = tmp_path / "queries.csv"
    file.write_text("called_party\n2135551234\n")
    done = ain("batch", EXAMPLES / "services", "--calls", file, *words)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
    file.write_text("called\n2135551234\n")
    assert (
        "no column called_party"
        in ain("batch", EXAMPLES / "services", "--calls", file, "--service", "LNP").stderr
    )

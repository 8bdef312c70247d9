"""Ported numbers under deltas: tables and overlay against a dictionary, and a delta alone told from other changes."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.deltas import signature_of, with_deltas
from ain_scp.provisioning.loader import load
from ain_scp.provisioning.problems import ProvisioningError

SERVICES = Path(__file__).parents[2] / "examples" / "services"
NUMBERS = [f"213555{last:04d}" for last in range(100, 130)]
LRNS = ["3235550000", "6265550000", "9258340000"]
ROWS = st.lists(
    st.tuples(st.sampled_from(["ADD", "MOD", "DEL"]), st.sampled_from(NUMBERS), st.sampled_from(LRNS))
)


def tables_of(root):
    return compile_dataset(load(root).dataset).services.lnp


@given(st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from(LRNS)), st.lists(ROWS, max_size=3))
@settings(max_examples=40, deadline=None)
def test_tables_and_overlay_answer_as_a_dictionary_does(tmp_path_factory, ported, files):
    root = tmp_path_factory.mktemp("delta") / "set"
    shutil.copytree(SERVICES, root, copy_function=shutil.copyfile)
    rows = "".join(f"{number},{lrn},\n" for number, lrn in ported.items())
    (root / "services/lnp/ported.csv").write_text(f"number,lrn,spid\n{rows}")
    (root / "services/lnp/blocks.csv").unlink()
    base = tables_of(root)
    assert {one: base.lrn_of(one) for one in NUMBERS} == {one: ported.get(one, "") for one in NUMBERS}
    (root / "services/lnp/delta").mkdir()
    expected = dict(ported)
    for at, changes in enumerate(files):
        text = "".join(f"{action},{one},{lrn if action != 'DEL' else ''},\n" for action, one, lrn in changes)
        (root / f"services/lnp/delta/{at}.csv").write_text(f"action,number,lrn,spid\n{text}")
        for action, one, lrn in changes:
            expected[one] = "" if action == "DEL" else lrn
    wanted = {one: expected.get(one, "") for one in NUMBERS}
    over = with_deltas(root, base, ())
    assert {one: over.lrn_of(one) for one in NUMBERS} == wanted
    anew = tables_of(root)
    assert {one: anew.lrn_of(one) for one in NUMBERS} == wanted
    assert {one: base.lrn_of(one) for one in NUMBERS} == {one: ported.get(one, "") for one in NUMBERS}


def test_delta_files_do_not_change_the_signature_and_all_others_do(tmp_path):
    root = tmp_path / "set"
    shutil.copytree(SERVICES, root, copy_function=shutil.copyfile)
    before = signature_of(root)
    (root / "services/lnp/delta").mkdir()
    (root / "services/lnp/delta/1.csv").write_text("action,number,lrn,spid\n")
    assert signature_of(root) == before
    for name in ("services/lnp/ported.csv", "network/lata.csv", "dataset.toml"):
        os.utime(root / name, (1, 1))
        changed = signature_of(root)
        assert changed != before
        before = changed


HEAD = "action,number,lrn,spid\n"
LOOPS = {
    "its own LRN": (["ADD,2135551700,2135551700,\n"], [("1", 2, 5)]),
    "an LRN of ported.csv": (["ADD,6265550000,3235550000,\n"], [("1", 2, 5)]),
    "an LRN of a file before": (
        ["ADD,2135551700,2135551800,\n", "ADD,2135551800,3235550000,\n"],
        [("2", 2, 5)],
    ),
    "a number of ported.csv": (["ADD,2135551700,2135551234,\n"], [("1", 2, 16)]),
    "a number of a row before": (
        ["ADD,2135551700,3235550000,\nADD,2135551701,2135551700,\nADD,2135551702,3235550000,\n"],
        [("1", 3, 16)],
    ),
    "two of each other": (["ADD,2135551700,2135551701,\nADD,2135551701,2135551700,\n"], [("1", 3, 5)]),
    "none: the number is ported no more": (["DEL,2135551234,,\nADD,2135551700,2135551234,\n"], []),
    "none: an LRN is taken out": (["DEL,6265550000,,\n"], []),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_delta_that_makes_an_lrn_a_ported_number_is_refused_by_both_ways(name, tmp_path):
    files, wanted = LOOPS[name]
    root = tmp_path / "set"
    shutil.copytree(SERVICES, root, copy_function=shutil.copyfile)
    base = tables_of(root)
    (root / "services/lnp/delta").mkdir()
    for at, rows in enumerate(files, 1):
        (root / f"services/lnp/delta/{at}.csv").write_text(HEAD + rows)
    places = [(f"services/lnp/delta/{file}.csv", line, column) for file, line, column in wanted]
    found = [one for one in load(root).problems if one.severity == "error"]
    assert [(one.file, one.line, one.column) for one in found] == places
    assert {one.rule for one in found} <= {"LNP-04"}
    if not wanted:
        assert with_deltas(root, base, ()).lrn_of("2135551701") == ""
        return
    with pytest.raises(ProvisioningError) as refused:
        with_deltas(root, base, ())
    assert [(one.file, one.line, one.column) for one in refused.value.problems] == places

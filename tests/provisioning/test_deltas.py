"""Ported numbers under deltas: tables and overlay against a dictionary, and a delta alone told from other changes."""

import os
import shutil
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.deltas import signature_of, with_deltas
from ain_scp.provisioning.loader import load

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

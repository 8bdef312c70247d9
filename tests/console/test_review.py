"""A change reviewed by its calls: every changed row is found, each group names its rows, what no call reaches is said."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.console.resources.fault import PageFault
from ain_scp.console.review.changed import changed_rows
from ain_scp.console.review.engine import Reviewer
from ain_scp.console.review.probes import MOST, probes
from ain_scp.console.review.transition import KINDS
from ain_scp.console.sets import Sets
from ain_scp.console.sources.git import revisions
from ain_scp.dialplan.registry import registered_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.digest import digest_of
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.service_logic.program import Program

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "examples" / "golden"
CUSTOMER = "customers/GOLDEN"


def edited(tmp_path, *edits):
    """A copy of the golden data set with texts replaced: file, old, new."""
    copy = shutil.copytree(GOLDEN, tmp_path / "new")
    for file, old, new in edits:
        path = copy / file
        text = path.read_text()
        assert old in text, (file, old)
        path.write_text(text.replace(old, new, 1))
    return copy


def program_of(directory):
    dataset = load_or_raise(directory)[0]
    return Program(compile_dataset(dataset), registered_plans()), dataset


def reviewed(new, *, old=GOLDEN, lines=()):
    changes = changed_rows(old, new)
    program, dataset = program_of(new)
    reviewer = Reviewer(program_of(old)[0], program, changes)
    reviewer.lines("calls", lines, 1)
    reviewer.forms(probes(dataset, changes))
    return reviewer.result()


EDITS = {
    "a dialing plan row": (f"{CUSTOMER}/mdp.csv", "9213000,4159213000,3", "9213000,5105553000,3", "elsewhere", ":7"),
    "a station's class": (f"{CUSTOMER}/stations.csv", "9258341237,CENTREX,4", "9258341237,CENTREX,3", "lost", ":5"),
    "a class the other way": (f"{CUSTOMER}/stations.csv", "9258341235,CENTREX,1", "9258341235,CENTREX,3", "gained", ":3"),
    "a blocked prefix": (f"{CUSTOMER}/blocking_800.csv", "888976\n", "888976\n800555\n", "lost", ":4"),
    "a facility of a host": (f"{CUSTOMER}/asf_rtl.csv", "9257895678,TG,0000-0174", "9257895678,TG,0000-0175", "elsewhere", ":2"),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_a_changed_row_is_reached_by_its_probes_and_named_as_the_cause(tmp_path, what):
    file, old, new, kind, line = EDITS[what]
    result = reviewed(edited(tmp_path, (file, old, new)))
    assert [row.name for row in result.changes] == [f"{file}{line}"]
    assert result.unreached == []
    assert result.kinds[kind] > 0
    assert all(group.rows == [0] for group in result.groups if group.kind == kind)


def test_every_cell_of_the_privilege_table_that_changes_is_reached(tmp_path):
    path = GOLDEN / "network" / "call_types.csv"
    rows = [line for line in path.read_text().splitlines() if line.startswith("201,")]
    assert rows
    flipped = rows[0].replace("Y", "N")
    result = reviewed(edited(tmp_path, ("network/call_types.csv", rows[0], flipped)))
    assert result.unreached == []
    assert result.kinds["lost"] > 0


def test_a_rule_of_a_profile_is_a_row_of_its_own(tmp_path):
    text = (GOLDEN / CUSTOMER / "asf.toml").read_text()
    line = next(one for one in text.splitlines() if "231" in one and "rtl" in one)
    changed = line.replace("231, ", "")
    assert changed != line
    result = reviewed(edited(tmp_path, (f"{CUSTOMER}/asf.toml", line, changed)))
    assert len(result.changes) == 1
    assert result.changes[0].line == text.splitlines().index(line) + 1
    assert result.unreached == []


def test_what_no_compared_call_reaches_is_said(tmp_path):
    new = edited(tmp_path, (f"{CUSTOMER}/asf_rtl.csv", "9257893412,EMPTY,", "9257893412,OTHER,"))
    result = reviewed(new)
    unreached = [result.changes[at] for at in result.unreached]
    assert [(row.before is None, row.after is None) for row in unreached] == [(True, False), (False, True)]


def test_the_same_data_set_has_no_change_and_compares_nothing(tmp_path):
    result = reviewed(shutil.copytree(GOLDEN, tmp_path / "same"))
    assert (result.changes, result.compared, result.probes, result.changed) == ([], 0, 0, 0)


def test_a_row_that_only_moved_is_no_change(tmp_path):
    new = edited(tmp_path)
    path = new / CUSTOMER / "mdp.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, "# sorted", *sorted(rows)]) + "\n")
    assert changed_rows(GOLDEN, new).rows == ()


def test_lines_that_cannot_be_used_are_counted_and_named(tmp_path):
    new = edited(tmp_path, (f"{CUSTOMER}/mdp.csv", "9213000,4159213000,3", "9213000,5105553000,3"))
    good = {"message": "INFO_ANALYZED", "trigger": "CDP_AC", "calling_party": "9258341234", "access_code": "7",
            "dialed": "9213000", "time": "2001-01-17T10:00:00"}  # fmt: skip
    lines = [json.dumps({"id": "a", "query": good}).encode(), b"nonsense", json.dumps({"id": "b", "query": good | {"time": "noon"}}).encode()]  # fmt: skip
    result = reviewed(new, lines=lines)
    assert (result.compared, result.unusable) == (1, 2)
    assert [problem.split(":")[1] for problem in result.problems] == ["2", "3"]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.sampled_from(sorted(EDITS)),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_groups_are_a_partition_of_what_differs(tmp_path_factory, names):
    new = edited(tmp_path_factory.mktemp("set"), *(EDITS[name][:3] for name in names))
    result = reviewed(new)
    assert sum(group.count for group in result.groups) == result.changed == sum(result.kinds.values())
    assert len(result.changes) == len(names)
    assert {group.kind for group in result.groups} <= set(KINDS)
    keys = [(group.kind, group.title, group.what, tuple(group.rows), group.first) for group in result.groups]
    assert len({group.key for group in result.groups}) == len(keys)
    assert all(len(group.calls) == min(group.count, 20) for group in result.groups)
    assert result.probes <= MOST
    assert msgspec.json.decode(msgspec.json.encode(result))["changed"] == result.changed


def test_the_command_prints_the_same_and_says_by_its_exit_code(tmp_path, ain):
    new = edited(tmp_path, (f"{CUSTOMER}/stations.csv", "9258341237,CENTREX,4", "9258341237,CENTREX,3"))
    done = ain("review", GOLDEN, new)
    assert done.returncode == 1
    assert f"because of {CUSTOMER}/stations.csv:5" in done.stdout
    assert "Completed → Screened" in done.stdout
    assert json.loads(ain("review", GOLDEN, new, "--json").stdout)["kinds"]["lost"] > 0
    same = shutil.copytree(GOLDEN, tmp_path / "same")
    assert ain("review", GOLDEN, same).returncode == 2
    assert ain("review", GOLDEN, tmp_path / "absent").returncode == 2


def test_rows_of_services_are_reached_by_queries_to_them(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for root in (old, new):
        shutil.copytree(ROOT / "examples" / "services", root, copy_function=shutil.copyfile)
    for file, was, now in (
        ("lnp/ported.csv", "2135551234,3235550000", "2135551234,6265550000"),
        ("tollfree/templates.toml", 'tel = "2135550100", carrier = "0333"', 'announcement = "TF_CLOSED"'),
        ("terminating/lines.toml", 'action = "REJECT"', 'action = "AUTHORIZE"'),
        ("cnam/names.csv", "4155550103,DOE JANE,RESTRICTED", "4155550103,DOE JANE,ALLOWED"),
    ):
        path = new / "services" / file
        assert was in path.read_text()
        path.write_text(path.read_text().replace(was, now, 1))
    result = reviewed(new, old=old)
    assert result.unreached == []
    assert {group.kind for group in result.groups} >= {"elsewhere", "lost", "gained"}
    assert "DOE JANE" not in str([group.example for group in result.groups])


def git(folder, *words):
    """One git command in a folder."""
    named = ("-c", "user.name=Desk", "-c", "user.email=desk@example.net", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", "-C", folder, *named, *words], check=True, capture_output=True, text=True).stdout  # fmt: skip


def test_revisions_of_a_work_tree_are_sides_of_a_review(tmp_path):
    tree = tmp_path / "tree"
    new = shutil.copytree(GOLDEN, tree / "golden")
    git(tmp_path, "init", "--quiet", tree)
    (tree / ".gitattributes").write_text("*.csv filter=spy diff=spy\n")
    git(tree, "config", "filter.spy.smudge", f"touch {tmp_path}/ran; cat")
    git(tree, "config", "diff.spy.textconv", f"touch {tmp_path}/ran; cat")
    (tree / ".git/hooks/post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (tree / ".git/hooks/post-checkout").chmod(0o755)
    (new / "network/link.csv").symlink_to("/etc/passwd")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "first")
    stations = new / CUSTOMER / "stations.csv"
    first = digest_of(GOLDEN)
    stations.write_text(stations.read_text().replace("9258341237,CENTREX,4", "9258341237,CENTREX,3"))
    git(tree, "commit", "--quiet", "--all", "--message", "PC 3 for 1237")
    found = revisions(new)
    assert [one.title for one in found] == ["PC 3 for 1237", "first"]
    assert revisions(tmp_path) == []
    sets = Sets(new, tmp_path / "sets")
    before, after = sets.revision(found[1].commit), sets.revision("HEAD")
    assert before.digest == sets.revision("HEAD~1").digest == first
    assert not (before.directory / "network/link.csv").exists()
    result = reviewed(after.directory, old=before.directory)
    assert [row.name for row in result.changes] == [f"{CUSTOMER}/stations.csv:5"]
    assert not (tmp_path / "ran").exists()
    for wrong in ("none", "--help", "-x", "HEAD:x", "a b", "", "../x", "HEAD^{tree}", "x" * 101):
        with pytest.raises(PageFault) as fault:
            sets.revision(wrong)
        assert fault.value.status == 404

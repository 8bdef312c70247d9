"""The manual of a data set says something of every file, column, key and rule that the loader knows, and of nothing else."""

import ast
import re
from pathlib import Path

import pytest

from ain_scp.provisioning.check import options
from ain_scp.provisioning.check.charging import read
from ain_scp.provisioning.check.services import cnam, lnp, terminating, tollfree
from ain_scp.provisioning.loader import load
from ain_scp.provisioning.manual.charging import CHARGING
from ain_scp.provisioning.manual.files import DATA_SET, FILES, NETWORK, file_named
from ain_scp.provisioning.manual.page import page
from ain_scp.provisioning.manual.rules import RULES
from ain_scp.provisioning.manual.services import SERVICES

ROOT = Path(__file__).parents[2]
CHECKS = sorted((ROOT / "provisioning" / "check").rglob("*.py"))
RULE = re.compile(r"(A|AMB|CH|LNP|TFS|CNM|TRM|SRV)-\d+|section \d.\d|T1\.111")


def test_the_page_in_docs_is_the_generated_one():
    """Generated: `python -m ain_scp.provisioning.manual.page > docs/dataset.md`."""
    assert (ROOT / "docs" / "dataset.md").read_text() == page()


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.columns is not None], ids=lambda file: file.name
)
def test_every_column_of_a_table_is_explained_and_no_other(file):
    required, optional = file.columns
    assert list(file.entries) == [*required, *optional] or set(file.entries) == {*required, *optional}
    for name in optional:
        assert file.entries[name].default, f"what an empty {name} means"


def test_every_file_that_a_data_set_may_hold_is_explained():
    from ain_scp.provisioning.check.subscriber import FILES as OF_A_CUSTOMER

    named = {file.name for file in FILES}
    assert {f"customers/NAME/{name}" for name in OF_A_CUSTOMER} <= named
    assert {file.name for file in (DATA_SET, *NETWORK)} == {
        "dataset.toml", *(f"network/{name}" for name in (
            "switches.csv", "lata.csv", "triggers.csv", "announcements.csv", "call_types.csv", "numbering.toml", "rates.toml"
        )),
    }  # fmt: skip


def test_every_file_of_charging_and_of_services_is_explained():
    folders = {"services": "services/NAME.toml", "delta": "delta/NAME.csv"}
    known = {f"charging/{folders.get(name, name)}" for name in read.FILES} | {"charging/services/NAME.csv"}
    for folder, module in (
        ("lnp", lnp),
        ("tollfree", tollfree),
        ("cnam", cnam),
        ("terminating", terminating),
    ):
        known |= {f"services/{folder}/{folders.get(name, name)}" for name in module.FILES}
    known |= {"network/services.csv", "customers/NAME/contract.csv"}
    assert {file.name for file in (*CHARGING, *SERVICES)} == known


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("charging/lines.csv", "account"),
        ("services/cnam/lines.csv", "ssp"),
        ("customers/ACME/contract.csv", "flag"),
        ("services/lnp/delta/2001-01-17.csv", "action"),
        ("charging/services/DEBIT.toml", "service"),
        ("charging/services/tollfree.csv", "value"),
        ("network/call_types.csv", "ctc"),
    ],
)
def test_a_file_is_found_by_its_path_not_by_its_last_name(name, key):
    assert key in file_named(name).entries
    assert file_named(f"other/{name}") is None


def test_every_key_that_the_loader_asks_a_toml_file_for_is_explained(monkeypatch):
    """The keys asked for while the golden data set is read, with names that the user chooses as one word."""
    asked = {}
    finish = options.Section.finish

    def remembering(section):
        asked.setdefault(section._document.file, set()).update(
            (*section._path, key) for key in section._asked
        )
        finish(section)

    monkeypatch.setattr(options.Section, "finish", remembering)
    for example in ("golden", "charging", "services"):
        load(ROOT / "examples" / example)
    seen = set()
    for name, paths in asked.items():
        known = file_named(name)
        assert known is not None, name
        seen.add(known.name)
        explained = [tuple(key.split(".")) for key in known.entries]
        for path in paths:
            words = tuple(part for part in path if isinstance(part, str))
            assert any(fits(words, one) for one in explained), (name, words)
    left_out = {"network/numbering.toml", "dataset.toml"}
    assert {file.name for file in FILES if file.columns is None} - left_out <= seen


def fits(words, explained):
    """Whether a path of keys is explained, or holds one that is; a word in capitals stands for any."""
    return all(word == one or one.isupper() for word, one in zip(words, explained, strict=False))


def test_every_rule_that_a_check_cites_is_explained():
    cited = set()
    for path in CHECKS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and RULE.fullmatch(node.value):
                cited.add(node.value)
    assert cited - set(RULES) == set()
    assert len(cited) > 100


def test_every_rule_of_the_manual_is_explained():
    assert {entry.rule for file in FILES for entry in file.entries.values() if entry.rule} <= set(RULES)

"""A verdict over nothing is no success: exit 2, and what there was nothing of is said."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

ROOT = Path(__file__).parent.parent.parent


def run(*words):
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def two_tables(place):
    (place / "ported.csv").write_text("number,lrn,spid\n")
    return "lnp", "diff", place / "ported.csv", place / "ported.csv"


def no_ticket(place):
    pytest.importorskip("cryptography")
    assert run("ticket", "init", place / "try", "--enterprise", "ACME").exit_code == 0
    return "ticket", "unusual", place / "try/TELCO/provider.toml", "--enterprise", "ACME", "--fail"


def no_sample(place):
    (place / "smdr" / "SCP").mkdir(parents=True)
    return "smdr", "check", place


def no_posting(place):
    (place / "ledger.toml").write_text(
        f"schema = 1\ndataset = {json.dumps(str(ROOT / 'examples' / 'charging'))}\n"
    )
    return "account", "check", place


def no_audit_entry(place):
    (place / "audit").mkdir()
    return "console", "--verify-audit", place


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (two_tables, "no number in either, so nothing was compared"),
        (no_ticket, "ACME has no call of that time, so nothing was looked at"),
        (no_sample, "no sample, transfer file or call in it, so nothing was checked"),
        (no_posting, "no record in it, so nothing was proven"),
        (no_audit_entry, "no entry, so nothing was verified"),
    ],
)
def test_nothing_looked_at_is_no_success(made, said, tmp_path):
    done = run(*made(tmp_path))
    assert (done.exit_code, said in done.stderr) == (2, True), done.output

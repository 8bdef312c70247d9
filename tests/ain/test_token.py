"""`ain token`: a token is printed once, its file is for its owner only, and the doors read it."""

import datetime as dt
import json
import stat

import pytest

from ain_scp.console.tokens import read_tokens, token_of


def test_a_token_that_was_added_is_known_until_it_is_removed(ain, tmp_path):
    file = tmp_path / "tokens.toml"
    added = ain(
        "token",
        "add",
        file,
        "--name",
        'night "desk" ünï',
        "--role",
        "operator",
        "--mask",
        "--until",
        "2027-01-01",
    )
    secret = added.stdout.strip()
    assert (added.returncode, len(secret) >= 43, secret not in file.read_text()) == (0, True, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = token_of(read_tokens(file), secret, dt.date(2026, 1, 1))
    assert (found.name, found.role, found.mask, found.until) == (
        'night "desk" ünï',
        "operator",
        True,
        dt.date(2027, 1, 1),
    )
    other = ain(
        "token", "add", file, "--name", "charge", "--may", "read", "--may", "charge", "--accounts", "A10,A11"
    ).stdout.strip()
    assert token_of(read_tokens(file), other, dt.date(2026, 1, 1)).accounts == ("A10", "A11")
    rows = json.loads(ain("token", "list", file, "--json").stdout)["tokens"]
    assert [row["name"] for row in rows] == ['night "desk" ünï', "charge"]
    assert all("sha256" not in row for row in rows)
    assert ain("token", "remove", file, "--name", "charge").returncode == 0
    assert token_of(read_tokens(file), other, dt.date(2026, 1, 1)) is None
    assert token_of(read_tokens(file), secret, dt.date(2026, 1, 1)) is not None


@pytest.mark.parametrize(
    "options",
    [
        ("--name", "a"),
        ("--name", "b", "--role", "customer"),
        ("--name", "b", "--customer", "X"),
        ("--role", "viewer"),
        ("--name", "", "--role", "viewer"),
        ("--name", "b", "--role", "customer", "--customer", ""),
    ],
)
def test_what_cannot_be_added_is_wrong_usage(ain, tmp_path, options):
    file = tmp_path / "tokens.toml"
    assert ain("token", "add", file, "--name", "a", "--role", "viewer").returncode == 0
    before = file.read_text()
    assert ain("token", "add", file, *options).returncode == 2
    assert file.read_text() == before


def test_a_file_that_is_wrong_or_absent_is_named(ain, tmp_path):
    assert ain("token", "list", tmp_path / "none").returncode == 2
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("x")
    wrong.chmod(0o600)
    done = ain("token", "remove", wrong, "--name", "a")
    assert (done.returncode, "wrong.toml" in done.stderr, "Traceback" in done.stderr) == (2, True, False)

"""What is refused or cannot be read is kept, listed, released or discarded by hand (C-012 to C-014)."""

import json
import os
from pathlib import Path

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

ROOT = Path(__file__).parents[2]
SOURCE = '[[source]]\nname = "pbx"\nkind = "directory"\nlayout = "keyvalue"\npath = "../cdr"\n'
GOOD = "start=2026-11-27T09:15:02-08:00 duration=205 direction=outgoing extension=203 calling=203 called=13105550142 id={}\n"


@pytest.fixture
def two(ain, tmp_path):
    files = json.loads(ain("ticket", "init", tmp_path, "--enterprise", "ACME", "--json").stdout)
    collector, provider = Path(files["collector"]), Path(files["provider"])
    collector.write_text(collector.read_text() + SOURCE)
    (tmp_path / "cdr").mkdir()
    return collector, provider


def put(two, text, name="a.log"):
    file = two[0].parent.parent / "cdr" / name
    file.write_text(text)
    os.utime(file, (0, 0))


def calls(two, ain):
    done = ain("ticket", "profile", two[1], "--enterprise", "ACME", "--by", "extension", "--json")
    return json.loads(done.stdout)["totals"]["calls"]


@pytest.mark.slow
def test_a_refused_file_is_released_once_it_holds_and_stays_while_it_does_not(two, ain):
    collector, provider = two
    put(two, GOOD.format("k1"))
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    known = provider.read_text()
    provider.write_text(known.partition("[[enterprise]]")[0])
    assert ain("ticket", "receive", provider, "--once").returncode == 1
    listed = json.loads(ain("ticket", "quarantine", provider, "--json").stdout)["quarantine"]
    assert [(one["number"], "not registered" in one["reason"]) for one in listed] == [(1, True)]
    assert ain("ticket", "quarantine", provider, "release", "1").returncode == 1
    provider.write_text(known)
    assert "ACCEPTED" in ain("ticket", "quarantine", provider, "release", "1").stdout
    assert json.loads(ain("ticket", "quarantine", provider, "--json").stdout)["quarantine"] == []
    assert calls(two, ain) == 1
    assert (
        json.loads(ain("ticket", "collect", collector, "--once", "--wait", "0", "--json").stdout)["pending"]
        == 0
    )
    none = ain("ticket", "quarantine", provider, "show", "1")
    assert (none.returncode, none.stdout) == (2, "")


@pytest.mark.slow
def test_a_discarded_file_is_gone_and_a_number_is_never_used_for_another(two, ain):
    provider = two[1]
    for name in ("x.p7m", "y.p7m"):
        (provider.parent / "in" / name).write_bytes(b"0" + name.encode())
    ain("ticket", "receive", provider, "--once")
    ain("ticket", "quarantine", provider, "discard", "1")
    (provider.parent / "in" / "z.p7m").write_bytes(b"0z")
    ain("ticket", "receive", provider, "--once")
    listed = json.loads(ain("ticket", "quarantine", provider, "--json").stdout)["quarantine"]
    assert [(one["number"], one["file"]) for one in listed] == [(2, "y.p7m"), (3, "z.p7m")]


@pytest.mark.slow
def test_lines_are_listed_without_their_octets_a_repeated_one_is_released_and_a_batch_left_out(two, ain):
    collector, provider = two
    put(two, GOOD.format("k1") + "start=soon called=13105550199\n")
    put(two, GOOD.format("k1") + GOOD.format("k2"), "b.log")
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    ain("ticket", "receive", provider, "--once")

    def lines(*words):
        return ain("ticket", "quarantine", provider, *words, "--enterprise", "ACME")

    found = json.loads(lines("list", "--json").stdout)["quarantine"]
    assert [(one["kind"], one["reason"]) for one in found] == [
        ("quarantined", "BAD_FIELD"),
        ("repeated", "REPEATED"),
    ]
    assert "13105550199" not in lines("list").stdout
    unread, again = (str(one["sequence"]) for one in found)
    assert "13105550199" in lines("show", unread, "--show").stdout
    assert lines("release", unread).returncode == 2
    assert calls(two, ain) == 2
    assert lines("release", again).returncode == 0
    assert calls(two, ain) == 3
    assert lines("discard", unread).returncode == 0
    assert json.loads(lines("list", "--json").stdout)["quarantine"] == []
    assert lines("discard", "--batch", "2").returncode == 2
    assert lines("discard", "--batch", "1").returncode == 0
    assert calls(two, ain) == 0
    assert ain("ticket", "check", provider).returncode == 0


def test_a_compromised_key_s_batches_are_named_until_they_are_left_out(two, ain):
    collector, provider = two
    put(two, GOOD.format("k1"))
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    ain("ticket", "receive", provider, "--once")
    certificate = provider.parent / "enterprises" / "ACME" / "sign.pem"
    ain("ticket", "key", "revoke", certificate, provider, "--since", "2026-01-01T00:00:00Z")
    done = ain("ticket", "check", provider)
    assert (done.returncode, "batch 1 came after its key was compromised" in done.stdout) == (1, True)
    ain("ticket", "quarantine", provider, "discard", "--enterprise", "ACME", "--batch", "1")
    assert ain("ticket", "check", provider).returncode == 0


@pytest.mark.slow
def test_a_wrong_layout_loses_no_call_it_is_corrected_and_the_lines_are_read_again(two, ain):
    """The enterprise sent lines whose start stands in another field than its layout says."""
    collector, provider = two
    layout = (ROOT / "tickets" / "layout" / "shipped" / "keyvalue.toml").read_text()
    text = layout.replace('name = "keyvalue"', 'name = "own"')
    (collector.parent / "own.toml").write_text(text)
    collector.write_text(collector.read_text().replace('layout = "keyvalue"', 'layout = "own.toml"'))
    put(two, GOOD.format("k1").replace("start=", "begin=") + GOOD.format("k2"))
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    ain("ticket", "receive", provider, "--once")
    assert calls(two, ain) == 1
    done = ain("ticket", "reprocess", provider)
    assert (done.returncode, "1 quarantined" in done.stdout) == (1, True)
    mended = text.replace(
        'start = { type = "iso8601", means', 'begin = { type = "iso8601", optional = true, means'
    ).replace('["id", "start"', '["id", "begin"')
    (provider.parent / "own.toml").write_text(mended)
    settings = provider.read_text().replace('id = "ACME"', 'id = "ACME"\nlayouts = ["own.toml"]')
    provider.write_text(settings)
    found = json.loads(ain("ticket", "reprocess", provider, "--json").stdout)["enterprises"][0]
    assert (found["before"]["calls"], found["calls"], found["quarantined"]) == (1, 1, 1)
    (provider.parent / "own.toml").write_text("schema = 2\n")
    wrong = ain("ticket", "reprocess", provider)
    assert (wrong.returncode, "schema = 1" in wrong.stderr) == (2, True)

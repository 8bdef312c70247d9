"""`ain ticket` on one machine, from keys to a profile, as docs/tickets.md has it (C-003, C-016, C-018)."""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent.parent / "acceptance" / "tickets"
SOURCE = '[[source]]\nname = "walnut"\nkind = "file"\nlayout = "keyvalue"\npath = "../tickets.log"\n'


@pytest.fixture
def two(ain, tmp_path):
    done = ain("ticket", "init", tmp_path, "--enterprise", "ACME", "--site", SAMPLES / "site.toml", "--json")
    files = json.loads(done.stdout)
    assert done.returncode == 0
    collector, provider = Path(files["collector"]), Path(files["provider"])
    collector.write_text(collector.read_text() + SOURCE)
    shutil.copy(SAMPLES / "profile" / "tickets.txt", tmp_path / "tickets.log")
    for name in ("directory.csv", "rates.csv"):
        shutil.copy(SAMPLES / "profile" / name, provider.parent / "enterprises" / "ACME" / name)
    return collector, provider


@pytest.mark.slow
def test_a_month_goes_the_whole_way_and_its_profile_is_right(two, ain, tmp_path):
    collector, provider = two
    found = []

    def run(*words, status=0):
        done = ain("ticket", *words)
        assert done.returncode == status, done.stderr
        found.append(done.stdout + done.stderr)
        return done

    sealed = json.loads(
        run(
            "collect", collector, "--once", "--wait", "0", "--json", "--trace", tmp_path / "events", status=1
        ).stdout
    )
    assert (sealed["stored"], sealed["pending"]) == (1046, 1)
    assert sealed["sealed"][0]["first"] == 2
    batch = next((provider.parent / "in").iterdir())
    shutil.copy(batch, tmp_path / "kept.p7m")
    taken = json.loads(run("receive", provider, "--once", "--json").stdout)
    assert (taken["accepted"], taken["refused"]) == (1, 0)
    assert json.loads(run("collect", collector, "--once", "--wait", "0", "--json").stdout)["pending"] == 0
    assert json.loads(run("receive", provider, tmp_path / "kept.p7m", "--json").stdout)["repeated"] == 1
    header = json.loads(run("open", tmp_path / "kept.p7m", provider, "--json").stdout)["header"]
    assert (header["enterprise"], header["tickets"]) == ("ACME", 1046)
    run("pending", collector)
    run("check", collector)
    run("check", provider)
    run("enterprise", "list", provider)
    run("quarantine", provider)
    found.append((tmp_path / "events").read_text())
    assert not [text for text in found if "13105550142" in text or "PRIVATE" in text]

    expected = json.loads((SAMPLES / "profile" / "expected.json").read_text())
    for by, rows in expected["profiles"].items():
        done = json.loads(run("profile", provider, "--enterprise", "ACME", "--by", by, "--json").stdout)
        head = by.partition(":")[0]
        given = [{"key": row.pop(head), **row} for row in done["rows"] if row[head] is not None]
        assert given == rows
        assert done["totals"] == expected["totals"]
    done = json.loads(run("unusual", provider, "--enterprise", "ACME", "--json").stdout)
    keys = ("rule", "extension", "day", "measure")
    assert [{key: one[key] for key in keys} for one in done["findings"]] == expected["unusual"]


def test_filters_and_forms_of_a_profile(two, ain):
    collector, provider = two
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    ain("ticket", "receive", provider, "--once")

    def profile(*words):
        return ain("ticket", "profile", provider, "--enterprise", "ACME", *words)

    csv = profile("--by", "direction", "--form", "csv").stdout.splitlines()
    assert csv[0] == "direction,calls,answered,seconds,cost_cents"
    assert len(csv) == 4
    page = profile("--by", "extension", "--form", "html").stdout
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 3
    assert "<td>203</td>" in page
    assert "<script" not in page
    table = profile("--by", "direction").stdout
    assert table.splitlines()[0].split() == ["direction", "calls", "answered", "seconds", "cost_cents"]
    one = json.loads(
        profile("--extension", "203", "--since", "2026-11-01", "--until", "2026-11-02", "--json").stdout
    )
    assert one["period"] == {"since": "2026-11-01", "until": "2026-11-02"}
    assert set(one["versions"]) == {"site", "directory", "rates", "areas", "layout keyvalue"}
    assert all(len(digest) == 64 for digest in one["versions"].values())
    hidden = json.loads(profile("--by", "called", "--hide-digits", "4", "--json").stdout)
    outside = [row["called"] for row in hidden["rows"] if row["called"] and len(row["called"]) > 4]
    assert outside
    assert all(number.endswith("xxxx") for number in outside)
    sales = json.loads(profile("--department", "Sales", "--json").stdout)
    assert {row["extension"] for row in sales["rows"]} == {"201", "202", "203", "211", "212"}


REFUSED = [
    (("--by", "colour"), "one of extension"), (("--since", "soon"), "a local time"),
    (("--since", "2026-11-02", "--until", "2026-11-01"), "later than --since"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "text"), REFUSED)
def test_a_profile_that_cannot_be_made_is_one_clear_line(two, ain, words, text):
    done = ain("ticket", "profile", two[1], "--enterprise", "ACME", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_used_is_named_with_exit_2(two, ain):
    collector, provider = two
    assert "not registered" in ain("ticket", "profile", provider, "--enterprise", "NONE").stderr
    collector.write_text(collector.read_text().replace('layout = "keyvalue"', 'layout = "no-such"'))
    done = ain("ticket", "collect", collector, "--once", "--wait", "0")
    assert (done.returncode, "no shipped layout" in done.stderr) == (2, True)
    collector.write_text(collector.read_text() + 'colour = "red"\n')
    done = ain("ticket", "collect", collector, "--once", "--wait", "0")
    assert (done.returncode, "colour" in done.stderr) == (2, True)


def test_an_enterprise_is_suspended_resumed_and_rebased(two, ain):
    collector, provider = two
    assert ain("ticket", "enterprise", "suspend", "ACME", provider).returncode == 0
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    done = json.loads(ain("ticket", "receive", provider, "--once", "--json").stdout)
    assert (done["waiting"], done["batches"][0]["reason"]) == (1, "SUSPENDED")
    assert ain("ticket", "enterprise", "resume", "ACME", provider).returncode == 0
    assert ain("ticket", "enterprise", "rebase", "ACME", provider, "--store", "xyz").returncode == 2
    assert ain("ticket", "enterprise", "rebase", "ACME", provider, "--store", "0" * 32).returncode == 0
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    batch = next((collector.parent / "store" / "outbox-TELCO").glob("*.p7m"))
    done = json.loads(ain("ticket", "receive", provider, batch, "--json").stdout)
    assert done["batches"][0]["reason"] == "STORE"


@pytest.mark.slow
def test_the_demo_goes_the_whole_way_from_calls_to_a_profile(ain):
    done = ain("demo", "tickets")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 accepted, 0 repeated, 0 refused, 0 waiting" in done.stdout
    assert "0 pending" in done.stdout
    assert "$ ain ticket profile" in done.stdout
    assert "tickets" in ain("demo", "--list").stdout.split()


def test_calls_are_priced_by_a_tariff_of_the_rating_engine(two, ain):
    """STD is 10 cents for each started minute, DOLLAR a dollar; the same usage by `ain rate` says the same."""
    collector, provider = two
    (collector.parent.parent / "tickets.log").write_text(
        "start=2026-11-27T09:15:02-08:00 duration=90 direction=outgoing extension=203 calling=203 called=13105550142 id=a\n"
        "start=2026-11-27T10:15:02-08:00 duration=61 direction=outgoing extension=203 calling=203 called=011442079460000 id=b\n"
        "start=2026-11-27T11:15:02-08:00 duration=61 direction=incoming extension=203 calling=3105550142 called=203 id=c\n"
    )
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    ain("ticket", "receive", provider, "--once")
    text = provider.read_text()
    begin = text.index("rates = ")
    line = text[begin : text.index("\n", begin)]
    for tariff, cents in (("STD", 40), ("DOLLAR", 400)):
        own = f'charging = "{ROOT / "examples" / "charging"}"\ntariff = "{tariff}"'
        provider.write_text(text.replace(line, own))
        if tariff == "DOLLAR":
            said = ain("ticket", "profile", provider, "--enterprise", "ACME").stderr
            assert (
                said == "rates: changed since calls were worked out; read them again: ain ticket reprocess\n"
            )
            assert ain("ticket", "reprocess", provider).returncode == 0
        done = ain("ticket", "profile", provider, "--enterprise", "ACME", "--json", "--measures")
        assert (done.returncode, done.stderr) == (0, "")
        totals = json.loads(done.stdout)["totals"]
        assert (totals["calls"], totals["cost_cents"], totals["unrated"]) == (3, cents, 0)
    provider.write_text(text.replace(line, f'{line}\ntariff = "STD"'))
    done = ain("ticket", "profile", provider, "--enterprise", "ACME")
    assert (done.returncode, "belong together" in done.stderr) == (2, True)


def test_a_cost_of_a_profile_is_traced_to_the_octets_that_were_printed(two, ain):
    collector, provider = two
    log = collector.parent.parent / "tickets.log"
    log.write_text("".join(LOGGED))
    rates = provider.parent / "enterprises" / "ACME" / "rates.csv"
    rates.write_text("kind,prefix,cents_per_minute\nnational,,7\n")
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    ain("ticket", "receive", provider, "--once")
    words = ("ticket", "profile", provider, "--enterprise", "ACME", "--extension", "203", "--json")
    profile = json.loads(ain(*words).stdout)
    done = ain(*words, "--calls", "--show")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [one["printed"] for one in found["rows"]] == [line.strip() for line in LOGGED[:2]]
    assert [one["cost_cents"] for one in found["rows"]] == [14, 7]
    assert found["totals"]["cost_cents"] == profile["totals"]["cost_cents"] == 21
    assert found["totals"]["calls"] == profile["totals"]["calls"]
    store = json.loads(ain("ticket", "pending", collector, "--json").stdout)["providers"][0]["store"]
    assert {(one["store"], one["tickets"]) for one in found["rows"]} == {(store, "2"), (store, "3")}
    hidden = json.loads(ain(*words, "--calls", "--hide-digits", "4").stdout)
    assert [one["called"] for one in hidden["rows"]] == ["310555xxxx", "310555xxxx"]
    for wrong in (
        ("--show",),
        ("--calls", "--measures"),
        ("--calls", "--by", "day"),
        ("--calls", "--show", "--hide-digits", "4"),
    ):
        assert ain(*words, *wrong).returncode == 2


LOGGED = [
    f"start=2026-11-27T09:{at}:02-08:00 duration={seconds} direction=outgoing extension={who} calling={who} called={called} id=t{at}\n"
    for at, seconds, who, called in (
        (15, 61, 203, 13105550142),
        (16, 5, 203, 13105550143),
        (17, 5, 204, 13105550144),
    )
]

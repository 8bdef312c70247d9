"""Sources whose layout is found by their lines: nothing is sent, lost, doubled or shown before (C-010, C-016)."""

import base64
import os
import shutil

import msgspec
import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)

from ain_scp.couriers.collector_run import CollectorRun
from ain_scp.couriers.deciding import place_of
from ain_scp.couriers.provider_run import ProviderRun
from ain_scp.couriers.renewal import renew
from ain_scp.tickets.collector.batching import Line
from ain_scp.tickets.layout.library import FOLDER

from .test_pair import Pair

AVAYA = "2026/11/27 09:{:02}:02,00:03:25,6,203,O,913105550142,913105550142,,0,{},0,E203,Ann,T9001,Line 1,0,0,1,4711\n"


@pytest.fixture
def two(tmp_path):
    pair = Pair(tmp_path)
    text = pair.files.collector.read_text().replace('layout = "keyvalue"', 'layout = "auto"')
    pair.files.collector.write_text(text)
    return pair


def write(two, *numbers, form=AVAYA):
    with two.log.open("a") as stream:
        stream.writelines(form.format(number % 60, 5000 + number) for number in numbers)


def sent(two):
    """The lines that the provider has."""
    two.receive()
    run = ProviderRun(two.files.provider, lambda: two.now, os.urandom)
    rows = [
        msgspec.json.decode(one.line)
        for _at, one in run.registered["ACME"].book.records(0)
        if hasattr(one, "line")
    ]
    run.close()
    lines = [msgspec.convert(row, Line) for row in rows if "layout" not in row]
    return [(one.r or base64.b64decode(one.b).decode()).split(",")[9] for one in lines], rows


def test_tickets_wait_until_their_lines_say_whose_they_are_and_then_all_are_sent_once_masked(two):
    write(two, 1, 2, 3)
    first = two.collect()
    assert (first.read, first.stored, len(first.sealed)) == (3, 3, 0)
    assert [text for text in first.alarms if "avaya-ipoffice 0.90" in text and "not decided" in text], (
        first.alarms
    )
    assert two.collect().read == 0
    write(two, *range(4, 9))
    done = two.collect()
    assert (done.read, done.stored, done.alarms) == (5, 5, [])
    numbers, rows = sent(two)
    assert numbers == [str(5000 + number) for number in range(1, 9)]
    assert [row["layout"] for row in rows if "layout" in row] == ["avaya-ipoffice"]
    assert all("4711" not in row["r"] for row in rows if "r" in row)
    assert not place_of(two.root / "ACME" / "store", "walnut").exists()
    write(two, 9)
    assert two.collect().read == 1
    assert sent(two)[0] == [str(5000 + number) for number in range(1, 10)]


def test_a_layout_in_the_settings_sends_what_was_held(two):
    write(two, 1, 2)
    two.collect()
    text = two.files.collector.read_text().replace('layout = "auto"', 'layout = "avaya-ipoffice"')
    two.files.collector.write_text(text)
    assert two.collect().alarms == []
    assert sent(two)[0] == ["5001", "5002"]


def test_lines_of_no_layout_stay_and_the_alarm_says_so(two):
    write(two, *range(20), form="nothing {} that any PBX {} prints\n")
    assert ["candidates: none" in text for text in two.collect().alarms] == [True]
    two.receive()
    assert two.received() == []


@pytest.mark.parametrize("moved", range(9))
def test_a_collector_killed_while_it_takes_held_tickets_over_loses_and_doubles_none(two, moved, monkeypatch):
    write(two, *range(8))
    done = []
    keep = CollectorRun._keep

    def killed(self, *words):
        if len(done) == moved:
            self._commit()
            raise KeyboardInterrupt
        done.append(words)
        keep(self, *words)

    with monkeypatch.context() as patch:
        patch.setattr(CollectorRun, "_keep", killed)
        if moved < 8:
            with pytest.raises(KeyboardInterrupt):
                two.collect()
        else:
            two.collect()
    two.collect()
    assert sent(two)[0] == [str(5000 + number) for number in range(8)]


def test_held_tickets_and_decisions_are_taken_over_by_a_renewed_store(two):
    write(two, 1, 2)
    two.collect()
    renew(two.files.collector, lambda: two.now, os.urandom)
    write(two, *range(3, 9))
    done = two.collect()
    assert (done.read, done.alarms) == (6, [])
    assert sent(two)[0] == [str(5000 + number) for number in range(1, 9)]
    renew(two.files.collector, lambda: two.now, os.urandom)
    write(two, 9)
    assert two.collect().alarms == []


def test_another_source_is_sent_while_one_is_not_decided(two):
    write(two, 1, 2)
    text = two.files.collector.read_text()
    own = '[[source]]\nname = "oak"\nkind = "file"\nlayout = "avaya-ipoffice"\npath = "../oak.log"\n'
    two.files.collector.write_text(text + own)
    shutil.copy(two.log, two.root / "oak.log")
    assert len(two.collect().sealed) == 1
    assert sent(two)[0] == ["5001", "5002"]


def test_layouts_and_site_are_read_again_when_asked_and_wrong_ones_change_nothing(two):
    own = two.root / "ACME" / "own.toml"
    shutil.copy(FOLDER / "avaya-ipoffice.toml", own)
    text = two.files.collector.read_text().replace('layout = "auto"', 'layout = "own.toml"')
    two.files.collector.write_text(text)
    run = CollectorRun(two.files.collector, lambda: two.now, os.urandom)
    try:
        before = run.layouts["walnut"]
        own.write_text("schema = 2\n")
        run.reload()
        assert run.layouts["walnut"] == before
        assert "expected schema = 1" in run.result.alarms[-1]
        own.write_text(before.text.replace('title = "', 'title = "Our '))
        run.reload()
        assert run.layouts["walnut"].title.startswith("Our ")
    finally:
        run.close()


def test_a_batch_is_made_again_after_its_layout_has_changed_and_its_source_is_gone(two):
    """The outbox is a cache: what is lost of it comes again with the layout of then, whatever the settings say now."""
    own = two.root / "ACME" / "own.toml"
    text = (FOLDER / "avaya-ipoffice.toml").read_text()
    own.write_text(text)
    settings = two.files.collector.read_text().replace('layout = "auto"', 'layout = "own.toml"')
    two.files.collector.write_text(settings)
    write(two, 1, 2)
    two.collect()
    for place in (two.root / "ACME" / "store" / "outbox-TELCO", two.inbox):
        for file in place.glob("*.p7m"):
            file.unlink()
    own.write_text(text.replace('title = "', 'title = "Our '))
    assert two.collect().alarms == []
    for place in (two.root / "ACME" / "store" / "outbox-TELCO", two.inbox):
        for file in place.glob("*.p7m"):
            file.unlink()
    two.files.collector.write_text(settings.partition("[[source]]")[0])
    assert two.collect().alarms == []
    assert sent(two)[0] == ["5001", "5002"]

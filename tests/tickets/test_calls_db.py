"""`calls.db`: brought up to date batch by batch it is what a rebuild gives, and it is read again from any line on (C-003, C-014)."""

import base64
import re
import sqlite3

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.profile.adding import DIMENSIONS, Surroundings, add_up
from ain_scp.tickets.profile.charges import by_rates
from ain_scp.tickets.profile.grouped import Asked, told_calls, usage
from ain_scp.tickets.profile.tables import Rate, Rates, read_directory
from ain_scp.tickets.provider import calls as module
from ain_scp.tickets.provider.book import Closed, Kept
from ain_scp.tickets.provider.calls import Calls
from ain_scp.tickets.provider.database import Database
from ain_scp.tickets.provider.seen import near
from ain_scp.tickets.provider.turn import Basis

from .conftest import RECEIVED
from .test_layouts import LINES, SITE, nortel

RATES = Rates([Rate("national", "", 7), Rate("international", "", 31), Rate("national", "310", 3)])
BASIS = Basis(SITE, by_rates(RATES), {"site": "s1", "rates": "r1"})
NAMES = ("avaya-ipoffice", "asterisk-csv", "nortel-meridian", "avaya-cm-teleseer", "cisco-cucm", "keyvalue")


class Written:
    """Records as an enterprise's journal has them."""

    def __init__(self):
        self.rows, self.sequence = [], {}

    def batch(self, store, lines, name, source="pbx", at=RECEIVED, number=None):
        """Lines printed in a layout, closed as one batch."""
        for line in lines:
            self.line(store, line, name, source, at)
        self.close(store, number)

    def line(self, store, line, name, source="pbx", at=RECEIVED):
        self.sequence[store] = sequence = self.sequence.get(store, 0) + 1
        row = {"q": sequence, "s": source, "t": at * 1000, "c": "f", "e": sequence, "l": name, "d": shipped(name).digest[:16],
               "b": base64.b64encode(line).decode()}  # fmt: skip
        self.rows.append(Kept(store, at * 1000, msgspec.Raw(msgspec.json.encode(row))))

    def close(self, store, number=None):
        self.rows.append(Closed(store, number or len(self.rows), "", 0, 0, ""))

    def records(self, after):
        return iter([(at, one) for at, one in enumerate(self.rows, 1) if at > after])


def worked_out(written, basis=BASIS, database=None, stores=1):
    found = Calls(database or Database(), basis)
    found.update(written.records, stores)
    return found


def contents(calls):
    return list(calls.database.contents())


@settings(derandomize=True, max_examples=40, deadline=None)
@given(data=st.data())
def test_batch_by_batch_and_at_once_are_the_same_rows(data):
    """Any lines of several sources, cut into batches anywhere, with every process ended after any batch."""
    written = Written()
    database = Database()
    for _batch in range(data.draw(st.integers(1, 6))):
        name = data.draw(st.sampled_from(NAMES))
        lines = data.draw(st.lists(st.sampled_from(LINES[name].splitlines()), max_size=8))
        written.batch("aa", lines, name, source=name)
        if data.draw(st.booleans()):
            worked_out(written, database=database)
    grown = worked_out(written, database=database)
    assert contents(grown) == contents(worked_out(written))
    counts = grown.counts
    assert (
        counts.lines
        == counts.tickets + counts.events + counts.headings + counts.repeated + counts.quarantined
    )
    first = data.draw(st.integers(1, len(written.rows)))
    grown.read_again(written.records, first)
    assert contents(grown) == contents(worked_out(written))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(data=st.data())
def test_what_the_database_adds_up_is_what_adding_call_by_call_gives(data):
    written = Written()
    for name in NAMES:
        written.batch(
            "aa",
            data.draw(st.lists(st.sampled_from(LINES[name].splitlines()), max_size=6)),
            name,
            source=name,
        )
    found = worked_out(written)
    directory = read_directory(
        "extension,name,department,cost_center,from,to\n203,Ann,Sales/West,7,,2026-11-27\n203,Bob,Sales/East,,2026-11-27,\n"
    )
    around = Surroundings(SITE.zone_for(""), directory, {"44": "UK"}, BASIS.price)
    names = data.draw(
        st.lists(
            st.sampled_from([one for one in DIMENSIONS if one != "department:N"]), max_size=3, unique=True
        )
    )
    asked = Asked(names)
    assert usage(found.database, asked, around, "HQ") == add_up(
        told_calls(found.database, asked, "HQ"), names, around
    )


def test_a_transaction_that_was_cut_off_is_done_again(tmp_path, monkeypatch):
    written = Written()
    for _batch in range(4):
        written.batch("aa", LINES["avaya-ipoffice"].splitlines(), "avaya-ipoffice")
    monkeypatch.setattr(module, "TURN", 1)
    turns = []

    def killed(self, position):
        turns.append(position)
        if len(turns) == 3:
            raise KeyboardInterrupt
        return whole(self, position)

    whole = Calls._end_turn
    monkeypatch.setattr(Calls, "_end_turn", killed)
    database = Database(tmp_path / "calls.db", "j")
    with pytest.raises(KeyboardInterrupt):
        worked_out(written, database=database)
    database.close()
    again = Database(tmp_path / "calls.db", "j")
    assert again.position == turns[1]
    assert contents(worked_out(written, database=again)) == contents(worked_out(written))


def test_lines_left_by_a_crash_count_when_their_batch_is_closed_though_another_store_s_was_closed_between():
    written = Written()
    line = LINES["avaya-ipoffice"].splitlines()[0]
    written.line("aa", line, "avaya-ipoffice", source="a")
    written.batch("bb", [line], "avaya-ipoffice", source="b")
    database = Database()
    assert worked_out(written, database=database).counts.tickets == 1
    written.close("aa")
    grown = worked_out(written, database=database)
    assert (grown.counts.tickets, [one.store for one in grown]) == (2, ["bb", "aa"])


def test_lines_read_again_since_an_instant_take_today_s_rates_and_those_before_keep_theirs():
    written = Written()
    calls = [line for line in LINES["avaya-ipoffice"].splitlines() if b",O," in line]
    for day, line in enumerate(calls[:3]):
        written.batch("aa", [line], "avaya-ipoffice", at=RECEIVED + day * 86_400)
    database = Database()
    before = [one.cents for one in worked_out(written, database=database)]
    dearer = BASIS._replace(
        price=lambda call: 1000 * (BASIS.price(call) or 0), digests={"site": "s1", "rates": "r2"}
    )
    again = Calls(database, dearer)
    again.read_again(written.records, 5)
    assert [one.cents for one in again] == [*before[:2], before[2] * 1000]
    assert again.versions["rates"] == ["r1", "r2"]


def test_whole_joins_are_read_again():
    """S before the instant, E after it: one call, read from S on."""
    written = Written()
    other = nortel("N", 9, 1, origin="T011 001")
    for line in (other, nortel("S", 1, 0), nortel("E", 3, 20, terminal="DN207")):
        written.batch("aa", [line], "nortel-meridian")
    database = Database()
    worked_out(written, database=database)
    again = Calls(database, BASIS._replace(digests={"site": "s2", "rates": "r1"}))
    again.read_again(written.records, 5)
    assert [one.call.lines for one in again] == [(1,), (2, 3)]
    assert contents(again)[1][0] != contents(again)[0][0]
    assert again.versions["site"] == ["s1", "s2"]


@pytest.mark.parametrize("spoiled", [b"", b"no database at all" * 99, None])
def test_a_file_that_is_none_or_of_another_journal_is_begun_anew(tmp_path, spoiled):
    written = Written()
    written.batch("aa", LINES["avaya-ipoffice"].splitlines(), "avaya-ipoffice")
    file = tmp_path / "calls.db"
    if spoiled is None:
        old = Database(file, "another")
        worked_out(written, database=old)
        old.close()
    else:
        file.write_bytes(spoiled)
    found = worked_out(written, database=Database(file, "j"))
    assert contents(found) == contents(worked_out(written))
    assert file.stat().st_mode & 0o077 == 0


def test_a_position_beyond_the_journal_is_begun_anew(tmp_path):
    written = Written()
    written.batch("aa", LINES["avaya-ipoffice"].splitlines(), "avaya-ipoffice")
    database = Database(tmp_path / "calls.db", "j")
    worked_out(written, database=database)
    last = database.position
    database.close()
    assert Database(tmp_path / "calls.db", "j", durable=last - 1).position == 0
    with sqlite3.connect(tmp_path / "calls.db") as left:
        assert left.execute("select count(*) from call").fetchone() == (0,)
    left.close()


def test_a_second_store_that_read_the_same_file_again_counts_nothing(tmp_path):
    written = Written()
    lines = [line for line in LINES["avaya-ipoffice"].splitlines() if b",O," in line][:2]
    written.batch("aa", lines, "avaya-ipoffice")
    database = Database()
    assert worked_out(written, database=database).counts.tickets == 2
    written.batch("bb", lines, "avaya-ipoffice")
    grown = worked_out(written, database=database, stores=2)
    assert (grown.counts.tickets, grown.counts.repeated) == (2, 2)
    assert contents(grown) == contents(worked_out(written, stores=2))


@pytest.mark.parametrize(
    ("name", "changed"), [("freeswitch-json", "start_epoch"), ("cisco-cucm", "dateTimeOrigination")]
)
def test_a_key_without_a_date_is_known_again_whatever_day_the_line_shows(name, changed):
    """Two days, one identifier: repeated."""
    lines = LINES[name].splitlines()
    if name == "freeswitch-json":
        line = next(one for one in lines if b'"start_epoch"' in one)
        later = re.sub(
            rb'("start_epoch": ?"?)(\d+)', lambda found: found[1] + b"%d" % (int(found[2]) - 3 * 86_400), line
        )
    else:
        heads, line = (
            lines[0].replace(b'"', b"").split(b","),
            next(one for one in lines[1:] if one[:1].isdigit()),
        )
        cells = line.split(b",")
        cells[heads.index(changed.encode())] = b"%d" % (
            int(cells[heads.index(changed.encode())]) - 3 * 86_400
        )
        later = b",".join(cells)
    assert later != line
    written = Written()
    written.batch("aa", [*(lines[:1] if name == "cisco-cucm" else []), line, later], name)
    counts = worked_out(written).counts
    assert (counts.tickets, counts.repeated) == (1, 1)


HUGE = {
    "threecx": b"Call 1042,%d_1,99999999999999999999999:00:00,2026/11/27 09:15:02,,2026/11/27 09:16:04,T,Ext.203,911,203,1,911",
    "freeswitch-json": b'{"variables": {"uuid": "u%d", "caller_id_number": "203", "destination_number": "911", "start_epoch": 1795799702, '
    b'"end_epoch": 1795799764, "answer_epoch": 0, "billsec": 999999999999999999}}',
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_a_call_longer_than_any_calendar_is_refused_and_the_lines_after_it_are_read(name):
    written = Written()
    written.batch("aa", [HUGE[name] % at for at in range(20)], name)
    written.batch("aa", LINES["nortel-meridian"].splitlines(), "nortel-meridian")
    found = worked_out(written)
    assert (found.counts.quarantined, found.counts.calls) == (21, 2)
    assert {row[0] for row in found.database.select("select reason from unread")} == {
        "IMPOSSIBLE_TIME",
        "NO_MATCH",
    }


@pytest.mark.parametrize(("year", "week"), [("0001", "0001-W01"), ("2026", "2026-W48")])
def test_a_week_has_four_digits_of_its_year_as_a_day_has(year, week):
    day = "01-03" if year == "0001" else "11-27"
    line = f"start={year}-{day}T23:00:00 duration=5 direction=outgoing calling=203 called=911".encode()
    written = Written()
    written.batch("aa", [line], "keyvalue")
    around = Surroundings(
        SITE.zone_for(""), read_directory("extension,name,department,cost_center,from,to\n"), {}, BASIS.price
    )
    rows, _totals = usage(worked_out(written).database, Asked(["week", "month"]), around, "HQ")
    assert list(rows) == [(week, f"{year}-{day[:2]}")]


@given(st.integers(0, 60_000), st.integers(0, (1 << 63) - 1), st.integers(0, (1 << 63) - 1))
def test_keys_of_a_day_lie_together_and_those_without_one_keep_all_their_bits(day, at, mark):
    place, kept = near(day, (at, mark))
    assert 0 <= place < 1 << 63
    assert kept == mark
    assert place == at if day == 0 else place >> 47 == day

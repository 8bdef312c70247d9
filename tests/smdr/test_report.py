"""Reports: fields, filters, groupings, totals, forms; a customer sees its own calls only; both SCP kinds report the same.

Source: A-250 to A-254.
"""

import csv
import html.parser
import io
import json
import sqlite3

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.figures.bars import Chart
from ain_scp.reports.page import svg
from ain_scp.reports.report import Report
from ain_scp.reports.source import RequestError
from ain_scp.smdr.computed import with_computed
from ain_scp.smdr.front_end import Change
from ain_scp.smdr.host import Host
from ain_scp.smdr.record import SmdrRecord
from ain_scp.smdr.request import COLUMNS, DEFAULT_FIELDS, DIMENSIONS, ReportRequest, plan
from ain_scp.smdr.store import SqliteHost
from ain_scp.terms.units import DAY_MS


@pytest.fixture
def served(plant, calls, clock):
    plant.place(calls)
    plant.transfer(clock("12:00:00"))
    return plant.host


def test_both_kinds_of_scp_give_the_same_report(make_plant, calls, clock):
    """A-252: the same 10 calls through both kinds: equal reports, in every form."""
    printed = []
    for form in ("ISCP", "LSCP"):
        plant = make_plant(form)
        plant.place(calls)
        plant.transfer(clock("12:00:00"))
        requests = [ReportRequest(form=shape) for shape in ("table", "csv", "json", "html")]
        requests += [ReportRequest(group_by=("status", "hour"), form="json")]
        printed.append([plant.host.printed(request, None) for request in requests])
    assert printed[0] == printed[1]
    assert "4159215678" in printed[0][0]


def test_single_variables_of_some_calls(served):
    """A-250: fields calling and duration, calling prefix 925834, one day."""
    request = ReportRequest(
        fields=("calling", "duration"),
        calling_prefix="925834",
        since_ms=979_689_600_000,
        until_ms=979_689_600_000 + DAY_MS,
        status="COMPLETED",
    )
    report = served.report(request, "GOLDEN")
    assert report.columns == ("calling_party_id", "duration_s")
    assert report.rows == (("9258341234", 180), ("9258341234", 180), ("9258341234", 540))
    assert (report.totals["calls"], report.totals["duration_s"]) == (3, 900)


def test_a_full_report_is_in_the_words_of_the_acceptance_cases(served):
    request = ReportRequest(fields=tuple(column.name for column in COLUMNS[:11]), calling_prefix="9258341234")
    row = json.loads(served.printed(msgspec.structs.replace(request, form="json"), "GOLDEN"))["rows"][1]
    assert row == {
        "customer_group": "GOLDEN",
        "calling_party_id": "9258341234",
        "called_party_id": "9257893412",
        "original_called_party_id": "4159215678",
        "destination": "4159215678",
        "status": "COMPLETED",
        "start_time": "2001-01-17T10:00:00",
        "connect_time": "2001-01-17T10:00:00",
        "end_time": "2001-01-17T10:03:00",
        "duration_s": 180,
        "source_records": 2,
    }


def test_centrex_and_pbx_calls_are_in_one_stream(served):
    """A-251: a report over C05 and C09 has both."""
    rows = served.report(ReportRequest(fields=("calling",), status="COMPLETED"), "GOLDEN").rows
    assert {"9258341234", "9257884101"} <= {row[0] for row in rows}


def test_blocked_calls_appear_with_equal_times(served):
    """A-255."""
    report = served.report(ReportRequest(fields=("status", "start", "end"), status="BLOCKED"), "GOLDEN")
    assert [row[0] for row in report.rows] == ["BLOCKED:SCREENED", "BLOCKED:BLOCKED_INTERNATIONAL"]
    assert all(row[1] == row[2] for row in report.rows)
    one = served.report(ReportRequest(fields=("status",), status="BLOCKED:SCREENED"), "GOLDEN")
    assert one.rows == (("BLOCKED:SCREENED",),)


def test_a_customer_sees_only_its_own_calls(served):
    """A-254: GOLDEN's report has no SILVER call, whatever it asks."""
    golden = served.report(ReportRequest(fields=("customer",)), "GOLDEN")
    assert {row[0] for row in golden.rows} == {"GOLDEN"}
    assert golden.totals["calls"] == 8
    assert served.report(ReportRequest(), None).totals["calls"] == 10
    for asked in ("SILVER", "", "GOLDEN' or '1'='1"):
        with pytest.raises(RequestError, match="another customer"):
            served.report(ReportRequest(customer=asked), "GOLDEN")
    with pytest.raises(RequestError, match="not known"):
        served.report(ReportRequest(), "")
    assert served.report(ReportRequest(), "GOLDEN' or '1'='1").totals["calls"] == 0
    assert served.report(ReportRequest(group_by=("customer",)), "SILVER").rows == (("SILVER", 2, 2, 360),)
    for chart in served.charts(ReportRequest(), "SILVER"):
        assert sum(chart.values) == 2


def test_the_wanted_number_and_the_host_number_are_told_apart(served):
    """A-241: the ASF-RTL call is found by its destination, and by the number that hosts the tie line."""
    by_destination = served.report(ReportRequest(fields=("called",), destination_prefix="415921"), "GOLDEN")
    assert by_destination.rows == (("4159212000",), ("9257893412",), ("4159212000",))
    assert served.report(ReportRequest(called_prefix="925789"), "GOLDEN").totals["calls"] == 1


def test_groups_have_calls_completed_and_seconds(served):
    report = served.report(ReportRequest(group_by=("outcome",)), "GOLDEN")
    assert report.columns == ("outcome", "calls", "completed", "duration_s")
    assert report.rows == (
        ("BLOCKED", 2, 0, 0),
        ("BUSY", 1, 0, 0),
        ("COMPLETED", 4, 4, 1080),
        ("NO_ANSWER", 1, 0, 0),
    )
    by_hour = served.report(ReportRequest(group_by=("day", "hour")), None)
    assert by_hour.rows == (("2001-01-17", "10:00", 10, 6, 1440),)


def test_rows_beyond_what_was_asked_for_are_cut_and_told(served):
    report = served.report(ReportRequest(most=3), "GOLDEN")
    assert (len(report.rows), report.truncated, report.totals["calls"]) == (3, True, 8)
    assert "(rows cut)" in served.printed(ReportRequest(most=3), "GOLDEN")
    assert not served.report(ReportRequest(most=8), "GOLDEN").truncated


def test_csv_is_what_other_software_reads(served):
    rows = list(csv.DictReader(io.StringIO(served.printed(ReportRequest(form="csv"), "GOLDEN"))))
    assert tuple(rows[0]) == DEFAULT_FIELDS
    assert len(rows) == 8
    assert rows[0]["original_called_party_id"] == ""


class Doubled:
    """A column of another package: twice the seconds, nothing where there are none."""

    name, reads = "twice", ("duration_s",)

    def of(self, row):
        return row["duration_s"] * 2 or None


def test_a_computed_cell_is_text_and_empty_where_the_column_gives_none():
    report = Report(("duration_s",), ((0,), (21,)), {})
    found = with_computed(report, ["duration_s", "twice"], {"twice": Doubled()})
    assert (found.columns, found.rows) == (("duration_s", "twice"), ((0, None), (21, "42")))


def test_a_table_has_its_totals(served):
    lines = served.printed(ReportRequest(fields=("calling", "status")), "SILVER").splitlines()
    assert lines[0].split() == ["calling_party_id", "status"]
    assert lines[-1] == "2 calls, 2 completed, 360 s"


class Page(html.parser.HTMLParser):
    """Collects elements, and attributes that would fetch something."""

    VOID = frozenset({"meta"})

    def __init__(self):
        super().__init__()
        self.open, self.count, self.fetched = [], {}, []

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        self.fetched += [value for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(served):
    page = Page()
    page.feed(served.printed(ReportRequest(form="html"), "GOLDEN"))
    assert page.open == []
    assert page.fetched == []
    assert page.count["svg"] == 3
    assert page.count["tr"] == 1 + 8
    assert "script" not in page.count


def test_the_page_shows_hostile_text_as_text():
    chart = svg(Chart("<script>", ("<b>&",), (1,)))
    assert "<script>" not in chart
    assert "&lt;b&gt;&amp;" in chart


def test_a_chart_says_what_it_leaves_out():
    chart = svg(Chart("Calls", tuple(str(n) for n in range(75)), tuple(range(75))))
    assert chart.count("<rect") == 60
    assert "15 more bars left out" in chart
    assert svg(Chart("None", (), ())).count("<rect") == 0


WRONG = [
    ({"fields": ("calling", "secret")}, "unknown field secret"),
    ({"fields": ()}, "no field"),
    ({"fields": ("calling", "calling")}, "named twice"),
    ({"group_by": ("duration_s",)}, "cannot be grouped"),
    ({"group_by": ("1); drop table call; --",)}, "cannot be grouped"),
    ({"calling_prefix": "925%"}, "a prefix is"),
    ({"destination_prefix": ""}, "a prefix is"),
    ({"since_ms": 5, "until_ms": 5}, "ends before it begins"),
    ({"most": 0}, "rows asked for"),
    ({"most": 10_000_000}, "rows asked for"),
]


@pytest.mark.parametrize(("asked", "reason"), WRONG)
def test_what_cannot_be_asked_is_refused_in_words(asked, reason):
    with pytest.raises(RequestError, match=reason):
        plan(ReportRequest(**asked), None)


def test_every_problem_is_named_at_once():
    with pytest.raises(RequestError) as caught:
        plan(ReportRequest(fields=("x",), calling_prefix="y", most=0), None)
    assert [
        words in caught.value.reason for words in ("unknown field x", "a prefix is", "rows asked for")
    ] == [True] * 3


NUMBERS = st.sampled_from(["9258341234", "9258341235", "4159212000", "33140205050", "911"])
STATUSES = st.sampled_from(
    ["COMPLETED", "NO_ANSWER", "BLOCKED:SCREENED", "BLOCKED:BLOCKED_800", "INCOMPLETE"]
)
RECORDS = st.lists(
    st.builds(
        SmdrRecord,
        identifier=st.uuids().map(lambda number: number.hex[:12].upper()),
        scp=st.just(""),
        customer_group=st.sampled_from(["GOLDEN", "SILVER"]),
        calling_party_id=NUMBERS,
        called_party_id=NUMBERS,
        original_called_party_id=st.none() | NUMBERS,
        status=STATUSES,
        start_ms=st.integers(0, 4 * DAY_MS),
        connect_ms=st.none() | st.integers(0, 10),
        end_ms=st.integers(0, 10),
        duration_ms=st.integers(0, 100_000),
        source_records=st.sampled_from([1, 2]),
    ),
    max_size=25,
    unique_by=lambda record: record.identifier,
)
REQUESTS = st.builds(
    ReportRequest,
    customer=st.none() | st.sampled_from(["GOLDEN", "SILVER"]),
    since_ms=st.none() | st.integers(0, DAY_MS),
    until_ms=st.none() | st.integers(2 * DAY_MS, 4 * DAY_MS),
    calling_prefix=st.none() | st.sampled_from(["9", "925834", "9258341235", "4"]),
    called_prefix=st.none() | st.sampled_from(["9", "33"]),
    destination_prefix=st.none() | st.sampled_from(["415", "9258341235999"]),
    status=st.none() | st.sampled_from(["COMPLETED", "BLOCKED", "BLOCKED:SCREENED", "INCOMPLETE"]),
    group_by=st.lists(st.sampled_from([item.name for item in DIMENSIONS]), max_size=2, unique=True).map(
        tuple
    ),
)


def fits(record, request):
    """The slow way to say whether a call fits a request."""
    destination = record.original_called_party_id or record.called_party_id
    return (
        request.customer in (None, record.customer_group)
        and (request.since_ms is None or record.start_ms >= request.since_ms)
        and (request.until_ms is None or record.start_ms < request.until_ms)
        and record.calling_party_id.startswith(request.calling_prefix or "")
        and record.called_party_id.startswith(request.called_prefix or "")
        and destination.startswith(request.destination_prefix or "")
        and request.status in (None, record.status, record.status.split(":")[0])
    )


def key_of(record, name):
    """The slow way to cut a grouping's key."""
    destination = record.original_called_party_id or record.called_party_id
    return {
        "customer_group": record.customer_group,
        "calling_party_id": record.calling_party_id,
        "called_party_id": record.called_party_id,
        "destination": destination,
        "calling_area": record.calling_party_id[:3],
        "destination_area": destination[:3],
        "status": record.status,
        "outcome": record.status.split(":")[0],
        "day": f"1970-01-0{record.start_ms // DAY_MS + 1}",
        "hour": f"{record.start_ms % DAY_MS // 3_600_000:02d}:00",
    }[name]


@settings(derandomize=True, deadline=None, max_examples=70)
@given(RECORDS, REQUESTS)
def test_the_engine_says_what_a_slow_search_says(kept, request):
    database = sqlite3.connect(":memory:", isolation_level=None)
    store = SqliteHost(database)
    store.import_changes("test", [Change(number, record) for number, record in enumerate(kept, 1)])
    found = Host(store).report(request, None)
    fitting = [record for record in kept if fits(record, request)]
    assert found.totals["calls"] == len(fitting)
    assert found.totals["completed"] == sum(record.status == "COMPLETED" for record in fitting)
    assert found.totals["duration_s"] == sum(record.duration_ms for record in fitting) // 1000
    if request.group_by:
        groups = {}
        for record in fitting:
            key = tuple(key_of(record, name) for name in request.group_by)
            calls, completed, duration = groups.get(key, (0, 0, 0))
            groups[key] = (
                calls + 1,
                completed + (record.status == "COMPLETED"),
                duration + record.duration_ms,
            )
        expected = [
            (*key, calls, completed, ms // 1000) for key, (calls, completed, ms) in sorted(groups.items())
        ]
        assert list(found.rows) == expected
    else:
        expected = sorted(
            (record.calling_party_id, record.called_party_id, record.status) for record in fitting
        )
        assert sorted((row[1], row[2], row[4]) for row in found.rows) == expected
    database.close()

"""Reports: no cell is a formula, totals have their names, and an engine is asked by a source described as data."""

import csv
import io
import sqlite3
from contextlib import closing

import pytest

from ain_scp.figures.bars import Chart
from ain_scp.reports.page import sheet_page
from ain_scp.reports.report import Report, as_csv, as_table, build
from ain_scp.reports.sheet import Part, Sheet
from ain_scp.reports.source import Column, Condition, Dimension, Measure, Source, plan, problems
from ain_scp.reports.sql import rows_statement, totals_statement
from ain_scp.reports.text import sheet_text

COINS = Source(
    table="coin",
    columns=(Column("mint", "mint", "text"), Column("cents", "cents", "number")),
    dimensions=(Dimension("mint", "mint", "value"), Dimension("begins", "mint", "prefix", 1)),
    measures=(
        Measure("coins", "coins", "count"),
        Measure("gold", "of gold", "count_equal", "metal", "AU"),
        Measure("cents", "cents", "sum", "cents"),
    ),
    order=("cents", "mint?"),
    aliases={"m": "mint"},
)


def asked(*, fields=("m", "cents"), group_by=(), conditions=(), most=10):
    """The report of a plan over four coins, one without a mint."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table coin (mint text, cents integer, metal text)")
        rows = [("DENVER", 10, "AU"), ("DOVER", 5, "CU"), (None, 5, "CU"), ("PARIS", 20, "AU")]
        database.executemany("insert into coin values (?, ?, ?)", rows)
        checked = plan(COINS, conditions, fields, group_by, most)
        found = database.execute(*rows_statement(checked)).fetchall()
        return build(checked, found, database.execute(*totals_statement(checked)).fetchone())


def test_rows_come_in_the_source_s_order_and_totals_count_those_cut_off():
    report = asked(most=2)
    assert report.rows == ((None, 5), ("DOVER", 5))
    assert (report.truncated, report.totals) == (True, {"coins": 4, "gold": 2, "cents": 40})
    assert as_table(report).splitlines()[-1] == "4 coins, 2 of gold, 40 cents (rows cut)"


def test_groups_have_every_measure():
    report = asked(group_by=("begins",), conditions=(Condition("cents", "below", 20),))
    assert report.columns == ("begins", "coins", "gold", "cents")
    assert report.rows == ((None, 1, 0, 5), ("D", 2, 1, 15))


def test_every_problem_with_a_request_is_named():
    assert problems(COINS, ("m", "mint", "weight"), ("year",), 0) == [
        "unknown field weight; known: mint, cents",
        "coins cannot be grouped by year; known: mint, begins",
        "rows asked for must be 1 to 1000000",
    ]
    assert problems(COINS, (), ("mint", "mint"), 1) == [
        "no field is asked for",
        "a field or grouping is named twice",
    ]


def test_no_cell_of_a_csv_report_is_a_formula_in_a_spreadsheet():
    row = ("=HYPERLINK(1)", "+1-2", "\t@x", "-5", 7, None, "9258341234")
    text = as_csv(Report(tuple("abcdefg"), (row,), {}))
    assert list(csv.reader(io.StringIO(text)))[1] == [
        "'=HYPERLINK(1)",
        "'+1-2",
        "'\t@x",
        "-5",
        "7",
        "",
        "9258341234",
    ]


def test_a_sheet_is_text_page_and_pdf_alike():
    chart = Chart("By day", ("1", "2"), (3, 0))
    coins = Part("Coins", ("Mint", "Cents"), (("Denver", 10), (None, 5)), (1,), sums=("All", 15), note="Two.")
    sheet = Sheet("Account of coins", (("Of", "us"),), (coins, Part("Usage", charts=(chart,))))
    text, html = sheet_text(sheet), sheet_page(sheet)
    assert text.splitlines()[-5:] == [
        "Mint    Cents",
        "Denver     10",
        "            5",
        "-------------",
        "All        15",
    ]
    for word in ("Account of coins", "Coins", "Two.", "Denver", "15"):
        assert word in text
        assert word in html
    assert html.count("<rect") == 2


def test_a_pdf_is_the_same_octets_and_has_every_row_on_some_page():
    pytest.importorskip("reportlab", reason="the extra `pdf` is not installed")
    from ain_scp.reports.pdf import sheet_pdf

    rows = tuple((f"row {number}", number) for number in range(300))
    sheet = Sheet("Many", (), (Part("Rows", ("Name", "Number"), rows, (1,)),))
    made = sheet_pdf(sheet)
    assert made == sheet_pdf(sheet)
    assert made.count(b"/Type /Page\n") > 3 or made.count(b"/Type /Page") > 4


def test_wide_cells_shrink_and_foreign_text_is_escaped_in_a_pdf():
    pytest.importorskip("reportlab", reason="the extra `pdf` is not installed")
    from ain_scp.reports.pdf import sheet_pdf

    evil = "<b>&" + "x" * 300
    assert sheet_pdf(Sheet(evil, ((evil, evil),), (Part(evil, (evil, "b"), ((evil, "y"),), note=evil),)))

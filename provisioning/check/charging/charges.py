"""Classes of service, taxes, recurring charges, and the contract of a customer: row by row.

Source: charging design 8.7 to 8.9, 8.14; CH-17, CH-22, CH-30.
"""

from ain_scp.provisioning.check.charging.cells import Cells, Pairs, cells_of
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.rows_charging import ANY, ContractRow, CosRow, RecurringRow, TaxOn, TaxRow
from ain_scp.provisioning.tables.contracts import key_of
from ain_scp.terms.localtime import day_text

COS = (("cos", "destination", "allowed"), ())
TAXES = (("tax", "effective", "percent", "on"), ())
RECURRING = (("item", "effective", "owner", "per", "amount"), ("until", "prorate"))
CONTRACT = (("effective", "flag", "percent"), ("origin", "destination", "pair", "host", "class"))

TAXED: tuple[TaxOn, ...] = ("USAGE", "RECURRING", "ALL")
COUNTED = ("CENTREX", "PBX", "RTL")
"""What recurring charges of a customer are counted by."""
PER = ("ACCOUNT", "LINE", *COUNTED)
PAIRS = ("PBX_PBX", "MIXED")


def read_cos(files: Files) -> Pairs[CosRow]:
    """Read `cos.csv`: the last row of each class is for every destination."""
    pairs: Pairs[CosRow] = []
    last: dict[str, tuple[Cells, CosRow]] = {}
    for cells in cells_of(files, "cos.csv", COS):
        row = CosRow(cells.word("cos"), cells.word_or_any("destination"), cells.yes("allowed"), cells.where)
        last[row.cos] = (cells, row)
        pairs.append((cells, row))
    for name, (cells, row) in last.items():
        if row.destination != ANY:
            cells.error("destination", f"cos {name} has no last row *", "CH-22")
    return pairs


def read_taxes(files: Files) -> Pairs[TaxRow]:
    """Read `taxes.csv`."""
    pairs: Pairs[TaxRow] = []
    first: set[tuple[str, int]] = set()
    for cells in cells_of(files, "taxes.csv", TAXES):
        row = TaxRow(
            cells.word("tax"),
            cells.date("effective"),
            cells.percent("percent"),
            cells.choice("on", TAXED),
            cells.where,
        )
        if (row.tax, row.effective) in first:
            text = f"tax {row.tax}: two percents from the same date {day_text(row.effective)}"
            cells.error("effective", text, "CH-30")
        first.add((row.tax, row.effective))
        pairs.append((cells, row))
    return pairs


def read_recurring(files: Files) -> Pairs[RecurringRow]:
    """Read `recurring.csv`."""
    pairs: Pairs[RecurringRow] = []
    for cells in cells_of(files, "recurring.csv", RECURRING):
        row = RecurringRow(
            cells.required("item"),
            cells.date("effective"),
            cells.date_or_none("until"),
            cells.required("owner"),
            cells.choice("per", PER),
            cells.amount("amount"),
            cells.choice("prorate", ("none", "daily"), "none") == "daily",
            cells.where,
        )
        customer = row.owner.startswith("customer:")
        if row.owner and ((row.per in COUNTED and not customer) or (row.per == "LINE" and customer)):
            text = f"per {row.per} counts {'lines of accounts' if customer else 'numbers of a customer'}"
            cells.error("per", f"{text}, the owner is {shown(row.owner)}", "row")
        pairs.append((cells, row))
    return pairs


def read_contract(files: Files, file: str) -> Pairs[ContractRow]:
    """Read `customers/NAME/contract.csv`."""
    pairs: Pairs[ContractRow] = []
    first: dict[tuple[object, ...], ContractRow] = {}
    for cells in cells_of(files, file, CONTRACT):
        row = ContractRow(
            effective=cells.date("effective"),
            flag=cells.choice("flag", ("UBR", "RBR")),
            origin=_or_any(cells, "origin"),
            destination=_or_any(cells, "destination"),
            pair=cells.choice("pair", (*PAIRS, ANY), ANY),
            host=_or_any(cells, "host"),
            station_class=_or_any(cells, "class"),
            percent=cells.percent("percent"),
            where=cells.where,
        )
        earlier = first.setdefault((key_of(row), row.effective), row)
        if earlier is not row:
            text = f"contract: the same key and effective date as contract.csv:{earlier.where.line}"
            cells.error("effective", text, "CH-08")
        pairs.append((cells, row))
    return pairs


def _or_any(cells: Cells, column: str) -> str:
    return cells.word_or_any(column) if cells.get(column) else ANY

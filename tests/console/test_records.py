"""Pages of records and books: what the commands print, nothing that changes anything, and no word of a request becomes an option."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests.console.conftest import ROOT, ConsoleProcess


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """A console with records of a golden run, a ledger of a month, and a provider without tickets."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    place = tmp_path_factory.mktemp("books")

    def ain(*words, status=0):
        done = subprocess.run(
            [sys.executable, "-m", "ain_scp", *map(str, words)],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    examples = ROOT / "examples"
    dataset = shutil.copytree(examples / "golden", place / "golden")
    ain("run", examples / "golden/scenario.toml", "--transport", "memory", "--records", "records")
    ain("smdr", "transfer", "records")
    ain("smdr", "import", "records")
    ain(
        "account",
        "apply",
        examples / "charging",
        "--events",
        examples / "bills/month.jsonl",
        "--dir",
        "books",
    )
    options = ["--records", place / "records", "--charging", place / "books"]
    try:
        import cryptography  # noqa: F401

        ain("ticket", "init", ".", "--enterprise", "ACME", "--site", examples / "tickets/site.toml")
        options += ["--tickets", place / "TELCO/provider.toml"]
    except ImportError:
        pass
    started = ConsoleProcess(dataset, place / "workspace", *options)
    assert started.login() == 200
    started.ain, started.place, started.options = ain, place, options
    yield started
    assert started.end()[0] == 0


def test_call_records_are_those_of_the_report(books):
    page = books.read("/smdr")
    assert page["rows"] == json.loads(books.ain("smdr", "report", "records", "--json"))["rows"]
    assert len(page["rows"]) == 31
    rows = list(csv.DictReader(io.StringIO(books.ask("/smdr.csv")[2].decode())))
    assert [row["called_party_id"] for row in rows] == [row["called_party_id"] for row in page["rows"]]
    page = books.read("/smdr?group_by=status,day&status=COMPLETED")
    words = [text for tag, _, text in page["drawing"]["parts"] if tag == "text"]
    assert (page["drawing"]["title"], words) == ("Calls by status", ["COMPLETED", "21"])
    assert page["command"].endswith("--status=COMPLETED --group-by=status --group-by=day")


def test_a_drawing_of_call_records_is_a_file_of_its_own(books):
    status, headers, octets = books.ask("/smdr.svg?group_by=status")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    root = ET.fromstring(octets)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.findall("{http://www.w3.org/2000/svg}rect")) == 6
    assert books.ask("/smdr.svg")[0] == 404


def test_ama_records_have_their_prices(books):
    page = books.read("/ama")
    assert {"ama_slp_id", "standard_cents", "charged_cents"} <= set(page["columns"])
    assert len(page["rows"]) == len(
        json.loads(books.ain("ama", "verify", "records", "--dataset", "golden", "--json"))["records"]
    )


def test_accounts_and_bills_are_read_and_nothing_moves(books):
    before = books.ain("account", "show", "GB", "books", "--json")
    page = books.read("/accounts")
    assert {row["account"] for row in page["rows"]} >= {"GB", "A10"}
    page = books.read("/accounts/GB")
    assert ["posted", "-375.26"] in page["facts"]
    assert page["rows"] == json.loads(books.ain("account", "ledger", "GB", "books", "--json"))["transfers"]
    assert [one["title"] for one in page["more"]] == ["Calls"]
    page = books.read("/bills/GB/2001-01")
    assert [row["kind"] for row in page["rows"]] == ["USAGE", "DISCOUNT", "ADJUSTMENT", "TAX"]
    assert books.ain("account", "show", "GB", "books", "--json") == before
    assert books.ask("/api/accounts/NOBODY")[0] == 422
    assert books.ask("/api/accounts/--help")[0] == 404


def test_tickets_of_an_enterprise(books):
    pytest.importorskip("cryptography", reason="needs the extra tickets")
    assert [row["enterprise"] for row in books.read("/tickets")["rows"]] == ["ACME"]
    page = books.read("/tickets?enterprise=ACME&by=extension")
    assert (page["rows"], page["empty"]) == ([], "No ticket fits.")
    assert books.ask("/api/tickets?enterprise=OTHER")[0] == 404


@pytest.mark.parametrize("value", ["--output=/tmp/x", "a;b", "x" * 65, "%00", "a\nb", "$(id)", "'"])
def test_a_value_that_cannot_be_one_is_refused(books, value):
    from urllib.parse import quote

    status, _, octets = books.ask(f"/api/smdr?customer={quote(value)}")
    assert status in (400, 422) or value == "--output=/tmp/x", octets
    if status == 200:
        assert json.loads(octets)["rows"] == []  # a customer of that name, and no option


def test_what_a_command_refuses_is_said_in_its_words(books):
    status, _, octets = books.ask("/api/smdr?since=yesterday")
    assert status == 422
    assert "yesterday" in json.loads(octets)["detail"]


def test_a_console_without_records_says_how_to_give_them(console):
    for path, option in (
        ("/smdr", "--records"),
        ("/ama", "--records"),
        ("/accounts", "--charging"),
        ("/bills/A/2001-01", "--charging"),
        ("/tickets", "--tickets"),
    ):
        page = console.read(path)
        assert page["rows"] == []
        assert option in page["empty"]


@pytest.mark.slow
def test_pages_of_records_in_a_browser(books, network_browser):
    """Light and dark, wide and narrow: no violation of axe, nothing beyond the edge, no complaint."""
    from tests.console.test_captures import put
    from tests.console.test_pages import judged

    browser = network_browser
    browser.origins = (books.url,)
    browser.ask("Emulation.setUserAgentOverride", userAgent="test")
    name, _, value = books.cookie.partition("=")
    browser.ask(
        "Network.setCookie", url=books.url, name=name, value=value, httpOnly=True, sameSite="Strict", path="/"
    )
    books.ain("run", ROOT / "examples/golden/scenario.toml", "--transport", "memory", "--pcap", "golden.pcap")
    capture = put(books, (books.place / "golden.pcap").read_bytes())[1]["sha"]
    assert (
        judged(
            books,
            browser,
            ("/smdr?group_by=status", "/accounts/GB", f"/captures/{capture}", f"/captures/{capture}/0"),
        )
        == {}
    )


OWN = {"golden": ("GOLDEN", ["GB", "A10"], "ACME"), "silver": ("SILVER", [], None)}


@pytest.fixture(scope="module")
def customers(books):
    """A console over the same books, and a client for each of two customers."""
    rows = "".join(
        f'[[token]]\nname = "{name}"\nsha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\nrole = "customer"\ncustomer = "{customer}"\n'
        f"accounts = {accounts}\n" + (f'enterprise = "{enterprise}"\n' if enterprise else "")
        for name, (customer, accounts, enterprise) in OWN.items()
    )
    path = books.place / "tokens.toml"
    path.write_text("schema = 1\n" + rows)
    path.chmod(0o600)
    started = ConsoleProcess(
        books.dataset, books.place / "workspace2", *books.options, "--tokens", path, "--scp", "127.0.0.1:1"
    )
    clients = {}
    for name in OWN:
        assert started.login(name) == 200
        clients[name] = started.cookie, started.csrf

    def as_customer(name):
        started.cookie, started.csrf = clients[name]
        return started

    yield as_customer
    started.end()


def test_a_customer_has_its_own_call_records_and_asks_for_no_other_group(books, customers):
    groups = {row["customer_group"] for row in books.read("/smdr?group_by=customer_group")["rows"]}
    assert len(groups) > 1
    for name, (customer, _, _) in OWN.items():
        page, own = customers(name).read("/smdr"), books.read(f"/smdr?customer={customer}")
        assert page["rows"] == own["rows"]
        assert own["rows"]
        assert page["facts"] == own["facts"]
        assert "customer" not in dict(page["asks"])
        other = next(group for group in groups if group != customer)
        assert customers(name).read(f"/smdr?customer={other}")["rows"] == own["rows"]
        grouped = customers(name).read("/smdr?group_by=customer_group")["rows"]
        assert {row["customer_group"] for row in grouped} <= {customer}
        for form in ("csv", "json"):
            assert other.encode() not in customers(name).ask(f"/smdr.{form}")[2]


def test_a_customer_has_its_own_accounts_and_bills_and_the_others_are_not_there(books, customers):
    client = customers("golden")
    assert {row["account"] for row in client.read("/accounts")["rows"]} == {"GB", "A10"}
    assert client.read("/accounts/GB")["rows"] == books.read("/accounts/GB")["rows"]
    assert client.read("/bills/GB/2001-01")["rows"] == books.read("/bills/GB/2001-01")["rows"]
    others = {row["account"] for row in books.read("/accounts")["rows"]} - {"GB", "A10"}
    assert others
    for name in (*others, "NOBODY"):
        for path in (f"/api/accounts/{name}", f"/accounts/{name}.csv", f"/api/bills/{name}/2001-01"):
            status, _, octets = client.ask(path)
            assert (status, json.loads(octets)["detail"]) == (404, "there is no such account"), path
    assert customers("silver").read("/accounts")["rows"] == []


def test_a_customer_has_the_tickets_of_its_enterprise_alone(customers):
    pytest.importorskip("cryptography", reason="needs the extra tickets")
    assert [row["enterprise"] for row in customers("golden").read("/tickets")["rows"]] == ["ACME"]
    assert customers("golden").read("/tickets?enterprise=ACME&by=extension")["rows"] == []
    assert customers("silver").read("/tickets")["rows"] == []
    assert customers("silver").ask("/api/tickets?enterprise=ACME")[0] == 404

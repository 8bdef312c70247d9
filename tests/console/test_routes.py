"""Every address by every role, as a table that is walked; what a stranger sees; what masks and customers are shown."""

import csv
import hashlib
import io
import json
import shutil
import time
import xml.etree.ElementTree as ET

import pytest

from ain_scp.console.resources.explain import explain
from ain_scp.console.resources.fault import PageFault
from ain_scp.console.routes import ACTIONS, PAGES, WAYS
from ain_scp.console.sessions import Identity
from ain_scp.console.sets import Sets
from tests.console.conftest import ROOT, ConsoleProcess

ROLES = ("viewer", "customer", "operator", "approver")
STAFF = {"viewer", "operator", "approver"}
READ = {
    "/me": set(ROLES), "/live": STAFF, "/live/history": STAFF, "/messages": STAFF, "/messages/{scp}/{id}": STAFF, "/calls": STAFF, "/progress": STAFF, "/calls/{run}/{id}": STAFF, "/explain": set(ROLES),
    "/data": STAFF, "/data/number/{digits}": set(ROLES), "/data/table": STAFF, "/traffic": STAFF, "/review": STAFF,
    "/review/{id}": STAFF, "/smdr": set(ROLES), "/ama": STAFF, "/accounts": set(ROLES), "/accounts/{account}": set(ROLES), "/bills/{account}/{period}": set(ROLES),
    "/tickets": set(ROLES), "/bench": STAFF, "/bench/{bench}": STAFF, "/bench/{bench}/against/{other}": STAFF, "/captures": STAFF, "/captures/{sha}": STAFF, "/captures/{sha}/{number}": STAFF, "/audit": {"operator", "approver"},
}  # fmt: skip
WRITE = {
    "/api/bench": {"operator"}, "/api/uploads": {"operator"}, "/api/captures/{sha}/replay": {"operator"}, "/api/captures/{sha}": {"operator"},
    "/api/progress/{scp}/disconnect": {"operator"}, "/api/runs": {"operator"}, "/api/runs/{run}": {"operator"}, "/api/runs/{run}/pace": {"operator"}, "/api/reviews": {"operator"},
    "/api/reviews/{id}/seen": {"operator", "approver"}, "/api/reviews/{id}/verdict": {"approver"},
    "/api/reviews/{id}/reload": {"operator", "approver"},
}  # fmt: skip


def test_the_table_names_every_address_and_its_roles():
    assert {page.path: set(page.roles) for page in PAGES} == READ
    assert {action.path: set(action.roles) for action in ACTIONS} == WRITE
    kinds = {way.kind for _, _, way in WAYS}
    assert kinds == {
        "events",
        "logout",
        "shell",
        "json",
        "csv",
        "do",
        "static",
        "svg",
        "raw",
        "openapi",
        "hgrm",
    }


@pytest.fixture(scope="module")
def roles(tmp_path_factory):
    """A console with a token for each role, and one logged-in client for each."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    place = tmp_path_factory.mktemp("roles")
    dataset = shutil.copytree(ROOT / "examples" / "golden", place / "golden")
    path = place / "tokens.toml"
    rows = []
    for name in (*ROLES, "masked"):
        role = "viewer" if name == "masked" else name
        more = 'customer = "GOLDEN"\n' if role == "customer" else "mask = true\n" if name == "masked" else ""
        rows.append(
            f'[[token]]\nname = "{name}"\nsha256 = "{hashlib.sha256(name.encode()).hexdigest()}"\nrole = "{role}"\n{more}'
        )
    path.write_text("schema = 1\n" + "\n".join(rows))
    path.chmod(0o600)
    started = ConsoleProcess(dataset, place / "workspace", "--tokens", path)
    clients = {}
    for name in (*ROLES, "masked"):
        assert started.login(name) == 200
        clients[name] = (started.cookie, started.csrf)

    def as_role(name):
        started.cookie, started.csrf = clients.get(name, ("", ""))
        return started

    yield as_role
    started.end()


def filled(path):
    return (
        path.replace("{run}", "none")
        .replace("{id}", "none")
        .replace("{scp}", "none")
        .replace("{bench}", "none")
        .replace("{other}", "none")
        .replace("{sha}", "none")
        .replace("{number}", "0")
        .replace("{account}", "none")
        .replace("{period}", "2001-01")
        .replace("{digits}", "9258341234")
    )


@pytest.mark.parametrize("role", ["stranger", *ROLES])
def test_each_role_reads_what_the_table_says(roles, role):
    client = roles(role)
    for path, allowed in READ.items():
        for form in (f"/api{filled(path)}", f"{filled(path)}.json", f"{filled(path)}.csv"):
            status, _, octets = client.ask(form)
            if role == "stranger":
                assert status == 401, form
            elif role in allowed:
                assert status in (200, 400, 404, 422), (form, octets)
                assert (
                    b"no such page" not in octets or b"no rows" in octets or path == "/data/number/{digits}"
                ), (form, octets)
            else:
                assert (status, json.loads(octets)["detail"]) == (404, "there is no such page"), form


@pytest.mark.parametrize("role", ["stranger", *ROLES])
def test_each_role_does_what_the_table_says(roles, role):
    client = roles(role)
    for action in ACTIONS:
        kind = {"Content-Type": "application/octet-stream"} if action.raw else {}
        status, _, octets = client.ask(filled(action.path), method=action.method, body={}, headers=kind)
        if role == "stranger":
            assert status == 401
        elif role in WRITE[action.path]:
            assert status in ((200,) if action.raw else (400, 404, 409)), (action.path, octets)
            if action.raw:
                continue
            assert json.loads(octets)["detail"] != "there is no such page"
        else:
            assert (status, json.loads(octets)["detail"]) == (404, "there is no such page"), action.path


def test_a_stranger_sees_the_same_everywhere(roles):
    client = roles("stranger")
    answers = {
        client.ask(path)[2]
        for path in ("/api/live", "/nothing", "/data/number/9", "/static/main.js", "/api/openapi.json")
    }
    assert len(answers) == 1
    status, headers, _ = client.ask("/live", headers={"Accept": "text/html"})
    assert status == 200  # led to the login page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Server" not in headers
    assert client.ask("/health")[2] == b"ok\n"


def test_a_wrong_code_is_refused_and_noted(roles):
    client = roles("stranger")
    assert client.login("wrong") == 403
    rows = roles("approver").read("/audit")["rows"]
    assert (rows[0]["what"], rows[0]["result"]) == ("login", "refused")
    assert {row["who"] for row in rows} >= set(ROLES)


def test_a_customer_sees_its_own_callers_and_no_others(roles):
    client = roles("customer")
    assert client.ask("/api/explain?from=9258341234&dial=7+9212000")[0] == 200
    assert client.ask("/api/data/number/9258341234")[0] == 200
    rows = (ROOT / "examples" / "golden" / "network" / "triggers.csv").read_text().splitlines()
    silver = [row.split(",")[0] for row in rows if ",SILVER," in row]
    assert silver
    for number in silver:
        assert client.ask(f"/api/data/number/{number}")[0] == 404
        assert client.ask(f"/api/explain?from={number}&dial=7+9212000")[0] == 404


def test_a_customer_is_shown_what_is_in_use_and_no_change_before_it_is(roles):
    client = roles("customer")
    for page in ("explain?from=9258341234&dial=7+9212000&", "data/number/9258341234?"):
        assert client.ask(f"/api/{page}ds=served")[0] == 200
        for other in ("working", "git:HEAD", client.read("/me")["digest"]):
            assert client.ask(f"/api/{page}ds={other}")[0] == 404


def test_a_customer_asks_neither_a_host_nor_a_trunk_group_of_another(tmp_path):
    opened = Sets(ROOT / "examples" / "golden", tmp_path).now()
    host = {"called": "9257893412", "original_called": "4159215678"}
    golden, silver = Identity("a", "customer", "GOLDEN"), Identity("b", "customer", "SILVER")
    assert explain(golden, opened, {"from": "9258341234", **host}, "golden").legs[0].graph is not None
    with pytest.raises(PageFault) as fault:
        explain(silver, opened, {"from": "6505551001", **host}, "golden")
    assert fault.value.status == 404
    said = set()
    for group in ("0000-0174", "0000-9999"):
        with pytest.raises(PageFault) as fault:
            explain(
                silver,
                opened,
                {"from": "6505551001", "dial": "9+12127770100", "trunk_group": group},
                "golden",
            )
        said.add(fault.value.detail.replace(group, "GROUP"))
    assert len(said) == 1


def test_who_sees_masked_numbers_sees_no_whole_one(roles):
    client = roles("masked")
    for path in (
        "/api/explain?from=9258341234&dial=7+9212000",
        "/api/data/table?name=customers/GOLDEN/stations.csv",
        "/data/table.csv?name=customers/GOLDEN/stations.csv",
    ):
        status, _, octets = client.ask(path)
        assert status == 200
        assert b"9258341234" not in octets
        assert "925834····".encode() in octets
        assert b"415-921-2000" not in octets
    assert "call 415-921-····".encode() in client.ask("/api/explain?from=9258341234&dial=7+9212000")[2]


def test_rows_are_csv_and_json_at_the_same_address(roles):
    client = roles("viewer")
    found = client.read("/data/table?name=customers/GOLDEN/mdp.csv")
    rows = list(
        csv.reader(io.StringIO(client.ask("/data/table.csv?name=customers/GOLDEN/mdp.csv")[2].decode()))
    )
    assert rows[0] == ["line", *found["columns"]]
    assert rows[1:] == [[str(row["line"]), *row["cells"]] for row in found["rows"]]
    assert client.ask("/explain.csv?from=9258341234&dial=7+9212000")[0] == 404


def test_pages_of_a_table_are_the_whole_table(roles):
    client = roles("viewer")
    name, whole, after = "customers/GOLDEN/stations.csv", [], 0
    while after is not None:
        page = client.read(f"/data/table?name={name}&limit=4&after={after}")
        whole += page["rows"]
        after = page["next"]
    assert whole == client.read(f"/data/table?name={name}")["rows"]


@pytest.mark.parametrize(
    "path", ["/data/table?name=../../etc/passwd", "/data/table?name=/etc/passwd", "/data/table?name=scenario.toml", "/data?ds=../x", "/calls?run=..", "/review/..", "/explain?from=x&dial=y",
             "/explain?from=9258341234&dial=7+9212000&at=noon", "/data/number/%00", "/data/table?name=network/lata.csv&limit=0"]
)  # fmt: skip
def test_bad_input_is_one_sentence_and_never_a_trace(roles, path):
    status, headers, octets = roles("operator").ask(f"/api{path}")
    assert status in (400, 404, 422)
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(octets)["detail"]
    assert b"Traceback" not in octets


def test_every_page_that_draws_has_its_drawing(roles):
    client = roles("operator")
    status, _, octets = client.ask("/live.svg")
    assert (status, "nothing to draw" in json.loads(octets)["detail"]) == (404, True)
    run = client.do("/runs", {"scenario": "scenario", "speed": "max"})[1]["id"]
    end = time.monotonic() + 60
    while client.read("/traffic")["rows"][0]["state"] != "done":
        assert time.monotonic() < end
        time.sleep(0.1)
    while client.ask("/live.svg")[0] == 404:  # a frame comes once a second
        assert time.monotonic() < end
        time.sleep(0.1)
    dial = "from=9258341234&dial=7+14159215678"
    for path, words in (
        ("/live.svg", {"SCP"}),
        (f"/calls/{run}/C01.svg", {"Call C01, COMPLETED", "SCP"}),
        (f"/explain.svg?{dial}", {"Routing logic of 9257893412", "TG: trunk group 0000-0174"}),
    ):
        status, headers, octets = client.ask(path)
        assert (status, headers["Content-Type"]) == (200, "image/svg+xml"), (path, octets)
        root = ET.fromstring(octets)
        said = {"".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")}
        assert words <= said, (path, said)
    assert b"9258341234" not in roles("masked").ask(f"/calls/{run}/C01.svg")[2]
    assert roles("stranger").ask("/live.svg")[0] == 401
    assert roles("customer").ask("/live.svg")[0] == 404

"""Plug-ins as packages: the examples installed and used; one that raises costs one refusal that names it."""

import contextlib
import itertools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
GOLDEN, SERVICES = ROOT / "examples" / "golden", ROOT / "examples" / "services"
AT = "2001-01-17T10:00:00"
BAD = {
    "bad_plans.py": "class Bad:\n    name, step = 'BAD', 's110'\n    def translate(self, *given):\n        return {}['evil']\n"
    "class Odd:\n    name, step = 'ODD', 's110'\n    def translate(self, *given):\n        return 'nine'\n"
    "class Quit:\n    name, step = 'QUIT', 's110'\n    def translate(self, *given):\n        raise SystemExit('bye\\x1b[2J')\n"
    "class Word:\n    name, step = 'WORD', 's110'\n    def translate(self, *given):\n"
    "        from ain_scp.terms.decision import Translation\n        return Translation('nine', 3)\n"
    "class Thief:\n    name, step = 'MDP', 's110'\n",
    "bad_service.py": "class Bad:\n    name = 'BAD'\n    def __init__(self, folder):\n        pass\n    def claims(self, query, row):\n"
    "        return query.called.digits == '2135551111' or {}['claims']\n    def decide(self, query, trace=None):\n        return {}['decides']\n"
    "class Unmade(Bad):\n    name = 'UNMADE'\n    def __init__(self, folder):\n        raise OSError('no tables')\n",
    "bad_rules.py": "class Bad:\n    name = 'BAD_RULE'\n    def refuses(self, call):\n"
    "        if not call.called.on_net:\n            raise KeyError(call.ctc)\n        return False\n"
    "class Odd:\n    name = 'ODD_RULE'\n    def refuses(self, call):\n        return 'yes'\n"
    "class All:\n    name = 'ALL'\n    def refuses(self, call):\n        return True\n"
    "class Small:\n    name = 'small'\n",
    "bad_sinks.py": "import os\nclass Bad:\n    def accept(self, batch):\n        raise OSError('no room')\n"
    "class Unmade:\n    def __init__(self):\n        raise SystemExit('bye')\n"
    "class Late:\n    def accept(self, batch):\n        if not os.path.exists(os.environ['LATE']):\n"
    "            open(os.environ['LATE'], 'w').close()\n            raise OSError('not yet')\n"
    "        with open(os.environ['LATE'], 'a') as out:\n            out.write(f'{batch.stream} {batch.first} {len(batch.records)}\\n')\n"
    "class Hangs:\n    def accept(self, batch):\n        import time\n        time.sleep(600)\n",
    "bad_column.py": "class Bad:\n    name, reads = 'bad', ('status',)\n    def of(self, row):\n        return row['calling_party_id']\n",
}
ENTRIES = """[ain.dialing_plans]
bad = bad_plans:Bad
odd = bad_plans:Odd
quit = bad_plans:Quit
word = bad_plans:Word
thief = bad_plans:Thief
gone = no_such_module:Plan
[ain.services]
BAD = bad_service:Bad
UNMADE = bad_service:Unmade
[ain.screening_rules]
bad = bad_rules:Bad
odd = bad_rules:Odd
all = bad_rules:All
small = bad_rules:Small
[ain.record_sinks]
bad = bad_sinks:Bad
unmade = bad_sinks:Unmade
late = bad_sinks:Late
hangs = bad_sinks:Hangs
[ain.report_columns]
bad = bad_column:Bad
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The example packages, installed by pip into a directory of their own."""
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("setuptools 77 or newer is not installed: ./dev env")
    target, copies = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("copies")
    packages = [shutil.copytree(place, copies / place.name) for place in sorted(EXAMPLES.iterdir())]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", target, *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A directory with plug-ins that raise, as pip would leave them."""
    target = tmp_path_factory.mktemp("bad")
    for name, text in BAD.items():
        (target / name).write_text(text)
    metadata = target / "bad_plugins-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-plugins\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRIES)
    return target


def ain(site, *words, stdin=None, **more):
    """Run a command with the plug-ins of a directory."""
    environment = {**os.environ, "PYTHONPATH": str(site), "NO_COLOR": "1", **more}
    return subprocess.run(
        [sys.executable, "-m", "ain_scp.ain", *map(str, words)],
        input=stdin, capture_output=True, text=True, check=False, env=environment, cwd=ROOT,
    )  # fmt: skip


def with_plan(place, name):
    """The golden data set whose access code 6 maps to a plan."""
    made = shutil.copytree(GOLDEN, place / name.lower())
    options = made / "customers" / "GOLDEN" / "customer.toml"
    options.write_text(options.read_text().replace('"7" = "MDP"', f'"7" = "MDP"\n"6" = "{name}"'))
    return made


def with_service(place, name, folder=True):
    """The data set of the services, with a row for a plug-in in front."""
    made = shutil.copytree(SERVICES, place / name.lower())
    rows = made / "network" / "services.csv"
    head, _, rest = rows.read_text().partition("translation_type\n")
    rows.write_text(f"{head}translation_type\n{name},INFO_ANALYZED,37,,\n{rest}")
    if folder:
        (made / "services" / name.lower()).mkdir()
        (made / "services" / name.lower() / "numbers.txt").write_text("2135559999 9258341240\n")
    return made


def with_rule(place, *names):
    """The golden data set whose customer GOLDEN has screening rules."""
    made = shutil.copytree(GOLDEN, place / "_".join(names).lower())
    options = made / "customers" / "GOLDEN" / "customer.toml"
    options.write_text(f"screening_rules = {json.dumps(names)}\n" + options.read_text())
    return made


def originating(identity, calling="9258341234", code="7", dialed="9212000", bearer="SPEECH"):
    """A query line of a call."""
    query = {
        "message": "INFO_ANALYZED", "trigger": "CDP_AC", "calling_party": calling, "access_code": code, "dialed": dialed,
        "bearer": bearer, "time": AT,
    }  # fmt: skip
    return json.dumps({"id": identity, "query": query}) + "\n"


def line(called):
    """A query line to a service."""
    query = {
        "message": "INFO_ANALYZED",
        "called_party": called,
        "calling_party": "9258341277",
        "trigger_criteria": 37,
        "time": AT,
    }
    return json.dumps({"id": called, "query": query}) + "\n"


def test_the_dialing_plan_decides_and_is_missed_where_it_is_not_installed(installed, bad, tmp_path):
    data = with_plan(tmp_path, "XYZ")
    done = ain(
        installed,
        "explain",
        data,
        "--from",
        "9258341234",
        "--dial",
        "6 anything".replace("anything", "22"),
        "--at",
        AT,
        "--json",
    )
    decision = json.loads(done.stdout)["decision"]
    assert (decision["plan"], decision["called_number"], decision["ctc"]) == ("XYZ", "9258341240", 111)
    refused = ain(bad, "check", data)
    assert refused.returncode == 1
    assert "access code 6: no plan XYZ; known plans: BAD, MDP, ODD, QUIT, SDP, WORD (A-023)" in refused.stdout


def test_the_service_answers_its_numbers_and_leaves_others(installed, tmp_path):
    data = with_service(tmp_path, "CLOSED")
    assert ain(installed, "check", data).returncode == 0
    done = ain(
        installed, "explain", data, "--queries", "-", "--json", stdin=line("2135559999") + line("2135551234")
    )
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["decision"]["outcome"] == "DIVERTED"
    assert first["decision"]["response"]["called_party_id"] == "9258341240"
    assert first["decision"]["steps"][-1]["row"] == "services/closed/numbers.txt"
    assert second["decision"]["outcome"] == "PORTED"


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """A record directory with calls at the host."""
    place = tmp_path_factory.mktemp("records") / "records"
    words = ["run", GOLDEN / "scenario.toml", "--transport", "memory", "--records", place]
    for command in (words, ["smdr", "transfer", place], ["smdr", "import", place]):
        assert ain("", *command).returncode == 0
    return place


def test_the_column_is_printed_beside_the_stores_own(installed, records):
    done = ain(
        installed, "smdr", "report", records, "--field", "calling", "--field", "region", "--form", "csv"
    )
    rows = done.stdout.splitlines()
    assert rows[0] == "calling_party_id,region"
    assert {row.partition(",")[2] for row in rows[1:]} >= {"East Bay", "San Francisco", ""}
    only = ain(installed, "smdr", "report", records, "--field", "region", "--form", "csv")
    assert [row.partition(",")[2] for row in rows] == [row.strip('"') for row in only.stdout.splitlines()]


def test_a_column_that_raises_refuses_that_report(bad, records):
    done = ain(bad, "smdr", "report", records, "--field", "bad")
    assert done.returncode == 2
    assert "column bad: KeyError: 'calling_party_id'" in done.stderr
    assert "Traceback" not in done.stderr
    assert ain(bad, "smdr", "report", records, "--field", "status").returncode == 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("BAD", "dialing plan BAD (bad_plans:Bad) raised KeyError: 'evil'"),
        ("ODD", "gave str, not a number to call"),
        ("QUIT", "raised SystemExit: bye\\u001b[2J"),
        ("WORD", "gave a Translation without digits"),
    ],
)
def test_a_plan_that_raises_costs_that_query_alone(bad, tmp_path, plan, said):
    data = with_plan(tmp_path, plan)
    query = {
        "message": "INFO_ANALYZED",
        "trigger": "CDP_AC",
        "calling_party": "9258341234",
        "dialed": "9212000",
        "time": AT,
    }
    lines = "".join(
        json.dumps({"id": code, "query": {**query, "access_code": code}}) + "\n" for code in "676"
    )
    done = ain(bad, "explain", data, "--queries", "-", "--json", stdin=lines)
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert said in first["error"] == third["error"]
    assert second["decision"]["ctc"] == 111
    calls = tmp_path / "calls.csv"
    calls.write_text(
        f"calling_party,access_code,dialed,time\n9258341234,6,9212000,{AT}\n9258341234,7,9212000,{AT}\n"
    )
    counted = json.loads(ain(bad, "batch", data, "--calls", calls, "--json").stdout)
    assert (counted["calls"], counted["undecidable"]) == (2, 1)
    assert said in counted["unused"][0]["why"]


def test_plans_that_cannot_be_used_are_named_and_the_others_work(bad, tmp_path):
    done = ain(bad, "check", GOLDEN)
    assert done.returncode == 0
    assert "plug-ins: warning: no_such_module:Plan: ModuleNotFoundError" in done.stdout
    assert "plug-ins: warning: bad_plans:Thief: plan MDP is already registered (A-025)" in done.stdout


def test_a_service_that_raises_costs_that_query_alone(bad, tmp_path):
    data = with_service(tmp_path, "BAD", folder=False)
    done = ain(
        bad, "explain", data, "--queries", "-", "--json", stdin=line("2135551111") + line("2135551234")
    )
    decides, claims = map(json.loads, done.stdout.splitlines())
    assert decides["error"] == "service BAD (bad_service:Bad) raised KeyError: 'decides'"
    assert claims["error"] == "service BAD (bad_service:Bad) raised KeyError: 'claims'"
    assert decides["error_cause"] == "ERRONEOUS_DATA_VALUE"


def test_a_service_that_cannot_be_made_refuses_the_data_set_that_asks_for_it(bad, tmp_path):
    data = with_service(tmp_path, "UNMADE", folder=False)
    done = ain(bad, "check", data)
    assert done.returncode == 1
    assert (
        "network/services.csv:3: 0: service UNMADE cannot be used: bad_service:Unmade: OSError: no tables (SRV-01)"
        in done.stdout
    )


def test_a_node_answers_the_next_query_after_a_plan_raised(bad, tmp_path):
    """Over the wire: the switch whose query is refused gives its default treatment, and the next call completes."""
    data = with_plan(tmp_path, "BAD")
    scenario = tmp_path / "s.toml"
    call = '[[call]]\nid = "{0}"\nat = 2001-01-17T10:0{1}:00\nfrom = "9258341234"\ndial = "{2} 9212000"\n'
    scenario.write_text(f'dataset = "{data}"\n' + call.format("BAD", 0, 6) + call.format("GOOD", 1, 7))
    calls = json.loads(ain(bad, "run", scenario, "--transport", "memory", "--json").stdout)["calls"]
    assert [one["status"] for one in calls] == ["DEFAULT_TREATMENT", "COMPLETED"]


def test_a_screening_rule_refuses_and_is_named(installed, tmp_path):
    """Class 4 makes no data call off-net; speech, on-net data, higher classes and 911 are as before."""
    data = with_rule(tmp_path, "NO_DATA_CALLS")
    assert ain(installed, "check", data).returncode == 0
    off_net = {"calling": "9258341237", "code": "9", "dialed": "14157770100"}
    lines = [
        originating("data", **off_net, bearer="UDI_64"),
        originating("speech", **off_net),
        originating("high", **off_net | {"calling": "9258341239"}, bearer="UDI_64"),
        originating("on-net", calling="9258341237", bearer="UDI_64"),
        originating("911", calling="9258341237", code="9", dialed="911", bearer="UDI_64"),
    ]
    done = ain(installed, "explain", data, "--queries", "-", "--json", stdin="".join(lines))
    answers = {one["id"]: one["decision"] for one in map(json.loads, done.stdout.splitlines())}
    assert {name: one["screening"] for name, one in answers.items()} == {
        "data": "DENY", "speech": "ALLOW", "high": "ALLOW", "on-net": "ALLOW", "911": "ALLOW"
    }  # fmt: skip
    assert answers["data"]["response"]["announcement"] == "SCREENED"
    step = [one for one in answers["data"]["steps"] if "NO_DATA_CALLS" in one["found"]]
    assert step[0]["row"].endswith("customer.toml:1")
    shown = ain(
        installed,
        "explain",
        data,
        "--from",
        "9258341237",
        "--dial",
        "9 14157770100",
        "--at",
        AT,
        "--bearer",
        "UDI_64",
    )
    assert shown.stdout.count("screening rule NO_DATA_CALLS refuses the call") == 2


def test_a_screening_rule_decides_alike_on_every_way(installed, tmp_path):
    """Call by call, in columns and over the wire, quick way included."""
    data = with_rule(tmp_path, "NO_DATA_CALLS")
    calls = tmp_path / "calls.csv"
    rows = [
        f"925834123{last},9,14157770100,{AT},{bearer}" for last in "679" for bearer in ("UDI_64", "SPEECH")
    ]
    calls.write_text("calling_party,access_code,dialed,time,bearer\n" + "\n".join(rows) + "\n")
    counted = json.loads(ain(installed, "batch", data, "--calls", calls, "--json").stdout)
    assert counted["calls"] == 6
    screened = counted["screening"]["DENY"]
    scenario = tmp_path / "s.toml"
    text = f'dataset = "{data}"\n'
    for turn in range(3):
        for at, row in enumerate(rows):
            calling, code, dialed, _, bearer = row.split(",")
            text += f'[[call]]\nid = "{turn}-{at}"\nat = 2001-01-17T10:{turn}{at}:00\nfrom = "{calling}"\ndial = "{code} {dialed}"\nbearer = "{bearer}"\n'
    scenario.write_text(text)
    played = json.loads(ain(installed, "run", scenario, "--transport", "memory", "--json").stdout)["calls"]
    assert sum(one["status"].startswith("BLOCKED") for one in played) == 3 * screened
    assert 0 < screened < 6


def test_rules_that_cannot_be_used_are_named(installed, bad, tmp_path):
    data = with_rule(tmp_path, "NO_DATA_CALLS")
    missing = ain(bad, "check", data)
    assert missing.returncode == 1
    assert (
        "customer.toml:1: 0: no screening rule NO_DATA_CALLS; installed are ALL, BAD_RULE, ODD_RULE (A-025)"
        in missing.stdout
    )
    assert (
        "plug-ins: warning: bad_rules:Small: screening rule 'small' is not an upper-case word (A-025)"
        in missing.stdout
    )


@pytest.mark.parametrize(
    ("rule", "said"), [("BAD_RULE", "raised KeyError: 201"), ("ODD_RULE", "gave str, not True or False")]
)
def test_a_rule_that_raises_lets_nothing_through_and_is_named(bad, tmp_path, rule, said):
    data = with_rule(tmp_path, rule)
    lines = originating("off", code="9", dialed="14157770100") + originating("911", code="9", dialed="911")
    done = ain(bad, "explain", data, "--queries", "-", "--json", stdin=lines)
    screened, emergency = (json.loads(one)["decision"] for one in done.stdout.splitlines())
    assert screened["screening"] == "DENY"
    assert any(said in one["found"] for one in screened["steps"])
    assert emergency["screening"] == "ALLOW"
    scenario = tmp_path / "s.toml"
    call = '[[call]]\nid = "{0}"\nat = 2001-01-17T10:0{0}:00\nfrom = "9258341234"\ndial = "{1}"\n'
    numbers = ["9 14157770100", "9 14157770100", "9 911", "9 14157770100"]
    scenario.write_text(f'dataset = "{data}"\n' + "".join(call.format(*one) for one in enumerate(numbers)))
    played = json.loads(ain(bad, "run", scenario, "--transport", "memory", "--json").stdout)["calls"]
    assert [one["status"] for one in played] == [*["BLOCKED:SCREENED"] * 2, "COMPLETED", "BLOCKED:SCREENED"]


def test_no_rule_stops_911(bad, tmp_path):
    data = with_rule(tmp_path, "ALL")
    done = ain(
        bad,
        "explain",
        data,
        "--queries",
        "-",
        "--json",
        stdin=originating("x") + originating("911", code="9", dialed="911"),
    )
    screened, emergency = map(json.loads, done.stdout.splitlines())
    assert screened["decision"]["screening"] == "DENY"
    assert emergency["decision"]["screening"] == "ALLOW"


@pytest.fixture
def copied(records, tmp_path):
    """A record directory of one test."""
    return shutil.copytree(records, tmp_path / "records")


def test_a_sink_is_handed_every_record_once(installed, copied, tmp_path):
    store = tmp_path / "store.db"
    for _ in range(2):
        done = ain(installed, "smdr", "publish", copied, "--sink", "sqlite", SQLITE_SINK=str(store))
        assert done.returncode == 0, done.stderr
    assert "0 records handed to sqlite" in done.stderr
    with contextlib.closing(sqlite3.connect(store)) as connection:
        rows = connection.execute("select stream, journal, number, record from records").fetchall()
    for stream in {row[0] for row in rows}:
        numbers = sorted(row[2] for row in rows if row[0] == stream)
        assert numbers == list(range(1, len(numbers) + 1))
    assert {row[0].partition("/")[0] for row in rows} == {"smdr", "ama"}
    assert all(json.loads(row[3]) for row in rows)


def test_a_sink_that_raises_loses_nothing(bad, copied, tmp_path):
    done = ain(bad, "smdr", "publish", copied, "--sink", "bad", "--wait", 0.6)
    assert done.returncode == 1
    assert "record sink bad (bad_sinks:Bad) raised OSError: no room" in done.stderr
    assert "0 records handed to bad" in done.stderr
    late = tmp_path / "late"
    done = ain(bad, "smdr", "publish", copied, "--sink", "late", LATE=str(late))
    assert done.returncode == 0, done.stderr
    for stream, rows in itertools.groupby(
        sorted(late.read_text().splitlines()), key=lambda one: one.split()[0]
    ):
        parts = [tuple(map(int, one.split()[1:])) for one in rows]
        assert [first for first, _ in parts] == [1, *(sum(one) for one in parts)][: len(parts)], stream


def test_sinks_that_cannot_be_used_are_named(bad, copied):
    for name, said in (
        ("gone", "no record sink gone; installed are bad, hangs, late, unmade"),
        ("unmade", "SystemExit: bye"),
    ):
        done = ain(bad, "smdr", "publish", copied, "--sink", name)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert ain(bad, "serve", GOLDEN, "--sink", "late").returncode == 2


@pytest.mark.parametrize(("name", "taken"), [("late", True), ("hangs", False)])
def test_a_server_hands_over_what_it_records_and_ends_when_told(bad, tmp_path, name, taken):
    """The server answers, keeps the record and ends in time, whatever the sink does."""
    late = tmp_path / "late"
    environment = {**os.environ, "PYTHONPATH": str(bad), "LATE": str(late), "NO_COLOR": "1"}
    words = ["serve", GOLDEN, "--udp", "127.0.0.1:0", "--records", tmp_path / "records", "--sink", name]
    with subprocess.Popen(
        [sys.executable, "-m", "ain_scp.ain", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=ROOT,
    ) as server:  # fmt: skip
        try:
            found = (re.search(r"127\.0\.0\.1:\d+", text) for text in server.stdout)
            place = next(one[0] for one in found if one is not None)
            ask = [sys.executable, "examples/own_switch/ask.py", place, "9258341234", "7", "9212000"]
            asked = subprocess.run(ask, capture_output=True, text=True, check=False, cwd=ROOT)
            until = time.monotonic() + 20
            while taken and time.monotonic() < until and not (late.exists() and late.read_text()):
                time.sleep(0.1)
        finally:
            server.terminate()
            rest = server.communicate(timeout=20)[0]
    assert asked.returncode == 0, asked.stderr
    assert server.returncode == 0, rest
    assert not taken or late.read_text() == "smdr/SCP 1 1\n"

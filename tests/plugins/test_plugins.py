"""Plug-ins as packages: the examples installed and used; one that raises costs one refusal that names it."""

import json
import os
import shutil
import subprocess
import sys
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


def ain(site, *words, stdin=None):
    """Run a command with the plug-ins of a directory."""
    environment = {**os.environ, "PYTHONPATH": str(site), "NO_COLOR": "1"}
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

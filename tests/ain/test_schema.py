"""`ain schema`: what commands print is what the schemas say, and every key of it is in them."""

import json
import os
import re
import shutil
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.schema import FORMS, schema_of
from kit.commands import with_json
from kit.serving import Process
from tests.ain.test_bench_compare import bench, step

GOLDEN = "examples/golden"
CHARGING, SERVICES = "examples/charging", "examples/services"
CALL = ["--from", "9258341234", "--dial", "7 9212000", "--at", "2001-01-17T10:00:00"]
FIG7 = "examples/figures/fig7.toml"
QUERY = '{"query":{"message":"INFO_ANALYZED","trigger":"CDP_AC","calling_party":"9258341234","access_code":"7","dialed":"9212000","time":"2001-01-17T10:00:00"}}'
COLLECTOR, PROVIDER = "{pair}/ACME/collector.toml", "{pair}/TELCO/provider.toml"
TICKETS, SITE = "tests/acceptance/tickets/keyvalue.txt", "tests/acceptance/tickets/site.toml"
SOURCE = '[[source]]\nname = "pbx"\nkind = "directory"\nlayout = "keyvalue"\npath = "../cdr"\n'
PRINTED = [
    ("run", ["run", FIG7, "--transport", "memory", "--json"]),
    ("runs", ["run", FIG7, FIG7, "--transport", "memory", "--json"]),
    ("check", ["check", GOLDEN, "--json"]),
    ("rule", ["check", "--rule", "A-098", "--json"]),
    ("init", ["init", "{tmp}/acme", "--json"]),
    ("migrate", ["migrate", GOLDEN, "--json"]),
    ("query", ["explain", GOLDEN, *CALL, "--query-json"]),
    ("explain", ["explain", GOLDEN, *CALL, "--json"]),
    ("review", ["explain", GOLDEN, "--queries", "{tmp}/q.jsonl", "--against", "{tmp}/other", "--json"]),
    ("batch", ["batch", GOLDEN, "--calls", "{tmp}/calls.csv", "--json"]),
    ("bench", ["bench", GOLDEN, "--rate", "50", "--duration", "0.2", "--warm-up", "0", "--json"]),
    ("bench-compared", ["bench", "--compare", "{tmp}/one.json", "{tmp}/other.json", "--json"]),
    ("replay", ["replay", "{tmp}/run.trace", GOLDEN, "--json"]),
    ("replay-report", ["replay", "{tmp}/run.trace", GOLDEN, "--json"]),
    ("decode", ["decode", "{tmp}/query.hex", "--json"]),
    ("decode-message", ["decode", "{tmp}/run.pcap", "--json"]),
    ("decode-fields", ["decode", "{tmp}/run.pcap", "--fields", "--json"]),
    ("decode-call", ["decode", "{tmp}/run.pcap", "--ladder", "--json"]),
    ("decode-stats", ["decode", "{tmp}/run.pcap", "--stats", "--json"]),
    ("ama-export", ["ama", "export", "{tmp}/records", "--json"]),
    ("ama-record", ["ama", "read", "{tmp}/usage.baf", "--json"]),
    ("ama-access", ["ama", "access", "{tmp}/records", "--json"]),
    ("ama-verify", ["ama", "verify", "{tmp}/records", "--dataset", GOLDEN, "--json"]),
    ("smdr-transfer", ["smdr", "transfer", "{tmp}/records", "--json"]),
    ("smdr-import", ["smdr", "import", "{tmp}/records", "--json"]),
    ("smdr-report", ["smdr", "report", "{tmp}/records", "--json"]),
    ("smdr-check", ["smdr", "check", "{tmp}/records", "--json"]),
    ("rate", ["rate", CHARGING, "--tariff", "STD", "--duration", "90", "--json"]),
    ("rate-quote", ["rate", CHARGING, "--tariff", "STD", "--quote", "5.00", "--json"]),
    ("rate-refused", ["rate", CHARGING, "--tariff", "NOSUCH", "--duration", "90", "--json"]),
    ("version", ["--version", "--json"]),
    ("demo", ["demo", "--list", "--json"]),
    ("report", ["report", "{tmp}/result.json", "--out", "{tmp}/result.html", "--json"]),
    ("completion", ["completion", "bash", "--json"]),
    ("schemas", ["schema", "--json"]),
    ("review-report", ["review", GOLDEN, "{tmp}/other", "--json"]),
    ("batch-rate", ["batch", CHARGING, "--rate", "{tmp}/month.csv", "--json"]),
    ("batch-service", ["batch", SERVICES, "--calls", "{tmp}/asked.csv", "--service", "LNP", "--json"]),
    ("explain-service", ["explain", SERVICES, "--service", "LNP", "--called", "2135551234", "--json"]),
    ("ready", ["{read}", "{tmp}/ready.jsonl"]),
    ("top", ["top", "{http}", "--once", "--json"]),
    ("calls", ["calls", "--control", "{tmp}/control.sock", "--json"]),
    ("tokens", ["token", "list", "{tmp}/tokens.toml", "--json"]),
    ("lnp-ask", ["lnp", "ask", "2135551234", "--target", "udp://{udp}", "--json"]),
    ("account-list", ["account", "list", "{tmp}/books", "--json"]),
    ("account-show", ["account", "show", "A2", "{tmp}/books", "--json"]),
    ("account-calls", ["account", "calls", "A2", "{tmp}/books", "--json"]),
    ("account-ledger", ["account", "ledger", "A2", "{tmp}/books", "--json"]),
    ("account-check", ["account", "check", "{tmp}/books", "--json"]),
    ("account-reconcile", ["account", "reconcile", "{tmp}/books", "--records", "{tmp}/records", "--json"]),
    ("account-events", ["account", "events", "{tmp}/books", "--json"]),
    ("ticket-init", ["ticket", "init", "{pair}/other", "--enterprise", "ACME", "--json"]),
    ("ticket-collect", ["ticket", "collect", COLLECTOR, "--once", "--wait", "0", "--json"]),
    ("ticket-receive", ["ticket", "receive", PROVIDER, "--once", "--json"]),
    ("ticket-pending", ["ticket", "pending", COLLECTOR, "--json"]),
    ("ticket-check", ["ticket", "check", PROVIDER, "--json"]),
    ("ticket-open", ["ticket", "open", "{pair}/kept.p7m", PROVIDER, "--json"]),
    ("ticket-enterprises", ["ticket", "enterprise", "list", PROVIDER, "--json"]),
    ("ticket-keys", ["ticket", "key", "list", PROVIDER, "--json"]),
    ("ticket-certificates", ["ticket", "key", "show", "{pair}/ACME/keys/telco-enc.pem", "--json"]),
    ("ticket-files", ["ticket", "quarantine", PROVIDER, "--json"]),
    ("ticket-lines", ["ticket", "quarantine", PROVIDER, "--enterprise", "ACME", "--json"]),
    ("ticket-reprocess", ["ticket", "reprocess", PROVIDER, "--json"]),
    ("ticket-profile", ["ticket", "profile", PROVIDER, "--enterprise", "ACME", "--json"]),
    ("ticket-unusual", ["ticket", "unusual", PROVIDER, "--enterprise", "ACME", "--json"]),
    ("ticket-renew", ["ticket", "renew", COLLECTOR, "--json"]),
    ("ticket-bench", ["ticket", "bench", "--tickets", "20", "--no-openssl", "--json"]),
    ("ticket-layouts", ["ticket", "layout", "list", "--json"]),
    ("ticket-layout", ["ticket", "layout", "show", "nec-sl", "--json"]),
    ("ticket-layout-check", ["ticket", "layout", "check", "{pair}/bad.toml", "--json"]),
    ("ticket-layout-detect", ["ticket", "layout", "detect", TICKETS, "--site", SITE, "--json"]),
    ("ticket-call", ["ticket", "layout", "test", TICKETS, "--layout", "keyvalue", "--site", SITE, "--json"]),
    ("ticket-line", ["ticket", "layout", "test", "{pair}/bad.txt", "--layout", "keyvalue", "--site", SITE, "--json"]),
    ("ticket-summary", ["ticket", "layout", "test", TICKETS, "--layout", "keyvalue", "--site", SITE, "--json"]),
    ("usage", ["{read}", "examples/usage.jsonl"]),
    ("event", ["{read}", "examples/accounts/calls.jsonl"]),
    ("error", ["run", "nosuch.toml", "--json"]),
]  # fmt: skip
LAST = {"replay-report", "ticket-summary"}
"""Forms that a command prints as its last object."""


@pytest.fixture(scope="module")
def place(ain, tmp_path_factory):
    """A directory with what the commands read."""
    directory = tmp_path_factory.mktemp("schema")
    (directory / "q.jsonl").write_text(QUERY)
    (directory / "calls.csv").write_text(
        "calling_party,access_code,dialed,time\n9258341234,7,9212000,2001-01-17T10:00:00\n"
    )
    other = shutil.copytree(GOLDEN, directory / "other") / "customers" / "GOLDEN" / "customer.toml"
    other.write_text(other.read_text().replace('ubs = "ON"', 'ubs = "OFF"'))
    done = ain(
        "run",
        FIG7,
        "--transport",
        "memory",
        "--trace",
        directory / "run.trace",
        "--pcap",
        directory / "run.pcap",
        "--records",
        directory / "records",
    )
    assert done.returncode == 0, done.stderr
    (directory / "result.json").write_text(ain("run", FIG7, "--transport", "memory", "--json").stdout)
    shutil.copytree(directory / "records", directory / "sent")
    assert ain("ama", "export", directory / "sent").returncode == 0
    shutil.copy(next(directory.glob("sent/**/*.baf")), directory / "usage.baf")
    shutil.copy("tests/faults/11-end-of-dialing/query-911-hash.hex", directory / "query.hex")
    (directory / "month.csv").write_text(
        "from,called,answer,duration_ms\n9255550200,2125550000,2001-01-17T10:00:00,1\n"
    )
    (directory / "asked.csv").write_text("called_party\n2135551234\n")
    for name, rate in (("one", 1000.0), ("other", 500.0)):
        (directory / f"{name}.json").write_bytes(msgspec.json.encode(bench(step(rate=rate))))
    for line in (
        ("token", "add", directory / "tokens.toml", "--name", "x", "--role", "operator"),
        (
            "account",
            "apply",
            CHARGING,
            "--events",
            "examples/accounts/calls.jsonl",
            "--dir",
            directory / "books",
        ),
    ):
        assert ain(*line).returncode == 0
    return directory


@pytest.fixture(scope="module")
def served(place):
    """A server that commands ask, and where it listens."""
    process = Process(
        SERVICES,
        "--udp",
        "127.0.0.1:0",
        "--json",
        "--metrics",
        "127.0.0.1:0",
        "--control",
        place / "control.sock",
    )
    (place / "ready.jsonl").write_text(process.ready)
    yield {name: ":".join(map(str, process.endpoint(name))) for name in ("udp", "http")}
    process.close()


@pytest.fixture(scope="module")
def pair(ain, tmp_path_factory):
    """A collector and a provider with calls delivered, others to deliver, and something in each quarantine."""
    pytest.importorskip(
        "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
    )
    directory = tmp_path_factory.mktemp("pair")
    assert ain("ticket", "init", directory, "--enterprise", "ACME", "--site", SITE).returncode == 0
    collector, provider = (Path(one.replace("{pair}", str(directory))) for one in (COLLECTOR, PROVIDER))
    collector.write_text(collector.read_text() + SOURCE)
    (directory / "bad.toml").write_text('schema = 1\nname = "x"\n')
    (directory / "bad.txt").write_text("start=soon called=13105550199\n")
    (provider.parent / "in" / "x.p7m").write_bytes(b"no batch")
    lines = Path(TICKETS).read_text()
    put(directory / "cdr" / "a.log", lines)
    ain("ticket", "collect", collector, "--once", "--wait", "0")
    shutil.copy(next((provider.parent / "in").glob("ACME*")), directory / "kept.p7m")
    ain("ticket", "receive", provider, "--once")
    put(directory / "cdr" / "b.log", lines)
    return directory


def put(file, text):
    """A file that the source takes as finished."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    os.utime(file, (0, 0))


def test_every_form_is_printed_by_a_command_of_this_table():
    assert [name for name, _ in PRINTED] == list(FORMS)


SERVED = {"ready", "top", "calls", "lnp-ask"}
"""Forms that need a server."""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(name, words, id=name, marks=[pytest.mark.slow] if name in ("run", "runs") else [])
        for name, words in PRINTED
    ],
)
def test_what_a_command_prints_is_what_its_schema_says(ain, request, name, words):
    mark, fixture = ("{pair}", "pair") if name.startswith("ticket-") else ("{tmp}", "place")
    place = request.getfixturevalue(fixture)
    words = [word.replace(mark, str(place)) for word in words]
    if name in SERVED:
        places = request.getfixturevalue("served")
        words = [word.replace("{http}", places["http"]).replace("{udp}", places["udp"]) for word in words]
    if words[0] == "{read}":
        lines = Path(words[1]).read_text().splitlines()
    else:
        done = ain(*words)
        lines = done.stdout.splitlines()
        assert lines, done.stderr
    schema = schema_of(name)
    judge(json.loads(lines[-1] if name in LAST else lines[0]), schema, schema["$defs"])


CHANGES = {f"account {word}" for word in ("deposit", "adjust", "lock", "unlock", "cut")}
"""Commands whose results `ain account schema` has."""


def test_every_command_that_prints_json_has_a_form():
    told = [one.about for one in FORMS.values()]
    missing = {
        words for words, _ in with_json() if not any(re.match(rf"ain {words}\b", about) for about in told)
    }
    assert missing == CHANGES


@pytest.mark.parametrize(("words", "command"), [pytest.param(*one, id=one[0]) for one in with_json()])
def test_an_error_is_json_where_json_is_asked_for(words, command, tmp_path, monkeypatch):
    """Wrong usage, and a file for each argument that is there and is none of the kind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd").write_bytes(b"\x00odd")
    (tmp_path / "folder").mkdir()
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    required = [
        word
        for one in command.params
        if isinstance(one, click.Option) and one.required
        for word in (one.opts[0], one.type.choices[0] if isinstance(one.type, click.Choice) else "odd")
    ]
    files = ("odd", "nowhere", "folder") if arguments else ()
    for given in (["--no-such-option"], *([*required, *[name] * len(arguments)] for name in files)):
        result = CliRunner().invoke(cli, [*words.split(), *given, "--json"], prog_name="ain")
        assert result.exception is None or isinstance(result.exception, SystemExit), (given, result.exception)
        if result.exit_code == 2:
            said = json.loads(result.stdout.splitlines()[-1])
            assert said["version"] == 1, given
            assert said.get("error", {}).get("exit", 2) == 2, given


def judge(value, schema, known, path="$"):
    """Judge a value by the part of JSON Schema that is used here; a key that is not in the schema fails, too."""
    if "$ref" in schema:
        judge(value, known[schema["$ref"].rpartition("/")[2]], known, path)
        return
    if "anyOf" in schema:
        assert any(fits(value, one, known) for one in schema["anyOf"]), (path, value)
        return
    if "const" in schema:
        assert value == schema["const"], path
    if "enum" in schema:
        assert value in schema["enum"], path
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    assert "type" not in schema or isinstance(value, kinds[schema["type"]]), (path, value)
    if isinstance(value, dict) and "properties" in schema:
        assert set(schema.get("required", ())) <= set(value) <= set(schema["properties"]), (path, set(value))
        for key, inner in value.items():
            judge(inner, schema["properties"][key], known, f"{path}.{key}")
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, inner in enumerate(value):
            judge(inner, schema["items"], known, f"{path}[{number}]")


def fits(value, schema, known):
    """Whether a value fits a schema."""
    try:
        judge(value, schema, known)
    except AssertionError:
        return False
    return True


def test_the_list_and_an_unknown_form(ain):
    assert list(json.loads(ain("schema", "--json").stdout)["forms"]) == list(FORMS)
    assert json.loads(ain("schema", "run").stdout)["title"] == "ain run"
    assert ain("schema", "nosuch").returncode == 2

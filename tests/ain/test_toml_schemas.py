"""Schemas of TOML files: every example fits, planted mistakes do not, and the keys are those that the readers know."""

import copy
import datetime as dt
import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ain_scp.ain.schema import FORMS, schema_of
from ain_scp.ain.toml_schemas.files import FILES, toml_schema
from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.scp import node_file
from ain_scp.ssp_sim.scenario import calls, charged, network, sources
from ain_scp.ssp_sim.scenario.load import KEYS
from ain_scp.tickets.layout import parsing, ruling

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: ./dev env")
ROOT = Path(__file__).parents[2]
EXAMPLES = [
    *(one for one in sorted((ROOT / "examples").rglob("*.toml")) if "plugins" not in one.parts),
    *sorted((ROOT / "tests" / "acceptance").rglob("*.toml")),
    *sorted((ROOT / "tickets" / "layout" / "shipped").glob("*.toml")),
]
WITHOUT = {"source.toml": "a part of collector.toml"}
FOLDERS = {"shipped": "layout.toml", "layouts": "layout.toml"}
VALIDATORS = {name: jsonschema.Draft202012Validator(toml_schema(name)) for name in FILES}


def plain(value):
    """TOML as JSON Schema sees it: dates and times are strings."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(plain, value))
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def kind(path):
    """The schema of an example."""
    if path.parent.name in FOLDERS or path.parts[-3:-1] == ("charging", "services"):
        return FOLDERS.get(path.parent.name, "program.toml")
    if path.name in FILES and path.name != "scenario.toml":
        return path.name
    return None if path.name in WITHOUT else "scenario.toml"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_fits(path):
    name = kind(path)
    if name is not None:
        VALIDATORS[name].validate(plain(tomllib.loads(path.read_text())))


def test_every_kind_of_file_has_an_example_or_a_test():
    met = {kind(path) for path in EXAMPLES}
    assert set(FILES) - met <= {"tokens.toml", "console.toml", "collector.toml", "provider.toml", "node.toml"}


def test_the_console_file_of_the_manual_fits_and_a_wrong_key_does_not():
    text = (ROOT / "docs" / "console.md").read_text().partition("```toml\nschema = 1\nworkspace")[2]
    document = tomllib.loads("schema = 1\nworkspace" + text.partition("```")[0])
    VALIDATORS["console.toml"].validate(document)
    for wrong in (
        document | {"colour": 1},
        document | {"http": {"port": 1}},
        document | {"limits": {"jobs": "2"}},
    ):
        assert not VALIDATORS["console.toml"].is_valid(wrong)


def test_what_ain_ticket_init_writes_fits(ain, tmp_path):
    pytest.importorskip(
        "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
    )
    assert ain("ticket", "init", tmp_path, "--enterprise", "ACME").returncode == 0
    for name in ("collector.toml", "provider.toml"):
        (path,) = tmp_path.rglob(name)
        document = plain(tomllib.loads(path.read_text()))
        VALIDATORS[name].validate(document)
        assert refused(name, document | {"nosuch": 1})


def test_what_ain_token_and_ain_init_write_fits(ain, tmp_path):
    file = tmp_path / "tokens.toml"
    assert ain("token", "add", file, "--name", "desk", "--role", "viewer").returncode == 0
    VALIDATORS["tokens.toml"].validate(plain(tomllib.loads(file.read_text())))
    assert ain("init", tmp_path / "acme").returncode == 0
    for path in (tmp_path / "acme").rglob("*.toml"):
        VALIDATORS[kind(path)].validate(plain(tomllib.loads(path.read_text())))


def refused(name, document):
    """Whether a schema refuses a document."""
    return any(VALIDATORS[name].iter_errors(document))


FAULTS = [
    ("examples/golden/dataset.toml", lambda one: one.update(schema="1")),
    ("examples/golden/dataset.toml", lambda one: one.pop("name")),
    ("examples/golden/network/numbering.toml", lambda one: one["n11"].update(other=[211])),
    ("examples/golden/network/numbering.toml", lambda one: one.update(toll_free="800")),
    ("examples/golden/network/rates.toml", lambda one: one.update(intralata_cents_per_minute="10")),
    ("examples/golden/customers/GOLDEN/customer.toml", lambda one: one.update(ubs=True)),
    ("examples/golden/customers/GOLDEN/customer.toml", lambda one: one.pop("group_id")),
    ("examples/golden/customers/GOLDEN/customer.toml", lambda one: one["access_codes"].update({"8": 8})),
    ("examples/golden/customers/GOLDEN/asf.toml", lambda one: one["originating"][0].pop("profile")),
    ("examples/golden/customers/GOLDEN/asf.toml", lambda one: one["originating"].append({"prefix": 1, "profile": "X"})),
    ("examples/golden/customers/GOLDEN/rtl.toml", lambda one: next(iter(one.values())).update(participating="yes")),
    ("examples/golden/customers/GOLDEN/rtl.toml", lambda one: next(iter(one.values()))["logic"][0].update({"if": {"hour": [1]}})),
    ("examples/charging/charging/charging.toml", lambda one: one.update(curency="USD")),
    ("examples/charging/charging/plans.toml", lambda one: next(iter(one["plans"].values())).update(tarif="STD")),
    ("examples/charging/charging/messages.toml", lambda one: one["message"][0].update(include="BALANCE")),
    ("examples/charging/charging/services/TOLLFREE.toml", lambda one: one["keep"]["numbers"].update(type=1)),
    ("examples/charging/charging/services/TOLLFREE.toml", lambda one: one["on"]["numberMapping"].update(to=["emit"])),
    ("tickets/layout/shipped/asterisk-csv.toml", lambda one: one["fields"]["src"].update(type="number")),
    ("tickets/layout/shipped/asterisk-csv.toml", lambda one: one["direction"][0].update(by="name")),
    ("tickets/layout/shipped/asterisk-csv.toml", lambda one: one["status"].update(LOST={"disposition": ["LOST"]})),
    ("tickets/layout/shipped/avaya-cm-teleseer.toml", lambda one: one["fields"]["time"].update(at=[4])),
    ("tickets/layout/shipped/avaya-cm-teleseer.toml", lambda one: one["record"].update(delimeter=",")),
    ("examples/services/services/lnp/lnp.toml", lambda one: one.update(query_at="SSP2004")),
    ("examples/services/services/tollfree/templates.toml", lambda one: next(iter(one.values()))["logic"].append({"tell": "4155551000"})),
    ("examples/services/services/terminating/lines.toml", lambda one: next(iter(one.values())).update(ssp=2002)),
    ("examples/golden/scenario.toml", lambda one: one.pop("dataset")),
    ("examples/golden/scenario.toml", lambda one: one["call"][0].update(dialled="7")),
    ("examples/golden/scenario.toml", lambda one: one["call"][0].update(bearer="VOICE")),
    ("examples/golden/scenario.toml", lambda one: one["call"][0].pop("from")),
    ("examples/traffic/erlang.toml", lambda one: one.update(traffic={"arrivals": "poison"})),
    ("examples/features/link-down.toml", lambda one: one["network"].update(loss=2)),
]  # fmt: skip


@pytest.mark.parametrize(("file", "spoil"), FAULTS)
def test_a_planted_mistake_is_refused(file, spoil):
    document = plain(tomllib.loads((ROOT / file).read_text()))
    spoilt = copy.deepcopy(document)
    spoil(spoilt)
    assert not refused(kind(ROOT / file), document)
    assert refused(kind(ROOT / file), spoilt)


def test_a_tokens_file_with_a_wrong_digest_or_role_is_refused():
    good = {"schema": 1, "token": [{"name": "x", "sha256": "0" * 64, "may": ["read"]}]}
    assert not refused("tokens.toml", good)
    for wrong in ({"sha256": "0" * 63}, {"role": "king"}, {"may": ["all"]}, {"nosuch": 1}):
        assert refused("tokens.toml", {"schema": 1, "token": [good["token"][0] | wrong]})


def test_the_keys_of_a_scenario_are_those_that_its_readers_know():
    top = toml_schema("scenario.toml")["properties"]
    table = {name: one.get("items", one) for name, one in top.items()}
    assert set(top) == set(KEYS)
    for name, keys in (
        ("call", calls.KEYS),
        ("network", network.KEYS),
        ("traffic", sources.KEYS),
        ("charging", charged.KEYS),
    ):
        assert set(table[name]["properties"]) == set(keys), name


def test_the_keys_of_a_node_file_are_those_that_its_reader_knows():
    top = toml_schema("node.toml")["properties"]
    tables = {
        name: one.get("items", one)["properties"] for name, one in top.items() if name in node_file.KEYS
    }
    assert {name: set(keys.split()) for name, keys in node_file.KEYS.items()} == {
        "top": set(top), **{name: set(one) for name, one in tables.items()}
    }  # fmt: skip


def test_the_keys_of_a_layout_are_those_that_its_reader_knows():
    top = toml_schema("layout.toml")["properties"]
    assert set(top) == set(parsing.TOP)
    for table, keys in (
        (top["record"], parsing.RECORD),
        (top["fields"]["additionalProperties"], parsing.FIELD),
        (top["reading"], parsing.READING),
        (top["direction"]["items"], ruling.DIRECTION),
        (top["join"], ruling.JOIN),
    ):
        assert set(table["properties"]) == set(keys)


def test_what_a_node_file_needs_and_refuses(tmp_path):
    """The schema and the reader agree on each of these."""
    good = {"name": "SCP-A", "point_code": "5-1-1", "ssn": 253, "t1_ms": 3000, "metrics": {"address": "127.0.0.1:9464"},
        "stp": [{"name": "STP-1", "transport": "sctp", "remote": "127.0.0.1:2905", "origin_point_codes": ["1-1-1"]}],
        "listen": [{"transport": "udp", "address": "127.0.0.1:2906"}],
        "peer": [{"name": "SSP", "point_codes": ["1-1-2"], "addresses": ["127.0.0.1"], "traffic_mode": "loadshare"}]}  # fmt: skip
    planted = [
        {"point_code": 1}, {"ssn": 1}, {"ssn": True}, {"nosuch": 1}, {"beat_misses": 11}, {"name": ""}, {"mates": "1-1-1"},
        {"listen": [{"transport": "tcp", "address": "127.0.0.1:1"}]}, {"stp": {"name": "STP-1"}}, {"metrics": {"port": 1}},
        {"peer": [{"name": "SSP", "point_codes": []}]}, {"peer": [{"name": "SSP", "point_codes": ["1-1-2"], "subsystems": [256]}]},
    ]  # fmt: skip
    for at, wrong in enumerate([{}, *planted]):
        document = good | wrong
        file = tmp_path / f"{at}.toml"
        file.write_text("".join(toml_of(document)))
        assert tomllib.loads(file.read_text()) == document
        assert refused("node.toml", document) == bool(wrong), wrong
        if wrong:
            with pytest.raises(ProvisioningError):
                node_file.read(file)
        else:
            node_file.read(file)


def toml_of(document):
    """A document as inline TOML."""
    for key, value in document.items():
        yield f"{key} = {inline(value)}\n"


def inline(value):
    """One value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(map(inline, value)) + "]" if isinstance(value, list) else json.dumps(value)


@pytest.mark.parametrize("name", FILES)
def test_taplo_finds_nothing_in_the_examples_and_marks_a_key_that_is_not_known(name, tmp_path):
    """What an editor shows: the mistake at its own line."""
    taplo = shutil.which("taplo", path=Path(sys.executable).parent)
    assert taplo is not None, "Taplo is not installed: ./dev env"
    files = [path for path in EXAMPLES if kind(path) == name]
    if not files:
        pytest.skip("no example in a file; its schema is held against what commands write")
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(toml_schema(name)))
    spoilt = tmp_path / "spoilt.toml"
    spoilt.write_text("nosuch = 1\n" + files[0].read_text(), encoding="utf-8")
    lint = [taplo, "lint", "--no-auto-config", "--schema", schema.as_uri()]
    good = subprocess.run([*lint, *files], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert good.returncode == 0, good.stderr[:2000]
    bad = subprocess.run([*lint, spoilt], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert bad.returncode == 1
    assert "nosuch" in bad.stderr
    assert "spoilt.toml:1:1" in bad.stderr


def test_the_schema_beside_the_examples_is_the_one_printed():
    path = ROOT / "examples" / "schemas" / "scenario.toml.json"
    assert json.loads(path.read_text()) == toml_schema("scenario.toml"), f"ain schema scenario.toml > {path}"


@pytest.mark.parametrize(
    "path",
    [one for one in EXAMPLES if kind(one) == "scenario.toml" and "examples" in one.parts],
    ids=lambda one: f"{one.parent.name}/{one.stem}",
)
def test_every_scenario_of_the_examples_names_its_schema(path):
    line = path.read_text().splitlines()[0]
    assert line.startswith("#:schema ")
    assert (path.parent / line.removeprefix("#:schema ")).is_file()


LINES = [
    ("usage", "examples/usage.jsonl"),
    ("event", "examples/accounts/calls.jsonl"),
    ("event", "examples/bills/month.jsonl"),
]


@pytest.mark.parametrize(("name", "file"), LINES)
def test_every_line_fits_and_one_with_an_unknown_key_does_not(name, file):
    validator = jsonschema.Draft202012Validator(schema_of(name))
    lines = [json.loads(line) for line in (ROOT / file).read_text().splitlines() if line.strip()]
    for line in lines:
        validator.validate(line)
    assert any(validator.iter_errors(lines[0] | {"nosuch": 1}))


@pytest.mark.parametrize("name", FORMS)
def test_every_schema_of_a_form_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(schema_of(name))

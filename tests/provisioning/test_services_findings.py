"""A row that breaks one rule hides no other: blocks, names with control characters, and every rule of services at once."""

import shutil
from pathlib import Path

import pytest

from ain_scp.provisioning.loader import load
from ain_scp.provisioning.manual.rules import RULES

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "examples" / "services"
PLANTED = {
    "network/services.csv": """service,message,trigger_criteria,ssn,translation_type
LNP,,,247,
LNP,,37,247,
LNQ,,,,
""",
    "services/lnp/lnp.toml": 'ama_slp_id = "900000000"\nquery_at = ["SSP2004", "SSP9999"]\n',
    "services/lnp/ported.csv": """number,lrn,spid
213055123,3235550000,
2135551236,323555000,
2135551237,3235550000,
2135551237,3235550000,
5105550000,6265550000,
2135551238,9995550000,
2135552000,3235550000,
8005551234,3235550000,
4115551234,3235550000,
""",
    "services/lnp/blocks.csv": "block,lrn,spid\n2135552,3235550000,\n213555,3235550000,\n2135552,6265550000,\n",
    "services/lnp/delta/1.csv": "action,number,lrn,spid\nADD,2135551237,6265550000,\nMOD,213555,6265550000,\nDEL,8005550000,,\nMOD,2135551237,6265550000,78\n",
    "services/tollfree/records.csv": """number,status,carrier_intra,carrier_inter,tel,template
4155550199,WORKING,,0222,4155551000,
8005551000,WORKING,,0222,4155551000,
8005551000,CLOSED,,0222,4155551000,
8005551001,WORKING,,0222,8885551000,
8005551002,WORKING,,0222,,
8005551003,WORKING,,222,4155551000,
8005551004,WORKING,,,,T-NONE
8005551005,WORKING,,,,T
""",
    "services/tollfree/templates.toml": """[T]
timezone = "Mars/Olympus"
carrier_inter = "0222"
logic = [
  { if = { percent = 60 }, tel = "DIAL" },
  { if = { percent = 50 }, tel = "DIAL" },
  { announcement = "NOBODY" },
  { tel = "DIAL" },
]
[U]
carrier_inter = "0222"
logic = [
  { if = { percent = 60 }, tel = "DIAL" },
]
""",
    "services/cnam/lines.csv": "number,ssp\n9257884060,NOBODY\n9257893412,SSP2002\n",
    "services/cnam/names.csv": """number,name,presentation
41555501,ROE,ALLOWED
4155550101,ACME PLUMBING CO,ALLOWED
4155550102,ROE ,ALLOWED
4155550103,ROE,HIDDEN
4155550103,ROE,ALLOWED
8005551000,ROE,ALLOWED
""",
    "services/terminating/lines.toml": """["92578840"]
ssp = "SSP2002"
["9257884061"]
ssp = "NOBODY"
rules = [
  { action = "HANG_UP" },
  { action = "FORWARD", to = "9257884061" },
  { action = "ANNOUNCE", announcement = "NOBODY" },
]
""",
}
FOUND = """
SRV-02 network/services.csv 3
SRV-01 network/services.csv 4
SRV-03 services/cnam 0
SRV-03 services/terminating 0
SRV-03 services/tollfree 0
LNP-08 services/lnp/lnp.toml 1
LNP-13 services/lnp/lnp.toml 2
LNP-01 services/lnp/ported.csv 2
LNP-02 services/lnp/ported.csv 3
LNP-03 services/lnp/ported.csv 5
LNP-04 services/lnp/ported.csv 6
LNP-06 services/lnp/ported.csv 6
LNP-05 services/lnp/ported.csv 7
LNP-10 services/lnp/ported.csv 8
LNP-11 services/lnp/ported.csv 9
LNP-11 services/lnp/ported.csv 10
LNP-07 services/lnp/blocks.csv 3
LNP-03 services/lnp/blocks.csv 4
LNP-12 services/lnp/delta/1.csv 2
LNP-01 services/lnp/delta/1.csv 3
LNP-11 services/lnp/delta/1.csv 4
row services/lnp/delta/1.csv 5
TFS-01 services/tollfree/records.csv 2
TFS-02 services/tollfree/records.csv 4
TFS-03 services/tollfree/records.csv 4
TFS-04 services/tollfree/records.csv 5
TFS-05 services/tollfree/records.csv 6
TFS-06 services/tollfree/records.csv 7
TFS-07 services/tollfree/records.csv 8
TFS-11 services/tollfree/templates.toml 2
TFS-09 services/tollfree/templates.toml 6
TFS-10 services/tollfree/templates.toml 7
TFS-08 services/tollfree/templates.toml 8
TFS-13 services/tollfree/templates.toml 10
TFS-12 services/tollfree/templates.toml 13
CNM-06 services/cnam/lines.csv 2
CNM-06 services/cnam/lines.csv 3
CNM-01 services/cnam/names.csv 2
CNM-02 services/cnam/names.csv 3
CNM-03 services/cnam/names.csv 4
CNM-04 services/cnam/names.csv 5
CNM-05 services/cnam/names.csv 6
CNM-08 services/cnam/names.csv 7
TRM-01 services/terminating/lines.toml 1
TRM-05 services/terminating/lines.toml 4
TRM-02 services/terminating/lines.toml 6
TRM-03 services/terminating/lines.toml 7
TRM-06 services/terminating/lines.toml 7
TRM-04 services/terminating/lines.toml 8
TRM-06 services/terminating/lines.toml 8
"""
LEFT = {"LNP-09", "CNM-07", "TFS-14", "TRM-07"}
"""Rules that another finding of the same file excludes, or that need a thousand rows."""


@pytest.fixture
def found_in(tmp_path):
    """A function: files by name (None = removed) -> (rule, file, line) of what is wrong with services."""

    def look(files):
        root = tmp_path / "set"
        shutil.copytree(ROOT / "examples/golden", root, copy_function=shutil.copyfile)
        shutil.copytree(
            ROOT / "tests/acceptance/services/golden", root, dirs_exist_ok=True, copy_function=shutil.copyfile
        )
        for name, text in files.items():
            if text is None:
                (root / name).unlink()
            else:
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text(text)
        return sorted((one.rule, one.file, one.line) for one in load(root).problems if "services" in one.file)

    return look


def test_a_wrong_or_repeated_block_is_still_judged_by_its_routing_number(tmp_path):
    root = shutil.copytree(SERVICES, tmp_path / "set")
    (root / "services/lnp/blocks.csv").write_text(
        "block,lrn,spid\n213555,9995550000,\n2135552,3235550000,\n2135552,9995550000,\n9995552,3235550000,\n"
    )
    found = [(one.rule, one.line) for one in load(root).problems if one.file == "services/lnp/blocks.csv"]
    assert sorted(found) == [("LNP-03", 4), ("LNP-05", 2), ("LNP-05", 4), ("LNP-06", 5), ("LNP-07", 2)]


def test_a_control_character_in_a_name_is_told_by_its_rule_and_hides_no_other_row(tmp_path):
    root = shutil.copytree(SERVICES, tmp_path / "set")
    (root / "services/cnam/names.csv").write_bytes(
        b"number,name,presentation\n4155550101,A\x07B,ALLOWED\n4155550102,A\tB,ALLOWED\n4155550103,A\rB,ALLOWED\n"
        b"41555\x0050104,ROE,ALLOWED\n4155550105,ROE,ALL\x1bOWED\n4155550106,ROE ,ALLOWED\n"
    )
    found = [(one.rule, one.line) for one in load(root).problems if one.file == "services/cnam/names.csv"]
    assert found == [
        ("CNM-02", 2), ("CNM-02", 3), ("CNM-02", 4), ("CNM-01", 5), ("CNM-04", 6), ("CNM-03", 7)
    ]  # fmt: skip


def test_every_rule_of_services_is_found_at_its_line_and_all_at_once(found_in):
    expected = [tuple(line.split()) for line in FOUND.split("\n") if line]
    assert found_in(PLANTED) == sorted((rule, file, int(line)) for rule, file, line in expected)
    known = {rule for rule in RULES if rule.startswith(("SRV", "LNP", "TFS", "CNM", "TRM"))}
    assert {rule for rule, _, _ in expected} - {"row"} == known - LEFT


def test_the_rules_that_others_exclude(found_in):
    files = {
        "services/lnp/lnp.toml": "copy_charge = false\ninclude_slp = true\n",
        "services/cnam/names.csv": None,
    }
    assert found_in(files) == [
        ("CNM-07", "services/cnam/lines.csv", 0),
        ("LNP-09", "services/lnp/lnp.toml", 2),
    ]


@pytest.mark.parametrize(("count", "told"), [(1_000, False), (1_001, True)])
def test_a_thousand_conditions_that_no_look_up_tells_apart(count, told, found_in):
    """All are about noon, beside ten thousand that each ask for a caller of their own."""
    windows = [f'["00:{at // 60:02d}", "23:{at % 60:02d}"]' for at in range(count)]
    callers = [f'"{2_135_550_000 + at}"' for at in range(10_000)]
    ifs = [f"tod = {one}" for one in windows] + [f"from_number = [{one}]" for one in callers]
    branches = "".join(f'  {{ if = {{ {one} }}, tel = "DIAL" }},\n' for one in ifs)
    rules = "".join(f'  {{ if = {{ {one} }}, action = "REJECT" }},\n' for one in ifs)
    files = {
        "services/tollfree/templates.toml": f'[T-LATA]\ncarrier_inter = "0222"\nlogic = [\n{branches}]\n',
        "services/tollfree/records.csv": "number,status,carrier_intra,carrier_inter,tel,template\n"
        "8005551000,WORKING,,,,T-LATA\n",
        "services/terminating/lines.toml": f'["9257884061"]\nssp = "SSP2002"\nrules = [\n{rules}]\n',
    }
    expected = [
        ("TFS-14", "services/tollfree/templates.toml", 3),
        ("TRM-07", "services/terminating/lines.toml", 3),
    ]
    assert found_in(files) == (expected if told else [])


NEVER = {
    'from_npa = ["213"], from_number = ["9255551234"]': True,
    'from_npa = ["213", "925"], from_number = ["9255551234"]': False,
    'from_npanxx = ["415555"], from_number = ["4155540000", "9255551234"]': True,
    'from_npa = ["213"], from_npanxx = ["415555"]': True,
    'from_npa = ["415"], from_npanxx = ["415555"]': False,
    'dow = [1], date = ["2001-01-16", "2001-01-17"]': True,
    'dow = [3], date = ["2001-01-16", "2001-01-17"]': False,
}


@pytest.mark.parametrize("asked", NEVER)
def test_a_condition_that_no_call_meets(asked, found_in):
    files = {
        "services/tollfree/templates.toml": f'[T-LATA]\ncarrier_inter = "0222"\nlogic = [{{ if = {{ {asked} }}, tel = "DIAL" }}]\n',
        "services/tollfree/records.csv": "number,status,carrier_intra,carrier_inter,tel,template\n"
        "8005551000,WORKING,,,,T-LATA\n",
        "services/terminating/lines.toml": f'["9257884061"]\nssp = "SSP2002"\nrules = [{{ if = {{ {asked} }}, action = "REJECT" }}]\n',
    }
    expected = [
        ("A-128", "services/terminating/lines.toml", 3),
        ("A-128", "services/tollfree/templates.toml", 3),
    ]
    assert found_in(files) == (expected if NEVER[asked] else [])

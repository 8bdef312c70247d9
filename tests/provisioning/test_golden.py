"""The golden data set loads, means what the acceptance data mean, and warns of its odd rows only.

Source: interfaces.md section 2, requirements.md section 5; A-162, AMB-41, A-161, A-096, A-056.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ain_scp.provisioning.check.columns import digits_of
from ain_scp.provisioning.loader import load, load_or_raise
from ain_scp.provisioning.rows import Contract, CustomerSet, DataSet, Facilities
from ain_scp.terms.conditions import Condition, condition_of
from ain_scp.terms.triggers import TRIGGER_TYPES
from ain_scp.terms.vocabulary import STATION_TYPES
from kit.json_data_set import UnknownKeyError, dataset_from_json
from kit.overrides import changed


@pytest.fixture(scope="module")
def dataset(golden: Path) -> DataSet:
    return load_or_raise(golden)[0]


def meaning(dataset: DataSet) -> Any:
    """Turn a data set into plain values, without where it lies and what it is called."""
    plain = msgspec.to_builtins(dataset, enc_hook=plain_value)
    return {key: value for key, value in plain.items() if key not in ("name", "description", "directory")}


def plain_value(value: object) -> object:
    """Spell a condition and an array."""
    if isinstance(value, Condition):
        return value.plain()
    assert isinstance(value, np.ndarray)
    return value.tolist()


def test_it_warns_of_its_odd_rows_only(golden: Path) -> None:
    assert [(one.file, one.line, one.rule, one.severity) for one in load(golden).problems] == [
        ("customers/GOLDEN/asf_rtl.csv", 3, "AMB-41", "warning"),
        ("customers/GOLDEN/asf_rtl.csv", 9, "A-162", "warning"),
        ("customers/GOLDEN/rtl.toml", 7, "A-161", "warning"),
        ("customers/SILVER/blocking_domestic.csv", 2, "A-096", "warning"),
        ("network/triggers.csv", 22, "A-056", "warning"),
    ]


def test_the_example_is_the_acceptance_data_set(dataset: DataSet, write_dataset: Callable[..., Path]) -> None:
    written, _ = load_or_raise(write_dataset())
    assert meaning(written) == meaning(dataset)


def test_network_tables_hold_every_value(dataset: DataSet, provisioning: dict[str, Any]) -> None:
    assert {one.name: (one.kind, one.ain, one.lata, one.role, one.homed_on) for one in dataset.switches} == {
        name: (one["switch"], one["ain"], one["lata"], one.get("role", ""), one.get("homed_on", ""))
        for name, one in provisioning["switches"].items()
    }
    latas = provisioning["lata_map"]
    assert {one.prefix: [one.lata, one.state] for one in dataset.lata} == latas["npa"] | latas["npanxx"]
    assert {one.cause: (one.id, one.text) for one in dataset.announcements} == {
        cause: (one["id"], one.get("text", "")) for cause, one in provisioning["announcements"].items()
    }
    assert {
        str(one.ctc): (one.name, one.privilege, one.blocking_type, one.asf_treatment)
        for one in dataset.call_types
    } == {
        ctc: (one["name"], one["privilege"], one["blocking_type"], one["asf_treatment"])
        for ctc, one in provisioning["ctc_table"].items()
    }
    assert dataset.numbering.voice == provisioning["bearer_is_voice"]
    assert list(dataset.numbering.toll_free_npas) == provisioning["toll_free_npas"]
    assert list(dataset.numbering.n11_listed) == provisioning["n11"]["listed"]
    assert list(dataset.numbering.n11_other) == provisioning["n11"]["other"]
    assert msgspec.to_builtins(dataset.rates) == provisioning["rates"]


def test_triggers_hold_every_value(dataset: DataSet, provisioning: dict[str, Any]) -> None:
    found = dataset.triggers
    assert {
        digits_of(int(number)): {
            "type": TRIGGER_TYPES[kind],
            "customer": dataset.customers[customer].name,
            "ssp": dataset.switches[ssp].name,
        }
        for number, kind, customer, ssp in zip(
            found.numbers, found.type, found.customer, found.ssp, strict=True
        )
    } == provisioning["triggers"]
    assert found.lines.tolist() == list(range(2, 30))


@pytest.mark.parametrize("name", ["GOLDEN", "SILVER"])
def test_customer_tables_hold_every_value(name: str, dataset: DataSet, provisioning: dict[str, Any]) -> None:
    customer = next(one for one in dataset.customers if one.name == name)
    wanted = provisioning["customers"][name]
    for key in ("group_id", "ocs", "split_interstate", "default_privilege_class", "vacant_number"):
        assert getattr(customer, key) == wanted[key]
    for key in ("ubs", "ubr", "rbr"):
        assert getattr(customer, key) == (wanted[key] == "ON")
    assert customer.access_codes == wanted["access_codes"]
    assert customer.ama_slp_ids == wanted["ama_slp_ids"]
    assert customer.contract == Contract(**wanted["contract"])
    assert plan_of(customer) == {key: wanted[key] for key in ("mdp", "sdp")}
    assert stations_of(customer) == wanted["ocs_tables"]
    assert {one.prefix: one.name for one in customer.ocs_index} == wanted["ocs_index"]
    assert {one.prefix: one.name for one in customer.asf_originating} == wanted["asf_originating"]
    for kind in ("international", "domestic", "800"):
        rows = customer.blocking[kind]
        assert [one.number for one in rows] == wanted["blocking"][kind]
    completion = [one.number for one in customer.international_completion]
    assert completion == wanted["international_completion"]


def plan_of(customer: CustomerSet) -> dict[str, Any]:
    mdp = customer.mdp
    return {
        "mdp": {
            digits_of(int(dialed)): {"number": digits_of(int(number)), "non": int(non)}
            for dialed, number, non in zip(mdp.dialed, mdp.number, mdp.non, strict=True)
        },
        "sdp": [digits_of(int(number)) for number in customer.sdp.number],
    }


def stations_of(customer: CustomerSet) -> dict[str, Any]:
    rows = customer.stations
    found: dict[str, Any] = {}
    for table, number, kind, level in zip(
        rows.table, rows.number, rows.kind, rows.privilege_class, strict=True
    ):
        row = {"type": STATION_TYPES[kind], "pc": int(level) or None}
        found.setdefault(rows.tables[table], {})[digits_of(int(number))] = row
    return found


def test_routing_tables_hold_every_value(dataset: DataSet, provisioning: dict[str, Any]) -> None:
    golden = dataset.customers[0]
    wanted = provisioning["customers"]["GOLDEN"]
    assert golden.emergency_route == Facilities(("0000-0911", "0000-0912"), ("0222",))
    assert not golden.emergency_active
    rule = next(one for one in golden.profiles if one.name == "CONCORD").rules[0]
    assert rule.condition == condition_of({"ctc": [131, 231], "dow": range(1, 6), "tod": [480, 1020]})
    assert rule.facilities == Facilities(("0000-0301", "0000-0302"), ("0222", "0333"))
    rows = next(one for one in golden.profiles if one.name == "WALNUT").rtl
    assert [(one.number, one.prefix, one.ctc, one.rtl) for one in rows] == [
        ("4159215678", None, None, "9257893412"),
        (None, None, frozenset({131, 231, 153, 253}), "9257895678"),
        (None, None, frozenset({151, 252}), "9257893412"),
    ]
    outcomes = {one.number: [node.outcome for node in one.logic] for one in golden.rtl}
    assert outcomes == {
        number: [node["outcome"] for node in one["logic"]] for number, one in wanted["rtl"].items()
    }
    row = golden.asf_rtl[2]
    assert row.facilities == Facilities(("0000-0174", "0195-2000", "0000-0180"), ("0222", "0333", "0388"))
    assert [one.number for one in golden.trunk_groups] == [1, 2, 3]
    assert golden.trunk_groups[1].implied_access_code == "9"


def test_rows_know_their_lines(golden: Path, dataset: DataSet) -> None:
    customer = dataset.customers[0]
    rows = (
        [(one.where, f'["{one.number}"]') for one in customer.rtl]
        + [
            (node.where, f'outcome = "{node.outcome}"')
            for one in customer.rtl
            for node in one.logic
            if node.outcome
        ]
        + [(one.where, f"[profiles.{one.name}]") for one in customer.profiles]
        + [(one.where, f'rtl = "{one.rtl}"') for profile in customer.profiles for one in profile.rtl]
        + [(one.where, one.destination) for one in customer.asf_rtl]
        + [(one.where, one.number) for one in customer.blocking["domestic"]]
        + [(one.where, one.name) for one in dataset.switches]
    )
    for where, text in rows:
        line = (golden / where.file).read_text(encoding="utf-8").split("\n")[where.line - 1]
        assert text in line, where


def test_overrides_change_the_written_data_set(write_dataset: Callable[..., Path]) -> None:
    root = write_dataset(
        {
            "customers/GOLDEN/ubs": "OFF",
            "customers/GOLDEN/emergency/active": True,
            "customers/GOLDEN/asf_rtl_table/0/primary_trunk": "0000-0999",
            "customers/GOLDEN/provider": "CLEC7",
            "customers/GOLDEN/contract/rbr_by_host": {"9257893412": 50, "9257895678": 70},
            "customers/GOLDEN/contract/ubr_by_pair": {"PBX_PBX": 30},
            "customers/SILVER/ctc_table": {
                "131": {"name": "own", "privilege": "YYYYYYYY", "asf_treatment": "PSTN"}
            },
        }
    )
    golden, silver = load_or_raise(root)[0].customers
    assert (golden.ubs, golden.emergency_active, golden.provider) == (False, True, "CLEC7")
    assert golden.asf_rtl[0].facilities.trunk_groups == ("0000-0999",)
    assert golden.contract.rbr_by_host == {"9257893412": 50, "9257895678": 70}
    assert golden.contract.ubr_by_pair == {"PBX_PBX": 30}
    assert [(one.ctc, one.privilege) for one in silver.call_types] == [(131, "YYYYYYYY")]


def test_overrides_leave_the_given_data_alone(provisioning: dict[str, Any]) -> None:
    before = json.dumps(provisioning)
    changed(provisioning, {"customers/GOLDEN/sdp/0": "1"})
    assert json.dumps(provisioning) == before
    with pytest.raises(KeyError):
        changed(provisioning, {"customers/COPPER/ubs": "ON"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tables", {}),
        ("switches/SSP2002/vendor", "x"),
        ("customers/GOLDEN/mdp/9692300/ton", 1),
        ("customers/GOLDEN/blocking/900", []),
        ("customers/GOLDEN/ocs_tables/OCS_SF", []),
        ("customers/GOLDEN/sdp", {}),
        ("customers/GOLDEN/mdp", []),
    ],
)
def test_a_key_without_a_table_is_refused(path: str, value: Any, write_dataset: Callable[..., Path]) -> None:
    with pytest.raises(UnknownKeyError):
        write_dataset({path: value})


def test_words_that_need_quotes_come_back_unchanged(write_dataset: Callable[..., Path]) -> None:
    text = '#1, "two"\nthree = \\ é\t'
    root = write_dataset({"announcements/SCREENED/text": text, "ctc_table/101/name": text})
    dataset, _ = load_or_raise(root)
    assert dataset.announcements[0].text == text
    assert dataset.call_types[0].name == text


def test_description_and_name_come_back_unchanged(provisioning: dict[str, Any], tmp_path: Path) -> None:
    text = 'a "b" \\ é\n\x01'
    root = dataset_from_json(provisioning, tmp_path / "x", name=text, description=text)
    dataset, _ = load_or_raise(root)
    assert (dataset.name, dataset.description) == (text, text)

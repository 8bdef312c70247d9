"""Decision tables 4.2, 4.3 and 4.4 and the privilege class table of section 3, every row."""

from itertools import product

import pytest

from ain_scp.screening.blocking import check_blocking
from ain_scp.screening.ocs import permits
from ain_scp.terms.decision import Translation

# Section 3: call type code -> cells of PC1..PC8, blocking type, ASF-RTL treatment.
CALL_TYPES = {
    101: ("YYYYYYYY", "domestic", "RTL"),
    109: ("YYYYYYYY", "domestic", "PSTN"),
    111: ("YYYYYYYY", "domestic", "PSTN"),
    112: ("YYYYYYYY", "domestic", "PSTN"),
    121: ("YYYYYYYY", "domestic", "PSTN"),
    122: ("YYYYYYYY", "domestic", "PSTN"),
    131: ("NNNNYYYY", "domestic", "RTL"),
    132: ("NNNNYYYY", "domestic", "RTL"),
    141: ("YYYYYYYY", "800", "PSTN"),
    151: ("NNNNYYYY", "international", "RTL"),
    153: ("NYYYYYYY", "international", "RTL"),
    201: ("NNYYYYYY", "domestic", "PSTN"),
    209: ("NNNNNNNN", "domestic", "BLOCK"),
    231: ("NNNYYYYY", "domestic", "RTL"),
    232: ("NNNYYYYY", "domestic", "RTL"),
    241: ("YYYYYYYY", "800", "PSTN"),
    252: ("NNNNNNYY", "international", "RTL"),
    253: ("NNNNNYYY", "international", "RTL"),
    261: ("NNNNNNYY", None, "PSTN"),
    262: ("NNNNNNYY", None, "PSTN"),
    263: ("NNNNNNYY", None, "PSTN"),
    264: ("NNNNNNYY", None, "PSTN"),
    271: ("NNNNNNYY", None, "PSTN"),
    281: ("YYYYYYYY", None, "PSTN"),
    282: ("NNYYYYYY", None, "PSTN"),
}


@pytest.mark.parametrize("ctc", CALL_TYPES)
def test_every_cell_of_the_privilege_class_table_decides(ctc, program_of):
    customer = program_of().snapshot.customer_named["GOLDEN"]
    cells, blocking_type, treatment = CALL_TYPES[ctc]
    assert [permits(customer, ctc, klass, None) for klass in range(1, 9)] == [cell == "Y" for cell in cells]
    assert customer.call_types.blocking_type[ctc] == blocking_type
    assert customer.call_types.asf_treatment[ctc] == treatment


def test_a_code_or_class_without_a_cell_is_denied(program_of):
    customer = program_of().snapshot.customer_named["GOLDEN"]
    without = [ctc for ctc in range(1000) if ctc not in CALL_TYPES]
    assert not any(permits(customer, ctc, klass, None) for ctc in without for klass in range(9))
    assert not any(permits(customer, ctc, 0, None) for ctc in CALL_TYPES)


def test_default_cells_are_nested_no_y_is_followed_by_n():
    assert all("YN" not in cells for cells, _, _ in CALL_TYPES.values())


INDEX = {True: "925834", False: "999999"}
FLOW = list(product([False, True], [False, True], [False, True], [False, True], ["Y", "N", "absent"]))


@pytest.mark.parametrize(
    ("subscribed", "indexed", "listed", "emergency_call", "cell"),
    FLOW,
    ids=[
        f"{'ocs' if s else 'none'}-{'index' if i else 'noindex'}-{'row' if r else 'norow'}-{'911' if e else 'call'}-{c}"
        for s, i, r, e, c in FLOW
    ],
)
def test_the_48_rows_of_outgoing_call_screening(
    subscribed, indexed, listed, emergency_call, cell, decide, program_of
):
    station = (
        {"9258341234": {"type": "CENTREX", "pc": 5}}
        if listed
        else {"9258341235": {"type": "CENTREX", "pc": 5}}
    )
    overrides = {
        "customers/GOLDEN/ocs": subscribed,
        "customers/GOLDEN/ocs_index": {INDEX[indexed]: "OCS_ONE"},
        "customers/GOLDEN/ocs_tables": {"OCS_ONE": station},
        "customers/GOLDEN/default_privilege_class": 2,
        "customers/GOLDEN/asf_originating": {},
        "ctc_table/201/privilege": "Y" * 8 if cell == "Y" else "N" * 8,
        "ctc_table/281/privilege": "Y" * 8 if cell == "Y" else "N" * 8,
    }
    program = program_of(overrides)
    types = program.snapshot.customer_named["GOLDEN"].call_types
    if cell == "absent":
        cells = bytearray(types.cells)
        for ctc in (201, 281):
            cells[ctc * 9 : ctc * 9 + 9] = bytes(9)
        types.cells = bytes(cells)
    decision = decide({"access_code": "9", "dialed": "911" if emergency_call else "4157770100"}, overrides)
    path, klass = decision["path"], decision["privilege_class"]
    if not subscribed:
        assert (decision["screening"], klass) == ("NOT_SUBSCRIBED", None)
        assert path[2:5] == ["s120", "s1000", "s1002"]
    elif not indexed and not emergency_call:
        assert decision["screening"] == "PROVISIONING_ERROR"
        assert decision["response"]["called_party_id"] == "9255550100"
        assert path[-2:] == ["s1004", "s218"]
    else:
        assert klass == (5 if listed and indexed else 2)
        assert decision["calling_class"] == ("CENTREX" if listed and indexed else "OTHER")
        allowed = emergency_call or cell == "Y"
        assert decision["screening"] == ("ALLOW" if allowed else "DENY")
        assert ("s1012" in path, "s1014" in path) == (allowed, not allowed)
        if not allowed:
            assert decision["response"]["announcement"] == "SCREENED"
            assert path[-2:] == ["s216", "s218"]


# 4.3: type -> (entries in the table, numbers that must hit in the order searched, a number that must not).
BLOCKING = {
    "international": (
        ["442079460999", "850", "53", "7"],
        ["442079460999", "85012345", "5312", "74951234567"],
        "33140205050",
    ),
    "domestic": (["2125550100", "415555", "809"], ["2125550100", "4155550000", "8097771111"], "2125550101"),
    "800": (["8005551234", "888976"], ["8005551234", "8889761234"], "8005551235"),
}


def checked(program, klass, ctc, number):
    """What the blocking table of a call type makes of a number, looked up."""
    customer = program.snapshot.customer_named["GOLDEN"]
    called = program.called["GOLDEN"].of(Translation(number, 4 if ctc in (151, 153, 252, 253) else 3))
    return check_blocking(customer, klass, ctc, called, None)


@pytest.mark.parametrize("ctc", CALL_TYPES)
def test_blocking_tables_by_call_type_control_and_hit(ctc, program_of):
    _, kind, _ = CALL_TYPES[ctc]
    program = program_of()
    for klass in range(1, 9):
        if kind is None:
            assert checked(program, klass, ctc, "2125550100") == "NOT_APPLICABLE"
            continue
        _, hits, miss = BLOCKING[kind]
        blocked = f"BLOCK_{kind.upper()}"
        expected = ("BYPASSED", "BYPASSED") if klass == 8 else (blocked, "PASS")
        assert {checked(program, klass, ctc, number) for number in hits} == {expected[0]}
        assert checked(program, klass, ctc, miss) == expected[1]


@pytest.mark.parametrize(
    ("kind", "entry", "number", "blocked"),
    [
        (
            "international",
            "4420",
            "442079460000",
            False,
        ),  # four digits match only as a complete number (AMB-28)
        ("international", "4420", "4420", True),
        ("international", "44", "442079460000", True),
        ("international", "2125", "2125550100", False),
        ("domestic", "415", "4155550000", True),
        ("domestic", "415555", "4155560000", False),
        ("800", "8005551234", "8005551234", True),
        ("800", "800555", "8005550000", True),
    ],
)
def test_an_entry_matches_at_its_own_length_only(kind, entry, number, blocked, program_of):
    program = program_of({f"customers/GOLDEN/blocking/{kind}": [entry]})
    ctc = {"international": 252, "domestic": 201, "800": 241}[kind]
    assert checked(program, 1, ctc, number).startswith("BLOCK_") == blocked


ROUTE = {"trunk_groups": ["0000-0911", "0000-0912"], "carriers": ["0222"]}
EMERGENCY = list(product([False, True], repeat=5))


@pytest.mark.parametrize(("active", "ocs", "class_8", "emergency_call", "routed"), EMERGENCY)
def test_emergency_calling_every_combination(active, ocs, class_8, emergency_call, routed, decide):
    overrides = {
        "customers/GOLDEN/ocs": ocs,
        "customers/GOLDEN/emergency": {"active": active, "route": ROUTE if routed else None},
    }
    query = {"calling_party": "9258341241" if class_8 else "9258341234", "access_code": "9"}
    query["dialed"] = "911" if emergency_call else "14159212000"
    decision = decide(query, overrides)
    normal = decide(query, overrides | {"customers/GOLDEN/emergency": {"active": False, "route": None}})
    if active and ocs and not emergency_call and not class_8:
        assert decision["blocking"] == "BLOCK_EMERGENCY"
        assert decision["response"]["announcement"] == "BLOCKED_EMERGENCY"
        assert decision["path"][-3:] == ["s130", "s216", "s218"]
    elif active and ocs and not emergency_call and routed:
        assert decision["route"]["kind"] == "CRS_CCS"
        assert decision["route"]["asf_results"] == 12
        assert decision["response"]["trunk_groups"] == ROUTE["trunk_groups"]
        assert decision["response"]["carriers"] == ROUTE["carriers"]
        assert decision["response"]["ama_slp_id"] is None
    else:
        assert {key: decision[key] for key in ("route", "response", "path", "ctc")} == {
            key: normal[key] for key in ("route", "response", "path", "ctc")
        }


def test_a_call_already_screened_is_reported_as_screened_not_as_emergency(decide):
    decision = decide(
        {"calling_party": "9258341235", "dialed": "9692300"}, {"customers/GOLDEN/emergency/active": True}
    )
    assert (decision["screening"], decision["blocking"]) == ("DENY", "NOT_RUN")

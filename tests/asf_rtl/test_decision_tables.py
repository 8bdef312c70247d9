"""Decision tables 4.5, 4.6 and 4.7, every row."""

from itertools import product

import pytest

TRUNKS = ("0000-0174", "0195-2000", "0000-0180")
CARRIERS = ("0222", "0333", "0388")
HOST = {
    "message": "TERMINATION_ATTEMPT",
    "trigger": "TAT",
    "calling_party": "9258341234",
    "called_party": "9257893412",
    "original_called_party": "4159215678",
    "original_called_non": 3,
}


def row(trunks, carriers):
    filled_trunks = [*TRUNKS[:trunks], None, None, None][:3]
    filled_carriers = [*CARRIERS[:carriers], None, None, None][:3]
    names = ("primary_trunk", "alternate_trunk", "second_alternate_trunk")
    names += ("primary_carrier", "alternate_carrier", "second_alternate_carrier")
    return {"originating": "9257893412", "destination": "TG"} | dict(
        zip(names, filled_trunks + filled_carriers, strict=True)
    )


@pytest.mark.parametrize(("trunks", "carriers"), list(product(range(4), range(4))))
def test_table_5_every_valid_pattern_and_the_invalid_one(trunks, carriers, decide):
    decision = decide(HOST, {"customers/GOLDEN/asf_rtl_table": [row(trunks, carriers)]})
    route, response = decision["route"], decision["response"]
    assert (route["kind"], route["outcome"]) == ("ASF_RTL_HOST", "TG")
    if trunks == carriers == 0:
        assert (response["type"], response["announcement"]) == ("SEND_TO_RESOURCE", "RTL_INVALID_ROW")
        assert route["asf_results"] == 0
    else:
        assert route["asf_results"] == 10 * carriers + trunks
        assert response["trunk_groups"] == list(TRUNKS[:trunks])
        assert response["carriers"] == list(CARRIERS[:carriers])
        assert response["called_party_id"] == "4159215678"
    assert decision["path"] == [
        "s2110",
        "s2112",
        "s2114",
        "s2116",
        "s2118",
        "s2120",
        "s2122",
        "s2124",
        "s218",
    ]


HOST_ROWS = [
    # caller, original called number, logic, table row present, expected type, announcement, outcome, results
    (None, "4159215678", "TG", True, "RTL_UNAUTHORIZED", None),
    ("3125550000", "4159215678", "TG", True, "RTL_UNAUTHORIZED", None),
    ("6505551001", "4159215678", "TG", True, "RTL_UNAUTHORIZED", None),
    ("9258341299", "4159215678", "TG", True, "RTL_UNAUTHORIZED", None),
    ("9257893412", "4159215678", "TG", True, "RTL_UNAUTHORIZED", None),
    ("9258341234", None, "TG", True, "RTL_UNAUTHORIZED", None),
    ("9258341234", "4159215678", None, True, "RTL_NO_OUTCOME", None),
    ("9258341234", "4159215678", "PSTN_DEFAULT", True, None, "PSTN_DEFAULT"),
    ("9258341234", "4159215678", "TG", False, "RTL_NO_ROW", "TG"),
    ("9258341234", "4159215678", "TG", True, None, "TG"),
]


@pytest.mark.parametrize(("caller", "original", "outcome", "present", "announcement", "named"), HOST_ROWS)
def test_the_host_rows_of_table_4_6(caller, original, outcome, present, announcement, named, decide):
    overrides = {
        "customers/GOLDEN/asf_rtl_table": [row(1, 0)] if present else [],
        "customers/GOLDEN/rtl/9257893412/logic": [{"if": {}, "outcome": outcome}],
    }
    query = HOST | {"calling_party": caller, "original_called_party": original}
    query["original_called_non"] = None if original is None else 3
    decision = decide(query, overrides)
    assert decision["response"]["announcement"] == announcement
    assert decision["route"]["outcome"] == named
    assert "s216" not in decision["path"]
    assert decision["response"]["ama_slp_id"] is None
    if announcement == "RTL_UNAUTHORIZED":
        assert decision["path"] == ["s2110", "s2112", "s2114", "s2124", "s218"]
        assert decision["route"]["kind"] == "NONE"
    if named == "PSTN_DEFAULT":
        assert decision["route"]["asf_results"] == 0
        assert decision["response"]["called_party_id"] == original
        assert decision["response"]["trunk_groups"] == decision["response"]["carriers"] == []


@pytest.mark.parametrize(
    ("original", "non"),
    [
        ("415921567", 3),
        ("41592156789", 3),
        ("4159215678", 1),
        ("41592F5678", 3),
        ("", 3),
        ("1" * 16, 4),
        ("４159215678", 3),
    ],
)
def test_a_host_query_with_a_number_that_is_none_is_not_authorized(original, non, decide):
    decision = decide(HOST | {"original_called_party": original, "original_called_non": non})
    assert decision["response"]["announcement"] == "RTL_UNAUTHORIZED"


RTL_ROW = [{"number": "4159212000", "rtl": "9257893412"}]
RULES = [{"if": {}, "trunk_groups": ["0000-0310"], "carriers": []}]
LEG_1 = list(product([False, True], [False, True], ["PSTN", "RTL", "BLOCK"], [False, True], [False, True]))


@pytest.mark.parametrize(("emergency", "has_rtl", "treatment", "found", "rules"), LEG_1)
def test_the_leg_1_rows_of_table_4_6(emergency, has_rtl, treatment, found, rules, decide):
    profile = {}
    if has_rtl:
        profile["rtl"] = RTL_ROW if found else [{"number": "4159219999", "rtl": "9257893412"}]
    if rules:
        profile["rules"] = RULES
    overrides = {
        "customers/GOLDEN/emergency": {
            "active": emergency,
            "route": {"trunk_groups": ["0000-0911"], "carriers": []},
        },
        "customers/GOLDEN/asf_originating": {"925834": "ONE"},
        "customers/GOLDEN/asf_profiles": {"ONE": profile or {"rules": []}},
        "ctc_table/111/asf_treatment": treatment,
    }
    decision = decide({"calling_party": "9258341241"}, overrides)
    route, path = decision["route"], decision["path"]
    if emergency:
        assert (route["kind"], decision["response"]["trunk_groups"]) == ("CRS", ["0000-0911"])
        assert "s202" in path
        assert "s208" not in path
    elif has_rtl and treatment == "BLOCK":
        assert decision["response"]["announcement"] == "CTC_BLOCKED"
        assert path[-4:] == ["s200", "s208", "s216", "s218"]
    elif has_rtl and treatment == "RTL" and found:
        assert (route["kind"], route["rtl_number"]) == ("ASF_RTL", "9257893412")
        assert path[-5:] == ["s200", "s208", "s210", "s216", "s218"]
        assert decision["response"]["original_called_party_id"] == "4159212000"
        assert decision["response"]["trunk_groups"] == decision["response"]["carriers"] == []
    else:
        assert route["kind"] == ("CRS" if rules else "PSTN")
        assert path[path.index("s200") : path.index("s204") + 1] == ["s200", "s202", "s204"]


def test_the_rtl_number_is_found_by_number_then_longest_prefix_then_call_type(decide):
    rows = [
        {"ctc": [101, 111], "rtl": "9257895678"},
        {"prefix": "415", "rtl": "9257895678"},
        {"prefix": "415921", "rtl": "9257893412"},
        {"number": "4159212000", "rtl": "9257895678"},
    ]
    overrides = {"customers/GOLDEN/asf_profiles/WALNUT/rtl": rows, "ctc_table/111/asf_treatment": "RTL"}
    for removed, expected in ((4, "9257895678"), (3, "9257893412"), (2, "9257895678"), (1, "9257895678")):
        overrides["customers/GOLDEN/asf_profiles/WALNUT/rtl"] = rows[:removed]
        assert decide({}, overrides)["route"]["rtl_number"] == expected


CAUSES = [
    "SCREENED",
    "BLOCKED_INTERNATIONAL",
    "BLOCKED_DOMESTIC",
    "BLOCKED_800",
    "BLOCKED_EMERGENCY",
    "VACANT_NUMBER",
]
CAUSES += [
    "UNKNOWN_ACCESS_CODE",
    "CTC_BLOCKED",
    "RTL_UNAUTHORIZED",
    "RTL_NO_OUTCOME",
    "RTL_NO_ROW",
    "RTL_INVALID_ROW",
]


def test_every_cause_has_its_announcement(program_of):
    announcements = program_of().snapshot.announcements
    assert [announcements[cause].id for cause in CAUSES] == [1, 1, 1, 1, 2, 3, 6, 1, 4, 5, 5, 5]
    assert announcements["ALL_CIRCUITS_BUSY"].id == 7

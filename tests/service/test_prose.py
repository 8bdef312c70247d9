"""The examples that the requirements tell in prose, asked of the reference and of the product.

Each row: requirement and example, what is changed in the data set, the query, and what the text says of the answer
(paths into the decision; nothing more than the text says).
"""

import pytest

from kit import overrides as overrides_of

C01 = {"from": "9258341234", "code": "7", "dial": "14159215678"}
C05 = {"from": "9258341234", "code": "7", "dial": "9212000"}
PRI = {"trigger": "PRIBC", "group": "PRI-CONCORD"}
SATURDAY = {"time": "2001-01-20T10:00:00"}
UBS, UBR, RBR = "760833001", "760833002", "760833003"
G = "customers/GOLDEN"
S = "customers/SILVER"


def nine(caller, digits, **fields):
    return {"from": caller, "code": "9", "dial": digits} | fields


def seven(caller, digits, **fields):
    return {"from": caller, "code": "7", "dial": digits} | fields


def host(caller, rtl, original, non=3, **fields):
    return {"from": caller, "rtl": rtl, "original": original, "non": non} | fields


A, B = "9257893412", "9257895678"
ENDS = {"path": ["s100", "s110", "s218"], "response.announcement": "VACANT_NUMBER", "screening": "NOT_RUN"}
DENIED = {"screening": "DENY", "response.announcement": "SCREENED"}
BLOCKED = "response.announcement"
FLAG = "response.ama_slp_id"
PARTY = "response.called_party_id"

CASES = {
    "A-205 X01": ({}, C05 | {"bearer": "FAX"}, {FLAG: UBS}),
    "A-049 modem": ({}, C05 | {"bearer": "MODEM_56"}, {FLAG: UBS}),
    "A-049 RDI": ({}, C05 | {"bearer": "RDI_56"}, {FLAG: None}),
    "A-217 X02": ({f"{G}/ubr": "OFF"}, C05, {"ctc": 111, FLAG: UBS}),
    "A-215 X03": ({f"{G}/ubs": "OFF"}, C05, {"ctc": 111, FLAG: None}),
    "A-216 X04": ({f"{G}/ubs": "OFF"}, nine("9257884101", "5105553000"), {"ctc": 122, FLAG: UBR}),
    "A-218": ({f"{G}/ubs": "OFF", f"{G}/ubr": "OFF"}, C05, {FLAG: None}),
    "A-203 X05": ({}, nine("9258341234", "9258341260"), {"on_net": False, "ctc": 201, FLAG: None}),
    "A-036 X06": ({}, nine("9258341236", "7770100"), {"called_number": "9257770100", PARTY: "9257770100"}),
    "A-034 X07": ({}, seven("9258341234", "9999999"), ENDS | {PARTY: "9255550100"}),
    "A-034 X08": ({}, seven("9258341234", "4157770100"), {"on_net": False, "ctc": 201, "called_number": "4157770100"}),
    "A-024 X09": (
        {}, C05 | {"code": "5"},
        {"path": ["s100", "s218"], "response.type": "SEND_TO_RESOURCE", "response.announcement": "UNKNOWN_ACCESS_CODE"},
    ),
    "A-023 X10": (
        {}, nine("9257884050", "14157770100", code=None, group="OHD-CONCORD", trigger="OHD"),
        {"plan": "SDP", "called_number": "4157770100"},
    ),
    "A-059 X11": (
        {}, nine("9257884000", "14157770100", group="STG-CONCORD"), {"privilege_class": 3, "calling_class": "PBX"},
    ),
    "A-162 X13": ({}, host("9258341234", A, "3127770100"), {"route.outcome": "EMPTY", BLOCKED: "RTL_INVALID_ROW"}),
    "A-159 X14": ({}, host("9258341234", A, "6027770100"), {"route.outcome": None, BLOCKED: "RTL_NO_OUTCOME"}),
    "A-158 X15": (
        {}, host("9258341234", A, "4157770100"),
        {"route.outcome": "PSTN_DEFAULT", "route.asf_results": 0, PARTY: "4157770100", "response.trunk_groups": []},
    ),
    "A-170 X16": (
        {}, host("9258341234", A, "8187770100") | SATURDAY, {"ctc": 231, "route.outcome": "CIC", "route.asf_results": 20},
    ),
    "A-157": ({}, host("9258341234", A, "8187770100"), {"ctc": 231, "route.outcome": "TGCIC2", "route.asf_results": 33}),
    "A-168": ({}, host("9258341234", B, "8187770100") | SATURDAY, {"route.outcome": "TGCIC2"}),
    "A-092 X17": ({}, nine("9258341239", "011442079460999"), {"ctc": 253, BLOCKED: "BLOCKED_INTERNATIONAL"}),
    "A-092 X18": ({}, nine("9258341240", "011850212345"), {"ctc": 252, BLOCKED: "BLOCKED_INTERNATIONAL"}),
    "A-092 X49": ({}, nine("9258341240", "01153712345"), {"ctc": 252, BLOCKED: "BLOCKED_INTERNATIONAL"}),
    "A-093 X19": ({}, nine("9258341237", "2125550100"), {"ctc": 231, BLOCKED: "BLOCKED_DOMESTIC"}),
    "A-094 X20": ({}, nine("9258341235", "18005551234"), {"ctc": 241, BLOCKED: "BLOCKED_800"}),
    "A-066 X21": ({}, seven("9258341235", "8880800"), {"ctc": 141, "on_net": True, "screening": "ALLOW"}),
    "A-135 X22 OCS off": ({f"{G}/ocs": False}, nine("9258341234", "19005551111"), {"ctc": 209, BLOCKED: "CTC_BLOCKED"}),
    "A-135 X22 opened": (
        {"ctc_table/209/privilege": "YYYYYYYY"}, nine("9258341234", "19005551111"),
        {"screening": "ALLOW", "route.kind": "NONE", BLOCKED: "CTC_BLOCKED"},
    ),
    "A-134 X23": ({f"{G}/ocs": False}, C05, {"ctc": 111, "ctc_source": "ASF_RTL", "screening": "NOT_SUBSCRIBED", FLAG: UBS}),
    "A-221 X24": (
        {f"{S}/ubs": "ON"}, {"from": "6505551001", "code": "8", "dial": "5551002"},
        {"ctc": 111, "ctc_source": "BILLING", FLAG: "760834001"},
    ),
    "A-096 X25": (
        {}, {"from": "6505551001", "code": "8", "dial": "5553001"},
        {"ctc": 0, "blocking": "NOT_APPLICABLE", PARTY: "2135553001", FLAG: None, "path[-4]": "s3024", "path[-3]": "s3008"},
    ),
    "A-222 X26": (
        {f"{S}/ubs": "ON"}, {"from": "6505551001", "code": "9", "dial": "4157770100"},
        {"ctc": 0, FLAG: None, "path[-4]": "s3022", "path[-3]": "s3008"},
    ),
    "A-190 X27": ({f"{G}/rbr": "OFF"}, C01, {"route.kind": "ASF_RTL", FLAG: None}),
    "A-191 X28": ({}, C01 | {"bearer": "UDI_64"}, {"route.kind": "ASF_RTL", FLAG: None}),
    "A-195 X29": ({f"{G}/rtl/{B}/participating": False}, C01, {"route.kind": "ASF_RTL", FLAG: None}),
    "A-196": ({f"{G}/ubs": "OFF", f"{G}/ubr": "OFF"}, C01, {FLAG: RBR}),
    "A-103 X30": ({f"{G}/emergency/active": True}, nine("9258341235", "911"), {"screening": "ALLOW", PARTY: "911", "blocking": "NOT_APPLICABLE"}),
    "A-103 X48": ({}, nine("4085559999", "911"), {"screening": "ALLOW", "privilege_class": 1, "ctc": 281, PARTY: "911"}),
    "A-103 class": ({"ctc_table/281/privilege": "NNNNNNNN"}, nine("9258341235", "911"), {"screening": "ALLOW", PARTY: "911"}),
    "A-070 X31": ({}, nine("9258341239", "0"), DENIED | {"ctc": 261}),
    "A-037 X32": ({}, nine("9258341240", "0"), {"ctc": 261, "screening": "ALLOW", "blocking": "NOT_APPLICABLE", PARTY: "0", "response.called_non": None}),
    "A-037 X33": ({}, nine("9258341240", "101022214157770100"), {"ctc": 271, "screening": "ALLOW", "cic": "0222", "route.kind": "PSTN"}),
    "A-070 X34": ({}, nine("9258341239", "101022214157770100"), DENIED | {"ctc": 271, "cic": "0222"}),
    "A-122 X35": (
        {}, nine("9257884102", "12137770100", **PRI) | SATURDAY,
        {"route.kind": "CCS", "response.carriers": ["0333", "0222", "0388"], "response.trunk_groups": [], "route.asf_results": 30},
    ),
    "A-202 X36": ({}, nine("2125557000", "9258341234"), {"privilege_class": 5, "ctc": 131, "route.kind": "PSTN", FLAG: None}),
    "A-047 X37": ({}, nine("9165551000", "5307560100"), {"ctc": 201}),
    "A-047 X37 not": ({}, nine("9165551000", "5307550100"), {"ctc": 231}),
    "A-152 X39": ({}, host("9258341299", A, "4159215678"), {BLOCKED: "RTL_UNAUTHORIZED", "calling_class": "TO"}),
    "A-152 X43": ({}, host("9258341234", A, None, None), {BLOCKED: "RTL_UNAUTHORIZED"}),
    "A-151": ({}, host("6505551001", A, "4159215678"), {BLOCKED: "RTL_UNAUTHORIZED"}),
    "A-154": ({}, host(None, A, "4159215678"), {BLOCKED: "RTL_UNAUTHORIZED"}),
    "A-033 X40": ({}, seven("9258341234", "15005551000"), {"called_number": "493012345678", "called_non": 4}),
    "A-068 X41": ({}, nine("9258341235", "411"), {"ctc": 281, "screening": "ALLOW"}),
    "A-068 X42": ({}, nine("9258341235", "511"), DENIED | {"ctc": 282}),
    "A-058 X44": ({}, seven("9258341250", "9212000"), {"privilege_class": 1, "calling_class": "OTHER", "ctc": 101}),
    "A-073 X45": ({f"{G}/split_interstate": True}, nine("9258341237", "12127770100"), {"ctc": 232, "route.kind": "PSTN", "route.rtl_number": None}),
    "A-073 in state": ({f"{G}/split_interstate": True}, nine("9258341237", "12137770100"), {"ctc": 231}),
    "A-069 X46": ({}, nine("9258341239", "01181332345678"), {"ctc": 253}),
    "A-069 X47": ({}, nine("9258341239", "01181332345679"), {"ctc": 252}),
    "A-040 X51": ({}, nine("9258341234", "9257884102"), {"on_net": True, "ctc": 112, FLAG: UBR}),
    "A-001 code 8": ({}, C05 | {"code": "8"}, {BLOCKED: "UNKNOWN_ACCESS_CODE"}),
    "A-026": ({}, nine("9258341234", "14159212000"), {"ctc": 111, FLAG: UBS}),
    "A-035": ({}, nine("9258341234", "12139692300"), {"called_number": "2139692300", "on_net": False, "ctc": 231}),
    "A-038": (
        {f"{G}/mdp/9700001": {"number": "5551234", "non": 3}}, seven("9258341234", "9700001"), {"called_number": "9255551234"},
    ),
    "A-044 blocked": ({f"{G}/blocking/domestic": ["9258341299"]}, seven("9258341237", "8341299"), {BLOCKED: "BLOCKED_DOMESTIC"}),
    "A-044 completed": ({f"{G}/blocking/domestic": ["9258341299"]}, seven("9258341241", "8341299"), {"blocking": "BYPASSED", PARTY: "9258341299"}),
    "A-048": ({f"{G}/blocking/domestic": []}, nine("9258341237", "18097771111"), {"ctc": 231}),
    "A-060": (
        {f"{G}/ocs_tables/OCS_WALNUT/9258341235/pc": 5}, seven("9258341235", "12139692300"), {"ctc": 131, "screening": "ALLOW"},
    ),
    "A-054": ({}, nine("2135622345", "14157770100"), {"privilege_class": 4}),
    "A-067": ({}, nine("9258341240", "4159761234"), DENIED | {"ctc": 209}),
    "A-079": ({"ctc_table/131/privilege": "YYYYYYYY"}, seven("9258341235", "12139692300"), {"screening": "ALLOW"}),
    "A-099": ({f"{G}/blocking/domestic": ["213562"]}, seven("9258341234", "9692300"), {BLOCKED: "BLOCKED_DOMESTIC"}),
    "A-124": (
        {f"{G}/asf_profiles/CONCORD/rules": [{"if": {"date": ["2001-07-04"]}, "trunk_groups": ["0000-0301"], "carriers": []}]},
        nine("9257884101", "14157770100", time="2001-07-04T10:00:00"), {"route.kind": "CRS"},
    ),
    "A-125 in": ({}, nine("9257884102", "12137770100", time="2001-01-17T08:00:00"), {"route.asf_results": 22}),
    "A-125 last": ({}, nine("9257884102", "12137770100", time="2001-01-17T16:59:00"), {"route.asf_results": 22}),
    "A-125 out": ({}, nine("9257884102", "12137770100", time="2001-01-17T17:00:00"), {"route.asf_results": 30}),
    "A-193": ({f"{G}/asf_originating/510": "SAC"}, seven("5105553000", "14159215678"), {"calling_class": "PBX", "route.rtl_number": A, FLAG: RBR}),
    "AMB-74": ({}, nine("9258341234", A), {"on_net": False, "ctc": 201}),
    "AMB-31": ({f"{G}/blocking/domestic": ["415921"]}, C05, {"on_net": True, BLOCKED: "BLOCKED_DOMESTIC"}),
}  # fmt: skip

UNTOLD = {
    "message": "INFO_ANALYZED",
    "trigger": "CDP_AC",
    "ssp": "SSP2004",
    "bearer": "SPEECH",
    "time": "2001-01-17T10:00:00",
}


def query_of(row):
    query = UNTOLD | {key: row[key] for key in ("trigger", "bearer", "time") if key in row}
    query["calling_party"] = row["from"]
    if "rtl" not in row:
        return query | {"access_code": row["code"], "dialed": row["dial"], "trunk_group": row.get("group")}
    called = {"called_party": row["rtl"], "called_non": 3}
    original = {"original_called_party": row["original"], "original_called_non": row["non"]}
    return query | called | original | {"message": "TERMINATION_ATTEMPT", "trigger": "TAT"}


def told(decision, path):
    """The value at `a.b`, or at `path[-3]`."""
    if path.startswith("path["):
        return decision["path"][int(path[5:-1])]
    for key in path.split("."):
        decision = decision[key]
    return decision


@pytest.fixture(scope="module")
def changed(provisioning, product_of):
    """A function: overrides -> (the changed data set, the product over it)."""
    made = {}

    def make(overrides):
        key = repr(overrides)
        if key not in made:
            data = overrides_of.changed(provisioning, overrides)
            made[key] = data, product_of(data)
        return made[key]

    return make


@pytest.mark.parametrize("name", CASES)
def test_the_reference_and_the_product_say_what_the_text_says(name, changed, reference):
    overrides, row, expected = CASES[name]
    data, product = changed(overrides)
    query = query_of(row)
    by_eye, found = reference(data, query), product(query)
    assert {path: told(by_eye, path) for path in expected} == expected
    assert {path: told(found, path) for path in expected} == expected
    assert found == by_eye

"""Every file of a data set with its columns or keys: meaning, default, example, rule.

The columns themselves, and which of them may be left out, are those that the loader declares; here stands only what they mean.
A test holds both against each other, and against the keys that the loader asks the TOML files for.

Source: interfaces.md section 2, requirements.md section 5.
"""

import re
from typing import Final

from ain_scp.provisioning.check import blocking, network, pbx, plan, routing, stations, triggers
from ain_scp.provisioning.manual.charging import CHARGING
from ain_scp.provisioning.manual.entries import Entry, File, words
from ain_scp.provisioning.manual.services import SERVICES
from ain_scp.terms.blocking import BLOCKING_KINDS
from ain_scp.terms.triggers import TRIGGER_TYPES
from ain_scp.terms.vocabulary import ASF_TREATMENTS, BEARERS, CAUSES, STATION_TYPES, SWITCH_KINDS

_NUMBER: Final = "digits without hyphens"
_CUSTOMER: Final = "customers/NAME/"
_CLASSES: Final = {
    f"pc{level}": Entry(f"Y: a station of privilege class {level} may make calls of this type; N: it is screened", "Y", rule="A-065")
    for level in range(1, 9)
}  # fmt: skip
_CALL_TYPES: Final = {
    "ctc": Entry(
        "call type code: what kind of call it is. 1xx on-net, 2xx off-net; 01 intraLATA, 11 12 21 22 centrex and PBX "
        "stations of the customer among each other (112: centrex calls PBX), 31 interLATA, 32 interstate, 41 toll free, "
        "51 52 53 international (53: selected countries), 09 900 and 976, 61 to 64 operator, 71 carrier access code, 81 82 "
        "N11. Every code that can occur needs its row", "101", rule="A-065",
    ),
    "name": Entry("a name for people", "On-net intraLATA", "no name"),
    "blocking_type": Entry(
        f"the blocking table that these calls are checked against: {words(kind.name for kind in BLOCKING_KINDS)}",
        "domestic", "no table", "A-091",
    ),
    "asf_treatment": Entry(
        f"what automatic selection of facilities does with these calls: {words(ASF_TREATMENTS)}. RTL: an ASF-RTL profile may send "
        "them to a host; PSTN: never; BLOCK: they are refused where a profile has ASF-RTL rows",
        "RTL", "the call stays on the public network", "A-137",
    ),
    **_CLASSES,
}  # fmt: skip
_IF: Final = (
    'a table of conditions that must all hold: `ctc = [101]`, `npa = ["415"]`, `dow = [1, 5]` (Monday = 1), '
    '`tod = ["08:00", "17:00"]` (start included, end excluded; may wrap midnight), `date = ["2001-12-25"]`, `percent = 30`; '
    "`{}` always holds"
)  # fmt: skip
_TRUNKS: Final = "private trunk groups in the order they are tried, up to 3, each dddd-dddd"
_CARRIERS: Final = "carriers in the order they are tried, up to 3, each 4 digits in quotes"
_HOST_TRUNK: Final = (
    "private trunk group dddd-dddd of the host switch, tried in this order; none without the one before it"
)
_HOST_CARRIER: Final = "carrier of 4 digits, tried in this order; none without the one before it"

DATA_SET: Final = File(
    "dataset.toml", "what this data set is", None,
    {
        "schema": Entry("the form of the data set; 1", "1", rule="toml"),
        "name": Entry("its name, in messages and reports", '"golden"', rule="toml"),
        "description": Entry("a line for people", '"two sites"', "none"),
    },
)  # fmt: skip

NETWORK: Final = (
    File(
        "network/switches.csv", "the switches, and other nodes that have a place in the network", network.SWITCHES,
        {
            "name": Entry("its name, used everywhere else", "SSP2004", rule="row"),
            "kind": Entry(f"make or kind: {words(sorted(SWITCH_KINDS))}", "5ESS", rule="A-006"),
            "ain": Entry("Y: it hosts triggers and asks the SCP; N: it does not", "Y", rule="A-006"),
            "lata": Entry("the LATA it stands in, 3 to 5 digits", "722", "not known", "A-046"),
            "role": Entry(
                f"{words(network.ROLES)}: the host of an ASF-RTL number, where calls begin, one that signals seven digits only, "
                "where calls end", "ASF_RTL_HOST", "no special role", "A-008",
            ),
            "homed_on": Entry("the AIN switch that has the triggers of a switch without AIN", "SSP2004", "none", "A-018"),
            "point_code": Entry("its SS7 point code N-C-M; 245-1-2 is the SCP's", "246-3-4", "one is chosen", "T1.111"),
            "edp_timeout": Entry("Y: it has the timeout event, for charging in real time", "Y", "Y"),
            "charging": Entry("Y: it can be charged in real time", "Y", "Y"),
        },
    ),
    File(
        "network/lata.csv", "which LATA, state and time zone a number is in; a prefix of 6 digits before one of 3", network.LATA,
        {
            "prefix": Entry("area code, or area code and office code", "925", rule="A-047"),
            "lata": Entry("LATA of 3 to 5 digits", "722", "not known", "A-046"),
            "state": Entry("two letters; splits interstate calls", "CA", "not known", "A-073"),
            "time_zone": Entry(
                "IANA time zone: rules ask for day and time there; `ain serve` and `ain replay` work it out, other commands are given "
                "local times", "America/New_York", "that of the machine, or of `--utc-offset`", "A-125",
            ),
        },
    ),
    File(
        "network/triggers.csv", "the numbers at which a switch asks the SCP", triggers.TRIGGERS,
        {
            "number": Entry("10 digits: a station, a PBX pilot, or (TAT) an ASF-RTL number", "9258341234", rule="A-010"),
            "type": Entry(
                f"{words(TRIGGER_TYPES)}: the caller dials an access code; goes off hook; sets up a PRI call; or the number is "
                "called (of ASF-RTL numbers alone)", "CDP_AC", rule="A-010",
            ),
            "customer": Entry("the customer: the name of its folder", "GOLDEN", rule="A-001"),
            "ssp": Entry("the AIN switch that has the trigger", "SSP2004", rule="A-006"),
        },
    ),
    File(
        "network/announcements.csv", "which announcement a refused call hears", network.ANNOUNCEMENTS,
        {
            "cause": Entry(f"why: {words(CAUSES)}; every one needs its row; others may follow", "SCREENED", rule="section 4.7"),
            "id": Entry("number of the announcement on the switches, 0 to 65535", "1", rule="section 4.7"),
            "text": Entry("what it says, for people", "Not from your telephone.", "none"),
        },
    ),
    File(
        "network/call_types.csv", "what each type of call may do, by privilege class", network.CALL_TYPES, _CALL_TYPES
    ),
    File(
        "network/numbering.toml", "the special numbers of the numbering plan; may be left out", None,
        {
            "toll_free_npas": Entry("toll free area codes", '["800", "888", "877"]', "800, 888, 877", "A-066"),
            "n11.listed": Entry("N11 codes of call type x81", '["311", "911"]', "311, 411, 611, 911", "A-068"),
            "n11.other": Entry("N11 codes of call type x82", '["211"]', "211, 511, 711, 811", "A-068"),
            **{
                f"bearers.{name}": Entry("true: voice, which alone gets billing flags", "true", "voice" if network.VOICE[name] else "not voice", "A-049")
                for name in BEARERS
            },
        },
    ),
    File(
        "network/rates.toml", "the standard prices of a call, before any discount", None,
        {
            "intralata_cents_per_minute": Entry("cents a minute within a LATA", "10", rule="A-230"),
            "interlata_cents_per_minute": Entry("cents a minute between LATAs", "20", rule="A-230"),
            "minute_rounding": Entry('"up": a started minute counts whole', '"up"', '"up"', "A-230"),
        },
    ),
)  # fmt: skip

CUSTOMER: Final = (
    File(
        f"{_CUSTOMER}customer.toml", "the options of one customer group", None,
        {
            "group_id": Entry("its id in records and reports", '"GOLDEN"', rule="A-001"),
            "ocs": Entry("true: outgoing call screening by privilege classes and blocking tables", "true", rule="A-050"),
            "split_interstate": Entry("true: interstate calls have call types 132 and 232", "false", "false", "A-073"),
            "default_privilege_class": Entry("1 (least) to 8: of a station in no screening table", "1", "1", "A-052"),
            "vacant_number": Entry("10 digits: where calls to numbers without meaning go", '"9255550100"', rule="A-056"),
            "ubs": Entry('"ON": usage billing suppression, centrex calls among the customer\'s stations', '"ON"', '"OFF"', "A-201"),
            "ubr": Entry('"ON": usage billing reduction, calls among the customer\'s stations with a PBX at either end', '"ON"', '"OFF"', "A-201"),
            "rbr": Entry('"ON": remote tie line billing reduction; needs an ASF-RTL number in rtl.toml', '"ON"', '"OFF"', "A-195"),
            "provider": Entry("another local provider that gets the flagged usage records", '"CLEC1"', "none", "A-237"),
            "screening_rules": Entry("screening rules of plug-ins, asked after the privilege class table: a list of their names", '["NO_DATA_CALLS"]', "none", "A-025"),
            "access_codes.CODE": Entry("1 or 2 digits = the dialing plan they select: MDP, SDP, or that of a plug-in", '"7" = "MDP"', "no access code", "A-023"),
            "ama_slp_ids.UBS": Entry("AMAslpID of 9 digits that marks UBS in the AMA record; no two are equal", '"760833001"', rule="A-226"),
            "ama_slp_ids.UBR": Entry("the same for UBR", '"760833002"', rule="A-226"),
            "ama_slp_ids.RBR": Entry("the same for RBR", '"760833003"', rule="A-226"),
            "contract.ubs_flat_monthly_cents_per_centrex_number": Entry("flat price of UBS", "500", "0", "A-232"),
            "contract.ubr_discount_pct": Entry("discount of UBR in per cent", "40", "0", "A-230"),
            "contract.rbr_discount_pct": Entry("discount of RBR in per cent", "50", "0", "A-230"),
            "contract.ubr_by_pair.PAIR": Entry("UBR by the classes of both ends", "30", "ubr_discount_pct", "AMB-68"),
            "contract.rbr_by_host.HOST": Entry("RBR by ASF-RTL number, or by its host switch", "60", "rbr_discount_pct", "A-238"),
            "contract.rbr_by_class.CLASS": Entry("RBR by the class of the caller", "45", "rbr_discount_pct", "A-238"),
            "emergency.active": Entry("true: emergency calling is in effect: only classes with emergency = Y may call (911 always)", "false", "false", "A-100"),
            "emergency.route.trunk_groups": Entry(f"{_TRUNKS}; used while emergency calling is in effect", '["0000-0911"]', "the normal route", "A-102"),
            "emergency.route.carriers": Entry(f"{_CARRIERS}; likewise", '["0222"]', "the normal route", "A-102"),
        },
    ),
    File(
        f"{_CUSTOMER}mdp.csv", "the manipulation dialing plan: what dialed digits stand for", plan.MDP,
        {
            "dialed": Entry("7 or 10 digits after the access code (a leading 1 is taken away first)", "9212000", rule="A-030"),
            "number": Entry("the number that is called instead", "4159212000", rule="A-045"),
            "non": Entry("its nature of number: 1 as dialed (subscriber), 3 national (10 digits), 4 international (with country code, without 011)", "3", rule="A-045"),
        },
    ),
    File(
        f"{_CUSTOMER}sdp.csv", "the selection dialing plan: numbers that are on-net; all others are off-net", plan.SDP,
        {"number": Entry("10 digits", "9258341234", rule="A-035")},
    ),
    File(
        f"{_CUSTOMER}ocs_index.csv", "which screening table a calling number belongs to; the longest prefix wins", stations.OCS_INDEX,
        {
            "prefix": Entry("first 1 to 6 digits of the calling number", "925834", rule="A-053"),
            "table": Entry("name of a table in stations.csv", "OCS_WALNUT", rule="A-053"),
        },
    ),
    File(
        f"{_CUSTOMER}stations.csv", "the stations of each screening table", stations.STATIONS,
        {
            "table": Entry("name of the table", "OCS_WALNUT", rule="A-053"),
            "number": Entry("10 digits", "9258341234", rule="A-054"),
            "type": Entry(f"{words(STATION_TYPES)}: centrex line, PBX, or terminating only (TO: it never asks)", "CENTREX", rule="A-042"),
            "privilege_class": Entry("1 (least) to 8: its column pc1 to pc8 of call_types.csv says what it may call", "5", "none: of TO alone", "A-052"),
        },
    ),
    File(
        f"{_CUSTOMER}privilege_control.csv", "what else holds for each privilege class; with screening all 8 have a row", stations.PRIVILEGE_CONTROL,
        {
            "privilege_class": Entry("1 to 8", "1", rule="A-090"),
            "emergency": Entry("Y: may call while emergency calling is in effect; N: is blocked then (911 never is)", "N", rule="A-101"),
            **{
                kind.name: Entry(
                    f"Y: calls are checked against blocking_{kind.name}.csv; N: that table is bypassed, so nothing in it stops them",
                    "Y", "Y" if kind.optional else "", "A-090",
                )
                for kind in BLOCKING_KINDS
            },
        },
    ),
    *(
        File(
            f"{_CUSTOMER}blocking_{kind.name}.csv",
            f"numbers that may not be called, for call types with blocking_type = {kind.name}; at most 250 rows",
            blocking.NUMBERS,
            {"number": Entry(f"an entry of {words(kind.lengths)} digits: the whole number, or a prefix of {words(kind.prefixes)} digits", "53" if kind.name == "international" else "8005551234" if kind.name == "800" else "415555", rule="A-098")},
        )
        for kind in BLOCKING_KINDS
    ),
    File(
        f"{_CUSTOMER}international_completion.csv", "the selected international numbers: their calls have type 153 or 253 instead of 151 or 252", blocking.NUMBERS,
        {"number": Entry("a country code or a whole number, without 011", "44", rule="A-069")},
    ),
    File(
        f"{_CUSTOMER}trunk_groups.csv", "the trunk groups of PBXs that callers sit behind; not those of asf.toml", pbx.TRUNK_GROUPS,
        {
            "id": Entry("its name", "STG-CONCORD", rule="A-012"),
            "kind": Entry(words(pbx.KINDS), "PRI", rule="A-012"),
            "caller_id": Entry("Y: it sends the caller's number (PRI alone); N: the pilot stands for the caller", "N", rule="A-021"),
            "pilot": Entry("10 digits, with a trigger", "9257884000", rule="A-059"),
            "sends_access_code": Entry("Y: the access code arrives with the digits", "Y", rule="AMB-2"),
            "implied_access_code": Entry("the access code that counts when none is sent", "9", "none, with sends_access_code = Y", "AMB-2"),
        },
    ),
    File(
        f"{_CUSTOMER}asf.toml", "automatic selection of facilities: which profile a caller has, and what it says", None,
        {
            "originating.prefix": Entry("[[originating]]: first 1 to 10 digits of the calling number; the longest wins", '"925834"', rule="A-130"),
            "originating.profile": Entry("the profile", '"WALNUT"', rule="A-130"),
            "profiles.NAME.rtl.number": Entry("a called number whose calls go to an ASF-RTL host", '"4159215678"', "one of number, prefix, ctc", "A-131"),
            "profiles.NAME.rtl.prefix": Entry("or the prefix of called numbers; the longest wins", '"415921"', "", "A-131"),
            "profiles.NAME.rtl.ctc": Entry("or call type codes; tried after numbers and prefixes", "[131, 231]", "", "A-134"),
            "profiles.NAME.rtl.rtl": Entry("the ASF-RTL number of rtl.toml", '"9257893412"', rule="A-132"),
            "profiles.NAME.rules.if": Entry(_IF, "{ ctc = [131] }", rule="A-128"),
            "profiles.NAME.rules.trunk_groups": Entry(_TRUNKS, '["0000-0301"]', "none", "A-111"),
            "profiles.NAME.rules.carriers": Entry(_CARRIERS, '["0222"]', "none", "A-111"),
            "profiles.NAME.rules.by": Entry(
                '"cost": the cheapest carrier first, by a minute to the zone of the number called at the moment of the call; the prices of '
                "carrier 0222 are the tariff CIC0222 of charging/; carriers without one come last", '"cost"', "the order of carriers", "A-111"),
        },
    ),
    File(
        f"{_CUSTOMER}rtl.toml", 'the ASF-RTL numbers (["NUMBER"]) and their routing logic at the host', None,
        {
            "NUMBER.ssp": Entry("the AIN switch that hosts it", '"SSP2014"', rule="A-141"),
            "NUMBER.participating": Entry("true: it takes part in RBR; RBR needs all to", "true", rule="A-195"),
            "NUMBER.logic.if": Entry(_IF, "{ ctc = [101] }", rule="A-157"),
            "NUMBER.logic.outcome": Entry('a destination of asf_rtl.csv, or "PSTN_DEFAULT": the public network', '"TG"', "none: the call is refused", "A-159"),
        },
    ),
    File(
        f"{_CUSTOMER}asf_rtl.csv", "the facilities of each outcome of the routing logic", routing.ASF_RTL,
        {
            "originating": Entry("an ASF-RTL number of rtl.toml", "9257893412", rule="A-160"),
            "destination": Entry("the outcome", "TG", rule="A-160"),
            **{name: Entry(_HOST_TRUNK, "0000-0174", "none", "A-166") for name in routing.TRUNKS},
            **{name: Entry(_HOST_CARRIER, "0222", "none", "A-166") for name in routing.CARRIERS},
        },
    ),
    File(
        f"{_CUSTOMER}call_types.csv", "as network/call_types.csv; a row replaces the network's row of that code for this customer", network.CALL_TYPES, _CALL_TYPES,
    ),
)  # fmt: skip

FILES: Final = (DATA_SET, *NETWORK, *CUSTOMER, *CHARGING, *SERVICES)

_CHOSEN: Final = re.compile(
    r"(?<=^customers/)[^/]+|(?<=^services/lnp/delta/)[^/]+(?=\.csv$)|(?<=^charging/services/)[^/]+(?=\.(toml|csv)$)"
)


def file_named(name: str) -> File | None:
    """What the manual says of a file of a data set, by its path in it."""
    wanted = _CHOSEN.sub("NAME", name)
    return next((file for file in FILES if file.name == wanted), None)

"""`network/services.csv` and the files below `services/` with their columns and keys.

Source: B4-012; interfaces.md section 6.2.
"""

from typing import Final

from ain_scp.provisioning.check.services import cnam, delta, lnp, read, terminating, tollfree
from ain_scp.provisioning.manual.entries import Entry, File, words

_SLP: Final = Entry(
    "service logic program of its AMA records, 000000001 to 899999999", '"760833010"', "none", "A-225"
)
_IF: Final = (
    "a table of conditions that must all hold: from_number, from_npanxx, from_npa, from_lata, from_state, dow, tod, date, percent; "
    "{} or no key always holds"
)  # fmt: skip
_SPID: Final = Entry("service provider, 4 characters; for people", "7890", "not known", "row")
_LRN: Final = "location routing number of 10 digits"
_CARRIER: Final = "carrier of 4 digits, or LEC, the local exchange carrier"
_CAUSE: Final = "a cause of network/announcements.csv"

SERVICES: Final = (
    File(
        "network/services.csv", "which service answers a query: the first row that matches; no row: the dialing plan", read.SELECTION,
        {
            "service": Entry("LNP, TOLLFREE, TERMINATING, or a service that is installed", "LNP", rule="SRV-01"),
            "message": Entry("INFO_COLLECTED, INFO_ANALYZED or TERMINATION_ATTEMPT", "INFO_ANALYZED", "any", "SRV-02"),
            "trigger_criteria": Entry("trigger criteria of the query, a number", "37", "any", "SRV-02"),
            "ssn": Entry("subsystem number that the query is sent to", "247", "any", "SRV-02"),
            "translation_type": Entry("translation type of the query's address", "11", "any", "SRV-02"),
        },
    ),
    File(
        "services/lnp/lnp.toml", "number portability: what goes into an answer beside the called number", None,
        {
            "ama_slp_id": _SLP._replace(rule="LNP-08"),
            "include_slp": Entry("true: the answer has ama_slp_id", "true", "false", "LNP-09"),
            "copy_charge": Entry("true: the answer has the charge number of the query", "true", "false", "toml"),
            "ama_call_type": Entry("AMA call type, 3 digits; with ama_feature_id", '"110"', "none", "toml"),
            "ama_feature_id": Entry("AMA feature, 3 digits; with ama_call_type", '"016"', "none", "toml"),
            "carrier": Entry("carrier of the answer, 4 digits", '"0222"', "none", "toml"),
            "query_at": Entry('"ALL", or a list of the switches and carriers that ask', '["SSP2004"]', "every switch asks", "LNP-13"),
        },
    ),
    File(
        "services/lnp/ported.csv", "the ported numbers", lnp.PORTED,
        {
            "number": Entry("10 digits", "2135551234", rule="LNP-01"),
            "lrn": Entry(f"its {_LRN}", "3235550000", rule="LNP-02"), "spid": _SPID,
        },
    ),
    File(
        "services/lnp/blocks.csv", "pooled blocks of a thousand numbers", lnp.BLOCKS,
        {
            "block": Entry("the 7 digits NPA-NXX-X", "2135552", rule="LNP-07"),
            "lrn": Entry(f"its {_LRN}", "3235550000", rule="LNP-02"), "spid": _SPID,
        },
    ),
    File(
        "services/lnp/portable.csv", "exchanges in which numbers may be ported", lnp.PORTABLE,
        {"npanxx": Entry("the 6 digits NPA-NXX", "213555", rule="LNP-06")},
    ),
    File(
        "services/lnp/lrn.csv", "the location routing numbers; without the file any is good", lnp.LRN,
        {
            "lrn": Entry(f"{_LRN[0].upper()}{_LRN[1:]}", "3235550000", rule="LNP-05"),
            "switch": Entry("its switch of network/switches.csv", "SSP3001", "another network's", "A-006"),
            "lata": Entry("its LATA", "730", "not known"),
            "ocn": Entry("operating company number; for people", "9001", "not known"),
        },
    ),
    File(
        "services/lnp/delta/NAME.csv", "changes of ported.csv; files in the order of their names, rows in theirs", delta.DELTA,
        {
            "action": Entry(words(delta.ACTIONS), "ADD", rule="row"),
            "number": Entry("10 digits", "2135551234", rule="LNP-12"),
            "lrn": Entry(f"its new {_LRN}", "6265550000", "of DEL alone", "LNP-02"), "spid": _SPID,
        },
    ),
    File(
        "services/tollfree/tollfree.toml", "toll free numbers: what holds for all", None,
        {
            "ama_slp_id": _SLP,
            "timezone": Entry("IANA time zone of the SCP's calendar", '"America/Los_Angeles"', "none", "TFS-11"),
            "notify": Entry("true: the switch reports the end of the call", "true", "false", "toml"),
            "pots": Entry("true: records may be about other than toll free numbers", "true", "false", "TFS-01"),
        },
    ),
    File(
        "services/tollfree/records.csv", "where each toll free number leads", tollfree.RECORDS,
        {
            "number": Entry("10 digits", "8005551000", rule="TFS-02"),
            "status": Entry(words(tollfree.STATUSES), "WORKING", rule="TFS-03"),
            "carrier_intra": Entry(f"{_CARRIER}: of intraLATA calls", "LEC", "none", "TFS-06"),
            "carrier_inter": Entry(f"{_CARRIER}: of interLATA calls", "0222", "none", "TFS-06"),
            "tel": Entry("the number it leads to, 10 digits, or DIAL: the number as dialed", "4155551000", "the template decides", "TFS-04"),
            "template": Entry("a template of templates.toml", "T-TIME", "tel decides", "TFS-07"),
        },
    ),
    File(
        "services/tollfree/templates.toml", "decisions by caller and time; the first branch that holds", None,
        {
            "NAME.timezone": Entry("IANA time zone of its conditions", '"America/New_York"', "that of tollfree.toml", "TFS-11"),
            "NAME.carrier_intra": Entry(f"{_CARRIER}: of intraLATA calls", '"LEC"', "none", "TFS-06"),
            "NAME.carrier_inter": Entry(f"{_CARRIER}: of interLATA calls", '"0222"', "none", "TFS-06"),
            "NAME.logic.if": Entry(_IF, '{ from_lata = ["722"] }', "it holds", "TFS-08"),
            "NAME.logic.tel": Entry("10 digits or DIAL", '"4155551000"', "announcement is there", "TFS-05"),
            "NAME.logic.carrier": Entry(f"{_CARRIER}: of this branch", '"0333"', "the template's", "TFS-06"),
            "NAME.logic.announcement": Entry(_CAUSE, '"TF_CLOSED"', "tel is there", "TFS-10"),
        },
    ),
    File(
        "services/cnam/cnam.toml", "calling name: what holds for all", None,
        {
            "carry": Entry(f"{words(cnam.CARRIES)}: the parameter that carries a name", '"both"', cnam.CARRIES[0], "toml"),
            "ama_slp_id": _SLP,
        },
    ),
    File(
        "services/cnam/lines.csv", "lines whose telephones show names", cnam.LINES,
        {
            "number": Entry("10 digits", "9257884060", rule="CNM-01"),
            "ssp": Entry("its AIN switch", "SSP2002", rule="CNM-06"),
        },
    ),
    File(
        "services/cnam/names.csv", "the names of callers", cnam.NAMES,
        {
            "number": Entry("10 digits", "4155550101", rule="CNM-05"),
            "name": Entry("1 to 15 characters", "SMITH JOHN", rule="CNM-02"),
            "presentation": Entry("ALLOWED or RESTRICTED", "ALLOWED", rule="CNM-04"),
        },
    ),
    File(
        "services/terminating/terminating.toml", "calls to lines with rules: what holds for all", None,
        {
            "ama_slp_id": _SLP,
            "most_redirections": Entry(f"how often a call may have been forwarded, 1 to {terminating.MOST_REDIRECTIONS}", "3", str(terminating.MOST_REDIRECTIONS), "toml"),
        },
    ),
    File(
        "services/terminating/lines.toml", 'the lines (["NUMBER"]) and what becomes of calls to them; the first rule that holds', None,
        {
            "NUMBER.ssp": Entry("its AIN switch", '"SSP2002"', rule="TRM-05"),
            "NUMBER.rules.if": Entry(f"{_IF}; anonymous, too", "{ anonymous = true }", "it holds", "TRM-06"),
            "NUMBER.rules.action": Entry(words(terminating.ACTIONS), '"FORWARD"', rule="TRM-02"),
            "NUMBER.rules.to": Entry("FORWARD: where to, 10 digits", '"4155550100"', "of FORWARD alone", "TRM-03"),
            "NUMBER.rules.carrier": Entry(f"FORWARD: {_CARRIER}", '"0222"', "none", "A-111"),
            "NUMBER.rules.announcement": Entry(f"ANNOUNCE: {_CAUSE}", '"TERM_CLOSED"', "of ANNOUNCE alone", "TRM-04"),
        },
    ),
)  # fmt: skip

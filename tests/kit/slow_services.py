"""An evaluator of the services beside the dialing plan's that shares nothing with the engine.

It reads the files anew, walks every row of every table for each query, and compares digits as text. It is written from the
step tables alone: L100, P2 to P6, F2 to F7, N1 to N5 and the rules of lines. What it gives is what a decision's JSON has to
hold: `service`, `outcome` and `response`, or `service` and `error_cause`; None = no service answers.

Source: B4-012.
"""

import csv
import datetime as dt
import tomllib
from zoneinfo import ZoneInfo

FIELDS = (
    "announcement", "called_party_id", "called_non", "ama_slp_id", "charge_number", "charge_party_station_type",
    "primary_billing_indicator", "redirecting_party_id", "redirection_count", "calling_name",
    "calling_name_presentation",
)  # fmt: skip


class Files:
    """The files of a data set as text; what is not there is empty."""

    def __init__(self, root):
        self.root = root

    def rows(self, name):
        path = self.root / name
        if not path.exists():
            return []
        lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        return [{key: cell or "" for key, cell in row.items()} for row in csv.DictReader(lines)]

    def toml(self, name):
        path = self.root / name
        return tomllib.loads(path.read_text()) if path.exists() else {}

    def deltas(self):
        folder = self.root / "services/lnp/delta"
        names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
        return [row for name in names for row in self.rows(f"services/lnp/delta/{name}")]


def evaluate(files, query):
    """What becomes of one query."""
    called = query.get("called_party") or query.get("dialed") or None
    for row in files.rows("network/services.csv"):
        fits = all(
            row[key] == "" or str(query.get(name)) == row[key]
            for key, name in (
                ("message", "message"),
                ("trigger_criteria", "trigger_criteria"),
                ("ssn", "ssn"),
                ("translation_type", "translation_type"),
            )
        )
        if fits and claims(files, row, called or ""):
            answer = {"LNP": lnp, "TOLLFREE": tollfree, "TERMINATING": terminating}[row["service"]]
            return {"service": row["service"]} | answer(files, query, called)
    return None


def claims(files, row, called):
    if row["service"] == "LNP":
        return True
    if row["service"] == "TOLLFREE":
        if row["ssn"] or row["translation_type"] or called[:3] in toll_free_npas(files):
            return True
        pots = files.toml("services/tollfree/tollfree.toml").get("pots", False)
        return pots and any(one["number"] == called for one in files.rows("services/tollfree/records.csv"))
    lines = files.toml("services/terminating/lines.toml")
    return called in lines or any(one["number"] == called for one in files.rows("services/cnam/lines.csv"))


def toll_free_npas(files):
    given = files.toml("network/numbering.toml").get("toll_free_npas")
    return ["800", "833", "844", "855", "866", "877", "888"] if given is None else given


def response(kind, **fields):
    return {"type": kind, "carriers": []} | dict.fromkeys(FIELDS) | fields


def refused(cause):
    return {"error_cause": cause}


def all_digits(text):
    return all(one in "0123456789" for one in text)


def nature(query):
    if not query.get("called_party"):
        return 3
    return 3 if query.get("called_non") is None else query["called_non"]


def lnp(files, query, called):
    if not called:
        return refused("MISSING_CONDITIONAL_PARAMETER")
    non = nature(query)
    if not all_digits(called):
        return refused("ERRONEOUS_DATA_VALUE")
    if non == 1 and len(called) == 7:
        whole = [
            one
            for one in (query.get("charge_number"), query.get("calling_party"))
            if one and len(one) == 10 and all_digits(one)
        ]
        if not whole:
            return refused("ERRONEOUS_DATA_VALUE")
        called, non = whole[0][:3] + called, 3
    if non not in (3, 0x72) or len(called) != 10:
        return refused("ERRONEOUS_DATA_VALUE")
    ported = {row["number"]: row["lrn"] for row in files.rows("services/lnp/ported.csv")}
    for row in files.deltas():
        ported.pop(row["number"], None)
        if row["action"] != "DEL":
            ported[row["number"]] = row["lrn"]
    blocks = [row["lrn"] for row in files.rows("services/lnp/blocks.csv") if called.startswith(row["block"])]
    if called in ported:
        outcome, to = "PORTED", ported[called]
    elif blocks:
        outcome, to = "POOLED", blocks[0]
    elif any(called.startswith(row["npanxx"]) for row in files.rows("services/lnp/portable.csv")):
        outcome, to = "NOT_PORTED", called
    else:
        outcome, to = "NOT_PORTABLE", called
    options = files.toml("services/lnp/lnp.toml")
    answer = response("ANALYZE_ROUTE", called_party_id=to, called_non=non)
    if options.get("include_slp"):
        answer["ama_slp_id"] = options["ama_slp_id"]
    if options.get("copy_charge"):
        answer["charge_number"] = query.get("charge_number")
        answer["charge_party_station_type"] = query.get("charge_party_station_type")
    if options.get("ama_call_type"):
        answer["primary_billing_indicator"] = [options["ama_call_type"], options["ama_feature_id"]]
    if options.get("carrier"):
        answer["carriers"] = [options["carrier"]]
    return {"outcome": outcome, "response": answer}


def area_of(files, number):
    """LATA and state of a number of ten digits."""
    best = None
    for row in files.rows("network/lata.csv"):
        longer = best is None or len(row["prefix"]) > len(best["prefix"])
        if number and len(number) == 10 and number.startswith(row["prefix"]) and longer:
            best = row
    return (best["lata"], best["state"]) if best else ("", "")


def tollfree(files, query, called):
    if not called:
        return refused("MISSING_CONDITIONAL_PARAMETER")
    if nature(query) != 3 or len(called) != 10 or not all_digits(called):
        return refused("ERRONEOUS_DATA_VALUE")
    options = files.toml("services/tollfree/tollfree.toml")
    record = next(
        (row for row in files.rows("services/tollfree/records.csv") if row["number"] == called), None
    )
    if record is None:
        return announced("VACANT", "TF_VACANT")
    if record["status"] == "DISCONNECTED":
        return announced("DISCONNECTED", "TF_DISCONNECTED")
    caller = query.get("charge_number") or query.get("calling_party") or ""
    template = files.toml("services/tollfree/templates.toml").get(record["template"], {})
    moment = dt.datetime.fromisoformat(query["time"])
    if template.get("timezone"):
        here = moment.replace(tzinfo=ZoneInfo(options["timezone"]))
        moment = here.astimezone(ZoneInfo(template["timezone"])).replace(tzinfo=None)
    lata, state = area_of(files, caller)
    asked = Caller(caller, query.get("lata") or lata, state, moment, query["draw"], withheld=False)
    if record["template"]:
        branch = first_that_holds(template["logic"], asked)
        if branch is None:
            return announced("NO_BRANCH", "TF_VACANT")
        if branch.get("announcement"):
            return announced("ANNOUNCED", branch["announcement"])
    else:
        template, branch = record, record
    tel = branch["tel"]
    lata_of_tel = area_of(files, tel)[0]
    if tel == "DIAL":
        outcome = "TURNAROUND"
    else:
        outcome = "INTRALATA" if lata_of_tel != "" and lata_of_tel == asked.lata else "INTERLATA"
    carrier = branch.get("carrier") or template.get(
        "carrier_intra" if outcome == "INTRALATA" else "carrier_inter", ""
    )
    answer = response("ANALYZE_ROUTE", called_party_id=called if tel == "DIAL" else tel, called_non=3)
    answer["carriers"] = [carrier] if carrier not in ("", "LEC") else []
    answer["ama_slp_id"] = options.get("ama_slp_id")
    return {"outcome": outcome, "response": answer}


def announced(outcome, cause):
    return {"outcome": outcome, "response": response("SEND_TO_RESOURCE", announcement=cause)}


class Caller:
    """What conditions may ask."""

    def __init__(self, number, lata, state, moment, draw, *, withheld):
        self.number, self.lata, self.state = number, lata, state
        self.moment, self.draw, self.withheld = moment, draw, withheld


def first_that_holds(rules, caller):
    taken = 0
    for rule in rules:
        condition = dict(rule.get("if", {}))
        percent = condition.pop("percent", None)
        if not all(holds(key, value, caller) for key, value in condition.items()):
            continue
        if percent is None:
            return rule
        low, taken = taken, taken + percent * 100
        if low <= caller.draw < taken:
            return rule
    return None


def holds(key, value, caller):
    moment = caller.moment
    if key == "anonymous":
        return value == caller.withheld
    if key == "from_number":
        return caller.number in value
    if key in ("from_npa", "from_npanxx"):
        return any(len(caller.number) == 10 and caller.number.startswith(one) for one in value)
    if key == "from_lata":
        return caller.lata in value
    if key == "from_state":
        return caller.state in value
    if key == "dow":
        return moment.isoweekday() in value
    if key == "date":
        return moment.date().isoformat() in [str(one) for one in value]
    start, end = value
    now = f"{moment.hour:02d}:{moment.minute:02d}"
    return start <= now < end if start <= end else now >= start or now < end


def terminating(files, query, called):
    calling = query.get("calling_party") or ""
    withheld = bool(calling) and query.get("calling_presentation") == "RESTRICTED"
    lata, state = area_of(files, calling)
    caller = Caller(
        calling, query.get("lata") or lata, state, dt.datetime.fromisoformat(query["time"]), query["draw"],
        withheld=withheld,
    )  # fmt: skip
    line = files.toml("services/terminating/lines.toml").get(called, {})
    rule = first_that_holds(line.get("rules", []), caller)
    action = "AUTHORIZE" if rule is None else rule["action"]
    options = files.toml("services/terminating/terminating.toml")
    if action == "REJECT":
        return {"outcome": "REJECTED", "response": response("DISCONNECT")}
    if action == "ANNOUNCE":
        return announced("ANNOUNCED", rule["announcement"])
    if action == "FORWARD":
        count = (query.get("redirection_count") or 0) + 1
        if count > options.get("most_redirections", 5):
            return announced("LOOP", "TERM_LOOP")
        answer = response("FORWARD_CALL", called_party_id=rule["to"], called_non=3, charge_number=called)
        answer |= {"redirecting_party_id": called, "redirection_count": count}
        answer |= {"ama_slp_id": options.get("ama_slp_id")}
        answer["carriers"] = [rule["carrier"]] if rule.get("carrier", "LEC") not in ("", "LEC") else []
        return {"outcome": "FORWARDED", "response": answer}
    answer = response("AUTHORIZE_TERMINATION")
    if any(one["number"] == called for one in files.rows("services/cnam/lines.csv")):
        answer["calling_name_presentation"], answer["calling_name"] = name_of(files, query, calling)
        answer["ama_slp_id"] = files.toml("services/cnam/cnam.toml").get("ama_slp_id")
    return {"outcome": "AUTHORIZED", "response": answer}


def name_of(files, query, calling):
    national = query.get("calling_non") in (None, 3)
    if not calling or not national or len(calling) != 10:
        return "UNAVAILABLE", None
    if query.get("calling_presentation") == "RESTRICTED":
        return "RESTRICTED", None
    row = next((one for one in files.rows("services/cnam/names.csv") if one["number"] == calling), None)
    if row is None:
        return "UNAVAILABLE", None
    return ("RESTRICTED", None) if row["presentation"] == "RESTRICTED" else ("ALLOWED", row["name"])

"""Random queries over random tables of every service: the engine gives what a slow evaluator of its own gives."""

import random
import shutil
from pathlib import Path

import msgspec
import pytest

from ain_scp.ain.dataset import open_program
from ain_scp.scp.service_logic.asking import answer_of
from ain_scp.scp.service_logic.decision_json import QueryForm
from ain_scp.scp.service_logic.service_json import ServiceAnswerLine
from tests.kit.slow_services import Files, evaluate

GOLDEN = Path(__file__).parents[2] / "examples" / "golden"
ANNOUNCEMENTS = Path(__file__).parents[1] / "acceptance/services/golden/network/announcements.csv"
QUERIES = 400
EXCHANGES = ("213555", "925834", "415921", "818222", "530777")
LRNS = ("3235550000", "6265550000", "5105550000")
STATES = ("CA", "NV", "NY")
LATAS = ("722", "730", "726", "132")
LINES = ("9257884060", "9257884061", "9257884062", "9257884063")


class Chance:
    """What random data sets and queries are drawn from; `most` branches of a template, or rules of a line."""

    def __init__(self, seed, most=5):
        self.most = most
        self.random = random.Random(seed)
        self.one = self.random.choice

    def maybe(self, value, percent=50):
        return value if self.random.randrange(100) < percent else None

    def number(self):
        return self.one(EXCHANGES) + self.one("12") + "00" + self.one("0123")

    def toll_free(self):
        return self.one(("800", "888")) + "555100" + self.one("012345")

    def distinct(self, make, most):
        return sorted({make() for _ in range(self.random.randrange(1, most + 1))})

    def some(self, values):
        return self.random.sample(values, self.random.randrange(1, len(values)))


def toml(value):
    """A value as TOML text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def condition(chance, *, line):
    """Some questions, and perhaps a percentage, which is never too much for all branches together."""
    asked = {
        "from_number": lambda: chance.distinct(chance.number, 3),
        "from_npanxx": lambda: chance.some(EXCHANGES),
        "from_npa": lambda: chance.some(["213", "925", "415"]),
        "from_lata": lambda: chance.some(LATAS),
        "from_state": lambda: chance.some(STATES),
        "dow": lambda: chance.some([1, 2, 3, 4, 5, 6, 7]),
        "tod": lambda: chance.one([["08:00", "17:00"], ["22:00", "07:00"], ["10:00", "24:00"]]),
        "date": lambda: ["2001-01-17", "2001-12-25"],
    }
    if line:
        asked["anonymous"] = lambda: chance.one([True, False])
    made = {
        key: asked[key]()
        for key in chance.random.sample(sorted(asked), chance.random.randrange(chance.most > 5, 3))
    }
    if chance.maybe(1, 30):
        made["percent"] = max(100 // chance.most, 1)
    return made


def rules(chance, *, line):
    made = []
    for _ in range(chance.random.randrange(1, chance.most + 1)):
        rule = {}
        if line:
            rule["action"] = chance.one(["AUTHORIZE", "FORWARD", "ANNOUNCE", "REJECT"])
            if rule["action"] == "ANNOUNCE":
                rule["announcement"] = "TERM_DND"
            if rule["action"] == "FORWARD":
                rule["to"] = chance.number()
                if chance.maybe(1):
                    rule["carrier"] = chance.one(["LEC", "0288"])
        elif chance.maybe(1, 25):
            rule["announcement"] = "TF_CLOSED"
        else:
            rule["tel"] = chance.one(["DIAL", chance.number()])
            if chance.maybe(1):
                rule["carrier"] = chance.one(["LEC", "0333", "0444"])
        asked = condition(chance, line=line)
        made.append(({"if": asked} if asked else {}) | rule)
    return made


def write(root, name, *lines):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def random_dataset(root, chance):
    """Tables of every service over the golden data set."""
    shutil.copytree(GOLDEN, root, copy_function=shutil.copyfile)
    shutil.copyfile(ANNOUNCEMENTS, root / "network/announcements.csv")
    address = ["LNP,INFO_ANALYZED,,247,", "LNP,,,,11", "TOLLFREE,INFO_ANALYZED,,248,"]
    chance.random.shuffle(address)
    plain = ["TERMINATING,TERMINATION_ATTEMPT,15,,", "TOLLFREE,INFO_ANALYZED,5,,", "LNP,INFO_ANALYZED,37,,"]
    chance.random.shuffle(plain)
    write(
        root,
        "network/services.csv",
        "service,message,trigger_criteria,ssn,translation_type",
        *address,
        *plain,
    )
    lata = {"prefix": "lata,state", "213": "730,CA", "925": "722,CA", "415921": "726,NV", "415": "722,CA"}
    lata |= {"818": ",NY", "818222": "730,"}
    write(root, "network/lata.csv", *(f"{prefix},{rest}" for prefix, rest in lata.items()))
    write_lnp(root, chance)
    write_tollfree(root, chance)
    lines = chance.distinct(lambda: chance.one(LINES), 4)
    for line in lines:
        made = ", ".join(map(toml, rules(chance, line=True)))
        path = root / "services/terminating/lines.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f'["{line}"]\nssp = "SSP2002"\nrules = [{made}]\n')
    slp = ['ama_slp_id = "760800003"'] if chance.maybe(1) else []
    write(root, "services/terminating/terminating.toml", *slp, f"most_redirections = {chance.one([1, 3, 5])}")
    slp = ['ama_slp_id = "760800004"'] if chance.maybe(1, 30) else []
    write(root, "services/cnam/cnam.toml", f'carry = "{chance.one(["displayText", "both"])}"', *slp)
    shown = chance.distinct(lambda: chance.one(LINES), 3)
    write(root, "services/cnam/lines.csv", "number,ssp", *(f"{line},SSP2002" for line in shown))
    names = chance.distinct(chance.number, 12)
    marks = [chance.one(["ALLOWED", "ALLOWED", "RESTRICTED"]) for _ in names]
    rows = [f"{number},NAME {at},{mark}" for at, (number, mark) in enumerate(zip(names, marks, strict=True))]
    write(root, "services/cnam/names.csv", "number,name,presentation", *rows)
    return root


def write_lnp(root, chance):
    options = []
    if chance.maybe(1):
        options += ['ama_slp_id = "123456789"', f"include_slp = {chance.one(['true', 'false'])}"]
    if chance.maybe(1):
        options += ["copy_charge = true"]
    if chance.maybe(1, 30):
        options += ['ama_call_type = "123"', 'ama_feature_id = "045"']
    if chance.maybe(1, 30):
        options += ['carrier = "0110"']
    write(root, "services/lnp/lnp.toml", *options)
    ported = [f"{number},{chance.one(LRNS)}," for number in chance.distinct(chance.number, 30)]
    write(root, "services/lnp/ported.csv", "number,lrn,spid", *ported)
    blocks = [f"{block},{chance.one(LRNS)}," for block in chance.distinct(lambda: chance.number()[:7], 4)]
    write(root, "services/lnp/blocks.csv", "block,lrn,spid", *blocks)
    write(root, "services/lnp/portable.csv", "npanxx", *chance.distinct(lambda: chance.one(EXCHANGES), 4))
    for name in ("2001-01-17a", "2001-01-17b")[: chance.random.randrange(3)]:
        changes = []
        for _ in range(8):
            action = chance.one(["ADD", "MOD", "DEL"])
            changes.append(f"{action},{chance.number()},{'' if action == 'DEL' else chance.one(LRNS)},")
        write(root, f"services/lnp/delta/{name}.csv", "action,number,lrn,spid", *changes)


def write_tollfree(root, chance):
    pots = chance.one(["true", "false"])
    write(
        root,
        "services/tollfree/tollfree.toml",
        'timezone = "America/Los_Angeles"',
        f"pots = {pots}",
        *(['ama_slp_id = "760800001"'] if chance.maybe(1) else []),
    )
    templates = []
    for name in ("T-A", "T-B", "T-C"):
        zone = chance.maybe('timezone = "America/New_York"', 40) or ""
        made = ", ".join(map(toml, rules(chance, line=False)))
        intra = chance.one(["LEC", "0111", ""])
        templates += [
            f"[{name}]",
            zone,
            f'carrier_intra = "{intra}"',
            'carrier_inter = "0222"',
            f"logic = [{made}]",
        ]
    write(root, "services/tollfree/templates.toml", *templates)
    numbers = chance.distinct(chance.toll_free, 9) + ([chance.number()] if pots == "true" else [])
    records = []
    for number in numbers:
        kind = chance.random.randrange(5)
        tel = chance.one(["DIAL", chance.number()])
        intra = chance.one(["LEC", "0333", ""])
        if kind == 0:
            records.append(f"{number},DISCONNECTED,,,,")
        elif kind == 1:
            records.append(f"{number},WORKING,{intra},{chance.one(['LEC', '0444'])},{tel},")
        else:
            records.append(f"{number},WORKING,0555,0666,,{chance.one(['T-A', 'T-B', 'T-C'])}")
    write(
        root,
        "services/tollfree/records.csv",
        "number,status,carrier_intra,carrier_inter,tel,template",
        *records,
    )


def random_query(chance):
    """A query that most often means something, and now and then nothing."""
    one = chance.one
    called = one(
        [
            chance.number(),
            chance.number(),
            chance.toll_free(),
            one(LINES),
            one(LINES),
            "5551001",
            "800555100",
            "21355512A4",
            None,
        ]
    )
    query = {
        "message": one(["INFO_ANALYZED", "INFO_ANALYZED", "TERMINATION_ATTEMPT"]),
        "time": f"{one(['2001-01-17', '2001-12-25', '2001-07-07'])}T{one(['07', '08', '16', '17', '21', '22'])}:{one(['00', '59'])}:{one(['00', '59'])}",
        "called_party": called,
        "called_non": one([3, 3, 3, None, 1, 4, 0x72]),
        "calling_party": one([chance.number(), chance.number(), None, "5551234", "2125550001"]),
        "calling_non": one([None, 3, 3, 1, 4]),
        "calling_presentation": one([None, "ALLOWED", "ALLOWED", "RESTRICTED"]),
        "charge_number": one([None, None, chance.number(), "55512"]),
        "charge_party_station_type": one([None, 0, 27]),
        "trigger_criteria": one([None, 37, 37, 5, 15, 15]),
        "ssn": one([None, None, None, 247, 248, 250]),
        "translation_type": one([None, None, None, 11, 254]),
        "lata": one([None, None, *LATAS]),
        "redirection_count": one([None, 0, 1, 4, 5]),
        "draw": chance.random.randrange(10_000),
    }
    if query["called_party"] is None and one([True, False]):
        query["dialed"] = one([chance.number(), chance.toll_free(), "555"])
    return query


def engine(program, query):
    """What the engine says, in the form of the slow evaluator."""
    line = answer_of(program, None, msgspec.convert(query, QueryForm))
    if not isinstance(line, ServiceAnswerLine):
        return None
    if line.decision is None:
        return {"service": line.service, "error_cause": line.error_cause}
    response = msgspec.json.decode(msgspec.json.encode(line.decision.response))
    for field in ("original_called_party_id", "original_called_non", "trunk_groups"):
        assert not response.pop(field)
    return {"service": line.decision.service, "outcome": line.decision.outcome, "response": response}


@pytest.mark.parametrize(("seed", "most"), [(seed, 90 if seed > 5 else 5) for seed in range(8)])
def test_random_queries_are_answered_as_a_slow_evaluator_answers_them(seed, most, tmp_path):
    chance = Chance(seed, most)
    root = random_dataset(tmp_path / "set", chance)
    program, files = open_program(root), Files(root)
    met = set()
    for _ in range(QUERIES):
        query = random_query(chance)
        expected = evaluate(files, query)
        found = engine(program, query)
        assert found == expected, query
        met.add((expected or {}).get("service"))
    assert met >= {None, "LNP", "TOLLFREE"}

"""Numbers, callers and instants that only one table tells apart: no quicker way takes one for the other.

First one pair for each thing a decision may depend on: `first` is asked until every way knows it, and then `second`, which
the general node answers otherwise. Then calls drawn by chance from the data set's own prefixes and from their neighbours.
"""

import random

import pytest

from ain_scp.ain import build
from ain_scp.ain.dataset import open_program
from ain_scp.scp.classes import callers
from ain_scp.scp.classes.called import CalledClasses
from ain_scp.scp.classes.ledger import Ledger
from ain_scp.scp.fast.innermost import compiled_core
from ain_scp.terms.facts import CalledFacts, CallerFacts
from kit.costs import dataset
from kit.overrides import changed
from kit.ways import Ways, turns_of

WEDNESDAY = "2001-01-17T10:00:00"
SATURDAY = "2001-01-20T10:00:00"
G = "customers/GOLDEN/"
WALNUT = "9258341240"
"""A caller of privilege class 7, profile WALNUT; Concord's is of class 4 and has rules only."""
CONCORD = "9257884101"
ABROAD = {
    G + "blocking/international": [],
    "ctc_table/252/privilege": "NNNNNNNN",
    "ctc_table/253/privilege": "YYYYYYYY",
}
ONE, OTHER = "9257893412", "9257895678"


def trigger(number, customer="GOLDEN"):
    return {f"triggers/{number}": {"type": "CDP_AC", "customer": customer, "ssp": "SSP2004"}}


def rules(condition, profile="CONCORD"):
    facilities = {"trunk_groups": ["0000-0301"], "carriers": []}
    return {G + f"asf_profiles/{profile}/rules": [{"if": condition, **facilities}]}


def host_rows(*rows):
    return {G + "asf_profiles/SAC/rtl": [*rows, {"prefix": "41592", "rtl": OTHER}]}


SAC = "9165551000"
STATES = {"lata_map/npanxx/415777": ["730", "CA"], "lata_map/npanxx/415778": ["730", "NV"]}
SPLIT = {
    G + "split_interstate": True,
    "ctc_table/232/privilege": "NNNNNNNN",
    "ctc_table/132/privilege": "NNNNNNNN",
}

CALLED = {
    "LATA": (
        {"lata_map/npanxx/415778": ["730", "CA"], "ctc_table/231/privilege": "NNNNNNNN"},
        WALNUT,
        "4157770100",
        "4157780100",
    ),
    "state": (STATES | SPLIT, WALNUT, "4157770100", "4157780100"),
    "976": ({"ctc_table/209/privilege": "NNNNNNNN"}, WALNUT, "2139750100", "2139760100"),
    "900": ({"ctc_table/209/privilege": "NNNNNNNN"}, WALNUT, "9012220100", "9002220100"),
    "toll free": ({"ctc_table/241/privilege": "NNNNNNNN"}, WALNUT, "8012220100", "8002220100"),
    "blocking_domestic, three digits": ({G + "blocking/domestic": ["809"]}, CONCORD, "8082220100", "8092220100"),
    "blocking_domestic, six digits": (
        {G + "blocking/domestic": ["415555"]},
        CONCORD,
        "4155540100",
        "4155550100",
    ),
    "blocking_domestic, complete": (
        {G + "blocking/domestic": ["4155550100"]},
        CONCORD,
        "4155550101",
        "4155550100",
    ),
    "blocking_800, six digits": ({G + "blocking/800": ["888976"]}, CONCORD, "8889750100", "8889760100"),
    "blocking_800, complete": ({G + "blocking/800": ["8005551234"]}, CONCORD, "8005551235", "8005551234"),
    "blocking_international, one digit": (
        {G + "blocking/international": ["7"], "ctc_table/252/privilege": "YYYYYYYY"},
        CONCORD,
        "01184951234567",
        "01174951234567",
    ),
    "blocking_international, complete": (
        {G + "blocking/international": ["442079460999"], "ctc_table/253/privilege": "YYYYYYYY"},
        CONCORD,
        "011442079460998",
        "011442079460999",
    ),
    "international_completion, two digits": (
        ABROAD | {G + "international_completion": ["44"]},
        WALNUT,
        "011432079460999",
        "011442079460999",
    ),
    "international_completion, six digits": (
        ABROAD | {G + "international_completion": ["442079"]},
        WALNUT,
        "011442078",
        "011442079",
    ),
    "international_completion, complete": (
        ABROAD | {G + "international_completion": ["442079460999"]},
        WALNUT,
        "011442079460998",
        "011442079460999",
    ),
    "prefixes of a profile": (
        host_rows({"prefix": "415777", "rtl": ONE}, {"ctc": [131, 231], "rtl": OTHER}),
        SAC,
        "4157780100",
        "4157770100",
    ),
    "prefixes of a profile, over six digits": (
        host_rows({"prefix": "4159210", "rtl": ONE}),
        SAC,
        "4159211100",
        "4159210100",
    ),
    "numbers of a profile": (
        host_rows({"number": "4159217778", "rtl": ONE}),
        SAC,
        "4159217777",
        "4159217778",
    ),
    "station": ({"ctc_table/111/privilege": "NNNNNNNN"}, WALNUT, "9257884101", "9258341235"),
    "on-net": ({"ctc_table/101/privilege": "NNNNNNNN", G + "sdp": ["9258348888"]}, WALNUT, "9258348889", "9258348888"),
    "nature": (ABROAD | {G + "blocking/domestic": []}, WALNUT, "8097777777", "0118097777777"),
    "service code": ({"ctc_table/282/privilege": "NNNNNNNN"}, WALNUT, "411", "211"),
    "911": ({"ctc_table/281/privilege": "NNNNNNNN"}, WALNUT, "411", "911"),
    "area code of a rule": (rules({"npa": ["650"]}), CONCORD, "5102220100", "6502220100"),
}  # fmt: skip
"""Overrides, caller, first, second."""


@pytest.mark.parametrize("entry", CALLED, ids=list(CALLED))
def test_numbers_that_one_table_tells_apart(ways, entry):
    """Source: A-046..A-048, A-069, A-090..A-094, A-132."""
    overrides, caller, *dialed = CALLED[entry]
    all_ = ways(overrides)
    one, other = (all_.known(caller, number) for number in dialed)
    assert one != other, "the pair is no pair: the general node answers both alike"


WALNUT_ROWS = {
    G + "ocs_tables/OCS_WALNUT/9258341300": {"type": "CENTREX", "pc": 5},
    G + "ocs_tables/OCS_WALNUT/9258341301": {"type": "PBX", "pc": 5},
}
CALLERS = {
    "state": (
        trigger("9165551777")
        | trigger("9167771777")
        | SPLIT
        | {"lata_map/npanxx/916777": ["726", "NV"], G + "default_privilege_class": 5},
        "9165551777",
        "9167771777",
        "2137770100",
    ),
    "LATA": (
        trigger("9165551777")
        | trigger("9167771777")
        | {"lata_map/npanxx/916777": ["730", "CA"], "ctc_table/201/privilege": "NNNNNNNN", G + "default_privilege_class": 5},
        "9165551777",
        "9167771777",
        "2137770100",
    ),
    "ocs_index": (
        trigger("9253331777") | trigger("9254441777") | {G + "ocs_index/925333": "OCS_WALNUT"},
        "9253331777",
        "9254441777",
        "4159217777",
    ),
    "area code": (
        trigger("4085551777")
        | trigger("6505551777")
        | {
            G + "ocs_index/408": "OCS_SF",
            G + "ocs_index/650": "OCS_SF",
            G + "mdp/8889999": {"number": "4441000", "non": 1},
            G + "default_privilege_class": 5,
            "lata_map/npanxx/650444": ["730", "CA"],
            "lata_map/npanxx/408444": ["722", "CA"],
            "ctc_table/101/privilege": "NNNNNNNN",
        },
        "4085551777",
        "6505551777",
        "8889999",
    ),
    "area code, digits completed": (
        trigger("9165551777") | trigger("9175551777") | {"lata_map/npa/917": ["726", "CA"], G + "asf_originating/917": "SAC", G + "default_privilege_class": 5},
        "9165551777",
        "9175551777",
        "7770100",
    ),
    "privilege class": ({"ctc_table/231/privilege": "YYYYYYNY"}, "9258341239", WALNUT, "2137770100"),
    "kind of station": (
        trigger("9258341300") | trigger("9258341301") | WALNUT_ROWS | {"ctc_table/112/privilege": "NNNNNNNN"},
        "9258341300",
        "9258341301",
        "9257884101",
    ),
    "profile": (
        trigger("9253331777")
        | trigger("9253332777")
        | {G + "ocs_index/925333": "OCS_WALNUT", G + "asf_originating/9253332": "WALNUT", G + "default_privilege_class": 5},
        "9253331777",
        "9253332777",
        "2137770100",
    ),
    "time zone": (
        trigger("9165551777")
        | trigger("9167771777")
        | rules({"tod": ["08:00", "17:00"]}, "SAC")
        | {"lata_map/npanxx/916777": ["726", "CA", "Asia/Tokyo"], G + "default_privilege_class": 5},
        "9165551777",
        "9167771777",
        "2137770100",
    ),
    "customer": (trigger("4085559998") | trigger("4085559999", "SILVER"), "4085559998", "4085559999", "5555555"),
}  # fmt: skip
"""Overrides, first caller, second caller, what both dial."""


@pytest.mark.parametrize("entry", CALLERS, ids=list(CALLERS))
def test_callers_that_one_table_tells_apart(ways, entry):
    """Source: A-038, A-046..A-058, A-073, A-125, A-130."""
    overrides, first, second, dialed = CALLERS[entry]
    all_ = ways(overrides)
    access = "7" if dialed[:3] in ("888", "555") else "9"
    one, other = (all_.known(caller, dialed, access=access, numbers=True) for caller in (first, second))
    assert one != other


INSTANTS = {
    "day of week": ({"dow": [6, 7]}, WEDNESDAY, SATURDAY),
    "date": ({"date": ["2001-01-20"]}, WEDNESDAY, SATURDAY),
    "minute": ({"tod": ["08:00", "10:01"]}, WEDNESDAY, "2001-01-17T10:01:00"),
    "midnight": ({"tod": ["22:00", "06:00"]}, "2001-01-17T23:59:59", "2001-01-18T06:00:00"),
}


@pytest.mark.parametrize("entry", INSTANTS, ids=list(INSTANTS))
def test_instants_that_a_rule_of_the_caller_tells_apart(ways, entry):
    """Source: A-124, A-125."""
    condition, *instants = INSTANTS[entry]
    all_ = ways(rules(condition))
    one, other = (all_.known(CONCORD, "2137770100", at) for at in instants)
    assert one != other


@pytest.mark.parametrize("entry", INSTANTS, ids=list(INSTANTS))
def test_instants_that_a_rule_of_a_host_tells_apart(ways, entry):
    """Source: A-124, A-150; a simulated network asks hosts, too."""
    condition, *instants = INSTANTS[entry]
    logic = [{"if": condition, "outcome": "TG"}, {"if": {}, "outcome": "PSTN_DEFAULT"}]
    all_ = ways({G + f"rtl/{OTHER}/logic": logic, G + f"rtl/{ONE}/logic": logic})
    one, other = (all_.host_known(WALNUT, "4157770100", OTHER, at) for at in instants)
    assert one != other


def test_a_host_whose_rules_share_calls_by_percentage(ways):
    """Source: A-127."""
    logic = [{"if": {"percent": 50}, "outcome": "TG"}, {"if": {}, "outcome": "PSTN_DEFAULT"}]
    all_ = ways({G + f"rtl/{OTHER}/logic": logic})
    assert len({all_.host_known(WALNUT, "4157770100", OTHER, WEDNESDAY, turns=1) for _ in range(40)}) == 2


def test_bearers_are_told_apart(ways):
    """Source: A-049, A-212."""
    all_ = ways(None)
    one, other = (all_.known("9258341234", "9258341235", bearer=bearer) for bearer in (0, 3))
    assert one != other


def test_callers_that_a_host_tells_apart(ways):
    """Source: A-151, A-152: a number of another customer is not authorized."""
    all_ = ways(AUTHORIZED)
    one, other = (all_.host_known(caller, "4157770100", OTHER, WEDNESDAY) for caller in HOST_CALLERS)
    assert one != other


AUTHORIZED = trigger("4085559998") | trigger("4085559999", "SILVER")
HOST_CALLERS = "4085559998", "4085559999"

PRICED = "9257884102", "2135550100", "2135560100"
"""A caller and two numbers of one area code, the first in zone LOCAL, the second in zone LA."""


@pytest.fixture(scope="session")
def priced(tmp_path_factory):
    """A program whose cheapest carrier depends on the zone of the number called."""
    tariffs = [
        ("0222", "2001-01-01", "LA", "", "*", 0, 9),
        ("0222", "2001-01-01", "*", "", "*", 0, 1),
        ("0333", "2001-01-01", "*", "", "*", 0, 5),
    ]
    rule = '  { carriers = ["0222", "0333"], by = "cost" },'
    return open_program(dataset(tmp_path_factory.mktemp("priced") / "set", tariffs, rule))


def test_zones_that_prices_tell_apart(priced):
    caller, *numbers = PRICED
    all_ = Ways(priced)
    one, other = (all_.known(caller, number) for number in numbers)
    assert one != other


# --- each fact ---------------------------------------------------------------------------------------------------------

BY_FACT = {
    "caller.area": "area code, digits completed", "caller.station": "kind of station", "caller.privilege_class": "privilege class",
    "caller.profile": "profile", "caller.lata": "LATA", "caller.state": "state", "caller.authorized": "host",
    "caller.zone": "time zone",
    "called.nature": "nature", "called.on_net": "on-net", "called.station": "station", "called.special": "service code",
    "called.emergency": "911", "called.kind": "976", "called.area": "area code of a rule", "called.lata": "LATA",
    "called.state": "state", "called.selected": "international_completion, six digits",
    "called.listed": "blocking_domestic, six digits", "called.rtl": "prefixes of a profile", "called.zone": "prices",
}  # fmt: skip
"""Which of the pairs above one fact alone tells apart."""


def test_every_fact_has_a_pair():
    facts = {f"caller.{name}" for name in CallerFacts._fields} | {
        f"called.{name}" for name in CalledFacts._fields
    }
    assert set(BY_FACT) == facts


def told_apart(ways, priced, fact):
    """Whether all ways tell the pair of a fact apart."""
    side, _, _ = fact.partition(".")
    row = BY_FACT[fact]
    try:
        if row == "host":
            all_ = ways(AUTHORIZED)
            one, other = (all_.host_known(caller, "4157770100", OTHER, WEDNESDAY) for caller in HOST_CALLERS)
        elif row == "prices":
            caller, *numbers = PRICED
            all_ = Ways(priced)
            one, other = (all_.known(caller, number) for number in numbers)
        elif side == "caller":
            overrides, first, second, dialed = CALLERS[row]
            all_ = ways(overrides)
            one, other = (all_.known(caller, dialed, numbers=True) for caller in (first, second))
        else:
            overrides, caller, *numbers = CALLED[row]
            all_ = ways(overrides)
            one, other = (all_.known(caller, number) for number in numbers)
    except AssertionError:
        return False
    return one != other


@pytest.mark.skipif(build.mode() == "compiled", reason="a compiled class cannot be made blind")
@pytest.mark.parametrize("fact", list(BY_FACT))
def test_a_judge_blind_to_one_fact_answers_otherwise(ways, priced, monkeypatch, fact):
    """Classes that leave one fact out put together what is decided otherwise: so no fact is there in vain."""
    assert told_apart(ways, priced, fact)
    side, _, name = fact.partition(".")
    blind = lambda facts: facts._replace(**{name: None})  # noqa: E731 - a word, not a function
    judged, class_of, look = Ledger.judged, CalledClasses.class_of, callers.caller_facts
    seen, known = {}, {}

    def blindly(self, options, pair):
        key = id(self), options.group_id, pair._replace(**{side: blind(getattr(pair, side))})
        return seen.setdefault(key, judged(self, options, pair))

    monkeypatch.setattr(Ledger, "judged", blindly)
    if side == "called":
        first_of = lambda self, facts: known.setdefault((id(self), blind(facts)), facts)  # noqa: E731
        monkeypatch.setattr(
            CalledClasses, "class_of", lambda self, facts: class_of(self, first_of(self, facts))
        )
    else:
        monkeypatch.setattr(callers, "caller_facts", lambda *asked: blind(look(*asked)))
    assert not told_apart(ways, priced, fact)


# --- by chance -------------------------------------------------------------------------------------------------------

OVER = {
    "lata_map/npanxx/415777": ["730", "NV"], "lata_map/npanxx/213777": ["730", "NV"], "lata_map/npanxx/925777": ["726", "CA"],
    G + "blocking/domestic": ["415555", "809", "2125550100"],
    G + "international_completion": ["44", "33", "81332345678", "850212", "442079"],
    "ctc_table/232/privilege": "NYNYNYNY", "ctc_table/132/privilege": "YNYNYNYN", "ctc_table/209/privilege": "YYYYYYYN",
    "ctc_table/109/privilege": "YYYYYYYN", "ctc_table/253/privilege": "YYYNYYYY",
} | host_rows({"prefix": "4159210", "rtl": ONE}, {"number": "4157770100", "rtl": ONE})  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_calls_drawn_from_the_prefixes_of_a_data_set(ways, provisioning, seed):
    overrides = OVER | {G + "split_interstate": bool(seed % 2)}
    check(random.Random(seed), ways(overrides), changed(provisioning, overrides), 1200)


@pytest.mark.parametrize("seed", range(6))
def test_calls_drawn_from_the_prefixes_of_a_generated_data_set(ways_of, generated, provisioning, seed):
    """Any parts of the data set replaced: tables overlap, and prefixes of every length meet."""
    chance = random.Random(seed)
    parts = {part for part in generated.PARTS if chance.random() < 0.5}
    data = generated.changed(chance, provisioning, parts)
    check(chance, ways_of(data), data, 500)


def check(chance, all_, data, count):
    for at, caller, dialed, access, bearer in turns_of(chance, data, count):
        all_.asked(caller, dialed, at, access=access, bearer=bearer)
    assert all_.quicker > count // 8


def test_the_ways_compared_are_those_there_are(ways):
    """Interpreted, the innermost part is compared beside the path that does without it; compiled, it is in all."""
    names = set(ways(None).names)
    assert names >= {"path", "exact"}
    assert "core" in names or compiled_core() is None

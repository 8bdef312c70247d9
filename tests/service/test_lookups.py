"""Every compiled look-up, seen from outside: random tables, and the decision must show the row that a scan finds.

Each table is arranged so that its answer stands in the decision: the class tells the screening table, the call type tells
the LATA or the completion table, the verdict tells the blocking table, the trunk group tells the ASF-RTL row.

Source: D-003, A-047, A-054..A-057, A-069, A-092..A-094, A-130, A-132, A-160.
"""

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

DIGIT = "0123456789"
AREA = "29"  # few first digits, so that prefixes and numbers meet
PAIR = st.text("0159", min_size=2, max_size=2).filter(lambda pair: pair != "11")
NUMBER = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(AREA), PAIR, st.sampled_from("59"), PAIR, st.sampled_from(("0000", "1234")),
).filter(lambda number: number[3:6] != "950")  # fmt: skip
NUMBERS = st.lists(NUMBER, min_size=8, max_size=8, unique=True)
ABROAD = st.lists(
    st.builds(str.__add__, st.sampled_from("47"), st.text("147", min_size=2, max_size=14)),
    min_size=6, max_size=6, unique=True,
)  # fmt: skip
ASKED = {
    "ssp": "SSP2004",
    "trunk_group": None,
    "access_code": "9",
    "bearer": "SPEECH",
    "time": "2001-01-17T10:00:00",
}
EXAMPLES = settings(derandomize=True, deadline=None, max_examples=12)
ALL = "YYYYYYYY"


def scan(table, digits, lengths):
    """The value of the entry that the first length in this order finds, by comparing with every row."""
    for length in lengths:
        for entry, value in table.items():
            if len(entry) == length and entry == digits[:length] and len(digits) >= length:
                return value
    return None


def beginnings(numbers, lengths):
    """Tables whose keys begin some of the numbers, or are near misses."""
    return st.sets(
        st.builds(
            lambda text, length, last: text[:length][:-1] + (last or text[:length][-1]),
            st.sampled_from(numbers), st.sampled_from(lengths), st.sampled_from(("",) * 12 + tuple(DIGIT)),
        ),
        max_size=12,
    )  # fmt: skip


def open_to_all(provisioning, callers):
    """GOLDEN without any refusal of its own: every call type is open, nothing is listed, `callers` trigger."""
    data = copy.deepcopy(provisioning)
    golden = data["customers"]["GOLDEN"]
    for row in data["ctc_table"].values():
        row["privilege"] = ALL
    golden |= {
        "mdp": {},
        "sdp": [],
        "asf_originating": {},
        "trunk_groups": {},
        "international_completion": [],
    }
    golden |= {
        "ocs_index": dict.fromkeys(AREA, "T"),
        "blocking": {"international": [], "domestic": [], "800": []},
    }
    golden["ocs_tables"] = {"T": {number: {"type": "CENTREX", "pc": 5} for number in callers}}
    hosts = {number: row for number, row in data["triggers"].items() if row["type"] == "TAT"}
    row = {"type": "CDP_AC", "customer": "GOLDEN", "ssp": "SSP2004"}
    data["triggers"] = {**dict.fromkeys(callers, row), **hosts}
    return data, golden


def call(product, caller, dialed):
    return product(
        ASKED | {"message": "INFO_ANALYZED", "trigger": "CDP_AC", "calling_party": caller, "dialed": dialed}
    )


@EXAMPLES
@given(NUMBERS, st.data())
def test_the_index_finds_the_table_of_the_longest_prefix_and_no_other(
    product_of, provisioning, callers, sources
):
    """Table Tn gives class n to every other number; a number without a row there gets the default, whatever else lists it."""
    data, golden = open_to_all(provisioning, callers)
    prefixes = sources.draw(beginnings(callers, (1, 2, 3, 4, 5, 6)))
    golden["ocs_index"] = {prefix: f"T{sources.draw(st.integers(1, 6))}" for prefix in sorted(prefixes)}
    tables = {f"T{n}": {"9999999999": {"type": "PBX", "pc": n}} for n in range(1, 7)}
    for n in range(1, 7):
        listed = sources.draw(st.sets(st.sampled_from(callers)))
        tables[f"T{n}"] |= {number: {"type": "PBX", "pc": n} for number in listed}
    golden |= {"ocs_tables": tables, "default_privilege_class": 8}
    product = product_of(data)
    for caller in callers:
        named = scan(golden["ocs_index"], caller, (6, 5, 4, 3, 2, 1))
        found = call(product, caller, "14157770100")
        if named is None:
            assert found["screening"] == "PROVISIONING_ERROR"
        else:
            row = tables[named].get(caller)
            assert found["privilege_class"] == (row["pc"] if row else 8)
            assert found["calling_class"] == ("PBX" if row else "OTHER")


@EXAMPLES
@given(NUMBERS, st.data())
def test_the_lata_of_a_number_is_that_of_its_exchange_else_of_its_area(
    product_of, provisioning, numbers, sources
):
    data, _ = open_to_all(provisioning, numbers)
    lata = st.sampled_from(("111", "222", None))
    rows = {
        kind: {prefix: sources.draw(lata) for prefix in sorted(sources.draw(beginnings(numbers, (length,))))}
        for kind, length in (("npa", 3), ("npanxx", 6))
    }
    data["lata_map"] = {
        kind: {key: [value, None] for key, value in table.items()} for kind, table in rows.items()
    }
    product = product_of(data)
    known = {number: rows["npanxx"].get(number[:6], rows["npa"].get(number[:3])) for number in numbers}
    for caller in numbers[:4]:
        for called in numbers[4:]:
            if called[:3] == "900" or called[3:6] == "976":
                continue
            same = known[caller] is not None and known[caller] == known[called]
            assert call(product, caller, called)["ctc"] == (201 if same else 231)


@EXAMPLES
@given(NUMBERS, ABROAD, st.data())
def test_blocking_tables_match_whole_numbers_and_the_lengths_of_their_kind(
    product_of, provisioning, numbers, abroad, sources
):
    data, golden = open_to_all(provisioning, numbers)
    free = ["888" + number[3:] for number in numbers]
    kinds = {
        "domestic": (numbers, "1{}", (10, 6, 3), (3, 6, 10)),
        "800": (free, "1{}", (10, 6), (6, 10)),
        "international": (abroad, "011{}", (3, 2, 1), range(1, 16)),
    }
    golden["blocking"] = {
        kind: sorted(
            text
            for text in sources.draw(beginnings(asked, lengths))
            if len(text) in lengths and ok(kind, text)
        )
        for kind, (asked, _, _, lengths) in kinds.items()
    }
    product = product_of(data)
    for kind, (asked, dialed, searched, _) in kinds.items():
        entries = dict.fromkeys(golden["blocking"][kind], True)
        for called in asked:
            hit = scan(entries, called, (len(called), *searched))
            found = call(product, numbers[0], dialed.format(called))["blocking"]
            if called[:3] != "900" and called[3:6] != "976":
                assert found == (f"BLOCK_{kind.upper()}" if hit else "PASS"), (
                    kind,
                    called,
                    golden["blocking"][kind],
                )


def ok(kind, text):
    """The 800 table takes toll free numbers only."""
    return kind != "800" or text.startswith("888")


@EXAMPLES
@given(ABROAD, st.data())
def test_the_international_completion_table_selects(product_of, provisioning, abroad, sources):
    data, golden = open_to_all(provisioning, ["9258341234"])
    golden["international_completion"] = sorted(sources.draw(beginnings(abroad, range(1, 16))))
    product = product_of(data)
    entries = dict.fromkeys(golden["international_completion"], True)
    for called in abroad:
        hit = scan(entries, called, (len(called), 3, 2, 1))
        assert call(product, "9258341234", "011" + called)["ctc"] == (253 if hit else 252)


@EXAMPLES
@given(NUMBERS, st.data())
def test_profiles_and_their_rows_are_found_by_number_then_longest_prefix_then_call_type(
    product_of, provisioning, numbers, sources
):
    """Rows of a profile lead to one host or the other; the caller's profile is that of its longest prefix."""
    data, golden = open_to_all(provisioning, numbers)
    hosts = st.sampled_from(sorted(golden["rtl"]))
    draw = sources.draw
    profiles = {}
    for name in ("P1", "P2"):
        exact = {key: draw(hosts) for key in sorted(draw(st.sets(st.sampled_from(numbers), max_size=2)))}
        prefix = {key: draw(hosts) for key in sorted(draw(beginnings(numbers, (1, 2, 3, 5, 6, 8, 9))))}
        rest = draw(st.one_of(st.none(), hosts))
        profiles[name] = exact, prefix, rest
        rows = [{"number": key, "rtl": host} for key, host in exact.items()]
        rows += [{"prefix": key, "rtl": host} for key, host in prefix.items()]
        rows += [{"ctc": [231], "rtl": rest}] if rest else []
        golden["asf_profiles"][name] = {"rtl": draw(st.permutations(rows)), "rules": []}
    places = sorted(draw(beginnings(numbers, (1, 2, 3, 4, 6, 8, 10))))
    golden["asf_originating"] = {place: draw(st.sampled_from(("P1", "P2"))) for place in places}
    data["lata_map"] = {"npa": {}, "npanxx": {}}
    product = product_of(data)
    for caller in numbers[:4]:
        name = scan(golden["asf_originating"], caller, range(10, 0, -1))
        for called in numbers[4:]:
            if called[:3] == "900" or called[3:6] == "976":
                continue
            exact, prefix, rest = profiles.get(name, ({}, {}, None))
            host = exact.get(called) or scan(prefix, called, range(10, 0, -1)) or rest
            assert call(product, caller, called)["route"]["rtl_number"] == host


@EXAMPLES
@given(st.data())
def test_the_asf_rtl_row_is_that_of_host_and_outcome(product_of, provisioning, sources):
    data, golden = open_to_all(provisioning, ["9258341234"])
    outcomes, ranks = ("A", "B", "C"), ("primary", "alternate", "second_alternate")
    draw, pairs = sources.draw, [(host, outcome) for host in sorted(golden["rtl"]) for outcome in "ABC"]
    trunks, carriers = st.sampled_from(("0000-0174", "0195-2000")), st.sampled_from(("0222", "0333"))
    rows = {}
    for pair in draw(st.lists(st.sampled_from(pairs), unique=True)):
        rows[pair] = draw(st.lists(trunks, max_size=3)), draw(st.lists(carriers, max_size=3))
    golden["asf_rtl_table"] = [
        {"originating": host, "destination": outcome}
        | {f"{rank}_{kind}": dict(enumerate(chosen)).get(at) for kind, chosen in zip(("trunk", "carrier"), found, strict=True) for at, rank in enumerate(ranks)}
        for (host, outcome), found in rows.items()
    ]  # fmt: skip
    for host in golden["rtl"].values():
        host["logic"] = [
            {"if": {"npa": [f"30{n}"]}, "outcome": outcome} for n, outcome in enumerate(outcomes)
        ]
    product = product_of(data)
    for host, outcome in pairs:
        query = {
            "message": "TERMINATION_ATTEMPT",
            "trigger": "TAT",
            "calling_party": "9258341234",
            "called_party": host,
        }
        query |= {
            "called_non": 3,
            "original_called_party": f"30{outcomes.index(outcome)}5550100",
            "original_called_non": 3,
        }
        found = product({key: ASKED[key] for key in ("ssp", "bearer", "time")} | query)["response"]
        row = rows.get((host, outcome))
        cause = "RTL_NO_ROW" if row is None else None if any(row) else "RTL_INVALID_ROW"
        assert found["announcement"] == cause
        assert [found["trunk_groups"], found["carriers"]] == (list(row) if row else [[], []])

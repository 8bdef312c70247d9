"""Decision table 4.1, every combination: which flag for which pair, option, bearer, LATA and way taken."""

from itertools import product

import pytest

from ain_scp.billing.treat import treat_pstn, treat_rtl
from ain_scp.terms.facts import CalledFacts, CallerFacts
from ain_scp.terms.trace import Trace

# (calling, called) -> flag for (UBS ON, UBR ON), (ON, OFF), (OFF, ON), (OFF, OFF): the printed table.
PAIRS = {
    ("CENTREX", "CENTREX"): ("UBS", "UBS", None, None),
    ("CENTREX", "PBX"): ("UBR", None, None, None),
    ("PBX", "CENTREX"): ("UBR", None, None, None),
    ("PBX", "PBX"): ("UBR", None, "UBR", None),
}
OPTIONS = [("ON", "ON"), ("ON", "OFF"), ("OFF", "ON"), ("OFF", "OFF")]
CODES = {("CENTREX", "CENTREX"): 111, ("CENTREX", "PBX"): 112, ("PBX", "CENTREX"): 121, ("PBX", "PBX"): 122}
WALKS = {111: ["s3002"], 112: ["s3002", "s3010"], 121: ["s3002", "s3010", "s3012"]}
WALKS[122] = [*WALKS[121], "s3014"]
CLASSES = ("CENTREX", "PBX", "TO", "OTHER")
SAME, OTHER, UNKNOWN = 1, 2, 0  # LATAs; the first is the caller's


def caller(station="CENTREX", lata=SAME):
    return CallerFacts("925", station, 5, 0, lata, "CA", authorized=True)


def called(station, lata=SAME):
    return CalledFacts(3, True, station, 0, False, "ORDINARY", "", lata, "CA", False, frozenset(), ())


@pytest.mark.parametrize(
    ("option", "options"), list(enumerate(OPTIONS)), ids=["/".join(pair) for pair in OPTIONS]
)
def test_the_flag_of_every_pair_is_the_printed_one(option, options, program_of):
    ubs, ubr = options
    program = program_of({"customers/GOLDEN/ubs": ubs, "customers/GOLDEN/ubr": ubr})
    customer = program.snapshot.customer_named["GOLDEN"]
    for first, second, asf, voice, known, intralata in product(
        CLASSES, CLASSES, (0, 1, 12), (True, False), (True, False), (True, False)
    ):
        pair = CODES.get((first, second), 0)
        ctc = 0 if not known else pair if pair and intralata else 101 if intralata else 131
        facts = caller(first), called(second, SAME if intralata else OTHER)
        trace = Trace()
        treatment = treat_pstn(customer, *facts, ctc, asf, trace, voice=voice)
        expected = None
        if intralata and voice and asf == 0:
            expected = PAIRS.get((first, second), (None,) * 4)[option]
        fact = (first, second, asf, voice, ctc, intralata)
        assert treatment.flag == expected, fact
        assert treatment.ctc == (pair if not known and intralata else 0), fact
        assert (trace.path()[-1] == "s3006") == (expected is not None), fact
        assert treat_pstn(customer, *facts, ctc, asf, None, voice=voice) == treatment, fact


@pytest.mark.parametrize(("pair", "ctc"), list(CODES.items()), ids=[str(code) for code in CODES.values()])
@pytest.mark.parametrize("known", [True, False], ids=["primary", "alternate"])
def test_the_walk_through_figure_9_is_the_printed_one(pair, ctc, known, program_of):
    customer = program_of().snapshot.customer_named["GOLDEN"]
    trace = Trace()
    treat_pstn(customer, caller(pair[0]), called(pair[1]), ctc if known else 0, 0, trace, voice=True)
    before = ["s204", "s3000"] if known else ["s204", "s3000", "s3018", "s3020", "s3022", "s3024", "s3026"]
    assert trace.path() == [*before, *WALKS[ctc], "s3004", "s3006"]


def test_a_pair_that_is_no_pair_ends_at_s3022_and_another_lata_at_s3024(program_of):
    customer = program_of().snapshot.customer_named["GOLDEN"]
    for station, lata, last in (
        ("TO", SAME, "s3022"),
        ("CENTREX", OTHER, "s3024"),
        ("CENTREX", UNKNOWN, "s3024"),
    ):
        trace = Trace()
        treat_pstn(customer, caller(), called(station, lata), 0, 0, trace, voice=True)
        assert trace.path()[-2:] == [last, "s3008"]


@pytest.mark.parametrize("rbr", ["ON", "OFF"])
@pytest.mark.parametrize("participating", [True, False])
@pytest.mark.parametrize("voice", [True, False])
@pytest.mark.parametrize("lata", [SAME, OTHER, UNKNOWN])
def test_rbr_needs_subscription_every_host_voice_and_one_lata(rbr, participating, voice, lata, program_of):
    program = program_of({
        "customers/GOLDEN/rbr": rbr,
        "customers/GOLDEN/rtl/9257895678/participating": participating,
    })  # fmt: skip
    customer = program.snapshot.customer_named["GOLDEN"]
    flag = treat_rtl(customer, caller(lata=lata), SAME, None, voice=voice)
    assert flag == ("RBR" if rbr == "ON" and participating and voice and lata == SAME else None)

"""Decision table 4.1, every combination: which flag for which pair, option, bearer, LATA and way taken."""

from itertools import product

import pytest

from ain_scp.billing.treat import treat_pstn, treat_rtl
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
SAME, OTHER = "4159212000", "2135622345"  # LATA 722 as the caller's, and 730


@pytest.mark.parametrize(
    ("option", "options"), list(enumerate(OPTIONS)), ids=["/".join(pair) for pair in OPTIONS]
)
def test_the_flag_of_every_pair_is_the_printed_one(option, options, program_of):
    ubs, ubr = options
    program = program_of({"customers/GOLDEN/ubs": ubs, "customers/GOLDEN/ubr": ubr})
    customer = program.snapshot.customer_named["GOLDEN"]
    for calling, called, asf, voice, known, intralata in product(
        CLASSES, CLASSES, (0, 1, 12), (True, False), (True, False), (True, False)
    ):
        pair = CODES.get((calling, called), 0)
        ctc = 0 if not known else pair if pair and intralata else 101 if intralata else 131
        bearer = "FAX" if voice else "UDI_64"
        number = SAME if intralata else OTHER
        trace = Trace()
        treatment = treat_pstn(
            program.snapshot, customer, "9258341234", number, calling, called, ctc, asf, bearer, trace
        )  # fmt: skip
        expected = None
        if intralata and voice and asf == 0:
            expected = PAIRS.get((calling, called), (None,) * 4)[option]
        fact = (calling, called, asf, bearer, ctc, number)
        assert treatment.ama_slp_id == (customer.ama_slp_ids[expected] if expected else None), fact
        assert treatment.ctc == (pair if not known and intralata else 0), fact
        assert (trace.path()[-1] == "s3006") == (expected is not None), fact
        silent = treat_pstn(
            program.snapshot, customer, "9258341234", number, calling, called, ctc, asf, bearer, None
        )  # fmt: skip
        assert silent.ama_slp_id == treatment.ama_slp_id, fact


@pytest.mark.parametrize(("pair", "ctc"), list(CODES.items()), ids=[str(code) for code in CODES.values()])
@pytest.mark.parametrize("known", [True, False], ids=["primary", "alternate"])
def test_the_walk_through_figure_9_is_the_printed_one(pair, ctc, known, program_of):
    program = program_of()
    customer = program.snapshot.customer_named["GOLDEN"]
    trace = Trace()
    treat_pstn(
        program.snapshot, customer, "9258341234", SAME, *pair, ctc if known else 0, 0, "SPEECH", trace
    )  # fmt: skip
    before = ["s3000"] if known else ["s3000", "s3018", "s3020", "s3022", "s3024", "s3026"]
    assert trace.path() == [*before, *WALKS[ctc], "s3004", "s3006"]


def test_a_pair_that_is_no_pair_ends_at_s3022_and_another_lata_at_s3024(program_of):
    program = program_of()
    customer = program.snapshot.customer_named["GOLDEN"]
    for called_class, number, last in (
        ("TO", SAME, "s3022"),
        ("CENTREX", OTHER, "s3024"),
        ("CENTREX", "8097770000", "s3024"),
    ):
        trace = Trace()
        treat_pstn(
            program.snapshot, customer, "9258341234", number, "CENTREX", called_class, 0, 0, "SPEECH", trace
        )  # fmt: skip
        assert trace.path()[-2:] == [last, "s3008"]


RTL_IN_722, CALLER_IN_722, CALLER_IN_726 = "9257893412", "4159213000", "9165551000"


@pytest.mark.parametrize("rbr", ["ON", "OFF"])
@pytest.mark.parametrize("participating", [True, False])
@pytest.mark.parametrize("bearer", ["SPEECH", "AUDIO_3K1", "FAX", "MODEM_56", "RDI_56", "UDI_64"])
@pytest.mark.parametrize("caller", [CALLER_IN_722, CALLER_IN_726])
def test_rbr_needs_subscription_every_host_voice_and_one_lata(rbr, participating, bearer, caller, program_of):
    program = program_of({
        "customers/GOLDEN/rbr": rbr,
        "customers/GOLDEN/rtl/9257895678/participating": participating,
    })  # fmt: skip
    customer = program.snapshot.customer_named["GOLDEN"]
    flag = treat_rtl(program.snapshot, customer, caller, RTL_IN_722, bearer, None)
    voice = bearer not in ("RDI_56", "UDI_64")
    expected = rbr == "ON" and participating and voice and caller == CALLER_IN_722
    assert flag == (customer.ama_slp_ids["RBR"] if expected else None)

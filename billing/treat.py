"""s204 and s210: the usage billing treatment, as the AMAslpID that the switch writes into its AMA record.

Fig. 9 walked as printed, with the two slips of its text mended: UBS only for 111, UBR for the other three (AMB-47), and
"is not 0" in s3010 (AMB-48). The subscription is tested at s3006 (AMB-54).

Source: [0132]-[0181], A-190..A-224, AMB-47..AMB-60, decision table 4.1.
"""

from typing import Final, NamedTuple

from ain_scp.provisioning.options import Options
from ain_scp.terms.facts import CalledFacts, CallerFacts, Flag, one_lata, pair_code
from ain_scp.terms.trace import Trace


class Treatment(NamedTuple):
    """The flag (None = normal record) and the call type code that billing itself determined (0 = it did not)."""

    flag: Flag | None
    ctc: int


def treat_pstn(
    options: Options,
    caller: CallerFacts,
    called: CalledFacts,
    ctc: int,
    asf_results: int,
    trace: Trace | None,
    *,
    voice: bool,
) -> Treatment:
    """s204, Fig. 9: UBS or UBR for a call that was not sent to an ASF-RTL number."""
    determined = 0
    if trace is not None:
        trace.add("s204", "", "", f"ASF result {asf_results}")
        trace.add("s3000", "", "", f"call type code {ctc}")
    if ctc == 0:
        ctc = determined = _alternate(caller, called, trace)
        if determined == 0:
            if trace is not None:
                trace.add("s3008", "", "", "no flag")
            return Treatment(None, 0)
    if not _primary(ctc, asf_results, trace):
        return Treatment(None, determined)
    return Treatment(_flag(options, ctc, trace, voice=voice), determined)


def _alternate(caller: CallerFacts, called: CalledFacts, trace: Trace | None) -> int:
    """s3018..s3026: the pair's code when no code was determined before; 0 = not eligible (A-220, A-222)."""
    code = pair_code(caller, called)
    if trace is not None:
        trace.add("s3018", "stations", "", f"calling party {caller.station}")
        trace.add("s3020", "stations", "", f"called party {called.station}")
        trace.add("s3022", "", "", "both centrex or PBX" if code else "not both centrex or PBX")
    if code == 0:
        return 0
    intralata = one_lata(caller.lata, called.lata)
    if trace is not None:
        trace.add("s3024", "lata", "", "intraLATA" if intralata else "not intraLATA")
    if not intralata:
        return 0
    if trace is not None:
        trace.add("s3026", "", "", f"call type code {code}")
    return code


SUBSCRIPTIONS: Final[dict[int, tuple[Flag, ...]]] = {
    111: ("UBS",),
    112: ("UBS", "UBR"),
    121: ("UBS", "UBR"),
    122: ("UBR",),
}
"""What a customer must subscribe to for the flag of a call type, which is that of the last (table 4.1)."""

_STEPS: Final = ("s3002", "s3010", "s3012", "s3014")


def _primary(ctc: int, asf_results: int, trace: Trace | None) -> bool:
    """s3002, s3010, s3012, s3014: one of the four codes, and ASF did not change the route; else s3016, s3008."""
    for code, step in zip(SUBSCRIPTIONS, _STEPS, strict=True):
        match = ctc == code and asf_results == 0
        if trace is not None:
            found = f"{code} and ASF result 0: {'yes' if match else 'no'} ({ctc}, {asf_results})"
            trace.add(step, "", "", found)
        if match:
            return True
    if trace is not None:
        trace.add("s3016", "", "", "another call type, or ASF changed the route")
        trace.add("s3008", "", "", "no flag")
    return False


def _flag(options: Options, ctc: int, trace: Trace | None, *, voice: bool) -> Flag | None:
    """s3004, s3006: voice, then the subscriptions."""
    needed = SUBSCRIPTIONS[ctc]
    subscribed = (options.ubs or "UBS" not in needed) and (options.ubr or "UBR" not in needed)
    flag = _with_value(options, needed[-1]) if voice and subscribed else None
    if trace is not None:
        trace.add("s3004", "numbering", "", f"{trace.bearer} is {'voice' if voice else 'not voice'}")
        switched = f"UBS {'ON' if options.ubs else 'OFF'}, UBR {'ON' if options.ubr else 'OFF'}"
        where = options.where_key(needed[0].lower())
        _note(options, "s3008" if flag is None else "s3006", where, switched, flag, trace)
    return flag


def treat_rtl(
    options: Options, caller: CallerFacts, rtl_lata: int, trace: Trace | None, *, voice: bool
) -> Flag | None:
    """s210: RBR for the PSTN leg to the host: subscribed, all hosts participating, voice, one LATA (A-190..A-197)."""
    same = one_lata(caller.lata, rtl_lata)
    reduced = options.rbr and options.all_hosts_participating and voice and same
    flag = _with_value(options, "RBR") if reduced else None
    if trace is not None:
        found = f"RBR {'ON' if options.rbr else 'OFF'}, LATA {'same' if same else 'not the same'}"
        _note(options, "s210", options.where_key("rbr"), found, flag, trace)
    return flag


def _with_value(options: Options, flag: Flag) -> Flag | None:
    """The flag, if the customer has an AMAslpID that stands for it."""
    return None if options.slp_id(flag) is None else flag


def _note(options: Options, step: str, where: str, found: str, flag: Flag | None, trace: Trace) -> None:
    slp_id = None if flag is None else options.slp_id(flag)
    trace.add(step, "customer", where, f"{found}: AMAslpID {slp_id or 'none'}")

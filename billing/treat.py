"""s204 and s210: the usage billing treatment, as the AMAslpID that the switch writes into its AMA record.

Fig. 9 walked as printed, with the two slips of its text mended: UBS only for 111, UBR for the other three (AMB-47), and
"is not 0" in s3010 (AMB-48). The subscription is tested at s3006 (AMB-54).

Source: [0132]-[0181], A-190..A-224, AMB-47..AMB-60, decision table 4.1.
"""

from typing import final

from ain_scp.provisioning.snapshot import Customer, Snapshot
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import StationClass


@final
class Treatment:
    """The flag (None = normal record) and the call type code that billing itself determined (0 = it did not)."""

    __slots__ = ("ama_slp_id", "ctc")

    def __init__(self, ama_slp_id: str | None, ctc: int) -> None:
        self.ama_slp_id = ama_slp_id
        self.ctc = ctc


def treat_pstn(
    snapshot: Snapshot,
    customer: Customer,
    calling: str,
    called: str,
    calling_class: StationClass,
    called_class: StationClass,
    ctc: int,
    asf_results: int,
    bearer: str,
    trace: Trace | None,
) -> Treatment:
    """s204, Fig. 9: UBS or UBR for a call that was not sent to an ASF-RTL number."""
    determined = 0
    if trace is not None:
        trace.add("s3000", "", "", f"call type code {ctc}")
    if ctc == 0:
        determined = _alternate(snapshot, calling, called, calling_class, called_class, trace)
        if determined == 0:
            if trace is not None:
                trace.add("s3008", "", "", "no flag")
            return Treatment(None, 0)
        ctc = determined
    eligible = _primary(ctc, asf_results, trace)
    if not eligible:
        return Treatment(None, determined)
    return Treatment(_flag(snapshot, customer, ctc, bearer, trace), determined)


def _alternate(
    snapshot: Snapshot,
    calling: str,
    called: str,
    calling_class: StationClass,
    called_class: StationClass,
    trace: Trace | None,
) -> int:
    """s3018..s3026: the pair's code when no code was determined before; 0 = not eligible (A-220, A-222)."""
    code = _PAIRS.get((calling_class, called_class), 0)
    if trace is not None:
        trace.add("s3018", "stations", "", f"calling party {calling_class}")
        trace.add("s3020", "stations", "", f"called party {called_class}")
        trace.add("s3022", "", "", "both centrex or PBX" if code else "not both centrex or PBX")
    if code == 0:
        return 0
    intralata = snapshot.one_lata(calling, called)
    if trace is not None:
        trace.add("s3024", "lata", "", "intraLATA" if intralata else "not intraLATA")
    if not intralata:
        return 0
    if trace is not None:
        trace.add("s3026", "", "", f"call type code {code}")
    return code


_PAIRS = {("CENTREX", "CENTREX"): 111, ("CENTREX", "PBX"): 112, ("PBX", "CENTREX"): 121, ("PBX", "PBX"): 122}
_ORDER = ((111, "s3002"), (112, "s3010"), (121, "s3012"), (122, "s3014"))


def _primary(ctc: int, asf_results: int, trace: Trace | None) -> bool:
    """s3002, s3010, s3012, s3014: one of the four codes, and ASF did not change the route; else s3016, s3008."""
    if trace is None:
        return asf_results == 0 and ctc in (111, 112, 121, 122)
    for code, step in _ORDER:
        match = ctc == code and asf_results == 0
        trace.add(step, "", "", f"{code} and ASF result 0: {'yes' if match else 'no'} ({ctc}, {asf_results})")
        if match:
            return True
    trace.add("s3016", "", "", "another call type, or ASF changed the route")
    trace.add("s3008", "", "", "no flag")
    return False


def _flag(snapshot: Snapshot, customer: Customer, ctc: int, bearer: str, trace: Trace | None) -> str | None:
    """s3004, s3006: voice, then the subscription; 111 needs UBS, 112 and 121 UBS and UBR, 122 UBR (table 4.1)."""
    voice = snapshot.voice.get(bearer, False)
    if trace is not None:
        trace.add("s3004", "numbering", "", f"{bearer} is {'voice' if voice else 'not voice'}")
    if ctc == 111:
        flag = customer.slp_ubs if customer.ubs else None
    elif ctc == 122:
        flag = customer.slp_ubr if customer.ubr else None
    else:
        flag = customer.slp_ubr if customer.ubs and customer.ubr else None
    flag = flag if voice else None
    if trace is not None:
        where = customer.where_key("ubr" if ctc == 122 else "ubs")
        options = f"UBS {'ON' if customer.ubs else 'OFF'}, UBR {'ON' if customer.ubr else 'OFF'}"
        trace.add(
            "s3008" if flag is None else "s3006", "customer", where, f"{options}: AMAslpID {flag or 'none'}"
        )
    return flag


def treat_rtl(
    snapshot: Snapshot, customer: Customer, calling: str, rtl_number: str, bearer: str, trace: Trace | None
) -> str | None:
    """s210: RBR for the PSTN leg to the host: subscribed, all hosts participating, voice, one LATA (A-190..A-197)."""
    one_lata = snapshot.one_lata(calling, rtl_number)
    voice = snapshot.voice.get(bearer, False)
    allowed = customer.rbr and customer.all_hosts_participating and voice and one_lata
    flag = customer.slp_rbr if allowed else None
    if trace is not None:
        found = f"RBR {'ON' if customer.rbr else 'OFF'}, LATA {'same' if one_lata else 'not the same'}"
        trace.add("s210", "customer", customer.where_key("rbr"), f"{found}: AMAslpID {flag or 'none'}")
    return flag

"""The step numbers of Figs. 7 and 8 on the messages of a call that went by an ASF-RTL host.

The numbering is the text's: 2402 dialing, 2404/2406 query and answer, 2408/2410 address and address complete, 2412/2414
the host's query and answer, 2416/2418 MF digits to the ETN node and on, 2420 ringing, 2422 to 2426 the answer back.
Fig. 8 has no numbers after 2414, so the leg to an international gateway has none.

Source: [0126]-[0131], A-142 to A-145, A-177 to A-181.
"""

from collections.abc import Mapping, Sequence

import msgspec

from ain_scp.ssp_sim.record import WireMessage

_QUERIES = frozenset({"InfoAnalyzed", "InfoCollected"})
_TANDEMS = frozenset({"ETN", "ATM"})


def with_steps(messages: Sequence[WireMessage], kinds: Mapping[str, str]) -> tuple[WireMessage, ...]:
    """Return the messages with their steps, unchanged when the call met no ASF-RTL host. `kinds`: node name to kind."""
    host = next((message.source for message in messages if message.name == "TerminationAttempt"), "")
    if not host:
        return tuple(messages)
    seen_host_query = False
    labelled: list[WireMessage] = []
    for message in messages:
        seen_host_query = seen_host_query or message.name == "TerminationAttempt"
        step = _step(message, host, kinds, seen_host_query=seen_host_query)
        labelled.append(msgspec.structs.replace(message, step=step) if step else message)
    return tuple(labelled)


def _step(message: WireMessage, host: str, kinds: Mapping[str, str], *, seen_host_query: bool) -> str:
    if message.protocol == "AIN":
        return _query_step(message.name, seen_host_query=seen_host_query)
    if message.protocol == "ISUP":
        return {"IAM": "2408", "ACM": "2410"}.get(message.name, "")
    if message.protocol == "MF":
        return _tandem_step(message, host, kinds)
    if message.protocol == "LINE":
        return _line_step(message, kinds, by_tandem=seen_host_query)
    return ""


def _query_step(name: str, *, seen_host_query: bool) -> str:
    if name in _QUERIES:
        return "2404"
    if name == "TerminationAttempt":
        return "2412"
    if name.startswith(("AnalyzeRoute", "ForwardCall", "SendToResource")):
        return "2414" if seen_host_query else "2406"
    return ""


def _tandem_step(message: WireMessage, host: str, kinds: Mapping[str, str]) -> str:
    to_tandem = kinds.get(message.destination, "") in _TANDEMS
    from_tandem = kinds.get(message.source, "") in _TANDEMS
    if message.name == "MF digits":
        return "2416" if message.source == host and to_tandem else "2418" if from_tandem else ""
    if message.name == "Answer":
        return "2424" if to_tandem else "2426" if from_tandem and message.destination == host else ""
    return ""


def _line_step(message: WireMessage, kinds: Mapping[str, str], *, by_tandem: bool) -> str:
    if message.name in {"Digits", "Setup"}:
        return "2402"
    if not by_tandem or "INTL_GATEWAY" in {kinds.get(message.source), kinds.get(message.destination)}:
        return ""
    return {"Ringing": "2420", "Answer": "2422"}.get(message.name, "")

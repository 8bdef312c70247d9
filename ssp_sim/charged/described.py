"""Diameter messages as a person wants to see them in a ladder.

Source: charging.md 9.1 (`--ladder` shows Diameter and AIN alike).
"""

from typing import Final

from ain_scp.billing.charging.port import Report
from ain_scp.signaling.diameter import credit_answer as ca
from ain_scp.signaling.diameter import credit_control as cc
from ain_scp.signaling.diameter.dictionary import code
from ain_scp.signaling.diameter.message import decode
from ain_scp.ssp_sim.recorder import Beside

CPU: Final = "CPU"
KINDS: Final = {cc.INITIAL: "Initial", cc.UPDATE: "Update", cc.TERMINATION: "Termination", cc.EVENT: "Event"}


def described(report: Report, octets: bytes) -> Beside:
    """A request or its answer, with the call it is about and the switch that talks."""
    message = decode(octets)
    kind = KINDS.get(message.number(code("CC-Request-Type")) or 0, "?")
    number = ("number", str(message.number(code("CC-Request-Number"))))
    switch = report.switch or "SSP"
    if message.is_request:
        asked = cc.read_request(message)
        fields = [number]
        fields += [("subscriber", asked.calling)] if asked.kind in (cc.INITIAL, cc.EVENT) else []
        fields += [("called", asked.called)] if asked.kind == cc.INITIAL else []
        fields += [] if asked.used_s is None else [("used CC-Time", f"{asked.used_s} s")]
        fields += [("requested", "CC-Time")] if asked.requested else []
        return Beside(report.call, switch, CPU, octets, f"CCR-{kind}", tuple(fields))
    given = ca.read_answer(message)
    fields = [number, ("result", str(given.result))]
    fields += [] if given.granted_s is None else [("granted CC-Time", f"{given.granted_s} s")]
    fields += [("final unit", "terminate")] if given.final else []
    fields += [] if given.announcement is None else [("announcement", str(given.announcement))]
    if given.setup is not None:
        fields += [("set-up message", str(given.setup[0])), ("contents", given.setup[1])]
    fields += [("download", given.download)] if given.download else []
    if given.cost is not None:
        fields.append(("cost", f"{given.cost.digits}e{given.cost.exponent}"))
    return Beside(report.call, CPU, switch, octets, f"CCA-{kind}", tuple(fields))
